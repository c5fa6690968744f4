"""``hornbook learn``: lessons listed, shown, run and written as notebooks; answers started, graded and kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hornbook.course.lesson import lessons_folder


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_lesson_is_read_run_and_written_as_a_notebook(hornbook, tmp_path: Path) -> None:
    shown = hornbook("learn", "show", "1").stdout
    assert "01. Text to tokens" in shown and "from __future__ import annotations" in shown
    assert "every claim in it holds" in hornbook("learn", "run", "1").stdout
    hornbook("learn", "notebook", "1", "--out", "first.ipynb")
    assert json.loads((tmp_path / "first.ipynb").read_text(encoding="utf-8"))["nbformat"] == 4
    assert "next: 01 Text to tokens" in hornbook("learn").stdout
    assert "3 hours" in hornbook("learn", "path").stdout


@pytest.mark.slow
def test_a_part_of_ones_own_is_graded_and_refused_at_work_until_it_is_right(hornbook, tmp_path: Path) -> None:
    assert "cross_entropy(logits, targets)" in hornbook("learn", "parts").stdout
    mine = tmp_path / "mine.py"
    mine.write_text("def positions(rows, table):\n    return rows\n", encoding="utf-8")
    wrong = hornbook("check", "mine.py:positions", "--part", "positions", expect=4)
    assert "-> Positions are not added." in wrong.stderr
    refused = hornbook("learn", "train", "quickstart", "--own", "positions=mine.py:positions", expect=4).stderr
    assert "mine.py:positions is not right yet" in refused
    mine.write_text("def positions(rows, table):\n    return rows + table[: rows.shape[1]]\n", encoding="utf-8")
    assert "mine.py:positions: right" in hornbook("check", "mine.py:positions", "--part", "positions").stdout
    found = hornbook("check", "mine.py:positions", "--part", "positions", "--json").stdout
    assert json.loads(found) == {"schema": 1, "target": "mine.py:positions", "part": "positions", "ok": True}
    assert "found 'positions'" in hornbook("learn", "train", "quickstart", "--own", "positions", expect=2).stderr


def test_a_worksheet_is_printed_and_graded_at_the_line_that_is_wrong(hornbook, tmp_path: Path) -> None:
    assert "____" in hornbook("learn", "worksheet").stdout
    hornbook("learn", "worksheet", "--answers", "--out", "sheet.txt")
    assert "lines are right" in hornbook("learn", "worksheet", "--grade", "sheet.txt").stdout
    text = (tmp_path / "sheet.txt").read_text(encoding="utf-8")
    name, _, value = next(line for line in text.splitlines() if line.startswith("loss = ")).partition(" = ")
    (tmp_path / "sheet.txt").write_text(text.replace(f"{name} = {value}", f"{name} = {3 * float(value):.3f}"))
    wrong = hornbook("learn", "worksheet", "--grade", "sheet.txt", expect=4).stderr
    assert ", loss: number 1 is" in wrong and "that is the sum" in wrong
