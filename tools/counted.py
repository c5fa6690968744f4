"""Figures of the documentation that are counted in seconds: one function for each entry of the ledger that names it.

A function returns its numbers as they stand on the page, in order, in any words; ``make docs-verify`` compares.
"""

from __future__ import annotations

import textwrap
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def exchange() -> str:
    """What ``python benchmarks/exchange.py`` prints, in one process: messages are counted, and go nowhere."""
    from benchmarks.exchange import head, row
    from hornbook.training.by_hand import Ring, Vector
    from hornbook.training.world import World

    class Silent(Ring):
        def pass_on(self, slices: Sequence[Vector], give: int, take: int, into: Vector) -> None:
            into.zero_()
            self.sent += slices[give].numel() * slices[give].element_size()

    return "\n".join([head(1_000_003), *(row(Silent(World(0, size)), 1_000_003) for size in (2, 3, 4))])


def minutes_of_a_lesson() -> str:
    """The shortest and the longest that a lesson says it takes."""
    from hornbook.course.lesson import read_lessons

    minutes = [lesson.minutes for lesson in read_lessons()]
    return f"{min(minutes)} to {max(minutes)}"


def parameters(recipe: str, vocabulary: int) -> int:
    """The parameters of a recipe's model with as many tokens."""
    from hornbook.model.count import count
    from hornbook.workflows.recipe import load_recipe

    return count(replace(load_recipe(recipe).model, vocabulary=vocabulary)).parameters


def millions_of_the_character_model() -> str:
    """Parameters of the recipe ``tinyshakespeare-char``, whose text has 65 different characters, in millions."""
    return f"{parameters('tinyshakespeare-char', 65) / 1e6:.1f}"


def bytes_before_what_is_compressed() -> str:
    """The head of a file that ``hornbook compress`` writes."""
    from hornbook.evaluation.compressed_file import DATA_AT

    return str(DATA_AT)


def parameters_of_the_markov_model() -> str:
    """Those of the model on the page about truth: its ``markov.toml``, with the letters of its source."""
    from hornbook.corpus.sources import MARKOV_SYMBOLS
    from hornbook.model.config import ModelConfig
    from hornbook.model.count import count

    page = (ROOT / "docs" / "truth.md").read_text("utf-8")
    model = page[page.index("    [model]") : page.index("    [training]")]
    settings = tomllib.loads(textwrap.dedent(model))["model"]
    return f"{count(ModelConfig(vocabulary=MARKOV_SYMBOLS, **settings)).parameters:,}"


def languages_told() -> str:
    """Of the held-out sentences of the tests, all and in each language, how many are told rightly."""
    from hornbook.corpus.refining.languages import language_of
    from tests.corpus.refining.held_out import HELD_OUT

    sentences = [(language, text) for language, texts in HELD_OUT.items() for text in texts.split("\n")]
    right = sum(language_of(text) == language for language, text in sentences)
    return f"{len(sentences)} {len(sentences) // len(HELD_OUT)} {right}"


def hours_of_the_paths() -> str:
    """What the ways through the lessons say they take."""
    from hornbook.course.paths import PATHS

    return " ".join(str(hours) for hours in sorted(path.hours for path in PATHS.values()))


def mistakes_in_own_parts() -> str:
    """How many wrong lines the tests plant in learners' parts."""
    from tests.course.own.wrong_parts import MISTAKES

    return str(len(MISTAKES))
