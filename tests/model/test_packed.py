"""Matrices in the library's own order: the same numbers, the same products, and rows that can still be looked up."""

from __future__ import annotations

import pytest
import torch

from hornbook.generation import ahead
from hornbook.model import packed as module
from hornbook.model.arithmetic import has_library, multiplies_bfloat16
from hornbook.model.config import BlockConfig, Dense, Experts, ModelConfig
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder
from hornbook.model.packed import Packed, can_pack, packed, unpacked
from hornbook.model.weight_formats import Rows, Wide, with_weights

CPU = torch.device("cpu")
pytestmark = pytest.mark.skipif(not has_library(CPU), reason="PyTorch was built without oneDNN for this processor")
FORMATS = [torch.float32, *([torch.bfloat16] if multiplies_bfloat16(CPU) else [])]


def some(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("shape", [(1,), (2,), (33,), (2, 5), (0,)], ids=str)
@pytest.mark.parametrize("biased", [True, False])
@pytest.mark.parametrize("dtype", FORMATS, ids=str)
def test_a_packed_matrix_multiplies_as_it_did_row_by_row(dtype, biased, shape):
    wide = Wide(some(37, 64), some(37, seed=1) if biased else None, dtype)
    hidden = some(*shape, 64, seed=2)
    tight = dtype == torch.float32
    torch.testing.assert_close(
        Packed(wide)(hidden), wide(hidden), atol=1e-5 if tight else 0.1, rtol=1e-5 if tight else 0.01
    )


@pytest.mark.parametrize("dtype", FORMATS, ids=str)
def test_packing_loses_nothing(dtype):
    wide = Wide(some(37, 64), None, dtype)
    assert torch.equal(Packed(wide).dense(), wide.dense())


def writer(tied=True, feed_forward=Dense()):
    config = ModelConfig(
        vocabulary=61,
        context=16,
        width=32,
        heads=2,
        depth=2,
        tied=tied,
        pattern=(BlockConfig(feed_forward=feed_forward),),
    )
    model = Decoder(config)
    initialise(model, config, 0)
    return model.eval()


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("feed_forward", [Dense(), Experts(experts=3, chosen=2)], ids=["dense", "experts"])
@torch.no_grad()
def test_a_packed_model_says_what_it_said_and_nothing_but_its_table_lies_row_by_row(tied, feed_forward):
    model, tokens = writer(tied, feed_forward), torch.arange(12).view(2, 6)
    ready = packed(with_weights(model, "float32"))
    torch.testing.assert_close(ready(tokens), model(tokens), atol=1e-5, rtol=1e-5)
    plain = [name for name, each in ready.named_modules() if isinstance(each, Wide)]
    assert plain == ["embedding.tokens.kept"]
    assert isinstance(ready.embedding.tokens, Rows) and isinstance(ready.embedding.head, Packed)


@torch.no_grad()
def test_a_compiler_sees_matrices_row_by_row_and_afterwards_they_are_packed_again():
    ready = packed(with_weights(writer(), "float32"))
    tokens = torch.arange(12).view(2, 6)
    before, packs = ready(tokens), [each for each in ready.modules() if isinstance(each, Packed)]
    with pytest.raises(KeyboardInterrupt), unpacked(ready):
        assert not any(each.weight.is_mkldnn for each in packs)
        torch.testing.assert_close(ready(tokens), before)
        raise KeyboardInterrupt
    assert len(packs) > 4 and all(each.weight.is_mkldnn for each in packs)
    assert torch.equal(ready(tokens), before)
    assert ahead.unpacked is unpacked


def test_formats_that_the_processor_does_not_multiply_in_and_devices_without_the_library_stay_as_they_are(monkeypatch):
    assert can_pack(some(4, 4)) and not can_pack(some(4, 4).half())
    monkeypatch.setattr(module, "multiplies_bfloat16", lambda device: False)
    assert not can_pack(some(4, 4).bfloat16())
    monkeypatch.setattr(module, "has_library", lambda device: False)
    ready = packed(with_weights(writer(), "float32"))
    assert not any(isinstance(each, Packed) for each in ready.modules())
