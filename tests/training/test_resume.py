"""A run that was stopped and resumed ends with the numbers of an unbroken one, bit for bit."""

from __future__ import annotations

import pytest
import torch

from hornbook.training.checkpoints import checkpoint_name, load_checkpoint, save_checkpoint
from hornbook.training.config import AdamW, Muon
from hornbook.training.optimizers import build_optimizer, optimizer_tensors
from hornbook.training.precision import LossScale, Precision
from tests.training.small import a_model, same, train

OPTIMIZERS = {
    "fused": AdamW(),
    "explicit": AdamW(kernel="explicit"),
    "muon": Muon(),
    "muon explicit": Muon(kernel="explicit"),
}


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_five_steps_save_load_five_steps_equal_ten_with_dropout_on(name, precision, tmp_path):
    config, how = OPTIMIZERS[name], {"precision": Precision(precision)}
    unbroken = a_model(dropout=0.2)
    optimizer = build_optimizer(config, unbroken)
    updates = train(unbroken, optimizer, steps=10, **how)

    first = a_model(dropout=0.2)
    stopped = build_optimizer(config, first)
    before = train(first, stopped, steps=10, stop=5, **how)
    folder = save_checkpoint(tmp_path / checkpoint_name(5), first, stopped, {"step": 5})

    torch.manual_seed(999)  # another process begins with other random numbers
    second = a_model(dropout=0.2, seed=6)
    resumed = build_optimizer(config, second)
    assert load_checkpoint(folder, second, resumed) == {"schema": 1, "step": 5}
    after = train(second, resumed, steps=10, first=5, **how)

    assert same(unbroken, second)
    ours, theirs = optimizer_tensors(resumed, second), optimizer_tensors(optimizer, unbroken)
    assert ours.keys() == theirs.keys()
    assert all(torch.equal(value, theirs[name]) for name, value in ours.items())
    logged = [(u.step, u.loss, u.learning_rate, u.gradient_norm, u.fraction, u.done) for u in [*before, *after]]
    assert logged == [(u.step, u.loss, u.learning_rate, u.gradient_norm, u.fraction, u.done) for u in updates]


@pytest.mark.slow
def test_the_loss_scale_is_carried_over():
    def run(scale, first, stop):
        model = models[scale is whole]
        return train(model, optimizers[scale is whole], steps=9, first=first, stop=stop, scale=scale)

    whole, half = LossScale(2.0**126, moving=True, patience=3), LossScale(2.0**126, moving=True, patience=3)
    models = {True: a_model(), False: a_model()}
    optimizers = {key: build_optimizer(AdamW(), model) for key, model in models.items()}
    run(whole, 0, None)
    run(half, 0, 4)
    half = LossScale(half.value, half.good, moving=True, patience=3)
    run(half, 4, None)
    assert whole == half
    assert same(models[True], models[False])


@pytest.mark.slow
def test_forgetting_the_optimizer_would_be_noticed(tmp_path):
    unbroken, forgetful = a_model(), a_model()
    train(unbroken, build_optimizer(AdamW(), unbroken), steps=10)
    train(forgetful, build_optimizer(AdamW(), forgetful), steps=10, stop=5)
    train(forgetful, build_optimizer(AdamW(), forgetful), steps=10, first=5)
    assert not same(unbroken, forgetful)


@pytest.mark.slow
def test_forgetting_the_seed_of_dropout_would_be_noticed(tmp_path):
    unbroken, forgetful = a_model(dropout=0.2), a_model(dropout=0.2)
    train(unbroken, build_optimizer(AdamW(), unbroken), steps=3)
    train(forgetful, build_optimizer(AdamW(), forgetful), steps=3, seed=999)
    assert not same(unbroken, forgetful)
