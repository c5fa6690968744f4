"""The loss among candidates: all of them is the whole loss, some of them estimate its sum without bias."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from hornbook.batches import IGNORED, Positions, Texts
from hornbook.data.config import NextToken
from hornbook.errors import SettingError
from hornbook.model.config import ModelConfig
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder
from hornbook.training.candidates import among, candidate_cross_entropy, draw
from hornbook.training.objectives import NextTokenAmong, next_token, objective_for, token_loss

VOCABULARY = 60


def inputs(seed=0, rows=12, width=8):
    generator = torch.Generator().manual_seed(seed)
    hidden = torch.randn(1, rows, width, generator=generator).requires_grad_()
    table = torch.randn(VOCABULARY, width, generator=generator).requires_grad_()
    targets = torch.randint(VOCABULARY, (1, rows), generator=generator)
    targets[0, ::5] = IGNORED
    return hidden, table, targets


def inputs_of_texts():
    return Texts(torch.arange(8)[None], torch.arange(1, 9)[None])


def built(**settings):
    config = ModelConfig(**settings)
    model = Decoder(config)
    initialise(model, config, 1)
    return model


def test_all_tokens_as_candidates_are_the_whole_loss_with_its_gradients():
    hidden, table, targets = inputs()
    total, count = candidate_cross_entropy(hidden, table, targets, VOCABULARY)
    plain = token_loss(F.linear(hidden, table), targets)
    torch.testing.assert_close(total, plain.total)
    assert count == plain.count
    for one, other in zip(
        torch.autograd.grad(total, (hidden, table)), torch.autograd.grad(plain.total, (hidden, table)), strict=True
    ):
        torch.testing.assert_close(one, other)


@given(st.integers(0, 1000), st.integers(2, VOCABULARY + 5))
def test_what_is_asked_for_takes_part_and_all_candidates_together_stand_for_the_vocabulary(seed, count):
    targets = inputs(seed)[2].flatten()
    asked = set(targets[targets != IGNORED].tolist())
    candidates = draw(targets, VOCABULARY, count)
    tokens = candidates.tokens.tolist()
    assert len(set(tokens)) == len(tokens) == min(count, VOCABULARY)
    assert asked <= set(tokens) if len(asked) <= count else set(tokens) <= asked
    if count > len(asked):
        assert candidates.log_weight.exp().sum().item() == pytest.approx(VOCABULARY, rel=1e-5)
    places = among(targets, candidates, VOCABULARY)
    for target, place in zip(targets.tolist(), places.tolist(), strict=True):
        assert (place == IGNORED) if target not in tokens else tokens[place] == target


def test_the_mean_of_the_estimated_sums_is_the_sum_over_all_tokens():
    torch.manual_seed(0)
    hidden, table, targets = inputs()
    logits = F.linear(hidden, table)[0].detach().double()
    draws = [draw(targets.flatten(), VOCABULARY, 24) for _ in range(4000)]
    sums = torch.stack([(logits[:, each.tokens] + each.log_weight).exp().sum(-1) for each in draws])
    error = sums.std(0) / math.sqrt(len(draws))
    assert error.min() > 0
    assert ((sums.mean(0) - logits.exp().sum(-1)).abs() < 5 * error).all()


def test_targets_that_found_no_place_are_not_counted():
    hidden, table, _ = inputs()
    total, count = candidate_cross_entropy(hidden, table, torch.arange(12)[None], 5)
    assert count == 5 and total.isfinite()


def test_a_model_learns_as_much_from_candidates_as_from_the_whole_vocabulary():
    def learned(candidates):
        torch.manual_seed(3)
        model = built(vocabulary=512, context=16, width=32, heads=2, depth=1)
        optimizer, generator = torch.optim.Adam(model.parameters(), 3e-3), torch.Generator().manual_seed(1)
        for _ in range(150):  # every token is followed by the one whose number is three times its own
            tokens = torch.randint(400, (16, 1), generator=generator) * 3 ** torch.arange(17) % 401
            loss = objective_for(NextToken(candidates))(model, Texts(tokens[:, :-1], tokens[:, 1:]))
            (loss.total / loss.count).backward()
            optimizer.step()
            optimizer.zero_grad()
        whole = next_token(model, Texts(tokens[:, :-1], tokens[:, 1:]))
        return (whole.total / whole.count).item()

    everything, some = learned(None), learned(320)
    assert everything < 0.5 * math.log(512)
    assert some < 1.1 * everything


def test_packed_texts_do_not_see_each_other_here_either():
    model = built(vocabulary=40, context=8, width=8, heads=2, depth=1)
    positions = Positions(torch.tensor([[0, 1, 2, 3, 0, 1, 2, 3]]), torch.tensor([[0, 0, 0, 0, 1, 1, 1, 1]]))
    targets = torch.tensor([[IGNORED] * 4 + [5, 6, 7, 8]])

    def loss(first):
        torch.manual_seed(0)
        return NextTokenAmong(20)(model, Texts(torch.tensor([[first, 9, 9, 9, 1, 2, 3, 4]]), targets, positions)).total

    assert torch.equal(loss(3), loss(17))


def test_a_vocabulary_as_large_as_the_candidates_is_not_drawn_from():
    model, batch = built(vocabulary=30, context=8, width=8, heads=2, depth=1), inputs_of_texts()
    before = torch.get_rng_state()
    NextTokenAmong(30)(model, batch)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_small_vocabulary_or_a_head_that_does_more_has_all_tokens():
    batch = inputs_of_texts()
    for settings in ({}, {"head_bias": True}):
        model = built(vocabulary=30, context=8, width=8, heads=2, depth=1, **settings)
        count = 30 if not settings else 10
        assert torch.equal(NextTokenAmong(count)(model, batch).total, next_token(model, batch).total)


def test_fewer_than_two_candidates_are_refused():
    with pytest.raises(SettingError, match="candidates: found 1, expected 2 tokens or more"):
        NextToken(candidates=1)
