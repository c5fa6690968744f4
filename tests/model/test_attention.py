"""The attention of one layer against PyTorch's own, and what its parts promise one another."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from hornbook.batches import NOTHING, Positions
from hornbook.model.attention import Attention
from hornbook.model.cache import LayerCache
from hornbook.model.config import AttentionConfig, Bidirectional, Causal, NoPositionEncoding, Rotary, Sizes
from hornbook.model.kernels import KERNELS, KeysValues, Scoring, explicit
from hornbook.model.masks import Mask
from hornbook.model.position_encodings import Order, build_position_encoding
from tests.model.kernel_cases import IN_PROCESS, identity


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("kernel", [*IN_PROCESS, "explicit"])
@pytest.mark.parametrize("rule", [Causal(), Bidirectional()], ids=str)
def test_attention_is_what_pytorch_calls_multi_head_attention(kernel: str, rule: Causal | Bidirectional) -> None:
    batch, heads, time, head_width, width = 2, 3, 7, 5, 15
    sizes = Sizes(width=width, heads=heads, kv_heads=heads, head_width=head_width, context=11, dropout=0.0)
    ours, theirs = Attention(AttentionConfig(mask=rule, kernel=kernel), sizes), nn.MultiheadAttention(width, heads)
    projections = [ours.query, ours.key, ours.value]
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat([projection.weight for projection in projections]))
        theirs.in_proj_bias.copy_(torch.cat([projection.bias for projection in projections]))
        theirs.out_proj.weight.copy_(ours.output.weight)
        theirs.out_proj.bias.copy_(ours.output.bias)
    hidden = drawn(batch, time, width)
    order = Order.of(build_position_encoding(NoPositionEncoding(), sizes), Positions.counting(batch, time))
    future = torch.ones(time, time, dtype=torch.bool).triu(1) if isinstance(rule, Causal) else None
    stream = hidden.transpose(0, 1)
    expected, _ = theirs(stream, stream, stream, attn_mask=future, need_weights=False)
    answer = ours(hidden, order, ours.keys_and_values(hidden, order))
    torch.testing.assert_close(answer, expected.transpose(0, 1))


def test_the_watcher_sees_the_weights_before_dropout() -> None:
    query, keys, values = drawn(2, 3, 7, 5), drawn(2, 3, 7, 5, seed=1), drawn(2, 3, 7, 5, seed=2)
    positions, seen = Positions.counting(2, 7), []

    def watch(weights: Tensor) -> Tensor:
        seen.append(weights)
        return weights

    explicit(
        query,
        KeysValues(keys, values, positions),
        Mask(Causal(), positions, positions),
        None,
        Scoring(0.4, dropout=0.5),
        watch,
    )
    torch.testing.assert_close(seen[0].sum(-1), torch.ones(2, 3, 7))


@pytest.mark.parametrize("kernel", [*IN_PROCESS, "explicit"])
def test_rows_that_count_on_across_two_documents_are_still_two(kernel: str) -> None:
    query, keys, values = drawn(1, 2, 7, 5), drawn(1, 2, 7, 5, seed=1), drawn(1, 2, 7, 5, seed=2)
    document = torch.tensor([[0, 0, 0, 1, 1, 1, 1]])
    positions = Positions(torch.arange(7)[None], document, plain=True)

    def second(first_values: Tensor) -> Tensor:
        seen = KeysValues(keys, torch.cat([first_values, values[:, :, 3:]], dim=2), positions)
        mask = Mask(Causal(), positions, positions)
        return KERNELS[kernel](query, seen, mask, None, Scoring(0.4), identity)[:, :, 3:]

    torch.testing.assert_close(second(values[:, :, :3]), second(values[:, :, :3] + 11.0))


def test_padding_takes_no_slot_of_a_cache() -> None:
    cache = LayerCache(batch=2, kv_heads=1, size=3, head_width=5)
    first = Positions(torch.tensor([[0, 1, 2], [0, 1, 2]]))
    cache.extend(KeysValues(drawn(2, 1, 3, 5), drawn(2, 1, 3, 5, seed=1), first))
    held = cache.kept().keys.clone()
    padded = Positions(torch.tensor([[3], [NOTHING]]))
    cache.extend(KeysValues(drawn(2, 1, 1, 5, seed=2), drawn(2, 1, 1, 5, seed=3), padded))
    kept = cache.kept()
    assert kept.positions.index.tolist() == [[3, 1, 2], [0, 1, 2]]
    assert torch.equal(kept.keys[1], held[1])
    assert torch.equal(kept.keys[0, :, 1:], held[0, :, 1:])


def test_copies_of_a_cache_keep_every_row_with_its_positions() -> None:
    cache = LayerCache(batch=2, kv_heads=1, size=5, head_width=3)
    positions = Positions(torch.tensor([[0, 1, 2], [NOTHING, 0, 1]]))
    cache.extend(KeysValues(drawn(2, 1, 3, 3), drawn(2, 1, 3, 3, seed=1), positions))
    one, copies = cache.kept(), cache.repeated(2).kept()
    for copy in (0, 1):
        assert torch.equal(copies.positions.index[copy::2], one.positions.index)
        assert torch.equal(copies.keys[copy::2], one.keys)
        assert torch.equal(copies.values[copy::2], one.values)


@pytest.mark.parametrize("base", [100.0, 500_000.0])
def test_the_base_of_the_rotation_is_the_one_in_the_configuration(base: float) -> None:
    sizes = Sizes(width=15, heads=1, kv_heads=1, head_width=6, context=11, dropout=0.0)
    turns = build_position_encoding(Rotary(base), sizes).turns(Positions.counting(1, 7))
    assert turns is not None
    torch.testing.assert_close(turns[0, 0, 0, 1], torch.cos(base ** (-torch.arange(0, 6, 2) / 6)))
