"""FlashAttention, to be read: exact attention that never holds the table of all scores (Dao et al. 2022, Dao 2023).

The formula is that of ``explicit``: answer = softmax(cap(Q Kᵀ · scale) + bias) V. For T queries and S keys the scores
are a table of T x S numbers, which ``explicit`` writes out and keeps for the backward pass. Here the table is cut into
tiles of ``TILE`` x ``TILE``; a tile is made, used and forgotten, and what stays is O(T). Two ideas make that exact.

**The running maximum.** A row of the softmax is exp(s_j) / Σ exp(s_j), and exp overflows 32 bits beyond s = 88, so
everyone computes exp(s_j - m) / Σ exp(s_j - m) with the row's maximum m. But whoever sees a row tile by tile does not
know m before the last tile. So carry three things from tile to tile, all for the maximum *so far*:

    m = max of s_j          l = Σ exp(s_j - m)          a = Σ exp(s_j - m) v_j

When a tile brings a higher maximum m', everything carried was too large by the same factor: multiply l and a by
exp(m - m') and go on. At the end a / l is the answer, whatever the order of the tiles (Milakov & Gimelshein 2018).

**The log-sum-exp.** The backward pass needs the weights P again. Instead of the T x S weights, keep one number for each
query, L = m + ln l; then P = exp(s - L), with nothing to be normalised, comes back from any tile of scores alone. With
the gradient dO of the answers O, the gradient of the weights is dP = dO Vᵀ, and through the softmax of one row

    dS_j = P_j (dP_j - Σ_k P_k dP_k) = P_j (dP_j - dO · O)

because Σ_k P_k dP_k = dO · Σ_k P_k v_k = dO · O: the one sum over the whole row is known beforehand. Everything else is
a product of tiles: dV += Pᵀ dO, dQ += dS K · scale, dK += dSᵀ Q · scale (Dao et al. 2022, algorithm 4).

Shapes: N = H / G query heads share the keys and values of one of G heads, so that queries are [B, G, N, T, D] and keys
[B, G, 1, S, D]; a tile of scores is [B, G, N, R, C] for R rows (queries) and C columns (keys). Next: flexible.py.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.autograd.function import once_differentiable

from hornbook.model.masks import Mask
from hornbook.model.scoring import KeysValues, Scoring, Watch
from hornbook.model.uncompiled import uncompiled

TILE = 128
"""Queries and keys in one tile: large enough for quick products, small enough to stay near the processor."""


def tiles(length: int) -> list[slice]:
    """0 to ``length``, cut into runs of ``TILE``; the last may be shorter."""
    return [slice(start, min(start + TILE, length)) for start in range(0, length, TILE)]


@dataclass(frozen=True)
class Tile:
    """One tile of the table: which keys it is about, and its scores, -inf where nothing is seen."""

    columns: slice
    scores: Float[Tensor, "B G N R C"]
    slope: Float[Tensor, "B G N R C"] | None  # of the cap, for the backward pass; None: 1


@dataclass(frozen=True)
class Table:
    """The table of scores, tile by tile. Everything is computed in ``wide``, 32 bits or more."""

    query: Float[Tensor, "B G N T D"]
    keys: Float[Tensor, "B G 1 S D"]
    bias: Float[Tensor, "#B #G #N T S"] | None
    mask: Mask
    scoring: Scoring

    @property
    def wide(self) -> torch.dtype:
        """What sums are kept in: rounding every tile to 16 bits would add up."""
        return torch.promote_types(self.query.dtype, torch.float32)

    @property
    def rows(self) -> list[slice]:
        """The queries, in runs of a tile's height."""
        return tiles(self.query.shape[-2])

    def across(self, rows: slice) -> Iterator[Tile]:
        """The tiles of these rows from left to right, without those in which nobody sees anybody."""
        for columns in tiles(self.keys.shape[-2]):
            visible = self.mask.tile(rows, columns)[:, :, None]
            if visible.any():
                yield self.tile(rows, columns, visible)

    def tile(self, rows: slice, columns: slice, visible: Bool[Tensor, "#B 1 1 R C"]) -> Tile:
        """cap(Q Kᵀ · scale) + bias of one tile."""
        query, keys = self.query[..., rows, :].to(self.wide), self.keys[..., columns, :].to(self.wide)
        scores, slope = self.scoring.capped(query @ keys.mT * self.scoring.scale), None
        if self.scoring.softcap is not None:
            slope = 1 - (scores / self.scoring.softcap).square()  # tanh' = 1 - tanh²
        if self.bias is not None:
            scores = scores + self.bias[..., rows, columns].to(self.wide)
        return Tile(columns, scores.masked_fill(~visible, -math.inf), slope)


class FlashAttention(torch.autograd.Function):
    """Answers of all queries, and the gradients of everything that can learn."""

    @staticmethod
    def forward(
        ctx: Any,
        query: Float[Tensor, "B G N T D"],
        keys: Float[Tensor, "B G 1 S D"],
        values: Float[Tensor, "B G 1 S D"],
        bias: Float[Tensor, "#B #G #N T S"] | None,
        sinks: Float[Tensor, "1 G N 1 1"] | None,
        mask: Mask,
        scoring: Scoring,
    ) -> Float[Tensor, "B G N T D"]:
        """Every row of tiles from left to right (Dao 2023, algorithm 1); keeps the answers and L, both O(T)."""
        table = Table(query, keys, bias, mask, scoring)
        answers = torch.empty_like(query)
        log_sums = query.new_empty(*query.shape[:-1], 1, dtype=table.wide)  # L of each query
        for rows in table.rows:
            maximum, total, answer = begin(query[..., rows, :], sinks, table.wide)
            for tile in table.across(rows):
                higher = torch.maximum(maximum, tile.scores.amax(dim=-1, keepdim=True))
                fading, weights = (maximum - higher).exp(), (tile.scores - higher).exp()
                total = total * fading + weights.sum(dim=-1, keepdim=True)
                answer = answer * fading + weights @ values[..., tile.columns, :].to(table.wide)
                maximum = higher
            seen = total > 0
            answers[..., rows, :] = (answer / total.where(seen, 1.0)).to(query.dtype)
            # A query that sees nothing has answered 0; L = inf makes all its weights exp(s - L) = 0 on the way back.
            log_sums[..., rows, :] = (maximum + total.log()).where(seen, math.inf)
        ctx.save_for_backward(query, keys, values, bias, sinks, answers, log_sums)
        ctx.mask, ctx.scoring = mask, Scoring(scoring.scale, scoring.softcap)
        return answers

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: Float[Tensor, "B G N T D"]) -> tuple[Float[Tensor, "*_"] | None, ...]:
        """The same tiles once more, from Q, K and L (Dao et al. 2022, algorithm 4)."""
        query, keys, values, bias, sinks, answers, log_sums = ctx.saved_tensors
        table = Table(query, keys, bias, ctx.mask, ctx.scoring)
        upstream, scale, wide = upstream.to(table.wide), ctx.scoring.scale, table.wide
        agreement = (upstream * answers.to(wide)).sum(dim=-1, keepdim=True)  # dO · O, the sum over each whole row
        to_query, to_keys, to_values = (torch.zeros_like(each, dtype=wide) for each in (query, keys, values))
        to_bias = torch.zeros_like(bias) if ctx.needs_input_grad[3] else None
        for rows in table.rows:
            asked, arriving = query[..., rows, :].to(wide), upstream[..., rows, :]
            for tile in table.across(rows):
                columns = tile.columns
                weights = (tile.scores - log_sums[..., rows, :]).exp()
                to_values[..., columns, :] += (weights.mT @ arriving).sum(dim=2, keepdim=True)
                to_weights = arriving @ values[..., columns, :].to(wide).mT
                to_scores = weights * (to_weights - agreement[..., rows, :])
                if to_bias is not None:
                    part = to_bias[..., rows, columns]
                    part += to_scores.sum_to_size(part.shape)
                to_products = to_scores * scale if tile.slope is None else to_scores * tile.slope * scale
                to_query[..., rows, :] += to_products @ keys[..., columns, :].to(wide)
                to_keys[..., columns, :] += (to_products.mT @ asked).sum(dim=2, keepdim=True)
        to_sinks = None
        if ctx.needs_input_grad[4]:  # a sink is a key whose value is 0: dP = 0, so dS = P (0 - dO · O)
            weights = (sinks.to(wide) - log_sums).exp()
            to_sinks = -(weights * agreement).sum_to_size(sinks.shape).to(sinks.dtype)
        to_inputs = to_query.to(query.dtype), to_keys.to(keys.dtype), to_values.to(values.dtype)
        return *to_inputs, to_bias, to_sinks, None, None


def begin(
    query: Float[Tensor, "B G N R D"], sinks: Float[Tensor, "1 G N 1 1"] | None, wide: torch.dtype
) -> tuple[Float[Tensor, "B G N R 1"], Float[Tensor, "B G N R 1"], Float[Tensor, "B G N R D"]]:
    """(m, l, a) before the first tile: nothing seen, or the sink alone, exp(sink - sink) = 1 with a value of 0.

    The lowest finite number stands for "no maximum yet": -inf would give -inf - -inf, which is no number.
    """
    answer = torch.zeros_like(query, dtype=wide)
    if sinks is None:
        maximum = answer.new_full((*query.shape[:-1], 1), torch.finfo(wide).min)
        return maximum, torch.zeros_like(maximum), answer
    maximum = sinks.to(wide).expand(*query.shape[:-1], 1)
    return maximum, torch.ones_like(maximum), answer


@uncompiled
def flash(
    query: Float[Tensor, "B H T D"],
    seen: KeysValues,
    mask: Mask,
    bias: Float[Tensor, "#B #H T S"] | None,
    scoring: Scoring,
    watch: Watch,
) -> Float[Tensor, "B H T D"]:
    """``explicit`` in O(T) memory, for everything but dropout: its pattern would have to be drawn again tile by tile.

    There are no weights to ``watch``. In a compiled model it runs uncompiled, between two compiled parts: a compiler
    would write out every turn of the loop. On a GPU each turn waits for the one before; triton_flash.py is for there.
    """
    batch, heads, time, width = query.shape
    shared = (seen.keys.shape[1], heads // seen.keys.shape[1])  # H = G · N
    sinks = None if scoring.sinks is None else scoring.sinks.view(1, *shared, 1, 1)
    if bias is not None:
        bias = bias.view(-1, *(shared if bias.shape[1] > 1 else (1, 1)), *bias.shape[2:])
    with torch.autocast(query.device.type, enabled=False):  # which would round the tiles to 16 bits
        answers: Tensor = FlashAttention.apply(  # type: ignore[no-untyped-call]
            query.view(batch, *shared, time, width),
            seen.keys[:, :, None],
            seen.values[:, :, None],
            bias,
            sinks,
            mask,
            scoring,
        )
    return answers.flatten(1, 2)
