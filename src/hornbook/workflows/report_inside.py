"""What a report shows of the inside of a model, quickly: a training is over, and somebody waits for its page.

What a run cannot show (a classifier has no next token, an imported model no held-out text) is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from hornbook.data.config import NextToken
from hornbook.errors import HornbookError
from hornbook.evaluation.by_position import means_by_place
from hornbook.evaluation.report_inside import Passage, Picture
from hornbook.figures.position_loss import position_loss
from hornbook.model.models import Decoder, Encoder, EncoderDecoder
from hornbook.workflows.draw_architecture import diagram
from hornbook.workflows.draw_runs import Subject, attention, embeddings, surprise
from hornbook.workflows.evaluate import Evaluation
from hornbook.workflows.examination import Examination
from hornbook.workflows.load import Loaded

FEWEST_WINDOWS = 16
"""Below so many windows means by position would be noise, and none are shown."""
LARGEST_GRID = 48
"""Heads in all, above which maps of attention would be too small for a page."""


def inside(loaded: Loaded, result: Evaluation | Examination) -> dict[str, Any]:
    """``passage``, ``context`` and ``pictures`` of ``ReportData``."""
    subject = Subject(loaded)
    return {"passage": passage(subject), "context": context(subject, result), "pictures": pictures(subject)}


def passage(subject: Subject) -> Passage | None:
    """The beginning of the held-out text and what each token of it cost."""
    if not isinstance(subject.loaded.recipe.task, NextToken) or not isinstance(subject.loaded.model, Decoder):
        return None
    pieces, losses, which = surprise(subject)
    mean = float(np.nanmean(losses))
    told = f"{which}, {len(losses) - 1} tokens, {mean:.3f} nats each on average"
    sentence = f"What surprised it in {told}; the stronger the ground, the more."
    return Passage(tuple(pieces), tuple(losses), sentence)


def context(subject: Subject, result: Evaluation | Examination) -> tuple[Picture, ...]:
    """The loss by position, from the sums that the evaluation of the whole held-out text has left."""
    found = means_by_place(result.measured) if isinstance(result, Evaluation) else None
    if found is None or found[1].min() < FEWEST_WINDOWS:
        return ()
    figure = position_loss(
        *found,
        title="What context is worth",
        remark=f"{int(found[1].sum()):,} held-out tokens in windows of {len(found[0])}, laid end to end",
    )
    sentence = "What context is worth to it: the loss of a token by how many tokens stand before it."
    return (Picture("position", figure, sentence),)


def pictures(subject: Subject) -> tuple[Picture, ...]:
    """The model as boxes and arrows, where its heads look, and where its tokens lie."""
    model = subject.loaded.model
    if not isinstance(model, Decoder | Encoder | EncoderDecoder):
        return ()
    config, text = model.config, isinstance(subject.loaded.recipe.task, NextToken)
    drawn: list[tuple[str, str, Callable[[], Figure]]] = [
        ("architecture", "The model, with the parameters of each part.", lambda: diagram(config, "Architecture"))
    ]
    if text and config.heads * config.depth <= LARGEST_GRID:
        drawn.append(("attention", "Where each head looks, layer by layer, in that text.", lambda: attention(subject)))
    if text:
        drawn.append(("embeddings", "Its most frequent tokens by their vectors.", lambda: embeddings(subject)))
    found = []
    for name, sentence, draw in drawn:
        with suppress(HornbookError):
            found.append(Picture(name, draw(), sentence))
    return tuple(found)
