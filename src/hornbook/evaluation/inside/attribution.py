"""Who moved the answer: how long the stream is, who added to it, and what each part did for one logit over another.

The stream is a sum, and the last norm with its statistics held still is linear: so the difference of two logits is the
sum of what the embedding, every head and every feed-forward network put into it (Elhage et al. 2021).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hornbook.errors import SettingError
from hornbook.evaluation.inside.observing import LayerSeen, Observed, attentions, writing_stack
from hornbook.evaluation.loss import still
from hornbook.model.attention import Attention
from hornbook.model.blocks import Block, ParallelBlock
from hornbook.model.models import Encoder, Model
from hornbook.model.norms import LayerNorm, RMSNorm


def stream_norms(observed: Observed) -> list[dict[str, float]]:
    """For each layer: the mean length of the stream that left it, and the share of each branch in what was added.

    Shares are lengths divided by the sum of the lengths of all branches of the layer.
    """
    rows = []
    for layer in observed.layers:
        lengths = {name: length(added) for name, added in layer.added.items()}
        total = sum(lengths.values()) or 1.0
        rows.append({"norm": length(layer.after)} | {name: value / total for name, value in lengths.items()})
    return rows


def length(vectors: Float[Tensor, "B T C"]) -> float:
    """The mean length of vectors."""
    return float(vectors.float().norm(dim=-1).mean())


def attribute(model: Model, observed: Observed, place: int, target: int, other: int) -> dict[str, float]:
    """What each part put into logit(target) - logit(other) at ``place`` of the first text; all together are all of it.

    Parts: embedding; head L.H, cross L.H and mlp L for layer L and head H; bias: whatever belongs to no part.

    Raises:
        SettingError: the logits of this model are no sum of parts: its norms stand on the stream, or its logits are
            capped or made from a transformed stream.
    """
    stack, embedding = writing_stack(model), model.embedding
    bare = [is_sum(stack.block(layer)) for layer in range(stack.depth)]
    if not all(bare) or embedding.head_softcap is not None or isinstance(model, Encoder):
        raise SettingError(
            "attribution: the logits of this model are no sum of what its parts added (a norm on the stream, capped "
            "logits, or an encoder's transform); it needs a decoder whose blocks leave their sum bare"
        )
    last = observed.layers[-1].after[0, place]
    with still(model.modules()), torch.no_grad():
        through = {name: frozen(stack.norm, last, vector) for name, vector in parts(model, observed, place)}
        difference = observed.logits[0, place, target] - observed.logits[0, place, other]
        zero = embedding.write(torch.zeros_like(last).view(1, 1, -1))
        written = {name: embedding.write(vector.view(1, 1, -1)) - zero for name, vector in through.items()}
    shares = {name: float(logits[0, 0, target] - logits[0, 0, other]) for name, logits in written.items()}
    return shares | {"bias": float(difference) - sum(shares.values())}


def is_sum(block: Block) -> bool:
    """Whether what ``branches`` of this block give is added to the stream as it is, and nothing happens to the sum."""
    around = block.around_attention
    through = around.after if isinstance(block, ParallelBlock) else around.summed
    return isinstance(around.summed, nn.Identity) and isinstance(through, nn.Identity)


def parts(model: Model, observed: Observed, place: int) -> Iterator[tuple[str, Float[Tensor, " C"]]]:
    """Every vector that was added to the stream at ``place``, by name; the biases of outputs are not among them."""
    stack = writing_stack(model)
    yield "embedding", observed.layers[0].before[0, place]
    for number, layer in enumerate(observed.layers):
        block = stack.block(number)
        for name, attention in attentions(block).items():
            called = "head" if name == "attention" else name
            for head, vector in enumerate(heads_of(block, name, attention, layer, place)):
                yield f"{called} {number}.{head}", vector
        yield f"mlp {number}", layer.added["feed_forward"][0, place]


def heads_of(block: Block, name: str, attention: Attention, layer: LayerSeen, place: int) -> Float[Tensor, "H C"]:
    """What each head added to the stream at ``place``: its own columns of the output's matrix times its answer."""
    answers = layer.looked[name].heads[0, :, place]  # [H,D]
    alone = torch.eye(len(answers)).to(answers)[:, :, None] * answers  # [H,H,D]: each head with the others silent
    silent: Tensor = attention.output(torch.zeros_like(alone[:1].flatten(1)))
    added: Tensor = attention.output(alone.flatten(1)) - silent
    around = block.around_cross if name == "cross" else block.around_attention
    whole: Tensor = attention.output(answers.flatten()[None])[0]
    return torch.stack([frozen(around.after, whole, vector) for vector in added])


# The norms, with their statistics held still --------------------------------------------------------------------------


def frozen_layer_norm(norm: Any, at: Float[Tensor, " C"], vector: Float[Tensor, " C"]) -> Float[Tensor, " C"]:
    """(vector - its mean) · scale / the deviation of ``at``."""
    normed: Tensor = (vector - vector.mean()) * torch.rsqrt(at.var(correction=0) + norm.epsilon) * norm.scale
    return normed


def frozen_rms_norm(norm: Any, at: Float[Tensor, " C"], vector: Float[Tensor, " C"]) -> Float[Tensor, " C"]:
    """vector · scale / the root mean square of ``at``."""
    normed: Tensor = vector * torch.rsqrt(at.square().mean() + norm.epsilon) * norm.scale
    return normed


FROZEN: dict[type, Callable[[Any, Tensor, Tensor], Tensor]] = {
    LayerNorm: frozen_layer_norm,
    RMSNorm: frozen_rms_norm,
    nn.Identity: lambda norm, at, vector: vector,
}


def frozen(norm: nn.Module, at: Float[Tensor, " C"], vector: Float[Tensor, " C"]) -> Float[Tensor, " C"]:
    """What ``norm`` makes of ``vector`` when it stands among others in ``at``: its shift belongs to nobody."""
    return FROZEN[type(norm)](norm, at, vector)
