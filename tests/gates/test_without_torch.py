"""What needs no torch runs without it, and what does says so: in a process that cannot import it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_commands_that_need_no_torch_run_without_it_and_the_others_say_that_it_is_missing() -> None:
    command = [sys.executable, ROOT / "tools" / "try_without_torch.py"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("as it should ") > 30
