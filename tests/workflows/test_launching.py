"""Processes started together: their exit codes, their words, signals, and beginning again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from hornbook.errors import NeighbourError, SettingError
from hornbook.workflows import launching
from hornbook.workflows.launching import launch


def program(text: str) -> list[str]:
    """A small Python program that knows its rank."""
    return [
        sys.executable,
        "-S",
        "-c",
        "import os, sys, time\nrank = int(os.environ['RANK'])\n" + textwrap.dedent(text),
    ]


def test_every_process_is_told_who_it_is(tmp_path: Path) -> None:
    names = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT", "TORCHELASTIC_RESTART_COUNT")
    code = launch(program(f"open(f'{tmp_path}/{{rank}}', 'w').write(' '.join(os.environ[n] for n in {names}))"), 3)
    told = [(tmp_path / str(rank)).read_text().split() for rank in range(3)]
    assert code == 0
    assert [t[:3] for t in told] == [[str(rank), str(rank), "3"] for rank in range(3)]
    assert len({tuple(t[3:]) for t in told}) == 1, "all meet at one place"


def test_when_one_fails_its_words_and_its_exit_code_are_those_of_all() -> None:
    said: list[str] = []
    neighbour = NeighbourError.exit_code
    code = launch(program(f"""
        if rank == 1: sys.exit(print('error: no such corpus', file=sys.stderr) or 3)
        sys.exit({neighbour})
    """), 3, report=said.append)  # fmt: skip
    assert code == 3
    assert said == ["process 1 of 3 failed with exit code 3:\nerror: no such corpus"]


def test_a_process_that_is_killed_is_named_and_the_others_do_not_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launching, "GRACE", 0.1)
    said: list[str] = []
    began = time.monotonic()
    code = launch(program("os.kill(os.getpid(), 9) if rank else time.sleep(300)"), 2, report=said.append)
    assert code == 1
    assert said == ["process 1 of 2 was ended by signal 9 (SIGKILL)"]
    assert time.monotonic() - began < 200


def test_a_process_that_hangs_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launching, "GRACE", 0.1)
    said: list[str] = []
    wait = f"os.kill(os.getpid(), 19) if rank else sys.exit({NeighbourError.exit_code})"
    assert launch(program(wait), 2, report=said.append) == 1
    assert said == ["process 1 of 2 does not answer any more; it was ended"]


def test_all_begin_again_as_often_as_allowed_but_not_after_a_wrong_setting() -> None:
    said: list[str] = []
    flaky = program("sys.exit(int(os.environ['TORCHELASTIC_RESTART_COUNT'] != '2') * 9)")
    assert launch(flaky, 2, restarts=1, report=said.append) == 9
    assert launch(flaky, 2, restarts=2, report=said.append) == 0
    assert [line for line in said if "again" in line][-1].endswith("(2 of at most 2 times)")
    said.clear()
    assert launch(program("sys.exit(2)"), 2, restarts=5, report=said.append) == 2
    assert not any("again" in line for line in said)


def test_no_processes_at_all_are_refused() -> None:
    with pytest.raises(SettingError, match="--nproc: expected 1 or more, found 0"):
        launch(program(""), 0)


PARENT = """
import sys
from hornbook.workflows.launching import launch
sys.exit(launch([sys.executable, "-S", "-c", sys.argv[1]], 2))
"""

CHILD = """
import os, signal, sys, time
sys.path.insert(0, os.environ["SOURCE"])
from hornbook.workflows.launching import stop_with_parent
def stop(number, frame):
    open(os.environ["PLACE"] + "/stopped-" + os.environ["RANK"], "w").write(str(number))
    sys.exit(128 + number)
signal.signal(signal.SIGTERM, stop)
stop_with_parent()
open(os.environ["PLACE"] + "/ready-" + os.environ["RANK"], "w").close()
while True:
    time.sleep(0.01)
"""


@pytest.mark.parametrize("number, code", [(signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_a_signal_reaches_all_processes_and_so_does_the_death_of_the_one_that_started_them(
    tmp_path: Path, number: int, code: int
) -> None:
    source = str(Path(__file__).parents[2] / "src")
    environment = {**os.environ, "PYTHONPATH": source, "SOURCE": source, "PLACE": str(tmp_path)}
    parent = subprocess.Popen([sys.executable, "-c", PARENT, CHILD], env=environment)
    while len(list(tmp_path.glob("ready-*"))) < 2:
        assert parent.poll() is None
        time.sleep(0.01)
    parent.send_signal(number)
    assert parent.wait() == code
    for _ in range(6000):
        if all(path.read_text() for path in tmp_path.glob("stopped-*")) and len(list(tmp_path.glob("stopped-*"))) == 2:
            break
        time.sleep(0.01)
    assert {path.read_text() for path in tmp_path.glob("stopped-*")} == {str(int(signal.SIGTERM))}
