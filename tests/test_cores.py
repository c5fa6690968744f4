"""Tasks on all cores: each is done once, an error ends all, and no process outlives the one that began it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hornbook.cores import Shard, on_all_cores
from hornbook.errors import SettingError, TextError
from tests.conftest import ROOT

SCRIPT = """
import os, sys, time
from pathlib import Path
from hornbook.cores import on_all_cores

def wait(path):
    Path(path + ".part").write_text(str(os.getpid()))
    os.replace(path + ".part", path)
    time.sleep(600)

if __name__ == "__main__":
    on_all_cores(wait, [(sys.argv[1] + "/a",), (sys.argv[1] + "/b",)], 2, "done", print)
"""


def written(path: str, text: str) -> str:
    Path(path).write_text(text, encoding="utf-8")
    return text


def refused(path: str, text: str) -> str:
    raise TextError(f"{path}: no")


@pytest.mark.parametrize("workers", [1, 2])
def test_every_task_is_done_and_told(tmp_path: Path, workers: int) -> None:
    told: list[str] = []
    on_all_cores(written, [(str(tmp_path / name), name) for name in "abc"], workers, "wrote", told.append)
    assert sorted(told) == ["wrote a", "wrote b", "wrote c"]
    assert [(tmp_path / name).read_text() for name in "abc"] == ["a", "b", "c"]


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_of_a_task_is_the_error_of_all(tmp_path: Path, workers: int) -> None:
    with pytest.raises(TextError, match="no"):
        on_all_cores(refused, [(str(tmp_path / name), name) for name in "ab"], workers, "wrote", lambda line: None)


def alive(process: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked up in /proc")
def test_processes_end_with_the_one_that_began_them_even_where_that_is_killed(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    parent = subprocess.Popen([sys.executable, str(tmp_path / "script.py"), str(tmp_path)], env=environment)
    try:
        while not ((tmp_path / "a").exists() and (tmp_path / "b").exists()):
            assert parent.poll() is None
            time.sleep(0.05)
        children = [int((tmp_path / name).read_text()) for name in "ab"]
        assert all(map(alive, children))
    finally:
        parent.kill()
        parent.wait()
    until = time.monotonic() + 120
    while any(map(alive, children)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(map(alive, children))


def test_a_shard_is_every_so_many_th_file_and_anything_else_is_refused() -> None:
    assert [list(Shard.parsed(f"{n}/3").own(7)) for n in (1, 2, 3)] == [[0, 3, 6], [1, 4], [2, 5]]
    for wrong in ("", "0/2", "3/2", "1", "a/b", "1/2/3", "-1/2"):
        with pytest.raises(SettingError, match="1/4 to 4/4"):
            Shard.parsed(wrong)
