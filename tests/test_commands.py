"""Commands that begin as a copy of a process which has imported everything are those that begin from nothing."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.commands import Commands
from tests.conftest import surroundings

RUN = Callable[..., subprocess.CompletedProcess[str]]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--version"], 0),
        (["corpus", "list"], 0),
        (["train", "no-such-recipe"], 3),
        (["plan", "quickstart", "model.heads=7"], 2),
        (["runs", "list", "--json"], 0),
        (["tokenizer", "train"], 2),
    ],
)
def test_a_copy_says_and_returns_what_a_process_from_nothing_does(hornbook: RUN, words: list[str], code: int) -> None:
    copy = hornbook(*words, expect=code)
    fresh = hornbook(*words, expect=code, env={"PYTHONHASHSEED": "1"})  # Python's own settings: from nothing
    assert (copy.stdout, copy.stderr) == (fresh.stdout, fresh.stderr)


def test_a_copy_has_its_folder_its_settings_and_its_input(hornbook: RUN, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (tmp_path / "mine.txt").write_text("To be, or not to be. " * 40)
    words = ("tokenizer", "train", "mine.txt", "--out", "bytes", "--vocab", "257")
    hornbook(*words, cwd=tmp_path, env={"HORNBOOK_HOME": str(home)})
    assert (tmp_path / "bytes" / "tokenizer.json").exists()
    assert hornbook("tokenizer", "encode", "bytes", "To", cwd=tmp_path).stdout == "84 111\n"


def test_only_our_own_settings_may_differ_in_a_copy(commands: Commands) -> None:
    usual = {"THP_MEM_ALLOC_ENABLE": "1", **surroundings()}
    assert commands.serves({**usual, "HORNBOOK_HOME": "elsewhere"})
    assert not commands.serves({**usual, "OMP_NUM_THREADS": "2"})
    assert not commands.serves({name: value for name, value in usual.items() if name != "NO_COLOR"})


def test_a_command_that_lasts_too_long_is_killed_and_the_next_one_runs(commands: Commands, tmp_path: Path) -> None:
    with pytest.raises(subprocess.TimeoutExpired):
        commands.run(["quickstart", "--minutes", "5"], tmp_path, dict(os.environ), "", timeout=1.5)
    assert commands.run(["--version"], tmp_path, dict(os.environ), "", timeout=60).returncode == 0
