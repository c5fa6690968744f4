"""``hornbook learn``: lessons listed, shown, run and written as notebooks; answers started, graded and kept."""

from __future__ import annotations

import json
from pathlib import Path

from hornbook.course.lesson import lessons_folder


def test_answers_are_started_graded_and_kept(hornbook, tmp_path: Path) -> None:
    error = hornbook("learn", "check", "4", expect=3).stderr
    assert "04_attention.py does not exist; hornbook learn start 04 writes it" in error
    hornbook("learn", "start", "4")
    answers = tmp_path / "04_attention.py"
    assert "NotImplementedError" in answers.read_text(encoding="utf-8")
    assert "is there already" in hornbook("learn", "start", "4", expect=1).stderr
    right = (lessons_folder() / "solutions" / "04_attention.py").read_text(encoding="utf-8")
    answers.write_text(right.replace(".tril()", ".tril(-1)"), encoding="utf-8")
    done = hornbook("learn", "check", "4", expect=4)
    assert "wrong  causal_mask" in done.stdout and "-> A token has to see itself" in done.stdout
    assert "2 of 4 exercises are left: causal_mask, attention" in done.stderr
    answers.write_text(right, encoding="utf-8")
    found = json.loads(hornbook("learn", "check", "attention", "--json").stdout)
    assert found["ok"] and {each["state"] for each in found["exercises"]} == {"right"}
    listed = json.loads(hornbook("learn", "--json").stdout)["lessons"]
    assert {each["number"]: each["done"] for each in listed}[4] and "cells" not in listed[0]
    assert "[x] 04 Attention" in hornbook("learn", "path", "practical").stdout


def test_a_lesson_is_read_run_and_written_as_a_notebook(hornbook, tmp_path: Path) -> None:
    shown = hornbook("learn", "show", "1").stdout
    assert "01. Text to tokens" in shown and "from __future__ import annotations" in shown
    assert "every claim in it holds" in hornbook("learn", "run", "1").stdout
    hornbook("learn", "notebook", "1", "--out", "first.ipynb")
    assert json.loads((tmp_path / "first.ipynb").read_text(encoding="utf-8"))["nbformat"] == 4
    assert "next: 01 Text to tokens" in hornbook("learn").stdout
    assert "3 hours" in hornbook("learn", "path").stdout
