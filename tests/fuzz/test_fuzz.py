"""Of what is read from files and from the network, nothing but an error in words stops the reader: the first inputs of
``make fuzz``; and each input can be made again."""

from __future__ import annotations

import math
import os
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import jaxtyping
import pytest

from tests.fuzz.__main__ import memory_disk
from tests.fuzz.mutating import as_json, changed, damaged
from tests.fuzz.running import Tally, read_once, run, watched
from tests.fuzz.target import Input, generator
from tests.fuzz.targets import TARGETS

INPUTS = {
    "tokenizer files": 80,
    "token files": 400,
    "checkpoints": 150,
    "recipes": 300,
    "chat templates": 150,
    "HTTP bodies": 40,
}
"""A few seconds in all; the whole is ``make fuzz``."""


@pytest.fixture
def quick_folder() -> Iterator[Path]:
    """A folder in memory, where there is such a thing: thousands of files are written."""
    with tempfile.TemporaryDirectory(prefix="hornbook-fuzz-", dir=memory_disk()) as folder:
        yield Path(folder)


@pytest.fixture
def as_in_use() -> Iterator[None]:
    """Annotations are not checked: they say what is right, and a file may say anything."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


SLOW = {"HTTP bodies": [pytest.mark.slow]}
"""Three runs are trained for it."""


@pytest.mark.slow
@pytest.mark.parametrize("name", [pytest.param(name, marks=SLOW.get(name, [])) for name in TARGETS])
def test_every_input_is_accepted_or_refused_in_words(name, tmp_path, quick_folder, monkeypatch, as_in_use) -> None:
    monkeypatch.chdir(tmp_path)  # it comes back from wherever the target goes
    for variable in ("HORNBOOK_GPT2", "HORNBOOK_STUDIES"):
        monkeypatch.setenv(variable, os.environ.get(variable, ""))
    target = TARGETS[name](quick_folder)
    tally = run(target, iter(range(INPUTS[name])), 7, tmp_path / "failures")
    happened = "\n".join(path.read_text() for path in (tmp_path / "failures").glob("*/what-happened.txt"))
    assert not tally.failed, f"{tally.failed}\n{happened[-4000:]}"
    assert tally.right >= tally.inputs / 2 and tally.accepted and tally.refused
    assert target.make(generator(7, name, 5)) == target.make(generator(7, name, 5))


class Failing:
    """A reader that does not do as it should."""

    name, loaders = "failing", ()

    def make(self, draw: random.Random) -> Input:
        """Nothing."""
        return Input({"file": b"x"}, True)

    def read(self, given: Input) -> None:
        """An error of Python's."""
        raise KeyError("x")


class Endless(Failing):
    """A reader that finds no end."""

    def read(self, given: Input) -> None:
        """For ever."""
        while True:
            math.sqrt(2)


def test_an_exception_that_is_none_of_ours_is_a_failure_with_its_file(tmp_path) -> None:
    tally = run(Failing(), iter(range(3)), 1, tmp_path)
    assert tally.failed == [0, 1, 2] and (tmp_path / "failing-1-2" / "file").read_bytes() == b"x"
    assert "KeyError" in (tmp_path / "failing-1-2" / "what-happened.txt").read_text()


def test_a_reader_without_an_end_is_a_failure(monkeypatch) -> None:
    monkeypatch.setattr("tests.fuzz.running.SECONDS", 0.1)
    with watched():
        wrong, took = read_once(Endless(), Input({}, True), Tally("endless"))
    assert "no end within" in wrong and took < 60


def test_a_change_is_a_function_of_its_generator_and_leaves_the_original_alone() -> None:
    tree = {"a": [1, 2, {"b": "c"}], "d": None}
    kept = as_json(tree)
    for number in range(200):
        assert as_json(changed(random.Random(number), tree)) == as_json(changed(random.Random(number), tree))
        assert damaged(random.Random(number), kept) == damaged(random.Random(number), kept)
    assert as_json(tree) == kept
