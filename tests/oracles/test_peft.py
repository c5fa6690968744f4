"""LoRA in PEFT's files: what we write loads there and gives the same logits, and what is written there loads here."""

from __future__ import annotations

import copy

import pytest
import torch

from hornbook.errors import MissingError, SettingError
from hornbook.finetuning.adapting import adapt
from hornbook.finetuning.config import LowRank
from hornbook.finetuning.low_rank import LowRankLinear
from hornbook.finetuning.peft_files import read_adapter, write_adapter
from hornbook.formats.huggingface import write_folder
from hornbook.model.initialise import initialise
from hornbook.model.models import build_model
from hornbook.model.presets import PRESETS
from hornbook.seeds import torch_generator
from hornbook.settings import build, merge, plain
from hornbook.workflows.recipe import KINDS

transformers = pytest.importorskip("transformers")
peft = pytest.importorskip("peft")

SMALL = {"vocabulary": 97, "context": 32, "width": 24, "heads": 4, "depth": 2, "dropout": 0.0}
LLAMA = {
    "position_encoding": "rotary",
    "kv_heads": 2,
    "tied": False,
    "pattern": [
        {
            "norm": "rms",
            "attention": {"bias": False},
            "feed_forward": {"gated": True, "activation": "silu", "bias": False},
        }
    ],
}


def model_of(family: str):
    """A small model with weights that are not zero anywhere."""
    from hornbook.model.config import ModelConfig

    settings = merge(plain(PRESETS["gpt2"], KINDS), SMALL) if family == "gpt2" else merge(SMALL, LLAMA)
    config = build(ModelConfig, settings, KINDS)
    model = build_model(config)
    initialise(model, config, 1)
    return model.eval()


def learned(model, config: LowRank):
    """The model with products that are not zero."""
    adapt(model, config, seed=1)
    draw = torch_generator(2, "learned")
    for module in model.modules():
        if isinstance(module, LowRankLinear):
            with torch.no_grad():
                module.up.copy_(torch.randn(module.up.shape, generator=draw) * 0.3)
    return model


TARGETS = {"gpt2": ("query", "value", "up"), "llama": ("query", "key", "down", "head")}


@pytest.mark.parametrize("family", ["gpt2", "llama"])
@pytest.mark.parametrize("stabilised", [False, True])
def test_what_we_write_loads_in_peft_and_gives_the_same_logits(family, stabilised, tmp_path):
    model = model_of(family)
    write_folder(tmp_path / "base", model)
    config = LowRank(rank=4, alpha=6.0, targets=TARGETS[family], stabilised=stabilised)
    learned(model, config)
    write_adapter(tmp_path / "lora", model, config, "base")
    theirs = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "base")
    adapted = peft.PeftModel.from_pretrained(theirs, tmp_path / "lora").eval()
    tokens = torch.randint(0, 97, (2, 20), generator=torch_generator(3, "tokens"))
    with torch.no_grad():
        ours, found = model(tokens), adapted(tokens).logits
    torch.testing.assert_close(found, ours, atol=2e-5, rtol=0)
    with torch.no_grad():
        assert (model_of(family)(tokens) - ours).abs().max() > 0.01, "the products do something"


def test_learned_lengths_load_in_peft(tmp_path):
    model = model_of("llama")
    write_folder(tmp_path / "base", model)
    config = LowRank(rank=2, targets=("query", "down"), magnitude=True)
    learned(model, config)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, LowRankLinear):
                module.length.mul_(1.3)
    write_adapter(tmp_path / "lora", model, config, "base")
    theirs = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "base")
    adapted = peft.PeftModel.from_pretrained(theirs, tmp_path / "lora").eval()
    tokens = torch.randint(0, 97, (2, 20), generator=torch_generator(3, "tokens"))
    with torch.no_grad():
        torch.testing.assert_close(adapted(tokens).logits, model(tokens), atol=2e-5, rtol=0)


@pytest.mark.parametrize("family", ["gpt2", "llama"])
def test_what_we_write_is_read_again(family, tmp_path):
    base = model_of(family)
    model = learned(copy.deepcopy(base), config := LowRank(rank=3, alpha=5.0, targets=TARGETS[family]))
    write_adapter(tmp_path / "lora", model, config, "base")
    again = copy.deepcopy(base)
    found = read_adapter(tmp_path / "lora", again)
    assert (found.rank, found.scale) == (3, config.scale)
    tokens = torch.randint(0, 97, (2, 20), generator=torch_generator(3, "tokens"))
    with torch.no_grad():
        torch.testing.assert_close(again.eval()(tokens), model.eval()(tokens), atol=1e-6, rtol=0)


def test_what_peft_writes_is_read(tmp_path):
    model = model_of("llama")
    write_folder(tmp_path / "base", model)
    theirs = transformers.AutoModelForCausalLM.from_pretrained(tmp_path / "base")
    settings = peft.LoraConfig(r=4, lora_alpha=8, target_modules=["q_proj", "v_proj"], init_lora_weights=False)
    adapted = peft.get_peft_model(theirs, settings).eval()
    adapted.save_pretrained(tmp_path / "lora")
    assert read_adapter(tmp_path / "lora", model).targets == ("query", "value")
    tokens = torch.randint(0, 97, (2, 20), generator=torch_generator(3, "tokens"))
    with torch.no_grad():
        torch.testing.assert_close(model.eval()(tokens), adapted(tokens).logits, atol=2e-5, rtol=0)


def test_a_lora_for_another_model_is_refused(tmp_path):
    base = model_of("llama")
    model = learned(copy.deepcopy(base), config := LowRank(rank=3, targets=("query",)))
    write_adapter(tmp_path / "lora", model, config, "runs/base-1")
    other = model_of("llama")
    with torch.no_grad():
        next(other.parameters()).add_(0.1)
    before = {name: tensor.clone() for name, tensor in other.state_dict().items()}
    with pytest.raises(SettingError, match="learned on another model, runs/base-1"):
        read_adapter(tmp_path / "lora", other)
    assert all(torch.equal(tensor, before[name]) for name, tensor in other.state_dict().items())
    with pytest.raises(MissingError, match="is no LoRA"):
        read_adapter(tmp_path, other)
    with pytest.raises(SettingError, match="no products"):
        write_adapter(tmp_path / "none", model_of("llama"), config, "x")
