"""``hornbook doctor`` as a person runs it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.mark.slow
def test_doctor_prints_one_line_for_each_check_on_stdout(hornbook: Run) -> None:
    done = hornbook("doctor")
    assert done.stderr == ""
    for name in ("Python", "PyTorch", "processor", "memory", "C++ compiler", "disk, cache", "training would use"):
        assert name in done.stdout


@pytest.mark.slow
def test_doctor_speaks_json(hornbook: Run) -> None:
    result = json.loads(hornbook("doctor", "--json").stdout)
    assert result["schema"] == 1
    assert result["ok"] is True
    assert {finding["state"] for finding in result["findings"]} <= {"ok", "warn", "fail"}
    assert result["gigaflops"]["float32"] > 1


@pytest.mark.slow
def test_doctor_ends_with_4_and_a_reason_when_the_cache_cannot_be_made(hornbook: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    done = hornbook("doctor", "--json", env={"HORNBOOK_HOME": str(tmp_path / "file" / "cache")}, expect=4)
    assert json.loads(done.stdout)["ok"] is False
    assert "disk, cache" in done.stderr


def test_doctor_ends_with_4_when_torch_cannot_be_imported(hornbook: Run, tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text(
        "raise ImportError('libgomp.so.1: cannot open shared object file')", encoding="utf-8"
    )
    done = hornbook("doctor", env={"PYTHONPATH": f"{tmp_path}:{Path(__file__).resolve().parents[2] / 'src'}"}, expect=4)
    assert "libgomp" in done.stderr
