"""Lesson 29: heads, steps and learning rate by the rules."""

from __future__ import annotations

from hornbook.course.answers import Answer, expect


def check_heads_for(function: Answer) -> None:
    """Divides, and is near."""
    expect("heads_for(768, 64)", function(768, 64), 12, {"That is the width of a head; return how many there are.": 64})
    expect(
        "heads_for(320, 60)",
        function(320, 60),
        5,
        {
            "320 / 60 is no whole number: only divisors of the width will do.": 320 / 60,
            "Heads of 80 are further from 60 than heads of 64.": 4,
            "The heads have to divide the width.": 6,
            "Make the width of a head near to the wish, not the number of heads.": 64,
        },
    )
    expect("heads_for(96, 20)", function(96, 20), 4, {"Of two equally near ones take the smaller number of heads.": 6})


def check_steps_for(function: Answer) -> None:
    """20 tokens a parameter, in steps of rows times context."""
    expect(
        "steps_for(1_000_000, 32, 128)",
        function(1_000_000, 32, 128),
        4883,
        {
            "Round up: 4,882 steps are a few tokens short.": 4882,
            "A step reads rows · context tokens, not rows alone.": 625_000,
            "A step reads rows · context tokens, not one row.": 156_250,
            "20 tokens for each parameter.": 245,
        },
    )


def check_rate_for(function: Answer) -> None:
    """Inverse to the width."""
    expect(
        "rate_for(256)",
        function(256),
        0.0015,
        {
            "Wider models need a smaller rate: divide by the width.": 0.006,
            "The rate does not depend on the width here.": 0.003,
            "Halve it when the width doubles; that is less than with a square root.": 0.003 / 2**0.5,
            "Halve it when the width doubles, not quarter it.": 0.00075,
        },
        tolerance=1e-5,
    )
