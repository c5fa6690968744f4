"""Lesson 3: looking up as a product, the waves, and their lengths."""

from __future__ import annotations

import math

import torch

from hornbook.batches import Positions
from hornbook.course.answers import Answer, expect, explained
from hornbook.model.position_encodings import SinusoidalEncoding


def check_lookup(function: Answer) -> None:
    """The rows, and by a product whose zeros are zeros."""
    table = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    tokens = torch.tensor([2, 0, 2, 1])
    likely = "A product needs numbers of one kind: turn the booleans into the table's type, .to(table.dtype)."
    with explained("lookup(table [3, 2], tokens [4])", likely, RuntimeError):
        found = function(table, tokens)
    expect(
        "lookup(table [3, 2], tokens [4])",
        found,
        table[tokens],
        {"One-hot is a 1 at the token's place, not the token's number.": torch.diag(torch.arange(3.0))[tokens] @ table},
        "One-hot vectors are rows [T, V]; times the table [V, C] they give [T, C].",
    )


def check_position_waves(function: Answer) -> None:
    """Against the package's own."""
    places, width = 6, 8
    right = SinusoidalEncoding().embed(torch.zeros(1, places, width), Positions.counting(1, places))[0]
    index, place = torch.arange(width // 2), torch.arange(places)[:, None]
    single = place * 10_000.0 ** (-index / width)
    upward = place * 10_000.0 ** (2 * index / width)
    angle = place * 10_000.0 ** (-2 * index / width)
    expect(
        "position_waves(6, 8)",
        function(places, width),
        right,
        {
            "Sines and cosines of a pair stand side by side, and not all sines before all cosines.": torch.cat(
                [angle.sin(), angle.cos()], dim=1
            ),
            "Cosines stand first here: the even columns are sines.": torch.stack(
                [angle.cos(), angle.sin()], -1
            ).flatten(1),
            "The exponent is 2i / width for pair i, not i / width.": torch.stack(
                [single.sin(), single.cos()], -1
            ).flatten(1),
            "Places are divided by 10000^(2i/width), not multiplied: later pairs turn more slowly.": torch.stack(
                [upward.sin(), upward.cos()], -1
            ).flatten(1),
            "Places count from 0: the first code is 0, 1, 0, 1, ...": torch.stack(
                [(angle + angle[1]).sin(), (angle + angle[1]).cos()], -1
            ).flatten(1),
        },
        "Column 2i is sin(place / 10000^(2i/width)), column 2i + 1 the cosine of the same angle.",
    )


def check_wavelength(function: Answer) -> None:
    """A full turn over the speed."""
    expect(
        "wavelength(3, 16)",
        function(3, 16),
        2 * math.pi * 10_000 ** (6 / 16),
        {
            "A full turn is 2π, not 1.": 10_000 ** (6 / 16),
            "Divide by the speed: slow pairs have long waves.": 2 * math.pi * 10_000 ** (-6 / 16),
            "The exponent is 2 · pair / width.": 2 * math.pi * 10_000 ** (3 / 16),
        },
        "2π divided by the speed, and the speed is 1 / 10000^(2 · pair / width).",
    )
