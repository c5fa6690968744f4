"""What a run says of itself as it goes."""

from __future__ import annotations

import math
import sys

import pytest

from hornbook.errors import MissingError
from hornbook.training.loop import Update
from hornbook.training.metrics import Throughput, seconds_left, tensorboard, update_entry


def update(step: int = 3, seconds: float = 0.5, done: float = 0.4, norm: float = 2.0) -> Update:
    return Update(step, 1.5, 1e-3, norm, 1000, seconds, 0.3, done)


def test_times_stand_apart_so_that_all_else_is_the_same_for_the_same_run():
    one, other = update_entry(update(seconds=0.5)), update_entry(update(seconds=0.7))
    assert one.pop("time") == {"seconds": 0.5, "tokens_per_second": 2000.0}
    other.pop("time")
    assert one == other == {
        "kind": "update", "step": 3, "loss": 1.5, "learning_rate": 1e-3,
        "gradient_norm": 2.0, "tokens": 1000, "fraction": 0.3,
    }  # fmt: skip
    assert update_entry(update(norm=math.inf))["gradient_norm"] is None


def test_throughput_forgets_the_first_step_and_follows_a_change():
    rate = Throughput(memory=2.0)
    assert rate.tokens_per_second == 0
    rate.add(update(seconds=40.0))  # compiling
    assert rate.tokens_per_second == 25
    rate.add(update(seconds=0.5))
    assert rate.tokens_per_second == 2000
    for _ in range(100):
        rate.add(update(seconds=1.0))
    assert rate.tokens_per_second == pytest.approx(1000, rel=1e-3)
    rate.add(update(seconds=0.5))
    assert 1000 < rate.tokens_per_second < 2000


def test_the_time_left_is_judged_by_what_is_done():
    assert seconds_left(update(done=0.25), 30.0) == pytest.approx(90.0)
    assert seconds_left(update(done=1.0), 30.0) == 0
    assert seconds_left(update(done=1.1), 30.0) == 0
    assert seconds_left(update(done=0.0), 30.0) == math.inf


def test_tensorboard_writes_its_files(tmp_path):
    pytest.importorskip("tensorboard")
    writer = tensorboard(tmp_path / "board")
    writer.add_scalar("loss", 1.5, 3)
    writer.close()
    assert list((tmp_path / "board").glob("events.*"))


def test_without_tensorboard_the_message_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(MissingError, match=r"pip install 'hornbook\[tensorboard\]'"):
        tensorboard(tmp_path)
