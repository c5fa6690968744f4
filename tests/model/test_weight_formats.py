"""Matrices in 32, 16, 8 and 4 bits: what is kept, how far it is from what was there, and that both products agree."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from hornbook.errors import SettingError
from hornbook.model.config import AttentionConfig, BlockConfig, Dense, Experts, Layer, ModelConfig
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder
from hornbook.model.weight_formats import GROUP, WEIGHT_FORMATS, Int4, Int8, Int8InWords, Wide, with_weights


def in_words(weight, bias):
    """Four bytes to a word, on any processor."""
    return (Int8InWords if weight.shape[1] % 4 == 0 else Int8)(weight, bias)


FORMATS = {**WEIGHT_FORMATS, "int8 in bytes": Int8, "int8 in words": in_words}
BOUND = dict.fromkeys(FORMATS, 1 / 254) | {"float32": 0.0, "bfloat16": 2**-8, "int4": 0.3}
"""The largest error of a weight, as a part of the largest in its row or group (of itself, for bfloat16)."""


def matrix(rows=37, columns=192, seed=0):
    return torch.randn(rows, columns, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("columns", [64, 192, 7, 131])
def test_no_weight_is_further_off_than_its_format_allows(name, columns):
    weight = matrix(columns=columns)
    error = (FORMATS[name](weight, None).dense() - weight).abs()
    assert error.shape == weight.shape
    assert (error <= BOUND[name] * 1.01 * weight.abs().amax(1, keepdim=True)).all()


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("columns", [64, 192, 7, 131])
def test_a_product_by_vector_is_the_product_by_matrix(name, columns):
    weight, hidden = matrix(columns=columns), matrix(1, columns, seed=3)
    kept = FORMATS[name](weight, None)
    exact = hidden @ kept.dense().T
    scale = kept.scale if isinstance(kept, Int8) else 1.0
    torch.testing.assert_close(kept.by_vector(hidden) * scale, exact, atol=2e-5, rtol=1e-5)
    torch.testing.assert_close(kept.by_matrix(hidden) * scale, exact, atol=0.15, rtol=0.02)


@pytest.mark.parametrize("name", FORMATS)
def test_rows_looked_up_are_rows_of_the_matrix_and_a_bias_is_added(name):
    weight, bias = matrix(), torch.arange(37.0)
    kept, index = FORMATS[name](weight, bias), torch.tensor([[3, 36], [0, 3]])
    torch.testing.assert_close(kept.rows(index), kept.dense()[index], atol=0.0, rtol=0.0)
    torch.testing.assert_close(kept(torch.zeros(2, 192)), bias.expand(2, 37))


@given(st.integers(0, 2**32 - 1))
def test_whole_numbers_in_range_survive_int8_and_int4(seed):
    draw = torch.Generator().manual_seed(seed)
    whole = torch.randint(-127, 128, (3, 64), generator=draw).float()
    whole[:, 0] = 127
    torch.testing.assert_close(Int8(whole * 0.5).dense(), whole * 0.5, atol=1e-4, rtol=0.0)
    small = torch.randint(-8, 8, (3, 2 * GROUP), generator=draw).float()
    small[:, ::GROUP] = -8
    assert torch.equal(Int4(small * 0.25).dense(), small * 0.25)


def test_a_shorter_range_makes_int4_better_than_the_longest_weight_would():
    weight = matrix(64, 256)
    groups = weight.unflatten(1, (-1, GROUP))
    scale = groups.abs().amax(-1, keepdim=True) / 7
    plain = ((groups / scale).round().clamp(-8, 7) * scale).flatten(1)
    assert (Int4(weight).dense() - weight).square().mean() < 0.9 * (plain - weight).square().mean()


def test_rows_that_cannot_be_cut_into_halves_of_groups_are_kept_in_int8():
    assert isinstance(WEIGHT_FORMATS["int4"](matrix(columns=96), None), Int8)
    assert type(WEIGHT_FORMATS["int4"](matrix(columns=128), None)) is Int4


def test_the_two_layouts_of_int8_hold_the_same_numbers():
    weight, hidden = matrix(), matrix(5, seed=3)
    bytes_, words = Int8(weight), Int8InWords(weight)
    assert torch.equal(words.dense(), bytes_.dense()) and not torch.equal(words.whole, bytes_.whole)
    torch.testing.assert_close(words.by_vector(hidden[:1]), bytes_.by_vector(hidden[:1]), atol=1e-2, rtol=1e-4)
    torch.testing.assert_close(words(hidden), bytes_(hidden), atol=0.1, rtol=0.02)  # sums of bfloat16, in another order


@pytest.mark.parametrize("processor, layout", [("AVX2", Int8InWords), ("AVX512", Int8), ("DEFAULT", Int8)])
def test_bytes_stand_in_words_where_the_processor_widens_them_one_by_one(monkeypatch, processor, layout):
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: processor)
    assert type(WEIGHT_FORMATS["int8"](matrix(), None)) is layout
    assert type(WEIGHT_FORMATS["int8"](matrix(columns=131), None)) is Int8, "131 is no multiple of 4"


def test_weights_that_are_all_zero_stay_zero():
    for name in WEIGHT_FORMATS:
        assert WEIGHT_FORMATS[name](torch.zeros(5, 64), None).dense().abs().max() == 0


def writer(tied=True, feed_forward=Dense()):
    block = BlockConfig(attention=AttentionConfig(), feed_forward=feed_forward, norm=Layer())
    config = ModelConfig(vocabulary=61, context=16, width=64, heads=4, depth=2, tied=tied, pattern=(block,))
    model = Decoder(config)
    initialise(model, config, 0)
    return model


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("name", WEIGHT_FORMATS)
@torch.no_grad()
def test_a_model_in_a_format_is_the_model_with_its_matrices_rounded(tied, name):
    model, tokens = writer(tied), torch.arange(12).view(2, 6)
    copy, rounded = with_weights(model, name), writer(tied)
    for module in rounded.modules():
        if isinstance(module, nn.Linear | nn.Embedding) and module.weight.shape[0] != 16:  # not the positions
            module.weight.copy_(WEIGHT_FORMATS[name](module.weight, None).dense())
    tolerance = 1e-5 if name == "float32" else 0.03  # elsewhere products are made in bfloat16
    torch.testing.assert_close(copy(tokens), rounded(tokens), atol=tolerance, rtol=tolerance)


def test_the_model_itself_is_left_alone_and_the_copy_learns_nothing():
    model = writer()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    copy = with_weights(model, "int8")
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert not any(parameter.requires_grad for parameter in copy.parameters())
    assert all(parameter.requires_grad for parameter in model.parameters())


def test_a_tied_table_is_kept_once_and_read_and_written_from():
    copy = with_weights(writer(), "int4")
    assert copy.embedding.tokens.kept is copy.embedding.head


def test_the_bytes_of_a_matrix_are_those_that_the_format_promises():
    weight = matrix(64, 256)
    size = {}
    for name, keep in WEIGHT_FORMATS.items():
        kept = keep(weight, None)
        tensors = [*kept.parameters(), *kept.buffers()]
        size[name] = sum(each.numel() * each.element_size() for each in tensors) / weight.numel()
    assert size["float32"] == 4
    assert size["bfloat16"] == 2
    assert size["int8"] == 1 + 4 / 256
    assert size["int4"] == 0.5 + 2 / GROUP


def test_a_router_stays_as_it_is():
    model = writer(feed_forward=Experts(experts=3, chosen=2))
    kinds = {name: type(module) for name, module in with_weights(model, "int8").named_modules()}
    assert {kind for name, kind in kinds.items() if name.endswith(".router")} == {nn.Linear}
    assert {kind for name, kind in kinds.items() if name.endswith(".up")} <= {Int8, Int8InWords}


def test_an_unknown_format_is_refused_with_the_nearest():
    with pytest.raises(SettingError, match=r"'int9' is none of float32.*int8"):
        with_weights(writer(), "int9")


def test_wide_weights_keep_the_stream_in_32_bits():
    assert Wide(matrix(), None, torch.bfloat16)(torch.zeros(2, 192)).dtype == torch.float32
