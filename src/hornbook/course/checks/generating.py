"""Lesson 7: temperature, a draw by hand, and the loop."""

from __future__ import annotations

import torch

from hornbook.course.answers import Answer, WrongAnswer, expect
from hornbook.generation.sampling import temperature


def check_chances(function: Answer) -> None:
    """Divided by the temperature, before the softmax; and 0 is greedy."""
    logits = torch.tensor([2.0, 1.0, 0.0, -1.0])
    expect(
        "chances([2, 1, 0, -1], 0.5)",
        function(logits.clone(), 0.5),
        temperature(logits[None], 0.5)[0].softmax(-1),
        {
            "Divide by the temperature; multiplying makes hot cold.": (logits * 0.5).softmax(-1),
            "The temperature acts on the logits, before the softmax.": logits.softmax(-1) / 0.5,
            "The temperature is not used.": logits.softmax(-1),
            "These are logits still: take the softmax.": logits / 0.5,
        },
    )
    found = function(logits.clone(), 0.0)
    expect("chances([2, 1, 0, -1], 0)", found, torch.tensor([1.0, 0.0, 0.0, 0.0]), {},
           "Dividing by 0 gives inf and nan. At temperature 0 the likeliest token has chance 1.")  # fmt: skip


def check_pick(function: Answer) -> None:
    """The line from 0 to 1, cut into pieces."""
    chances, numbers = [0.5, 0.25, 0.25], [0.0, 0.4, 0.6, 0.74, 0.8, 0.99]
    expect(
        "pick([0.5, 0.25, 0.25], u) for u of 0, 0.4, 0.6, 0.74, 0.8, 0.99",
        [function(list(chances), number) for number in numbers],
        [0, 0, 1, 1, 2, 2],
        {
            "That is always the likeliest token: the number has to decide.": [0] * 6,
            "Compare the number with the sum of the chances so far, not with one chance.": [
                next((token for token, chance in enumerate(chances) if number < chance), 2) for number in numbers
            ],
            "One token too early: the sum has to have gone past the number.": [0, 0, 0, 0, 1, 1],
        },
        "Add up chances until the sum is above the number.",
    )
    expect("pick([0, 1], 0.0)", function([0.0, 1.0], 0.0), 1,
           {"A token without a chance is never drawn: the sum has to be above the number.": 0})  # fmt: skip
    expect("pick([0.3, 0.3, 0.3999999], 0.99999999)", function([0.3, 0.3, 0.3999999], 0.99999999), 2, {},
           "Rounding can leave the sum a little below 1: then it is the last token.")  # fmt: skip


def check_write(function: Answer) -> None:
    """The last ``context`` ids, each new token among them."""
    seen: list[list[int]] = []

    def model(ids: list[int]) -> list[float]:
        seen.append(list(ids))
        if not ids or len(ids) > 3:
            raise WrongAnswer(f"the model was given {len(ids)} ids, and its context is 3", "Give it text[-context:].")
        return [float(token == (ids[0] + ids[-1]) % 5) for token in range(5)]

    found = function(model, [1, 2, 3, 4], 3, 3)
    expect(
        "write(model, [1, 2, 3, 4], count=3, context=3)",
        found,
        [1, 4, 3],
        {
            "The prompt is among the answer: return the new tokens only.": [1, 2, 3, 4, 1, 4, 3],
            "The end of the text has to be seen, not its beginning: text[-context:].": [4, 4, 4],
            "The new tokens are never seen: put each behind the text before asking again.": [1, 1, 1],
        },
    )
    if len(seen) != 3:
        raise WrongAnswer(f"the model was asked {len(seen)} times for 3 tokens", "Ask once for each new token.")
