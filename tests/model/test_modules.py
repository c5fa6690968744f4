"""Parameters by module: nothing is left over, and the sizes are those that one computes by hand."""

from __future__ import annotations

import pytest

from hornbook.model.config import EncoderAndDecoder, EncoderOnly, ModelConfig, Rotary
from hornbook.model.count import count, parameter_shapes
from hornbook.model.models import build_model
from hornbook.model.modules import ADDED, by_module
from hornbook.model.presets import PRESETS
from hornbook.model.weight_formats import with_weights


def test_gpt2_has_the_parameters_that_one_computes_by_hand() -> None:
    width, vocabulary, layers, context = 768, 50257, 12, 1024
    found = by_module(parameter_shapes(PRESETS["gpt2"]))
    assert found == {
        "embedding": vocabulary * width,
        "positions": context * width,
        "attention": layers * (4 * width * width + 4 * width),
        "feed-forward": layers * (8 * width * width + 5 * width),
        "norms": (2 * layers + 1) * 2 * width,
        "head": 0,
    }


@pytest.mark.parametrize("name", PRESETS)
def test_modules_of_every_preset_are_all_of_it(name) -> None:
    found = by_module(parameter_shapes(PRESETS[name]))
    assert sum(found.values()) == count(PRESETS[name]).parameters and ADDED not in found


def test_experts_cross_attention_and_a_head_of_its_own_are_told_apart() -> None:
    small = {"vocabulary": 23, "width": 12, "heads": 2, "depth": 3, "context": 7}
    both = by_module(parameter_shapes(ModelConfig(architecture=EncoderAndDecoder(), **small)))
    assert both["cross-attention"] == both["attention"] / 2, "three in the decoder beside three in each half"
    reads = by_module(parameter_shapes(ModelConfig(architecture=EncoderOnly(transform="gelu"), **small)))
    assert reads["head"] == 12 * 12 + 12
    apart = by_module(parameter_shapes(ModelConfig(tied=False, **small)))
    assert apart["head"] == 23 * 12 == apart["embedding"]
    assert by_module({"stack.blocks.0.feed_forward.router.weight": (4, 12)})["feed-forward"] == 48


def test_what_was_added_is_counted_apart_wherever_it_stands() -> None:
    shapes = {"stack.blocks.0.attention.query.weight": (4, 4), "stack.blocks.0.attention.query.down": (2, 4)}
    found = by_module(shapes, ["stack.blocks.0.attention.query.down"])
    assert (found["attention"], found[ADDED]) == (16, 8)
    assert by_module({"stack.front.numbers": (5,)})[ADDED] == 5


@pytest.mark.parametrize("kind", ["int8", "int4"])
def test_a_matrix_of_whole_numbers_counts_as_the_one_it_was(kind) -> None:
    config = ModelConfig(vocabulary=37, context=8, width=64, heads=2, depth=2, position_encoding=Rotary(), tied=False)
    model = build_model(config)
    expected = by_module({name: tuple(each.shape) for name, each in model.named_parameters()})
    stored = with_weights(model, kind).state_dict()
    assert any(name.endswith(".scale") for name in stored)
    kept = {name: tuple(each.shape) for name, each in stored.items()}
    assert sum(by_module(kept).values()) == sum(expected.values())
