"""The parts of a model in words: for the terminal, for programs, and as the page docs/parts.md."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from hornbook.errors import SettingError, nearest
from hornbook.model.parts import PARTS, REFERENCE, Cost, Part, costs, named

HEADINGS = ("part", "formula", "paper", "file", "parameters", "MFLOP/token", "cache bytes/token")

ESCAPED = r"\|"

SIZES = (
    f"{REFERENCE.depth} layers of width {REFERENCE.width}, {REFERENCE.heads} heads, "
    f"{REFERENCE.vocabulary:,} tokens, a context of {REFERENCE.context:,}"
)

INTRODUCTION = f"""\
# The parts

Every part that a model can be made of. One field of the model's configuration brings it in; one row of a table, in the
file named here, makes it known. The costs are those of one and the same model with this part exchanged:
{SIZES}.
*MFLOP/token* is the forward pass (training takes three times as much), *cache* what one token of a text leaves behind
while a model writes, in 16 bits. Kernels differ in time and memory and in nothing that is counted here.

This page is written by `hornbook explain --markdown`; a test holds it against the code.
"""


def find_parts(term: str | None) -> list[Part]:
    """The parts that are meant by a term, or all.

    Raises:
        SettingError: nothing is called so; the message names the nearest.
    """
    parts = PARTS if term is None else named(term)
    if not parts:
        names = list(dict.fromkeys([part.name for part in PARTS] + [part.group for part in PARTS]))
        raise SettingError(f"term: {term!r} is no part{nearest(str(term), names)}; there are {', '.join(names)}")
    return parts


def in_words(cost: Cost) -> tuple[str, str, str]:
    """Parameters, millions of operations, bytes."""
    return f"{cost.parameters:,}", f"{cost.flops_per_token / 1e6:,.1f}", f"{cost.cache_bytes_per_token:,}"


def described(part: Part) -> dict[str, Any]:
    """A part and its costs as plain data."""
    names = ("group", "name", "formula", "paper", "file", "symbol")
    return {name: getattr(part, name) for name in names} | dataclasses.asdict(costs(part))


def page(parts: Sequence[Part]) -> str:
    """A table in Markdown for each group of parts, under an introduction."""
    lines = [INTRODUCTION]
    for group in dict.fromkeys(part.group for part in parts):
        lines += [f"## {group.capitalize()}\n", row(HEADINGS), row(["---"] * 4 + ["---:"] * 3)]
        lines += [line(part) for part in parts if part.group == group]
        lines.append("")
    return "\n".join(lines)


def line(part: Part) -> str:
    """The line of one part."""
    link = f"[`{part.file.rpartition('/')[2]}`](../src/hornbook/{part.file})"
    return row([part.name, part.formula, part.paper, link, *in_words(costs(part))])


def row(cells: Sequence[str]) -> str:
    """One line of a table."""
    return f"| {' | '.join(cell.replace('|', ESCAPED) for cell in cells)} |"
