"""The worksheet: complete, graded at the line that went wrong, with the mistake that leads there."""

from __future__ import annotations

import re

import numpy as np
import pytest

from hornbook.course import worksheet as sheet
from hornbook.errors import TextError


def changed(name: str, numbers: list[float]) -> str:
    """A filled sheet in which one line has other numbers."""
    written = " ".join(f"{number:.3f}" for number in numbers)
    text = re.sub(rf"^{re.escape(name)} = .*$", f"{name} = {written}", sheet.worksheet(filled=True), flags=re.M)
    assert text != sheet.worksheet(filled=True)
    return text


def test_a_line_has_one_blank_and_every_number_of_both_ways_is_there() -> None:
    lines = [line for line in sheet.worksheet().splitlines() if " = " in line and not line.startswith("#")]
    assert all(line.count(sheet.BLANK) == 1 for line in lines)
    weights, seen, gradients = sheet.calculated(0)
    printed = sum(len(line.values) for line in sheet.lines_of(0))
    hidden = 2 * sheet.HEADS * 3  # scores and shares of later tokens: three places in each of the heads
    steps = sum(seen[step.name].size for step in sheet.STEPS)
    assert printed == steps - hidden + sum(each.size for each in gradients.values())
    assert gradients.keys() == weights.keys()


def test_a_sheet_filled_with_rounded_numbers_is_right_and_another_seed_has_other_numbers() -> None:
    assert sheet.grade(sheet.worksheet(filled=True)).state == "right"
    assert sheet.worksheet(1) != sheet.worksheet(0) == sheet.worksheet(0)


def test_an_empty_sheet_is_open_at_its_first_line() -> None:
    graded = sheet.grade(sheet.worksheet())
    assert (graded.state, graded.right) == ("open", 0)
    assert "stream 0, token 0" in graded.said


SLIPS = [(step.title, why) for step in sheet.STEPS for why, _ in step.slips]


@pytest.mark.parametrize(("title", "why"), SLIPS)
def test_a_usual_slip_is_met_at_its_line_with_its_name(title: str, why: str) -> None:
    for line in sheet.lines_of(0):
        wrong = dict(line.slips).get(why)
        titled = line.name == title or line.name.startswith((f"{title},", f"{title} "))
        if not titled or wrong is None or all(map(sheet.near, wrong, line.values)):
            continue
        graded = sheet.grade(changed(line.name, list(wrong)))
        assert graded.state == "wrong"
        assert f", {line.name}: " in graded.said
        assert graded.hint == why
        return
    pytest.fail(f"no line shows {why}")


def test_a_wrong_sign_is_named_and_other_numbers_are_met_with_the_formula() -> None:
    line = next(each for each in sheet.lines_of(0) if each.name == "logit, token 1")
    graded = sheet.grade(changed(line.name, [-value for value in line.values]))
    assert "the sign is wrong" in graded.hint
    graded = sheet.grade(changed(line.name, [line.values[0] + 1, *line.values[1:]]))
    assert f"number 1 is {line.values[0] + 1:.3f}".rstrip("0") in graded.said
    assert graded.hint == line.formula


def test_what_is_no_sheet_is_refused_in_words() -> None:
    with pytest.raises(TextError, match="no worksheet"):
        sheet.grade("loss = 1")
    with pytest.raises(TextError, match="'stream 0, token 0' is missing"):
        sheet.grade("# Hornbook worksheet, seed 0\n")
    with pytest.raises(TextError, match="expected 4 numbers, found 2"):
        sheet.grade(changed("stream 0, token 0", [1.0, 2.0]))
    with pytest.raises(TextError, match="expected numbers"):
        sheet.grade(sheet.worksheet(filled=True).replace("norm 1, token 0 = ", "norm 1, token 0 = x", 1))


def test_given_numbers_have_one_decimal_so_that_a_pencil_is_enough() -> None:
    for each in sheet.weights_of(3).values():
        np.testing.assert_array_equal(each, np.round(each, 1))
