"""One pass through a run's model, ready to be drawn: embeddings, maps, stream, lens, answer. Next: changing.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import Tensor

from hornbook.batches import Positions
from hornbook.errors import SettingError
from hornbook.evaluation.inside.attribution import stream_norms
from hornbook.evaluation.inside.head_scores import head_scores
from hornbook.evaluation.inside.lens import look_through
from hornbook.evaluation.inside.observing import LayerSeen, Looked, Observed, observe, writing_stack
from hornbook.evaluation.loss import still
from hornbook.model.config import KINDS
from hornbook.model.models import Decoder, Encoder, EncoderDecoder
from hornbook.model.position_encodings import PositionEncoding
from hornbook.workflows.load import Loaded
from hornbook.workflows.watching.following import LN2, distribution
from hornbook.workflows.watching.given import Read, all_labelled, labelled

COLUMNS = 32
"""Numbers that are shown of a vector, each the mean of neighbouring ones."""

DIGITS = 5

AT_ONCE = 20_000_000
"""Logits of all lenses together up to which a lens comes along unasked: about a second on two cores."""

KINDS_OF_MODEL: dict[type, str] = {Decoder: "decoder", Encoder: "encoder", EncoderDecoder: "encoder_decoder"}


@dataclass(frozen=True)
class Trace:
    """What is kept of a pass for later questions: which run, what it read, and its maps, [L, H, T, S] of 0 to 255."""

    run: str
    checkpoint: str
    read: Read
    maps: dict[str, UInt8[np.ndarray, "L H T S"]]

    @property
    def bytes(self) -> int:
        """What it takes in memory."""
        return sum(each.nbytes for each in self.maps.values())


def look(loaded: Loaded, read: Read, top: int) -> tuple[Trace, dict[str, Any]]:
    """One pass over what is read: its trace, and everything else as plain data."""
    model, tokenizer = loaded.model, loaded.tokenizer
    observed = observe(model, *read.inputs(model.embedding.device))
    logits = observed.logits[0].float()
    trace = Trace(loaded.run.name, loaded.checkpoint.name, read, all_maps(observed))
    cells = (len(observed.layers) + 1) * logits.numel()
    answered = distribution(tokenizer, logits[-1], top)
    found = {
        "id": f"{loaded.run.name}@{loaded.checkpoint.name}",
        "kind": KINDS_OF_MODEL[type(model)],
        "tokens": all_labelled(tokenizer, read.tokens),
        "source": None if read.source is None else all_labelled(tokenizer, read.source),
        **surprises(loaded, read, logits),
        "embeddings": embeddings(loaded, read, observed),
        "maps": {kind: described(kind, trace.maps[kind], model) for kind in trace.maps},
        "heads": heads(observed, read),
        "stream": streams(observed),
        "lens": lens(loaded, observed, top) if cells <= AT_ONCE else None,
        "next": [{key: each[key] for key in each if key != "logit"} for each in answered["next"]],
        "entropy_bits": answered["entropy_bits"],
    }
    return trace, rounded(found)


# Maps -----------------------------------------------------------------------------------------------------------------


def looked_by_kind(observed: Observed) -> dict[str, list[Looked]]:
    """What every layer's attentions did: of the stack that answers, onto a source, and inside the source."""
    found = {name: [layer.looked[name] for layer in observed.layers] for name in observed.layers[0].looked}
    if observed.encoder:
        found["encoder"] = [layer.looked["attention"] for layer in observed.encoder]
    return found


def all_maps(observed: Observed) -> dict[str, UInt8[np.ndarray, "L H T S"]]:
    """All maps in steps of 1/255."""
    return {kind: in_steps([one.weights[0] for one in looked]) for kind, looked in looked_by_kind(observed).items()}


def in_steps(weights: Sequence[Float[Tensor, "H T S"]]) -> UInt8[np.ndarray, "L H T S"]:
    """Weights from 0 to 1 as the nearest of 0 to 255."""
    steps: UInt8[np.ndarray, "L H T S"] = np.stack(
        [(each * 255).round().to(torch.uint8).cpu().numpy() for each in weights]
    )
    return steps


def described(kind: str, maps: UInt8[np.ndarray, "L H T S"], model: Any) -> dict[str, Any]:
    """The sizes of maps; causal where nothing later is looked at."""
    layers, count, rows, columns = maps.shape
    causal = kind == "attention" and not isinstance(model, Encoder)
    return {"layers": layers, "heads": count, "rows": rows, "columns": columns, "causal": causal}


def one_head(loaded: Loaded, read: Read, kind: str, layer: int, head: int) -> dict[str, Any]:
    """One head in numbers: weights, scores before the softmax (``None``: may not be seen), lengths of the values.

    Raises:
        SettingError: there is no such head.
    """
    model = loaded.model
    by_kind = looked_by_kind(observe(model, *read.inputs(model.embedding.device)))
    if kind not in by_kind:
        raise SettingError(f"kind: {kind[:40]!r} is none of {', '.join(by_kind)}")
    looked = by_kind[kind]
    count = looked[0].weights.shape[1]
    if not (0 <= layer < len(looked) and 0 <= head < count):
        raise SettingError(f"head: {layer}.{head} is not in {len(looked)} layers of {count} heads, counted from 0")
    one = looked[layer]
    weights = one.weights[0, head]
    shared = count // one.values.shape[1]  # so many heads look at the same values
    scores = [
        [score if weight > 0 else None for score, weight in zip(*rows, strict=True)]
        for rows in zip(one.scores[0, head].tolist(), weights.tolist(), strict=True)
    ]
    values = one.values[0, head // shared].float().norm(dim=-1)
    found: dict[str, Any] = rounded({"weights": weights.tolist(), "scores": scores, "values": values.tolist()})
    return found


def heads(observed: Observed, read: Read) -> list[dict[str, Any]]:
    """The scores of every head of the stack that answers, as hints (evaluation/inside/head_scores.py)."""
    tokens, rows = torch.tensor(read.tokens), list[dict[str, Any]]()
    for number, layer in enumerate(observed.layers):
        for head, scores in enumerate(head_scores(layer.looked["attention"].weights[0].cpu(), tokens)):
            told = {name: None if value != value else value for name, value in scores.items()}
            rows.append({"kind": "attention", "layer": number, "head": head} | told)
    return rows


# Around the maps ------------------------------------------------------------------------------------------------------


def surprises(loaded: Loaded, read: Read, logits: Float[Tensor, "T V"]) -> dict[str, Any]:
    """What each token after the first cost in bits, and their mean in nats; nothing where both ways are read."""
    count = len(read.tokens)
    if isinstance(loaded.model, Encoder) or count == 1:
        return {"loss": None, "surprise_bits": [None] * count}
    targets = torch.tensor(read.tokens[1:], device=logits.device)
    nats = torch.nn.functional.cross_entropy(logits[:-1], targets, reduction="none")
    return {"loss": float(nats.mean()), "surprise_bits": [None, *(nats / LN2).tolist()]}


def embeddings(loaded: Loaded, read: Read, observed: Observed) -> dict[str, Any]:
    """The vector of each token, that of its position where it is added, and the sum, in a few columns each."""
    model, config = loaded.model, loaded.model.config
    stack, inputs = writing_stack(model), read.inputs(model.embedding.device)
    with still(model.modules()), torch.no_grad():
        token = model.embedding.read(inputs[-1])
        added = torch.zeros_like(token)
        for encoding in stack.position_encodings:
            assert isinstance(encoding, PositionEncoding)
            added = encoding.embed(added, Positions.counting(1, len(read.tokens), added.device))
    before = observed.layers[0].before
    kind = config.position_encoding
    return {
        "token": narrowed(token[0]),
        "position": narrowed(added[0]) if bool(added.any()) else None,
        "sum": narrowed(before[0]),
        "columns": min(COLUMNS, config.width),
        "width": config.width,
        "position_kind": KINDS.get(type(kind), "several"),
        "norms": before[0].float().norm(dim=-1).tolist(),
    }


def narrowed(vectors: Float[Tensor, "T C"]) -> list[list[float]]:
    """The means of neighbouring numbers of each vector."""
    pooled = torch.nn.functional.adaptive_avg_pool1d(vectors[None].float(), min(COLUMNS, vectors.shape[1]))
    rows: list[list[float]] = pooled[0].tolist()
    return rows


def streams(observed: Observed) -> list[dict[str, Any]]:
    """For each layer: the length of the stream that left it, in the mean and at every token, and who added how much."""
    rows = zip(observed.layers, stream_norms(observed), strict=True)
    return [{"layer": number, **row, "norms": lengths(layer)} for number, (layer, row) in enumerate(rows)]


def lengths(layer: LayerSeen) -> list[float]:
    """The length of the stream after a layer, at every token of the first text."""
    found: list[float] = layer.after[0].float().norm(dim=-1).tolist()
    return found


def lens(loaded: Loaded, observed: Observed, top: int) -> dict[str, Any]:
    """What each layer would answer at every token; row 0 is the stream before the first layer."""
    found, tokenizer = look_through(loaded.model, observed, top), loaded.tokenizer
    cells = zip(found.top.tolist(), found.probabilities.tolist(), strict=True)
    return {
        "top": [
            [
                [{**labelled(tokenizer, token), "p": p} for token, p in zip(*cell, strict=True)]
                for cell in zip(*row, strict=True)
            ]
            for row in cells
        ],
        "rank": found.rank.tolist(),
        "p_of_answer": found.final.tolist(),
        "entropy_bits": found.entropy.tolist(),
        "kl_bits": found.divergence.tolist(),
    }


def lens_alone(loaded: Loaded, read: Read, top: int) -> dict[str, Any]:
    """The lens of a pass, where it did not come along."""
    observed = observe(loaded.model, *read.inputs(loaded.model.embedding.device))
    found: dict[str, Any] = rounded(lens(loaded, observed, top))
    return found


def rounded(value: Any) -> Any:
    """Every number of plain data to five digits."""
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, dict):
        return {key: rounded(each) for key, each in value.items()}
    return [rounded(each) for each in value] if isinstance(value, list) else value
