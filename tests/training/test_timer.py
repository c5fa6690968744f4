"""How far a run has come: by steps, by the clock, by another run's log."""

from __future__ import annotations

import json
import time

import pytest

from hornbook.errors import DamagedError, HornbookError
from hornbook.training.timer import BySteps, ByTime, Clock, Replay


def clock_at(seconds: float) -> Clock:
    """A clock that stands still and shows this."""
    return Clock(seconds)


def test_a_stopped_clock_stands_still_and_goes_on_from_there():
    clock = Clock(100.0)
    clock.start()
    time.sleep(0.02)
    clock.start()  # makes no difference
    clock.stop()
    shown = clock.seconds
    assert 100.02 <= shown < 110
    time.sleep(0.02)
    clock.stop()
    assert clock.seconds == shown
    clock.start()
    time.sleep(0.001)
    assert clock.seconds > shown


def test_by_steps_the_run_is_over_after_its_last_step():
    assert [BySteps(5)(step) for step in range(6)] == [0, 0.2, 0.4, 0.6, 0.8, 1.0]


def test_by_time_the_first_step_counts_for_the_limit_and_not_for_the_schedule():
    clock = clock_at(0.0)
    length = ByTime(70.0, clock)
    assert length(0) == 0
    clock.spent = 20.0  # compiling
    assert length(1) == 0
    clock.spent = 30.0
    assert length(2) == pytest.approx(10 / 50)
    clock.spent = 40.0
    assert length(3) == pytest.approx(20 / 50)


def test_by_time_a_run_ends_where_another_step_would_stand_over_the_limit_by_more_than_under_it():
    clock = clock_at(1.0)
    length = ByTime(10.0, clock)
    length(1)
    clock.spent = 9.4  # 7 steps of 1.2 s: one more would end at 10.6
    assert length(8) == 1
    clock.spent = 9.35
    assert length(8) < 1


def test_by_time_a_first_step_beyond_the_limit_ends_the_run():
    clock = clock_at(0.0)
    length = ByTime(7.0, clock)
    length(0)
    clock.spent = 9.0
    assert length(1) == 1


def test_by_time_a_resumed_run_goes_on_where_it_was():
    unbroken, resumed = ByTime(70.0, clock_at(20.0)), ByTime(70.0, clock_at(45.0), first=20.0)
    unbroken(1)
    unbroken.clock.spent = 45.0
    assert resumed(6) == unbroken(6) == pytest.approx(0.5)


def test_a_replay_repeats_the_logged_fractions_and_ends(tmp_path):
    log = tmp_path / "metrics.jsonl"
    fractions = [0.0, 0.0, 1 / 3, 0.1 + 0.2]
    lines = [{"kind": "update", "step": step, "fraction": fraction} for step, fraction in enumerate(fractions)]
    lines.insert(2, {"kind": "evaluation", "step": 2})
    log.write_text("".join(json.dumps(line) + "\n" for line in lines))
    replay = Replay.of(log)
    assert [replay(step) for step in range(5)] == [*fractions, 1.0]
    assert replay.steps is None


def test_a_log_with_a_hole_or_without_updates_cannot_be_replayed(tmp_path):
    log = tmp_path / "metrics.jsonl"
    log.write_text('{"kind": "update", "step": 0, "fraction": 0.0}\n{"kind": "update", "step": 2, "fraction": 0.1}\n')
    with pytest.raises(DamagedError, match="expected step 1, found step 2"):
        Replay.of(log)
    log.write_text('{"kind": "evaluation", "step": 0}\n')
    with pytest.raises(HornbookError, match="logs no updates"):
        Replay.of(log)
