"""Properties that every decoder has, tried on the one that was trained, in 64 bits. Next: in_parts.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hornbook.evaluation.diagnosis.case import Case, Finding
from hornbook.model.attention import Attention
from hornbook.model.config import Bidirectional, NoPositionEncoding
from hornbook.model.feed_forward import FeedForward
from hornbook.model.norms import Residual

Change = Callable[[Tensor], Tensor]

SMALLEST = 1e-9
"""In 64 bits, what differs by less than this part of its size is the same."""

ROWS = 4


@torch.no_grad()
def causality(case: Case) -> Finding | None:
    """Changing a token changes nothing before it."""
    tokens = case.read[0].tokens[:ROWS].clone()
    place = tokens.shape[1] // 2
    if any(isinstance(block.attention.mask, Bidirectional) for block in case.record.config.blocks):
        return None
    before = case.exact(tokens)
    tokens[:, place:] = (tokens[:, place:] + 1) % case.record.config.vocabulary
    change = (case.exact(tokens) - before)[:, :place].abs().amax(dim=(0, 2))
    worst = float(change.max() / before.std().clamp(min=1e-30))
    if not worst > SMALLEST * 100:
        return None
    far = int(place - (change > SMALLEST * 100 * float(before.std())).int().argmax())
    return Finding(
        "causality",
        f"changing tokens from place {place} on moves logits before it by {worst:.2g} of their spread, up to {far} "
        "places earlier",
        "tokens see those that come after them, the answer among them; none of its losses mean anything",
        "give attention a mask: the token at i may look at j where j <= i",
    )


@torch.no_grad()
def order(case: Case) -> Finding | None:
    """What the first block makes of the last token depends on the order of those before it."""
    if all(isinstance(each, NoPositionEncoding) for each in case.record.config.position_encodings):
        return None
    tokens = case.read[0].tokens[:ROWS].clone()
    tokens[:, 0], tokens[:, 1] = tokens[:, 2], (tokens[:, 2] + 1) % case.record.config.vocabulary
    swapped = tokens.clone()
    swapped[:, :2] = tokens[:, :2].flip(1)
    with outputs_of(case.exact.stack.blocks[0]) as seen:
        case.exact.hidden(tokens)
        case.exact.hidden(swapped)
    change = float((seen[0][:, 2] - seen[1][:, 2]).abs().max() / seen[0].std().clamp(min=1e-30))
    if change > SMALLEST:
        return None
    return Finding(
        "order",
        f"exchanging two tokens moves what the first block says of the one after them by {change:.1g} of its spread",
        "attention sees a bag of tokens: nothing tells it which came first",
        "add positions to the embedding, turn queries and keys by them, or add them to the scores",
    )


@torch.no_grad()
def stream(case: Case) -> Finding | None:
    """With every branch silent, what was read still arrives at the end."""
    tokens = case.read[0].tokens[:ROWS]
    with ExitStack() as stack:
        for module in case.exact.modules():
            if isinstance(module, Residual) and not isinstance(module.after, nn.Identity):
                stack.enter_context(silenced(module.after))
        for block in case.exact.stack.blocks:
            stack.enter_context(silenced(block.attention))
            stack.enter_context(silenced(block.feed_forward))
        arrived = case.exact.hidden(tokens)
    spread = float((arrived - arrived[:, :1]).abs().max())
    if spread > SMALLEST:
        return None
    return Finding(
        "residual stream",
        f"with attention and feed-forward networks silent, all tokens end in the same stream (within {spread:.1g})",
        "blocks replace the stream instead of adding to it, and gradients have no short way down",
        "hidden = hidden + branch(norm(hidden))",
    )


@torch.no_grad()
def tying(case: Case) -> Finding | None:
    """In a model with one table, changing a row changes how that token is written."""
    if not case.record.config.tied:
        return None
    tokens, table = case.read[0].tokens[:1], case.exact.embedding.tokens.weight
    absent = next((each for each in range(len(table)) if not (tokens == each).any()), None)
    if absent is None:
        return None
    before, row = case.exact(tokens), table[absent].clone()
    table[absent] += 1.0
    change = float((case.exact(tokens) - before)[..., absent].abs().max())
    table[absent] = row
    if change > SMALLEST:
        return None
    return Finding(
        "tied tables",
        f"changing the row of token {absent} changes its logit by {change:.1g}",
        "the table that writes is another than the one that reads, though the model was to have one",
        "use the same parameter for both, and set its numbers once",
    )


@torch.no_grad()
def dead_units(case: Case) -> Finding | None:
    """Feed-forward units answer to something."""
    dead, units = 0, 0
    with ExitStack() as stack:
        inputs = [
            stack.enter_context(inputs_of(module.down))
            for module in case.exact.modules()
            if isinstance(module, FeedForward)
        ]
        case.exact.hidden(torch.cat([texts.tokens for texts in case.read[:2]])[:32])
    for seen in inputs:
        if seen:
            strongest = torch.cat([each.flatten(0, -2) for each in seen]).abs().amax(0)
            dead, units = dead + int((strongest < 1e-6).sum()), units + len(strongest)
    if dead <= 0.5 * units:
        return None
    return Finding(
        "dead units",
        f"{dead:,} of {units:,} feed-forward units give nothing for any token of two batches",
        "their activation is flat where they are, so no gradient reaches their weights",
        "look at the width and the biases of the weights before the activation; try a lower learning rate",
    )


@torch.no_grad()
def attention_sums(case: Case) -> Finding | None:
    """The weights of a token sum to 1: where all values are 1, so is every answer."""
    worst, attentions = 0.0, list(attentions_of(case))
    if any(attention.sinks is not None for attention in attentions):
        return None
    with ExitStack() as stack:
        for attention in attentions:
            stack.enter_context(replaced(attention.value, torch.ones_like))
        answers = [stack.enter_context(inputs_of(attention.output)) for attention in attentions]
        case.exact.hidden(case.read[0].tokens[:ROWS])
    for seen in answers:
        worst = max(worst, float((seen[0] - 1).abs().max()))
    if worst < 1e-6:
        return None
    return Finding(
        "attention does not sum to 1",
        f"with all values 1 an answer is off by up to {worst:.2g}",
        "what attention says is no mean of values: the softmax runs along another axis than the keys",
        "weights = softmax(scores, dim=-1), after the mask",
    )


def attentions_of(case: Case) -> Iterator[Any]:
    """The attentions of all blocks."""
    return (block.attention for block in case.exact.stack.blocks if isinstance(block.attention, Attention))


@contextmanager
def outputs_of(module: nn.Module) -> Iterator[list[Float[Tensor, ...]]]:
    """What a module gives inside the block, call by call."""
    seen: list[Tensor] = []
    handle = module.register_forward_hook(lambda module, given, output: seen.append(output))
    try:
        yield seen
    finally:
        handle.remove()


@contextmanager
def inputs_of(module: nn.Module) -> Iterator[list[Float[Tensor, ...]]]:
    """What a module is given inside the block, call by call."""
    seen: list[Tensor] = []
    handle = module.register_forward_pre_hook(lambda module, given: seen.append(given[0]))
    try:
        yield seen
    finally:
        handle.remove()


@contextmanager
def replaced(module: nn.Module, by: Change) -> Iterator[None]:
    """Inside the block a module gives something made of what it would give."""
    handle = module.register_forward_hook(lambda module, given, output: by(output))
    try:
        yield
    finally:
        handle.remove()


def silenced(module: nn.Module) -> Any:
    """Inside the block a module gives zeros."""
    return replaced(module, torch.zeros_like)
