"""A GPT and its gradients without autograd: NumPy alone, every step a line, every line of the way back beside it.

``forward`` computes the loss of a text and keeps each intermediate result by name; ``backward`` goes the same steps in
reverse and gives the derivative of the loss by every weight. Both know weights by the names that ``Decoder`` has for
them, and tests hold all gradients equal to PyTorch's in float64.

One rule makes the way back: where y = f(x), and dY is the derivative of the loss by y, the derivative by x is dY times
that of f. Here ``d_x`` always means the derivative of the loss by x, and has the shape of x.

The model is GPT-2's: learned positions, LayerNorm before each branch, causal attention, GELU in its tanh form, one
table for reading and writing. Next: worksheet.py, where a person does the same with a pencil.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from jaxtyping import Bool, Float64, Int64

Numbers = Float64[np.ndarray, "*_"]
Weights = dict[str, Numbers]
Seen = dict[str, Numbers]

EPSILON = 1e-5
"""Added to the variance, as ``Layer`` has it."""

# One function forwards, one back, for each part ---------------------------------------------------------------------


def linear(x: Float64[np.ndarray, "B T I"], weights: Weights, name: str) -> Float64[np.ndarray, "B T O"]:
    """y = x Wᵀ + b."""
    return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]


def linear_back(
    d_y: Float64[np.ndarray, "B T O"], x: Float64[np.ndarray, "B T I"], weights: Weights, name: str, gradients: Weights
) -> Float64[np.ndarray, "B T I"]:
    """dX = dY W;  dW = dYᵀ X and db = dY, both summed over all tokens."""
    gradients[f"{name}.weight"] = np.einsum("bto,bti->oi", d_y, x)
    gradients[f"{name}.bias"] = d_y.sum((0, 1))
    return d_y @ weights[f"{name}.weight"]


def standardised(x: Float64[np.ndarray, "B T C"]) -> tuple[Float64[np.ndarray, "B T C"], Float64[np.ndarray, "B T 1"]]:
    """Each token brought to mean 0 and variance 1, and the standard deviation that it was divided by."""
    centred = x - x.mean(-1, keepdims=True)
    deviation = np.sqrt((centred**2).mean(-1, keepdims=True) + EPSILON)
    return centred / deviation, deviation


def norm(x: Float64[np.ndarray, "B T C"], weights: Weights, name: str) -> Float64[np.ndarray, "B T C"]:
    """y = standardised(x) · scale + shift (Ba et al. 2016)."""
    return standardised(x)[0] * weights[f"{name}.scale"] + weights[f"{name}.shift"]


def norm_back(
    d_y: Float64[np.ndarray, "B T C"], x: Float64[np.ndarray, "B T C"], weights: Weights, name: str, gradients: Weights
) -> Float64[np.ndarray, "B T C"]:
    """Through the deviation and the mean every feature of a token hangs on every other.

    With z = standardised(x):  dZ = dY · scale,  dX = (dZ - mean(dZ) - z · mean(dZ · z)) / deviation.
    """
    z, deviation = standardised(x)
    gradients[f"{name}.scale"] = (d_y * z).sum((0, 1))
    gradients[f"{name}.shift"] = d_y.sum((0, 1))
    d_z = d_y * weights[f"{name}.scale"]
    along = (d_z * z).mean(-1, keepdims=True)
    found: Numbers = (d_z - d_z.mean(-1, keepdims=True) - z * along) / deviation
    return found


def gelu(x: Numbers) -> Numbers:
    """x / 2 · (1 + tanh(u)), u = sqrt(2/π) · (x + 0.044715 x³)."""
    found: Numbers = 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
    return found


def gelu_back(d_y: Numbers, x: Numbers) -> Numbers:
    """The product rule, and tanh' = 1 - tanh²."""
    tanh = np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))
    slope = np.sqrt(2 / np.pi) * (1 + 3 * 0.044715 * x**2)
    found: Numbers = d_y * (0.5 * (1 + tanh) + 0.5 * x * (1 - tanh**2) * slope)
    return found


def softmax(x: Numbers) -> Numbers:
    """exp(x) / sum of exp(x) over the last axis; taking the maximum off first changes nothing and cannot overflow."""
    raised = np.exp(x - x.max(-1, keepdims=True))
    found: Numbers = raised / raised.sum(-1, keepdims=True)
    return found


def softmax_back(d_p: Numbers, p: Numbers) -> Numbers:
    """Raising one score lowers all other shares: dX = p · (dP - Σ dP · p)."""
    found: Numbers = p * (d_p - (d_p * p).sum(-1, keepdims=True))
    return found


def split(x: Float64[np.ndarray, "B T C"], heads: int) -> Float64[np.ndarray, "B H T D"]:
    """Features dealt out to heads."""
    batch, time, width = x.shape
    return x.reshape(batch, time, heads, width // heads).transpose(0, 2, 1, 3)


def merge(x: Float64[np.ndarray, "B H T D"]) -> Float64[np.ndarray, "B T C"]:
    """And put side by side again: the way back of ``split``."""
    batch, heads, time, width = x.shape
    return x.transpose(0, 2, 1, 3).reshape(batch, time, heads * width)


def hidden_places(time: int) -> Bool[np.ndarray, "T T"]:
    """What a token (row) may not see: every later one (column)."""
    return np.triu(np.ones((time, time), dtype=bool), k=1)


# Attention ----------------------------------------------------------------------------------------------------------


def attention(
    x: Float64[np.ndarray, "B T C"], weights: Weights, heads: int, name: str, seen: Seen
) -> Float64[np.ndarray, "B T C"]:
    """softmax(Q Kᵀ / sqrt(D), nothing of the future) V, for each head; then all heads through one matrix."""
    query, key, value = (split(linear(x, weights, f"{name}.{each}"), heads) for each in ("query", "key", "value"))
    scores = query @ key.swapaxes(-1, -2) / np.sqrt(query.shape[-1])
    shares = softmax(np.where(hidden_places(x.shape[1]), -np.inf, scores))
    mixed = merge(shares @ value)
    kept = {"query": query, "key": key, "value": value, "scores": scores, "shares": shares, "mixed": mixed}
    seen.update({f"{name}.{each}": found for each, found in kept.items()})
    return linear(mixed, weights, f"{name}.output")


def attention_back(
    d_y: Float64[np.ndarray, "B T C"],
    x: Float64[np.ndarray, "B T C"],
    weights: Weights,
    name: str,
    seen: Seen,
    gradients: Weights,
) -> Float64[np.ndarray, "B T C"]:
    """Back through the output matrix, the mean of the values, the softmax, and the products of queries and keys.

    A token that may not be seen has a share of 0, and so no gradient passes there.
    """
    query, key, value = (seen[f"{name}.{each}"] for each in ("query", "key", "value"))
    shares = seen[f"{name}.shares"]
    d_mixed = split(linear_back(d_y, seen[f"{name}.mixed"], weights, f"{name}.output", gradients), query.shape[1])
    d_value = shares.swapaxes(-1, -2) @ d_mixed
    d_scores = softmax_back(d_mixed @ value.swapaxes(-1, -2), shares) / np.sqrt(query.shape[-1])
    d_query, d_key = d_scores @ key, d_scores.swapaxes(-1, -2) @ query
    backs = {"query": d_query, "key": d_key, "value": d_value}
    found = [linear_back(merge(each), x, weights, f"{name}.{part}", gradients) for part, each in backs.items()]
    d_x: Numbers = found[0] + found[1] + found[2]
    return d_x


# The whole model ----------------------------------------------------------------------------------------------------


def depth_of(weights: Mapping[str, Numbers]) -> int:
    """How many blocks these weights are for."""
    return len([name for name in weights if name.endswith("attention.query.weight")])


def forward(weights: Weights, heads: int, tokens: Int64[np.ndarray, "B T"], targets: Int64[np.ndarray, "B T"]) -> Seen:
    """Every intermediate result by name; ``seen["loss"]`` is the mean of -log p(target), in nats.

    A target below 0 is not asked.
    """
    seen: Seen = {}
    table, positions = weights["embedding.tokens.weight"], weights["stack.position_encodings.0.table.weight"]
    stream = seen["stream.0"] = table[tokens] + positions[: tokens.shape[1]]
    for layer in range(depth_of(weights)):
        block = f"stack.blocks.{layer}"
        normed = seen[f"{block}.attends"] = norm(stream, weights, f"{block}.around_attention.before")
        stream = seen[f"{block}.between"] = stream + attention(normed, weights, heads, f"{block}.attention", seen)
        normed = seen[f"{block}.thinks"] = norm(stream, weights, f"{block}.around_feed_forward.before")
        raised = seen[f"{block}.raised"] = linear(normed, weights, f"{block}.feed_forward.up")
        active = seen[f"{block}.active"] = gelu(raised)
        stream = seen[f"stream.{layer + 1}"] = stream + linear(active, weights, f"{block}.feed_forward.down")
    last = seen["last"] = norm(stream, weights, "stack.norm")
    seen["logits"] = last @ table.T
    chances = seen["chances"] = softmax(seen["logits"])
    asked = targets >= 0
    chosen = np.take_along_axis(chances, np.maximum(targets, 0)[..., None], -1)[..., 0]
    seen["losses"] = np.where(asked, -np.log(chosen), 0.0)
    seen["loss"] = np.array(seen["losses"].sum() / asked.sum())
    return seen


def backward(
    weights: Weights, tokens: Int64[np.ndarray, "B T"], targets: Int64[np.ndarray, "B T"], seen: Seen
) -> Weights:
    """The derivative of the loss by every weight, from what ``forward`` has seen; last step first."""
    gradients: Weights = {}
    table, time = weights["embedding.tokens.weight"], tokens.shape[1]
    asked = targets >= 0
    right = np.eye(len(table))[np.maximum(targets, 0)]
    d_logits = (seen["chances"] - right) * asked[..., None] / asked.sum()  # softmax and logarithm in one
    d_table = np.einsum("btv,btc->vc", d_logits, seen["last"])
    depth = depth_of(weights)
    d_stream = norm_back(d_logits @ table, seen[f"stream.{depth}"], weights, "stack.norm", gradients)
    for layer in reversed(range(depth)):
        block = f"stack.blocks.{layer}"
        d_active = linear_back(d_stream, seen[f"{block}.active"], weights, f"{block}.feed_forward.down", gradients)
        d_raised = gelu_back(d_active, seen[f"{block}.raised"])
        d_normed = linear_back(d_raised, seen[f"{block}.thinks"], weights, f"{block}.feed_forward.up", gradients)
        before = f"{block}.around_feed_forward.before"
        d_stream = d_stream + norm_back(d_normed, seen[f"{block}.between"], weights, before, gradients)
        d_normed = attention_back(d_stream, seen[f"{block}.attends"], weights, f"{block}.attention", seen, gradients)
        before = f"{block}.around_attention.before"
        d_stream = d_stream + norm_back(d_normed, seen[f"stream.{layer}"], weights, before, gradients)
    d_positions = np.zeros_like(weights["stack.position_encodings.0.table.weight"])
    d_positions[:time] = d_stream.sum(0)
    np.add.at(d_table, tokens, d_stream)  # a token that comes twice is moved twice
    gradients["embedding.tokens.weight"] = d_table
    gradients["stack.position_encodings.0.table.weight"] = d_positions
    return gradients


def descended(weights: Weights, gradients: Weights, learning_rate: float) -> Weights:
    """One step of plain gradient descent: every weight a little against its derivative."""
    return {name: weight - learning_rate * gradients[name] for name, weight in weights.items()}
