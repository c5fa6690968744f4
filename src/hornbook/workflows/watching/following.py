"""What may follow a text, how likely a text is, and what every filter leaves of the choice. Next: searching.py."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from hornbook.errors import SettingError
from hornbook.evaluation.loss import still
from hornbook.generation.adjusting import Scores, scores_along
from hornbook.generation.config import Sampling
from hornbook.generation.sampling import filters
from hornbook.model.models import Encoder, EncoderDecoder
from hornbook.tokenizers.protocol import Tokenizer
from hornbook.workflows.load import Loaded
from hornbook.workflows.watching.given import Read, all_labelled, labelled

LN2 = math.log(2)

AT_ONCE = 128
"""Places of a text whose logits are held at one time."""


def streams(loaded: Loaded, read: Read) -> Float[Tensor, "T C"]:
    """The last stream of the stack that answers, at every token."""
    model = loaded.model
    inputs = read.inputs(model.embedding.device)
    with still(model.modules()), torch.no_grad():
        if isinstance(model, EncoderDecoder):
            hidden: Tensor = model.hidden(inputs[1], model.encode(inputs[0]))
        else:
            hidden = model.hidden(inputs[0])
    return hidden[0]


def logits_at(loaded: Loaded, stream: Float[Tensor, "T C"]) -> Float[Tensor, "T V"]:
    """What is answered at these places."""
    with still(loaded.model.modules()), torch.no_grad():
        logits: Tensor = loaded.model.write(stream[None])[0].float()
    return logits


def entropy_bits(logits: Float[Tensor, " V"]) -> float:
    """The entropy of softmax(logits)."""
    return float(torch.special.entr(logits.softmax(-1)).sum()) / LN2


def distribution(tokenizer: Tokenizer, logits: Float[Tensor, " V"], top: int) -> dict[str, Any]:
    """The ``top`` likeliest tokens with their logits; all others together are 1 - the sum of their p."""
    total = float(logits.logsumexp(-1))
    values, tokens = logits.topk(min(top, len(logits)))
    chances = (values - total).exp().tolist()
    rows = zip(tokens.tolist(), values.tolist(), chances, strict=True)
    return {
        "logsumexp": total,
        "entropy_bits": entropy_bits(logits),
        "next": [{**labelled(tokenizer, token), "logit": logit, "p": chance} for token, logit, chance in rows],
    }


def next_tokens(loaded: Loaded, read: Read, top: int) -> dict[str, Any]:
    """What may follow the text; for an encoder, what may stand at each ``<|mask|>``.

    Raises:
        SettingError: nothing is hidden in an encoder's text.
    """
    tokenizer, stream = loaded.tokenizer, streams(loaded, read)
    found: dict[str, Any] = {"prompt": all_labelled(tokenizer, read.tokens), "vocabulary": tokenizer.vocab_size}
    if not isinstance(loaded.model, Encoder):
        return found | distribution(tokenizer, logits_at(loaded, stream[-1:])[0], top)
    hidden = [place for place, token in enumerate(read.tokens) if token == tokenizer.roles.mask]
    if not hidden:
        raise SettingError("prompt: hide something, as in `the <|mask|> sat`; an encoder guesses what is hidden")
    rows = logits_at(loaded, stream[hidden])
    masks = [{"place": place, **distribution(tokenizer, row, top)} for place, row in zip(hidden, rows, strict=True)]
    return found | {"masks": masks}


def score_text(loaded: Loaded, read: Read, top: int) -> dict[str, Any]:
    """For every token: its probability after those before it, its rank, how open the choice was, and the likeliest.

    Raises:
        SettingError: an encoder sees what it would be asked for.
    """
    if isinstance(loaded.model, Encoder):
        raise SettingError("model: an encoder reads both ways and gives no text a probability; ask for what is hidden")
    tokenizer, tokens, stream = loaded.tokenizer, read.tokens, streams(loaded, read)
    rows: list[dict[str, Any]] = [
        {"token": labelled(tokenizer, tokens[0]), "p": None, "rank": None, "entropy_bits": None, "top": []}
    ]
    nats, size = 0.0, 0
    for start in range(0, len(tokens) - 1, AT_ONCE):
        asked = tokens[start + 1 : start + 1 + AT_ONCE]
        logits = logits_at(loaded, stream[start : start + len(asked)])
        for token, scores in zip(asked, scores_along(logits, asked, top), strict=True):
            nats -= scores.own
            size += len(tokenizer.token_bytes(token)) if token < tokenizer.vocab_size else 0
            rows.append({"token": labelled(tokenizer, token), **scores_shown(tokenizer, scores)})
    asked_for = len(tokens) - 1
    return {
        "loss": nats / asked_for if asked_for else None,
        "bits_per_byte": nats / size / LN2 if size else None,
        "tokens": rows,
    }


def scores_shown(tokenizer: Tokenizer, scores: Scores) -> dict[str, Any]:
    """The scores of a token (generation/adjusting.py) as probabilities and bits."""
    top = torch.tensor([value for _, value in scores.top]).exp().tolist()
    return {
        "p": float(torch.tensor(scores.own).exp()),
        "rank": scores.rank,
        "entropy_bits": scores.entropy / LN2,
        "top": [{**labelled(tokenizer, token), "p": p} for (token, _), p in zip(scores.top, top, strict=True)],
    }


# Filters --------------------------------------------------------------------------------------------------------------

NAMED: dict[str, Any] = {"repetition_penalty": 1.0, "temperature": 1.0, "top_k": None, "top_p": None, "min_p": None}
"""The filters in the order in which they act, and the setting with which each does nothing."""


def stages(sampling: Sampling) -> Iterator[tuple[str, Any]]:
    """Every filter that does something, by its name."""
    for name, nothing in NAMED.items():
        value = getattr(sampling, name)
        if value != nothing:
            alone = filters(Sampling(**{name: value}))
            if alone:
                yield name, alone[0]


def filter_by_filter(loaded: Loaded, read: Read, sampling: Sampling, show: int) -> dict[str, Any]:
    """The distribution of the next token as the model has it, and after each filter.

    Raises:
        SettingError: an encoder chooses no next token.
    """
    if isinstance(loaded.model, Encoder):
        raise SettingError("model: an encoder chooses no next token; take a run that writes")
    logits = logits_at(loaded, streams(loaded, read)[-1:])
    written = torch.tensor([read.tokens], device=logits.device)
    shown = logits[0].topk(min(show, logits.shape[1])).indices
    rows = [stage("model", logits[0], shown)]
    for name, each in stages(sampling):
        logits = each(logits, written)
        rows.append(stage(name, logits[0], shown))
    return {"tokens": all_labelled(loaded.tokenizer, shown.tolist()), "stages": rows}


def stage(name: str, logits: Float[Tensor, " V"], shown: Any) -> dict[str, Any]:
    """The distribution after a filter: of the tokens that are shown, and how many are left of all."""
    chances = logits.double().softmax(-1)
    return {
        "name": name,
        "p": chances[shown].tolist(),
        "kept": int(logits.isfinite().sum()),
        "entropy_bits": entropy_bits(logits.double()),
    }
