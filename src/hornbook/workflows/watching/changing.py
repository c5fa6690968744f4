"""What changes without a part, who moved the answer, and which tokens a table holds for alike. Next: searching.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from hornbook.errors import SettingError
from hornbook.evaluation.inside.ablation import read_part, with_and_without
from hornbook.evaluation.inside.attribution import attribute
from hornbook.evaluation.inside.lens import in_bits
from hornbook.evaluation.inside.observing import observe
from hornbook.model.models import Encoder
from hornbook.workflows.load import Loaded
from hornbook.workflows.watching.following import distribution
from hornbook.workflows.watching.given import Read, labelled
from hornbook.workflows.watching.looking import rounded, surprises


def without(loaded: Loaded, read: Read, parts: Sequence[str], fill: str, place: int, top: int) -> dict[str, Any]:
    """What is answered after the token at ``place``, and what the text costs, with and without ``parts``.

    Raises:
        SettingError: there is no such part, place or ``fill``, or no part is named.
    """
    if not parts:
        raise SettingError("parts: name at least one, as in head:2.1, mlp:2 or layer:2")
    model, place = loaded.model, checked_place(read, place)
    off = [read_part(part) for part in parts]
    before, after = with_and_without(model, off, *read.inputs(model.embedding.device), fill=fill)
    one, other = before[place], after[place]
    return {
        "before": answered(loaded, read, before, place, top),
        "after": answered(loaded, read, after, place, top),
        "kl_bits": float(in_bits((one.exp() * (one - other)).sum())),
    }


def answered(loaded: Loaded, read: Read, logs: Float[Tensor, "T V"], place: int, top: int) -> dict[str, Any]:
    """The answer at a place, and the loss of the whole text; log-probabilities are logits, too."""
    found = distribution(loaded.tokenizer, logs[place], top)
    shown = [{key: each[key] for key in each if key != "logit"} for each in found["next"]]
    return {
        "next": shown,
        "entropy_bits": found["entropy_bits"],
        "loss": surprises(loaded, read, logs)["loss"],
    }


def checked_place(read: Read, place: int) -> int:
    """A place of the text, counted from its beginning."""
    count = len(read.tokens)
    if not -count <= place < count:
        raise SettingError(f"place: {place} is not in a text of {count} tokens, counted from 0, or from -1 at its end")
    return place % count


def moved(loaded: Loaded, read: Read, place: int, target: int | None, other: int | None) -> dict[str, Any]:
    """What each part put into logit(target) - logit(other); by default of the two likeliest.

    Raises:
        SettingError: the logits are no sum of parts, or there is no such token or place.
    """
    model, place = loaded.model, checked_place(read, place)
    if isinstance(model, Encoder):
        raise SettingError("attribution: an encoder transforms its stream before it answers; take a run that writes")
    observed = observe(model, *read.inputs(model.embedding.device))
    best = observed.logits[0, place].topk(2).indices.tolist()
    target = best[0] if target is None else target
    other = next(each for each in best if each != target) if other is None else other
    if not all(0 <= token < model.config.vocabulary for token in (target, other)):
        raise SettingError(f"target: expected tokens from 0 to {model.config.vocabulary - 1}")
    parts = attribute(model, observed, place, target, other)
    found: dict[str, Any] = rounded(
        {
            "target": labelled(loaded.tokenizer, target),
            "other": labelled(loaded.tokenizer, other),
            "difference": float(observed.logits[0, place, target] - observed.logits[0, place, other]),
            "parts": [{"part": name, "value": value} for name, value in parts.items()],
        }
    )
    return found


def neighbours(loaded: Loaded, token: int, top: int) -> dict[str, Any]:
    """The tokens whose vectors point most nearly where that of ``token`` points (cosine).

    Raises:
        SettingError: there is no such token.
    """
    size = loaded.tokenizer.vocab_size
    if not 0 <= token < size:
        raise SettingError(f"token: expected 0 to {size - 1}, found {token}")
    with torch.no_grad():
        table = loaded.model.embedding.tokens.weight[:size].float()
        cosines = torch.nn.functional.cosine_similarity(table, table[token][None], dim=-1)
    cosines[token] = -2.0
    best = cosines.topk(min(top, size - 1))
    pairs = zip(best.indices.tolist(), best.values.tolist(), strict=True)
    rows = [{**labelled(loaded.tokenizer, near), "cosine": cosine} for near, cosine in pairs]
    return {"token": labelled(loaded.tokenizer, token), "neighbours": rounded(rows)}
