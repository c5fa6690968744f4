"""What changes without a part, at another temperature, with another token; who moved the answer, and which tokens a
table holds for alike. Next: searching.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from hornbook.errors import SettingError
from hornbook.evaluation.inside.ablation import Intervention, read_part, with_and_without
from hornbook.evaluation.inside.attribution import attribute
from hornbook.evaluation.inside.editing import before_and_after
from hornbook.evaluation.inside.lens import in_bits
from hornbook.evaluation.inside.observing import observe
from hornbook.evaluation.inside.temperature import Temperature
from hornbook.model.models import Encoder
from hornbook.workflows.load import Loaded
from hornbook.workflows.watching.following import distribution
from hornbook.workflows.watching.given import Read, labelled
from hornbook.workflows.watching.looking import rounded, surprises


@dataclass(frozen=True)
class Experiment:
    """Parts that are switched off, what stands in for them, and attention that is spread or sharpened; all at once."""

    parts: Sequence[str] = ()
    fill: str = "zero"
    temperatures: Sequence[Temperature] = ()


def without(loaded: Loaded, read: Read, experiment: Experiment, place: int, top: int) -> dict[str, Any]:
    """What is answered after the token at ``place``, and what the text costs, before and after an ``experiment``.

    Raises:
        SettingError: there is no such part, attention, temperature, place or ``fill``, or nothing is to be changed.
    """
    interventions: list[Intervention] = [*map(read_part, experiment.parts), *experiment.temperatures]
    if not interventions:
        raise SettingError("parts: name at least one, as in head:2.1, mlp:2 or layer:2, or a temperature of attention")
    model, place = loaded.model, checked_place(read, place)
    inputs = read.inputs(model.embedding.device)
    before, after = with_and_without(model, interventions, *inputs, fill=experiment.fill)
    return {
        "before": answered(loaded, read, before, place, top),
        "after": answered(loaded, read, after, place, top),
        "kl_bits": float(divergence_bits(before[place], after[place])),
    }


def with_token(loaded: Loaded, read: Read, edit: tuple[int, int], place: int, top: int) -> dict[str, Any]:
    """The same before and after another token stands in the text; ``edit`` is its place and its id.

    What every token costs comes along for both texts (nothing for an encoder), and how far every answer moved.

    Raises:
        SettingError: the text has no such place, or the model no such token.
    """
    model, place = loaded.model, checked_place(read, place)
    at, token = checked_place(read, edit[0]), edit[1]
    before, after = before_and_after(model, at, token, *read.inputs(model.embedding.device))
    other = replace(read, tokens=[*read.tokens[:at], token, *read.tokens[at + 1 :]])
    return {
        "place": at,
        "replaced": labelled(loaded.tokenizer, read.tokens[at]),
        "token": labelled(loaded.tokenizer, token),
        "before": answered(loaded, read, before, place, top) | surprises(loaded, read, before),
        "after": answered(loaded, other, after, place, top) | surprises(loaded, other, after),
        "kl_bits": float(divergence_bits(before[place], after[place])),
        "kl_bits_by_place": divergence_bits(before, after).tolist(),
    }


def divergence_bits(before: Float[Tensor, "*T V"], after: Float[Tensor, "*T V"]) -> Float[Tensor, "*T"]:
    """KL(before ‖ after) of log-probabilities, in bits."""
    return in_bits((before.exp() * (before - after)).sum(-1))


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
