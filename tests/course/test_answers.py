"""An answer is compared by kind, shape and value; a wrong one is met with the hint for its mistake."""

from __future__ import annotations

import math

import pytest
import torch

from hornbook.course.answers import WrongAnswer, agree, expect


@pytest.mark.parametrize(
    ("found", "right", "same"),
    [
        (torch.ones(2, 3), torch.ones(2, 3), True),
        (torch.ones(2, 3), torch.ones(3, 2), False),
        (torch.ones(2) + 1e-6, torch.ones(2), True),
        (torch.tensor([math.nan]), torch.tensor([math.nan]), False),
        (torch.ones(2), torch.ones(2, dtype=torch.bool), False),
        (torch.tensor(0.5), 0.5, True),
        (1, 1.0, True),
        (True, 1, False),
        (1, True, False),
        ([1, 2], [1, 2], True),
        ([1, 2], [1, 2, 3], False),
        ((1, 2.0), [1, 2], True),
        ("ab", ["a", "b"], False),
        (None, 0, False),
        ({"a": 1}, {"a": 1}, True),
    ],
)
def test_answers_agree_when_kind_shape_and_value_do(found: object, right: object, same: bool) -> None:
    assert agree(found, right) is same


def test_the_hint_is_that_of_the_mistake_or_of_what_is_missing() -> None:
    def hint(found: object) -> str:
        with pytest.raises(WrongAnswer) as caught:
            expect("f(1)", found, torch.ones(2), {"Do not add.": torch.zeros(2)}, "Think.")
        assert caught.value.exit_code == 4 and "f(1)" in str(caught.value)
        return caught.value.hint

    assert hint(torch.zeros(2)) == "Do not add."
    assert "return" in hint(None)
    assert hint([1.0, 1.0]) == "Expected a tensor, found a list."
    assert hint(torch.ones(3)) == "The shape should be [2], and is [3]. Think."
    assert hint(torch.full((2,), 7.0)) == "Think."
    expect("f(1)", torch.ones(2), torch.ones(2), {"Do not add.": torch.ones(2)})
