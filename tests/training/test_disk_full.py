"""Where nothing more can be written, the message says so and nothing half-written remains."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from hornbook.errors import HornbookError
from hornbook.training.journal import Journal
from hornbook.training.run_folder import Run
from tests.training.small import a_model

ROOT = Path(__file__).resolve().parents[2]

SAVE = """
import resource, signal, sys
from pathlib import Path
from hornbook.errors import HornbookError
from hornbook.training.run_folder import Run
from tests.training.small import a_model

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    Run(Path(sys.argv[1])).save(a_model(), None, {"step": 2})
except HornbookError as error:
    print(error)
else:
    print("saved")
"""


@pytest.mark.slow
@pytest.mark.parametrize("room", [0, 1, 100, 5_000, 30_000])
def test_a_file_that_cannot_grow_leaves_the_run_as_it_was(room, tmp_path):
    """A limit on the size of files fails as a full disk does: in the middle of a write."""
    if not hasattr(resource, "RLIMIT_FSIZE"):
        pytest.skip("this system has no limit on the size of files")
    run = Run.create(tmp_path / "run", "", {})
    run.save(a_model(), None, {"step": 1})
    before = everything(run.folder)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)])}
    command = [sys.executable, "-c", SAVE, str(run.folder), str(room)]
    said = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    assert said.startswith("cannot write ")
    assert "larger than this system allows" in said
    assert everything(run.folder) == before


@pytest.fixture
def tiny_disk(tmp_path):
    """A file system of a quarter of a megabyte."""
    disk = tmp_path / "disk"
    disk.mkdir()
    try:
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(disk)], capture_output=True)
    except OSError:
        done = None
    if done is None or done.returncode:
        pytest.skip("only root may mount a small file system; the limit on the size of files is tested without")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


def test_on_a_full_disk_nothing_half_written_remains(tiny_disk):
    run = Run.create(tiny_disk / "run", "", {})
    saved = 0
    with pytest.raises(HornbookError, match="the disk is full; free some space") as error:
        for step in range(1, 99):
            run.save(a_model(), None, {"step": step}, keep=98)
            saved = step
    assert saved > 0
    assert f"step-{saved + 1:06d}" in str(error.value)
    assert run.latest == run.checkpoint(saved)
    assert {path.name for path in run.checkpoints.iterdir()} == {f"step-{step:06d}" for step in range(1, saved + 1)}


def test_a_journal_on_a_full_device_says_so():
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with pytest.raises(HornbookError, match="the disk is full"), Journal(Path("/dev/full")) as journal:
        journal.write({"step": 1})


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(HornbookError, match="a part of this path is a file"):
        Run.create(tmp_path / "file" / "run", "", {})


def everything(folder: Path) -> dict[str, bytes]:
    """All files in a folder with their contents."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
