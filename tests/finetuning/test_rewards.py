"""Rewards for answers that can be checked."""

from __future__ import annotations

import pytest

from hornbook.errors import SettingError
from hornbook.finetuning.rewards import exact, final_number, find_reward, letter_marks, letters, number, places


@pytest.mark.parametrize(("answer", "worth"), [("479", 1.0), (" 479\n", 1.0), ("478", 0.0), ("", 0.0), ("4 79", 0.0)])
def test_exact_is_the_known_answer_letter_by_letter(answer, worth):
    assert exact(answer, "479") == worth


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("It sells 16 - 3 = 13 eggs.\n#### 1,318", 1318.0),
        ("#### -7.50", -7.5),
        ("so there are 12 boys and 30 girls", 30.0),
        ("3 apples\n#### none", 3.0),
        ("nothing", None),
    ],
)
def test_the_final_number_stands_behind_the_marks_or_last(text, found):
    assert final_number(text) == found


def test_number_compares_what_answers_come_to():
    assert number("I think it is 1,000.", "5 * 200 = 1000\n#### 1000") == 1.0
    assert number("I think it is 1,001.", "#### 1000") == 0.0
    assert number("I do not know.", "#### 1000") == 0.0
    assert number("7", "no number at all") == 0.0


@pytest.mark.parametrize(
    ("answer", "worth"), [("1479", 1.0), ("1478", 0.75), ("479", 0.75), ("11479", 0.8), ("", 0.0), ("9741", 0.0)]
)
def test_places_are_counted_from_the_end(answer, worth):
    assert places(answer, "1479") == worth


@pytest.mark.parametrize(
    ("answer", "worth"), [("1479", 1.0), ("1478", 0.8), ("147", 0.6), ("479", 0.0), ("14790", 0.8), ("", 0.0)]
)
def test_letters_are_counted_from_the_front_and_the_end_is_one(answer, worth):
    assert letters(answer, "1479") == pytest.approx(worth)


def test_what_a_letter_is_worth_does_not_change_by_what_follows():
    whole = letter_marks("1379", "1479")
    for size in range(4):
        assert letter_marks("1379"[:size], "1479")[:-1] == whole[:size]


def test_a_reward_that_does_not_exist_is_named():
    with pytest.raises(SettingError, match="did you mean"):
        find_reward("numbr")
