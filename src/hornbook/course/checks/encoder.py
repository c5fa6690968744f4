"""Lesson 20: hiding tokens, and who sees whom."""

from __future__ import annotations

import torch

from hornbook.batches import IGNORED, NOTHING, Positions
from hornbook.course.answers import Answer, expect
from hornbook.model.config import Bidirectional
from hornbook.model.masks import Mask

MASK = 9


def check_hide(function: Answer) -> None:
    """The three fates, and targets only where something was chosen."""
    tokens, other = torch.tensor([1, 2, 3, 4, 5]), torch.tensor([6, 6, 6, 6, 6])
    chosen = torch.tensor([True, False, True, True, False])
    fate = torch.tensor([0.1, 0.2, 0.85, 0.95, 0.99])
    shown, asked = torch.tensor([MASK, 2, 6, 4, 5]), torch.tensor([1, IGNORED, 3, 4, IGNORED])
    hints = {
        "Tokens that were not chosen are hidden too.": (torch.tensor([MASK, MASK, 6, 4, 5]), asked),
        "Every chosen token is masked. A tenth becomes another token, and a tenth stays.": (
            torch.tensor([MASK, 2, MASK, MASK, 5]),
            asked,
        ),
        "Every place is asked for: targets are -100 where nothing was chosen.": (shown, tokens),
        "The target is the token that stood there, not what is shown now.": (
            shown,
            torch.tensor([MASK, IGNORED, 6, 4, IGNORED]),
        ),
        "Targets stand where the token stood; they are not one place on.": (
            shown,
            torch.tensor([2, IGNORED, 4, 5, IGNORED]),
        ),
        "Places that are not asked have the target -100, not 0.": (shown, torch.tensor([1, 0, 3, 4, 0])),
        "A chosen token that stays as it is is asked for as well.": (
            shown,
            torch.tensor([1, IGNORED, 3, IGNORED, IGNORED]),
        ),
        "The fates are exchanged: 80 % masks, 10 % others, 10 % stay.": (torch.tensor([6, 2, MASK, 4, 5]), asked),
    }
    found = tuple(function(tokens.clone(), chosen.clone(), fate.clone(), other.clone(), MASK))
    expect("hide([1, 2, 3, 4, 5], three of them chosen)", found, (shown, asked), hints)


def check_may_see(function: Answer) -> None:
    """Both ways, padding left out on both sides."""
    lengths = torch.tensor([2, 3])
    positions = Positions.lengths(lengths, 3)
    there = positions.index != NOTHING
    dense = Mask(Bidirectional(), positions, positions).dense()[:, 0]
    right = dense & there[:, :, None]
    expect(
        "may_see(lengths [2, 3], 3)",
        function(lengths.clone(), 3),
        right,
        {
            "That is causal: an encoder looks both ways.": right & torch.ones(3, 3, dtype=torch.bool).tril(),
            "Padding must not be looked at: combine with the columns, there[:, None, :].": there[:, :, None].expand(
                2, 3, 3
            ),
            "Padding looks at nothing: combine with the rows, there[:, :, None].": there[:, None, :].expand(2, 3, 3),
            "One place too far: a text of length L has the places 0 to L - 1.": torch.ones(2, 3, 3, dtype=torch.bool),
            "True should mean that a token may look.": ~right,
            "Both tokens have to exist: `and`, not `or`.": there[:, :, None] | there[:, None, :],
        },
    )
