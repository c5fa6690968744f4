"""Ways a text may go: a tree of the likeliest continuations, and beams beside the best text there is."""

from __future__ import annotations

import heapq
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from hornbook.errors import SettingError
from hornbook.generation.beam import Hypothesis, Step, beam_search
from hornbook.generation.config import Beams
from hornbook.generation.exhaustive import exhaustive_search
from hornbook.generation.generate import reading_only
from hornbook.generation.reading import Reading, continuing
from hornbook.model.models import Encoder, EncoderDecoder
from hornbook.workflows.load import Loaded
from hornbook.workflows.watching.answering import reading_of
from hornbook.workflows.watching.given import Read, all_labelled, labelled

NODES = 400
"""A tree has so many at most; the likeliest paths are grown first."""


def reading(loaded: Loaded, read: Read, max_tokens: int) -> Reading:
    """A reading of what is given.

    Raises:
        SettingError: an encoder continues nothing.
    """
    if isinstance(loaded.model, Encoder):
        raise SettingError("model: an encoder continues no text; take a run that writes")
    if isinstance(loaded.model, EncoderDecoder):
        return reading_of(loaded.model, read, max_tokens)
    return continuing(loaded.model, [read.tokens], max_tokens)


def next_logits(loaded: Loaded, read: Read, rows: list[list[int]], room: int) -> Float[Tensor, "N V"]:
    """What may follow the text and each of some continuations of it, all of one length."""
    if isinstance(loaded.model, EncoderDecoder):
        wider = reading_of(loaded.model, read, room)
        wider.repeat(len(rows))
        for column in zip(*rows, strict=True):
            wider.go_on(torch.tensor(column, device=wider.text.device))
        return wider.logits
    return continuing(loaded.model, [[*read.tokens, *row] for row in rows], room).logits


# A tree ---------------------------------------------------------------------------------------------------------------


def tree(loaded: Loaded, read: Read, branches: int, depth: int) -> dict[str, Any]:
    """The ``branches`` likeliest tokens after the text, after each of these as many, and so on.

    The likeliest path that is not yet grown is grown next; a parent stands before its children.
    """
    tokenizer, end = loaded.tokenizer, loaded.tokenizer.roles.end
    nodes: list[dict[str, Any]] = []
    open_paths: list[tuple[float, int, list[int]]] = [(0.0, -1, [])]  # -log p, node, tokens
    with reading_only(loaded.model):
        while open_paths and len(nodes) + branches <= NODES:
            cost, parent, path = heapq.heappop(open_paths)
            logs = next_logits(loaded, read, [path], depth)[0].float().log_softmax(-1)
            best = logs.topk(min(branches, len(logs)))
            for token, log_p in zip(best.indices.tolist(), best.values.tolist(), strict=True):
                whole = cost - log_p
                nodes.append(
                    {
                        "parent": parent,
                        "token": labelled(tokenizer, token),
                        "p": float(torch.tensor(log_p).exp()),
                        "path_p": float(torch.tensor(-whole).exp()),
                        "depth": len(path) + 1,
                        "end": token == end,
                    }
                )
                if token != end and len(path) + 1 < depth:
                    heapq.heappush(open_paths, (whole, len(nodes) - 1, [*path, token]))
    return {"nodes": nodes}


# Beams ----------------------------------------------------------------------------------------------------------------


def beams_and_best(loaded: Loaded, read: Read, beams: Beams) -> dict[str, Any]:
    """A search step by step, what greedy choices give, and the best text there is where it can be found."""
    steps: list[dict[str, Any]] = []
    end = loaded.tokenizer.roles.end

    def watch(groups: list[tuple[Step, Step]]) -> None:
        [(found, running)] = groups
        steps.append({"step": len(steps) + 1, "beams": candidates(loaded, found, running)})

    greedy = Beams(beams=1, max_tokens=beams.max_tokens, length_penalty=beams.length_penalty, early_stopping="first")
    with reading_only(loaded.model):
        [found] = beam_search(reading(loaded, read, beams.max_tokens), beams, end, watch)
        [[one]] = beam_search(reading(loaded, read, beams.max_tokens), greedy, end)
        best = the_best(loaded, read, beams, end, max([*found, one], key=lambda each: each.score))
    return {"steps": steps, "found": [told(loaded, each) for each in found], "greedy": told(loaded, one), **best}


def candidates(loaded: Loaded, found: Step, running: Step) -> list[dict[str, Any]]:
    """The continuations of a step, best first, and which of them go on."""
    live = running.scores[0].isfinite()
    kept = set(zip(running.parents[0][live].tolist(), running.tokens[0][live].tolist(), strict=True))
    rows = zip(found.scores[0].tolist(), found.parents[0].tolist(), found.tokens[0].tolist(), strict=True)
    return [
        {
            "parent": parent,
            "token": labelled(loaded.tokenizer, token),
            "log_p": log_p,
            "kept": (parent, token) in kept,
        }
        for log_p, parent, token in rows
        if log_p > -torch.inf
    ]


def the_best(loaded: Loaded, read: Read, beams: Beams, end: int | None, known: Hypothesis) -> dict[str, Any]:
    """The best text there is, or why it was not looked for."""
    vocabulary = loaded.model.config.vocabulary
    try:
        search = exhaustive_search(
            lambda rows: next_logits(loaded, read, rows, beams.max_tokens), vocabulary, beams, end, known
        )
    except SettingError as error:
        return {"exhaustive": None, "exhaustive_because": str(error)}
    assert search.best is not None
    return {"exhaustive": {**told(loaded, search.best), "looked_at": search.looked_at}}


def told(loaded: Loaded, found: Hypothesis) -> dict[str, Any]:
    """A text that was found."""
    return {
        "tokens": all_labelled(loaded.tokenizer, found.tokens),
        "text": loaded.tokenizer.decode(found.tokens),
        "ended": found.ended,
        "log_p": found.log_probability,
        "score": found.score,
    }
