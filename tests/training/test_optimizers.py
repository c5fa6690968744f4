"""AdamW in all its ways, who is moved by what, and what is remembered."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from hornbook.errors import HornbookError
from hornbook.training.adamw import ExplicitAdamW
from hornbook.training.config import AdamW, Muon
from hornbook.training.muon import MuonOptimizer
from hornbook.training.optimizers import (
    ADAMW,
    Together,
    build_optimizer,
    group_table,
    optimizer_tensors,
    parameter_groups,
    restore_optimizer,
    sorted_parameters,
)
from tests.training.descent import apart, descend, tensors
from tests.training.small import a_model, farthest, same, train

# AdamW ----------------------------------------------------------------------------------------------------------------

HOW = {"lr": 3e-3, "betas": (0.9, 0.95), "eps": 1e-8, "weight_decay": 0.1}


def test_adamw_written_out_equals_the_fused_one_over_100_steps():
    mine = descend(lambda p: ExplicitAdamW(p, **HOW), 100)
    assert apart(mine, descend(lambda p: torch.optim.AdamW(p, **HOW, fused=True), 100)) <= 1e-6
    assert apart(mine, descend(lambda p: torch.optim.AdamW(p, **HOW, foreach=False), 100)) <= 1e-6
    assert apart(mine, tensors("start")) > 0.05, "they moved"


def test_every_kernel_of_adamw_takes_the_same_path():
    finals = [descend(lambda p, kernel=kernel: kernel([{"params": p, **HOW}]), 30) for kernel in ADAMW.values()]
    assert all(apart(finals[0], other) <= 1e-6 for other in finals[1:])


def test_decay_is_decoupled_a_parameter_without_gradient_shrinks_by_learning_rate_times_decay():
    parameter = nn.Parameter(torch.ones(3, 5))
    parameter.grad = torch.zeros(3, 5)
    optimizer = ExplicitAdamW([parameter], lr=0.01, weight_decay=0.5)
    optimizer.step()
    assert torch.allclose(parameter, torch.full((3, 5), 1 - 0.01 * 0.5))


def test_the_first_step_of_adam_has_the_size_of_the_learning_rate():
    parameter = nn.Parameter(torch.zeros(7))
    parameter.grad = torch.tensor([1e-3, -1e-3, 1.0, -1.0, 50.0, -50.0, 1e4])
    ExplicitAdamW([parameter], lr=0.01, weight_decay=0.0).step()
    assert torch.allclose(parameter, -0.01 * parameter.grad.sign(), atol=1e-6)


def test_a_parameter_without_gradient_is_left_alone():
    for kind in (ExplicitAdamW, MuonOptimizer):
        parameters = [nn.Parameter(torch.ones(3, 5)), nn.Parameter(torch.ones(3, 5))]
        parameters[0].grad = torch.ones(3, 5)
        kind(parameters, lr=0.1, weight_decay=0.1).step()
        assert torch.equal(parameters[1], torch.ones(3, 5))
        assert not torch.equal(parameters[0], torch.ones(3, 5))
        MuonOptimizer([nn.Parameter(torch.ones(3, 5))]).step()


# Groups ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tied", [True, False])
def test_every_parameter_is_in_exactly_one_group(tied):
    model = a_model(tied=tied)
    for optimizer_config in (AdamW(), Muon()):
        groups = parameter_groups(optimizer_config, model)
        names = [name for group in groups for name in group.parameters]
        assert sorted(names) == sorted(name for name, _ in model.named_parameters())
        assert sum(group.size for group in groups) == sum(p.numel() for p in model.parameters())


def test_linear_weights_decay_and_embeddings_positions_norms_and_biases_do_not():
    model = a_model(tied=False)
    decayed = {
        name
        for group in parameter_groups(AdamW(weight_decay=0.1), model)
        if group.weight_decay
        for name in group.parameters
    }
    linear = {f"{name}.weight" for name, module in model.named_modules() if isinstance(module, nn.Linear)}
    assert decayed == linear
    assert "embedding.head.weight" in decayed
    assert not any("norm" in name or "bias" in name or "tokens" in name or "table" in name for name in decayed)


def test_a_table_that_also_writes_is_an_embedding_and_does_not_decay():
    kinds = sorted_parameters(a_model(tied=True))
    assert kinds["head"] == {}
    assert "embedding.tokens.weight" in kinds["embeddings"]


def test_muon_moves_the_matrices_inside_and_adamw_the_rest():
    model = a_model(tied=False)
    groups = {group.name: group for group in parameter_groups(Muon(adamw=AdamW(embedding_learning_rate=0.5)), model)}
    assert {name: group.optimizer for name, group in groups.items()} == {
        "matrices": "muon", "head": "adamw", "embeddings": "adamw", "vectors": "adamw"
    }  # fmt: skip
    assert all(parameter.dim() == 2 for parameter in groups["matrices"].parameters.values())
    assert set(groups["head"].parameters) == {"embedding.head.weight"}
    assert groups["embeddings"].learning_rate == 0.5
    optimizer = build_optimizer(Muon(), model)
    assert isinstance(optimizer, Together)
    assert [group["name"] for group in optimizer.param_groups] == ["matrices", "head", "embeddings", "vectors"]
    assert [group["lr"] for group in optimizer.param_groups] == [0.02, 1e-3, 1e-3, 1e-3]


@pytest.mark.slow
def test_frozen_parameters_are_left_out():
    model = a_model()
    model.embedding.tokens.weight.requires_grad_(False)
    before = copy.deepcopy(model)
    optimizer = build_optimizer(AdamW(), model)
    train(model, optimizer, steps=3)
    assert torch.equal(before.embedding.tokens.weight, model.embedding.tokens.weight)
    assert not same(before, model)


def test_the_table_of_groups_names_all_that_matters():
    table = group_table(parameter_groups(Muon(), a_model(tied=False)))
    lines = table.splitlines()
    assert len(lines) == 5
    assert lines[0].split("  ")[0] == "parameters"
    assert len({len(line) for line in lines}) == 1, "the columns stand under each other"
    assert "muon" in lines[1]
    assert "0.02" in lines[1]


def test_settings_arrive_in_the_optimizer():
    model = a_model()
    adamw = build_optimizer(
        AdamW(learning_rate=0.1, betas=(0.7, 0.8), epsilon=1e-5, weight_decay=0.3, kernel="explicit"), model
    )
    assert isinstance(adamw, ExplicitAdamW)
    assert {group["betas"] for group in adamw.param_groups} == {(0.7, 0.8)}
    assert {group["eps"] for group in adamw.param_groups} == {1e-5}
    assert [group["weight_decay"] for group in adamw.param_groups] == [0.3, 0.0, 0.0]
    assert isinstance(build_optimizer(AdamW(), model), torch.optim.AdamW)
    config = Muon(
        momentum=0.8,
        nesterov=False,
        weight_decay=0.2,
        iterations=7,
        scale="rms",
        arithmetic="float32",
        kernel="explicit",
    )
    muon = build_optimizer(config, model).param_groups[0]
    names = ("momentum", "nesterov", "weight_decay", "iterations", "scale", "arithmetic", "kernel")
    assert [muon[name] for name in names] == [0.8, False, 0.2, 7, "rms", torch.float32, "explicit"]
    assert build_optimizer(Muon(arithmetic="bfloat16"), model).param_groups[0]["arithmetic"] == torch.bfloat16


# What is remembered ---------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("config", [AdamW(), AdamW(kernel="explicit"), Muon()])
def test_what_an_optimizer_remembers_is_named_after_the_parameters_and_can_be_given_back(config):
    model = a_model()
    optimizer = build_optimizer(config, model)
    train(model, optimizer, steps=5)
    remembered = {name: value.clone() for name, value in optimizer_tensors(optimizer, model).items()}
    names = {name for name, _ in model.named_parameters()}
    assert {name.rpartition(".")[0] for name in remembered} == names
    other, again = copy.deepcopy(model), None
    again = build_optimizer(config, other)
    restore_optimizer(again, other, remembered)
    assert optimizer_tensors(again, other).keys() == remembered.keys()
    assert all(torch.equal(value, remembered[name]) for name, value in optimizer_tensors(again, other).items())
    train(model, optimizer, steps=5)
    train(other, again, steps=5)
    assert same(model, other)
    fresh = copy.deepcopy(model)
    assert farthest(model, fresh) == 0


@pytest.mark.slow
def test_what_is_given_back_is_a_copy():
    model = a_model()
    optimizer = build_optimizer(AdamW(), model)
    train(model, optimizer, steps=2)
    held = optimizer_tensors(optimizer, model)
    again = build_optimizer(AdamW(), model)
    restore_optimizer(again, model, held)
    before = {name: value.clone() for name, value in held.items()}
    train(model, again, steps=2)
    assert all(torch.equal(value, before[name]) for name, value in held.items())


@pytest.mark.slow
def test_the_memory_of_another_optimizer_or_model_is_refused():
    model = a_model()
    muon = build_optimizer(Muon(), model)
    train(model, muon, steps=2)
    adamw = build_optimizer(AdamW(), model)
    with pytest.raises(HornbookError, match="expected exp_avg, exp_avg_sq, step of AdamW, found momentum"):
        restore_optimizer(adamw, model, optimizer_tensors(muon, model))
    train(model, adamw, steps=2)
    held = optimizer_tensors(adamw, model)
    other = a_model(vocabulary=19)
    with pytest.raises(HornbookError, match=r"weight[.]exp_avg: expected \[19, 22\], found \[17, 22\]"):
        restore_optimizer(build_optimizer(AdamW(), other), other, held)
    with pytest.raises(HornbookError, match=r"does not move left\.over"):
        restore_optimizer(build_optimizer(AdamW(), model), model, held | {"left.over.exp_avg": torch.zeros(3)})
