"""Preferences: the losses against sums done by hand in 64 bits, and what they do to a model."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from hornbook.batches import IGNORED, Positions, Preferences, Texts
from hornbook.data.config import DPO, IPO, SimPO
from hornbook.errors import SettingError, TextError
from hornbook.finetuning.preferences import (
    PreferenceObjective,
    answer_log_probabilities,
    judge,
    reference_of,
    reward_loss,
    side_by_side,
    with_a_reference,
)
from hornbook.model.config import ModelConfig
from hornbook.model.heads import Classifier
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder, build_model

CONFIG = ModelConfig(vocabulary=23, context=16, width=16, heads=2, depth=2)

Rows = list[tuple[list[int], list[int]]]


def model_of(seed: int) -> Decoder:
    """A small decoder."""
    model = build_model(CONFIG)
    initialise(model, CONFIG, seed)
    assert isinstance(model, Decoder)
    return model


def texts(rows: Rows) -> Texts:
    """Prompts and answers, the answers asked for, padded on the right."""
    wholes = [prompt + answer for prompt, answer in rows]
    width = max(map(len, wholes)) - 1
    tokens, targets = torch.zeros(len(rows), width, dtype=torch.int64), torch.full((len(rows), width), IGNORED)
    for row, ((prompt, _), whole) in enumerate(zip(rows, wholes, strict=True)):
        tokens[row, : len(whole) - 1] = torch.tensor(whole[:-1])
        targets[row, len(prompt) - 1 : len(whole) - 1] = torch.tensor(whole[len(prompt) :])
    return Texts(tokens, targets, Positions.lengths(torch.tensor([len(whole) - 1 for whole in wholes]), width))


CHOSEN: Rows = [([3, 4, 5], [6, 7]), ([8, 9], [10, 11, 12]), ([1, 2, 3, 4], [5])]
REJECTED: Rows = [([3, 4, 5], [7, 7, 7, 2]), ([8, 9], [10]), ([1, 2, 3, 4], [6, 1])]


def pairs(reference: torch.Tensor | None = None) -> Preferences:
    """The three pairs."""
    return Preferences(texts(CHOSEN), texts(REJECTED), reference)


def by_hand(model: Decoder, rows: Rows) -> list[float]:
    """log p of every answer in 64 bits, one text and one token at a time."""
    found, exact = [], model_copy(model).double()
    for prompt, answer in rows:
        nats = 0.0
        for place, token in enumerate(answer):
            logits = exact(torch.tensor([prompt + answer[:place]]))[0, -1].tolist()
            nats += logits[token] - math.log(sum(map(math.exp, logits)))
        found.append(nats)
    return found


def model_copy(model: Decoder) -> Decoder:
    """The same weights once more."""
    other = model_of(0)
    other.load_state_dict(model.state_dict())
    return other


def test_the_probability_of_an_answer_is_the_product_of_its_tokens():
    model = model_of(1)
    nats, lengths = answer_log_probabilities(model, texts(CHOSEN))
    assert nats.tolist() == pytest.approx(by_hand(model, CHOSEN), rel=1e-6)
    assert lengths.tolist() == [2, 3, 1]


@pytest.mark.parametrize(
    "loss", [DPO(0.1), DPO(0.5, label_smoothing=0.2), IPO(0.3), SimPO(2.0, 0.7)], ids=lambda loss: type(loss).__name__
)
def test_every_loss_is_the_formula_of_its_paper(loss):
    model, reference = model_of(1), model_of(2)
    now = list(zip(by_hand(model, CHOSEN), by_hand(model, REJECTED), strict=True))
    before = list(zip(by_hand(reference, CHOSEN), by_hand(reference, REJECTED), strict=True))
    expected = 0.0
    for (c, r), (c_ref, r_ref), (_, good), (_, bad) in zip(now, before, CHOSEN, REJECTED, strict=True):
        moved = (c - c_ref) - (r - r_ref)
        if isinstance(loss, DPO):
            ways = [math.log1p(math.exp(-sign * loss.beta * moved)) for sign in (1, -1)]
            expected += (1 - loss.label_smoothing) * ways[0] + loss.label_smoothing * ways[1]
        elif isinstance(loss, IPO):
            expected += (moved - 1 / (2 * loss.beta)) ** 2
        else:
            expected += math.log1p(math.exp(loss.margin - loss.beta * (c / len(good) - r / len(bad))))
    known = torch.tensor(before, dtype=torch.float32) if with_a_reference(loss) else None
    found = PreferenceObjective(loss)(model, pairs(known))
    assert float(found.total.detach()) == pytest.approx(expected, rel=1e-6)
    assert int(found.count) == 3


def test_a_pair_shares_its_padding_and_changes_nothing():
    model = model_of(1)
    together, _ = answer_log_probabilities(model, side_by_side(pairs()))
    apart = [answer_log_probabilities(model, each)[0] for each in (texts(CHOSEN), texts(REJECTED))]
    torch.testing.assert_close(together, torch.cat(apart), atol=1e-5, rtol=0)


def test_a_few_steps_make_the_better_answer_likelier():
    model = model_of(1)
    batch, objective = pairs(torch.from_numpy(reference_of(model, [pairs()]))), PreferenceObjective(DPO(0.5))
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    first = float(objective(model, batch).total.detach()) / 3
    assert first == pytest.approx(math.log(2), abs=1e-6), "nothing has moved yet"
    for _ in range(40):
        optimizer.zero_grad()
        objective(model, batch).total.backward()
        optimizer.step()
    after = judge(lambda each: answer_log_probabilities(model, each), lambda each: objective(model, each), [batch])
    assert after.loss < 0.1
    assert after.moved == 3


def test_a_reward_model_learns_to_score_the_better_answer_higher():
    model = Classifier(model_of(1), [1], "last")
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    losses = []
    for _ in range(40):
        optimizer.zero_grad()
        loss = reward_loss(model, pairs())
        loss.total.backward()
        optimizer.step()
        losses.append(float(loss.total.detach()) / 3)
    assert losses[-1] < 0.1 < losses[0]


def test_pairs_are_counted_with_half_a_win_for_a_tie_and_lengths_beside():
    values = torch.tensor([1.0, 2.0, 5.0, 1.0, 3.0, 4.0])  # three better ones, then three worse ones
    lengths = torch.tensor([2, 3, 4, 2, 5, 1])
    model, objective = model_of(1), PreferenceObjective(SimPO())
    found = judge(lambda each: (values, lengths), lambda each: objective(model, each), [pairs()])
    assert (found.likelier, found.shorter, found.moved, found.pairs) == (1.5, 1.5, None, 3)
    with pytest.raises(TextError, match="no pair"):
        judge(lambda each: (values, lengths), lambda each: objective(model, each), [])


def test_the_reference_is_a_table_of_two_columns():
    model = model_of(2)
    found = reference_of(model, [pairs()] * 2)
    assert found.shape == (6, 2)
    np.testing.assert_allclose(found[:3, 0], by_hand(model, CHOSEN), atol=1e-5)
    np.testing.assert_allclose(found[3:, 1], by_hand(model, REJECTED), atol=1e-5)


@pytest.mark.parametrize(
    "make", [lambda: DPO(0.0), lambda: IPO(-1.0), lambda: SimPO(0.0), lambda: DPO(label_smoothing=0.5)]
)
def test_strengths_that_are_none_are_refused(make):
    with pytest.raises(SettingError, match="expected"):
        make()
