"""The parts of a report that look inside: a held-out passage on a ground as dark as it surprised, and pictures.

The passage is text of the page, to be read and searched; under the pointer each token says what it cost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from matplotlib.figure import Figure

from hornbook.evaluation.page import inline_svg

DARKEST = 8.0
"""Nats from which on a token is as dark as can be."""


@dataclass(frozen=True)
class Picture:
    """A figure of the page: a name for its ids, the figure, and a sentence to go with it."""

    name: str
    figure: Figure
    sentence: str


@dataclass(frozen=True)
class Passage:
    """A held-out text: its tokens, what each of them cost in nats (NaN: nothing was asked), and a sentence."""

    pieces: tuple[str, ...]
    losses: tuple[float, ...]
    sentence: str = ""


def pictures_of(pictures: Sequence[Picture]) -> str:
    """The figures, each under its sentence."""
    return "".join(
        f"<p>{escape(each.sentence)}</p>{inline_svg(each.figure, each.name, each.sentence)}" for each in pictures
    )


def passage_of(passage: Passage | None) -> str:
    """The tokens in a row, as the text had them; ends of lines are kept."""
    if passage is None:
        return ""
    tokens = "".join(map(token_of, passage.pieces, passage.losses))
    return f'<p>{escape(passage.sentence)}</p><div class="passage">{tokens}</div>'


def token_of(piece: str, loss: float) -> str:
    """One token on its ground."""
    if loss != loss:
        return f"<span>{escape(piece)}</span>"
    shade = 0.75 * min(1.0, max(0.0, loss) / DARKEST)
    return f'<span style="--shade:{shade:.2f}" title="{loss:.2f} nats">{escape(piece)}</span>'
