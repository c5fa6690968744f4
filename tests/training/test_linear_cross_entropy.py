"""The loss straight from the stream is the loss of the logits, and so are its gradients, however it is cut up."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from hornbook.batches import IGNORED, Texts
from hornbook.model.config import ModelConfig
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder
from hornbook.training import linear_cross_entropy as module
from hornbook.training import objectives
from hornbook.training.linear_cross_entropy import chunk_loss, linear_cross_entropy, rows_at_once
from hornbook.training.objectives import next_token, token_loss


def inputs(rows=11, width=7, vocabulary=53, dtype=torch.float64, seed=0):
    draw = torch.Generator().manual_seed(seed)
    hidden = torch.randn(1, rows, width, generator=draw, dtype=torch.float64).to(dtype).requires_grad_()
    table = torch.randn(vocabulary, width, generator=draw, dtype=torch.float64).to(dtype).requires_grad_()
    targets = torch.randint(vocabulary, (1, rows), generator=draw)
    targets[0, ::4] = IGNORED
    return hidden, table, targets


def plainly(hidden, table, targets, smoothing):
    return token_loss(F.linear(hidden, table), targets, smoothing).total


@pytest.mark.parametrize("entries", [1, 64 * 3, 1 << 30], ids=["a row at once", "three rows", "all"])
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("vocabulary", [53, 64, 129])
def test_loss_and_gradients_are_those_of_the_logits(entries, smoothing, vocabulary, monkeypatch):
    monkeypatch.setattr(module, "ENTRIES", entries)
    hidden, table, targets = inputs(vocabulary=vocabulary)
    loss = linear_cross_entropy(hidden, table, targets, smoothing)
    found = torch.autograd.grad(3.0 * loss, (hidden, table))
    plain = plainly(hidden, table, targets, smoothing)  # in float32, as token_loss always is
    torch.testing.assert_close(loss.float(), plain, rtol=1e-5, atol=1e-5)
    exact = F.cross_entropy(
        F.linear(hidden, table)[0], targets[0], ignore_index=IGNORED, reduction="sum", label_smoothing=smoothing
    )
    torch.testing.assert_close(loss, exact)
    for one, other in zip(found, torch.autograd.grad(3.0 * exact, (hidden, table)), strict=True):
        torch.testing.assert_close(one, other)


def test_its_gradient_is_its_own_by_differences():
    hidden, table, targets = inputs(rows=3, width=2, vocabulary=5)
    assert torch.autograd.gradcheck(lambda h, t: linear_cross_entropy(h, t, targets, 0.1), (hidden, table))


def test_under_autocast_it_multiplies_in_bfloat16_and_gradients_stay_float32():
    hidden, table, targets = inputs(rows=40, width=64, dtype=torch.float32)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = linear_cross_entropy(hidden, table, targets)
        plain = plainly(hidden, table, targets, 0.0)
    found, other = (torch.autograd.grad(each, (hidden, table)) for each in (loss, plain))
    assert [each.dtype for each in found] == [torch.float32, torch.float32]
    torch.testing.assert_close(loss, plain, rtol=1e-3, atol=0.0)
    for one, two in zip(found, other, strict=True):
        assert (one - two).norm() < 0.01 * two.norm()


def test_logits_far_from_zero_overflow_nothing():
    hidden, table, targets = inputs(dtype=torch.float32)
    loss = linear_cross_entropy(hidden * 1e4, table, targets)
    torch.testing.assert_close(loss, plainly(hidden * 1e4, table, targets, 0.0))
    assert all(each.isfinite().all() for each in torch.autograd.grad(loss, (hidden, table)))


def test_filling_and_what_is_ignored_have_no_gradient():
    logits = torch.randn(5, 64, generator=torch.Generator().manual_seed(0))
    loss, gradient = chunk_loss(logits, torch.tensor([3, IGNORED, 0, 49, IGNORED]), 50, 0.1)
    assert gradient[:, 50:].abs().max() == 0
    assert gradient[[1, 4]].abs().max() == 0
    torch.testing.assert_close(gradient.sum(1), torch.zeros(5), atol=1e-6, rtol=0.0)  # probabilities add up
    lifted = logits + torch.arange(64).ge(50) * 9.0
    assert torch.equal(loss, chunk_loss(lifted, torch.tensor([3, IGNORED, 0, 49, IGNORED]), 50, 0.1)[0])


def test_a_batch_that_asks_nothing_costs_nothing():
    hidden, table, targets = inputs(dtype=torch.float32)
    assert linear_cross_entropy(hidden, table, torch.full_like(targets, IGNORED)).item() == 0


@given(st.integers(1, 5000), st.integers(1, 300_000))
def test_no_chunk_is_too_large_and_none_is_much_smaller_than_the_others(rows, vocabulary):
    size = rows_at_once(rows, vocabulary)
    assert size >= 1
    assert size * vocabulary <= max(module.ENTRIES + vocabulary, vocabulary)
    sizes = [len(each) for each in torch.zeros(rows).split(size)]
    assert sum(sizes) == rows


@pytest.mark.parametrize("tied", [True, False])
def test_a_model_with_many_tokens_learns_the_same_either_way(tied, monkeypatch):
    config = ModelConfig(vocabulary=67, context=16, width=24, heads=2, depth=2, tied=tied)
    model = Decoder(config)
    initialise(model, config, 0)
    tokens = torch.randint(67, (2, 13), generator=torch.Generator().manual_seed(1))
    batch, found = Texts(tokens[:, :-1].contiguous(), tokens[:, 1:].contiguous()), []
    for many in (1, 1 << 30):
        monkeypatch.setattr(objectives, "MANY", many)
        loss = next_token(model, batch)
        found.append((loss.total, loss.count, *torch.autograd.grad(loss.total, list(model.parameters()))))
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)


def test_logits_that_are_more_than_a_product_take_the_readable_way():
    for changes in ({"head_bias": True}, {"head_softcap": 30.0}, {"head_scale": 0.5}):
        model = Decoder(ModelConfig(vocabulary=67, context=16, width=24, heads=2, depth=1, **changes))
        assert model.embedding.table is None
