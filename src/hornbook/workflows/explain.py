"""Parts of a model and settings of a recipe in words: for programs, and as docs/parts.md and docs/settings.md."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from hornbook.model.parts import PARTS, REFERENCE, Cost, Part, costs
from hornbook.workflows.recipe_settings import Setting, settings

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


SETTINGS_HEADINGS = ("setting", "default", "what it can be", "meaning")

SETTINGS_INTRODUCTION = """\
# The settings

Everything that a recipe can say: `hornbook train RECIPE training.clip=0.5`, a line `clip = 0.5` under `[training]` in a
TOML file, or `HORNBOOK_TRAINING__CLIP=0.5`. A setting *of* a choice is there where that choice is made; a bare
word is a choice with its defaults, `{kind = "muon", momentum = 0.9}` one with some of its own. In a path, `0` is
the place of a block in a recipe's list of them. `hornbook explain SETTING` adds the file and line, and where else the
setting stands.

This page is written by `hornbook explain settings --markdown`, from the text under each field in the source; a test
holds it against the code.
"""


def in_words(cost: Cost) -> tuple[str, str, str]:
    """Parameters, millions of operations, bytes."""
    return f"{cost.parameters:,}", f"{cost.flops_per_token / 1e6:,.1f}", f"{cost.cache_bytes_per_token:,}"


def described(part: Part) -> dict[str, Any]:
    """A part and its costs as plain data."""
    names = ("group", "name", "formula", "paper", "file", "symbol")
    return {name: getattr(part, name) for name in names} | dataclasses.asdict(costs(part))


def page(parts: Sequence[Part] = PARTS) -> str:
    """The page docs/parts.md: a table for each group of parts."""
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


def settings_page() -> str:
    """The page docs/settings.md: a table for each table of a recipe, first what belongs to none."""
    lines = [SETTINGS_INTRODUCTION]
    tables = [each.paths[0] for each in settings() if "." not in each.paths[0] and below(each.paths[0])]
    for table in ["", *tables]:
        lines += [f"## `{table}`\n" if table else "## The recipe\n", row(SETTINGS_HEADINGS), row(["---"] * 4)]
        lines += [setting_line(each) for each in (below(table) if table else alone())]
        lines.append("")
    return "\n".join(lines)


def alone() -> list[Setting]:
    """The settings that stand in no table."""
    return [each for each in settings() if "." not in each.paths[0]]


def below(table: str) -> list[Setting]:
    """The settings in a table of the recipe."""
    return [each for each in settings() if each.paths[0].startswith(f"{table}.")]


def setting_line(each: Setting) -> str:
    """The line of one setting."""
    name = f"`{each.paths[0]}`" + (f" of `{each.kind}`" if each.kind else "")
    default = f"`{each.default}`" if each.default else "must be given"
    return row([name, default, each.type, each.meaning.replace("``", "`")])


def row(cells: Sequence[str]) -> str:
    """One line of a table."""
    return f"| {' | '.join(cell.replace('|', ESCAPED) for cell in cells)} |"
