"""Their tensors as ours and back: nothing is lost on the way, and what does not fit is named."""

from __future__ import annotations

import pytest
import torch

from hornbook.errors import DamagedError
from hornbook.formats.families.table import FAMILIES
from hornbook.formats.family import PLUS_ONE, SAME, TRANSPOSED, Tie, convert, convert_back, our_shapes
from hornbook.formats.huggingface import read_model_config
from hornbook.seeds import torch_generator

GPT2 = {
    "model_type": "gpt2",
    "vocab_size": 31,
    "n_positions": 11,
    "n_embd": 14,
    "n_head": 7,
    "n_layer": 3,
    "tie_word_embeddings": True,
}
LLAMA = {
    "model_type": "llama",
    "vocab_size": 31,
    "max_position_embeddings": 11,
    "hidden_size": 20,
    "intermediate_size": 23,
    "num_attention_heads": 5,
    "num_key_value_heads": 1,
    "num_hidden_layers": 3,
    "tie_word_embeddings": False,
}
GEMMA = {**LLAMA, "model_type": "gemma", "head_dim": 6, "tie_word_embeddings": True}
GEMMA2, GEMMA3 = {**GEMMA, "model_type": "gemma2"}, {**GEMMA, "model_type": "gemma3_text"}
MISTRAL, QWEN3, OLMO2 = ({**LLAMA, "model_type": name} for name in ("mistral", "qwen3", "olmo2"))
ALL = [GPT2, LLAMA, MISTRAL, QWEN3, OLMO2, GEMMA, GEMMA2, GEMMA3]
by_name = pytest.mark.parametrize("settings", ALL, ids=lambda settings: settings["model_type"])


def normal(shape, seed=0):
    return torch.empty(shape).normal_(generator=torch_generator(seed, "family"))


def made(settings):
    """The family and the description of these settings, with drawn numbers in our terms and in theirs."""
    family, config = FAMILIES[settings["model_type"]], read_model_config(settings)
    ours = {name: normal(shape, seed) for seed, (name, shape) in enumerate(our_shapes(config).items())}
    return family, config, ours, convert_back(ours, family, config)


def refused(settings, change, *said):
    """``change`` is done to their tensors; the error has all that is ``said``."""
    family, config, _, theirs = made(settings)
    change(theirs)
    with pytest.raises(DamagedError) as error:
        convert(theirs, family, config)
    assert [each for each in said if each not in str(error.value)] == []


@pytest.mark.parametrize("change", [SAME, TRANSPOSED, PLUS_ONE])
def test_a_change_is_undone_by_its_inverse(change):
    theirs = normal((5, 7))
    torch.testing.assert_close(change.to_theirs(change.to_ours(theirs)), theirs, atol=2e-7, rtol=0.0)
    ours = normal((3, 2))
    torch.testing.assert_close(change.to_ours(change.to_theirs(ours)), ours, atol=2e-7, rtol=0.0)


def test_one_is_added_in_32_bits_however_narrow_the_file_is():
    stored = torch.tensor([1e-3, -2e-4]).bfloat16()
    ours = PLUS_ONE.to_ours(stored)
    assert ours.dtype == torch.float32
    assert torch.equal(ours - 1, (1 + stored.float()) - 1) and (ours != 1).all()


@pytest.mark.parametrize("change", [SAME, TRANSPOSED])
def test_several_of_ours_lie_in_one_of_theirs_row_below_row(change):
    ours = {"query": normal((5, 2), 1), "key": normal((3, 2), 2), "value": normal((7, 2), 3)}
    tie = Tie(("query", "key", "value"), "all", change)
    joined = tie.join(ours)
    assert joined.shape == ((2, 15) if change is TRANSPOSED else (15, 2))
    back = tie.cut(joined, {name: tensor.shape for name, tensor in ours.items()})
    assert all(torch.equal(back[name], ours[name]) and back[name].is_contiguous() for name in ours)


@by_name
def test_every_parameter_of_ours_is_in_exactly_one_tensor_of_theirs(settings):
    family, config = FAMILIES[settings["model_type"]], read_model_config(settings)
    ties = family.ties(config)
    assert sorted(name for tie in ties for name in tie.ours) == sorted(our_shapes(config))
    assert len({tie.theirs for tie in ties}) == len(ties)


@by_name
def test_tensors_come_back_as_they_went(settings):
    family, config, ours, theirs = made(settings)
    back = convert(theirs, family, config)
    assert set(back) == set(ours)
    for name in ours:
        torch.testing.assert_close(back[name], ours[name], atol=2e-7, rtol=0.0)


@by_name
def test_files_of_the_bare_model_leave_out_the_prefix(settings):
    family, config, _, theirs = made(settings)
    bare = {name.removeprefix(family.prefix): tensor for name, tensor in theirs.items()}
    assert set(bare) != set(theirs)
    whole, same = convert(theirs, family, config), convert(bare, family, config)
    assert all(torch.equal(whole[name], same[name]) for name in whole)


def test_what_was_never_learned_may_lie_in_the_file():
    family, config, _, theirs = made(GPT2)
    theirs |= {"transformer.h.0.attn.bias": torch.ones(11, 11).bool(), "h.1.attn.masked_bias": torch.tensor(-1e4)}
    assert set(convert(theirs, family, config)) == set(our_shapes(config))
    family, config, _, theirs = made(LLAMA)
    theirs["model.layers.2.self_attn.rotary_emb.inv_freq"] = normal((2,))
    assert set(convert(theirs, family, config)) == set(our_shapes(config))


def test_a_copy_of_a_tied_table_has_to_be_equal():
    family, config, _, theirs = made(GPT2)
    theirs["lm_head.weight"] = theirs["transformer.wte.weight"].clone()
    assert set(convert(theirs, family, config)) == set(our_shapes(config))
    refused(
        GPT2,
        lambda theirs: theirs.update({"lm_head.weight": normal((31, 14), 99)}),
        "lm_head.weight",
        "(31, 14)",
        "differs from transformer.wte.weight",
        "set tie_word_embeddings to false",
    )


def test_a_missing_tensor_is_named_with_its_shape_and_a_remedy():
    for settings, name, shape in (
        (LLAMA, "model.layers.1.self_attn.k_proj.weight", "(4, 20)"),
        (GPT2, "transformer.h.2.attn.c_attn.weight", "(14, 42)"),
        (GEMMA2, "model.layers.0.pre_feedforward_layernorm.weight", "(20,)"),
    ):
        refused(settings, lambda theirs, name=name: theirs.pop(name), name, shape, "is missing", "fetch them again")


def test_a_tensor_too_many_is_named_with_its_shape_and_a_remedy():
    for name in ("model.layers.0.self_attn.q_proj.bias", "model.layers.3.mlp.up_proj.weight", "score.weight"):
        refused(
            LLAMA, lambda theirs, name=name: theirs.update({name: normal((23, 5))}),
            name, "(23, 5)", "no such tensor", "fetch config.json",
        )  # fmt: skip


def test_a_misshaped_tensor_is_named_with_both_shapes_and_a_remedy():
    for settings, name, found, wanted in (
        (LLAMA, "model.layers.1.mlp.down_proj.weight", (23, 20), (20, 23)),
        (GPT2, "transformer.h.0.attn.c_attn.bias", (41,), (42,)),
        (GPT2, "transformer.wpe.weight", (12, 14), (11, 14)),
    ):
        change = lambda theirs, name=name, found=found: theirs.update({name: normal(found)})  # noqa: E731
        refused(settings, change, name, f"shape {found}", f"would have {wanted}", "different models")


def test_a_compressed_tensor_is_named_with_its_type():
    name = "model.layers.1.mlp.down_proj.weight"
    refused(LLAMA, lambda theirs: theirs.update({name: torch.ones(20, 23, dtype=torch.int8)}), name, "int8")
