"""A wheel carries the course and the page: what is built and unpacked elsewhere lists, starts and grades lessons.

`make try-wheel` installs one in an empty environment and runs it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NEEDED = ("pyproject.toml", "setup.py", "MANIFEST.in", "README.md", "LICENSE", "src", "lessons")


@pytest.mark.slow
def test_a_wheel_has_every_lesson_and_its_exercises_work_from_there(tmp_path: Path) -> None:
    source, built, unpacked = tmp_path / "source", tmp_path / "built", tmp_path / "unpacked"
    source.mkdir()
    for name in NEEDED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        copy(ROOT / name, source / name)
    pip = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "-w", str(built), str(source)], check=True, capture_output=True, cwd=tmp_path)
    with zipfile.ZipFile(next(built.glob("hornbook-*.whl"))) as wheel:
        wheel.extractall(unpacked)
    scripts = {path.relative_to(ROOT) for path in (ROOT / "lessons").rglob("*.py")}
    assert {path.relative_to(unpacked / "hornbook") for path in unpacked.glob("hornbook/lessons/**/*.py")} == scripts
    package = ROOT / "src" / "hornbook"  # where `make web` has built the page
    page = {path.relative_to(package) for path in (package / "server" / "static").rglob("*") if path.is_file()}
    assert all((unpacked / "hornbook" / path).is_file() for path in page)

    environment = {**os.environ, "PYTHONPATH": str(unpacked), "PYTHONSAFEPATH": "1"}

    def learn(*words: str, expect: int = 0) -> str:
        command = [sys.executable, "-m", "hornbook", "learn", *words]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment)
        assert done.returncode == expect, done.stderr
        return done.stdout

    assert len(json.loads(learn("--json"))["lessons"]) == len(list((ROOT / "lessons").glob("[0-9]*.py")))
    learn("start", "1")
    assert "to write  count_pairs" in learn("check", "1", expect=4)
