"""Lesson 14: three matrices in one, and names."""

from __future__ import annotations

import torch

from hornbook.course.answers import Answer, expect
from hornbook.formats.families import gpt2
from hornbook.model.presets import PRESETS
from hornbook.seeds import torch_generator


def check_split_attention(function: Answer) -> None:
    """Transposed, then cut, in this order."""
    joined = torch.randn(4, 12, generator=torch_generator(14, "check"))
    query, key, value = joined.T.chunk(3)
    sideways = tuple(joined.chunk(3, dim=1))
    expect(
        "split_attention(joined [4, 12])",
        tuple(function(joined.clone())),
        (query, key, value),
        {
            "Each is on its side: PyTorch wants [out, in], so transpose.": sideways,
            "The order in the file is query, key, value.": (value, key, query),
            "Keys and values are exchanged.": (query, value, key),
            "Neighbouring columns belong together: cut into three blocks, do not deal the rows out one by one.": tuple(
                joined.T[place::3] for place in range(3)
            ),
        },
        hint="joined.T is [3C, C]; its first C rows are the query matrix.",
    )


def check_rename(function: Answer) -> None:
    """All four norms of a layer, by the package's own table."""
    pairs = {
        tie.theirs: tie.ours[0] for tie in gpt2.ties(PRESETS["gpt2"]) if ".h." in tie.theirs and ".ln_" in tie.theirs
    }
    for layer in (3, 11):
        for part in ("ln_1.weight", "ln_1.bias", "ln_2.weight", "ln_2.bias"):
            theirs = f"transformer.h.{layer}.{part}"
            right = pairs[theirs]
            exchanged = right.replace("scale", "x").replace("shift", "scale").replace("x", "shift")
            expect(
                f"rename({theirs!r})",
                function(theirs),
                right,
                {
                    "A norm's weight is its scale, its bias the shift.": exchanged,
                    "The names of the parts are theirs still: weight is scale, bias is shift.": right.replace(
                        "scale", "weight"
                    ).replace("shift", "bias"),
                    "ln_1 stands before attention, ln_2 before the feed-forward network.": right.replace(
                        "around_attention", "x"
                    )
                    .replace("around_feed_forward", "around_attention")
                    .replace("x", "around_feed_forward"),
                    "Layers have more than one digit: split at the dots.": right.replace(
                        f".{layer}.", f".{layer % 10}."
                    ),
                },
            )
