"""Noise: as often as the counts say, never where it must not be, and a better model of a short text."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hornbook.batches import IGNORED, Positions, Texts
from hornbook.data.batches import Batches
from hornbook.data.config import NextToken, RandomWindows
from hornbook.data.noising import Noise, NoisedBatches
from hornbook.errors import SettingError
from hornbook.seeds import numpy_generator
from tests.data.samples import a_file
from tests.data.test_batches import same

NOTHING_SPECIAL = np.array([], dtype=np.int64)


def test_the_tables_are_the_counts_of_the_text():
    a, b, c, d, new = range(5)
    noise = Noise.counted(np.array([a, b, a, c, a, b, d]), 5, 0.5, NOTHING_SPECIAL)
    assert noise.replaced.tolist() == [0.5 * 2 / 3, 0.5 * 2 / 2, 0.5, 0.0, 0.0], "b and c follow a, of 3"
    assert np.diff(noise.proposal, prepend=0).tolist() == pytest.approx([2 / 5, 1 / 5, 1 / 5, 1 / 5, 0]), "of 5 pairs"
    assert noise.doubted.tolist() == [0, 0, 0.5, 0.5, 0] and noise.new.tolist() == [new]


@given(st.lists(st.integers(0, 11), min_size=2, max_size=80), st.sampled_from([0.3, 1.0]), st.integers(0, 11))
def test_the_tables_of_any_text_are_those_counted_pair_by_pair(tokens, discount, special):
    noise = Noise.counted(np.array(tokens), 12, discount, np.array([special]))
    count, pairs = Counter(tokens), set(itertools.pairwise(tokens))
    for token in range(12):
        followed = len({after for before, after in pairs if before == token})
        plain = token != special
        assert noise.replaced[token] == pytest.approx(plain * discount * followed / max(count[token], 1))
        unsure = plain and count[token] == 1 and len(noise.new) > 0
        assert noise.doubted[token] == (discount if unsure else 0)
        assert (token in noise.new) == (plain and count[token] == 0)
    follows = Counter(after for _, after in pairs if after != special)
    shares = np.diff(noise.proposal, prepend=0)
    assert shares == pytest.approx([follows[token] / max(sum(follows.values()), 1) for token in range(12)])


def test_tokens_become_others_as_often_as_the_tables_say():
    text = numpy_generator(0, "text").zipf(1.5, 250) % 40
    noise = Noise.counted(text, 60, 0.75, NOTHING_SPECIAL)
    tokens = torch.from_numpy(np.tile(np.arange(40), (3000, 1)))
    found = noise.on(Texts(tokens, tokens.clone()), numpy_generator(1, "noise"))
    shares = np.diff(noise.proposal, prepend=0)[:40]
    expected = noise.replaced[:40] * (1 - shares)  # a token may be replaced by itself
    assert (found.tokens != tokens).float().mean(0).numpy() == pytest.approx(expected, abs=0.04)
    drawn = np.bincount(found.tokens[found.tokens != tokens].numpy(), minlength=60)[:40]
    weights = shares * (noise.replaced[:40].sum() - noise.replaced[:40])
    assert drawn / drawn.sum() == pytest.approx(weights / weights.sum(), abs=0.01)
    doubted = found.targets != tokens
    assert doubted.float().mean(0).numpy() == pytest.approx(noise.doubted[:40], abs=0.04)
    assert set(found.targets[doubted].tolist()) == set(noise.new.tolist()), "each of the new ones has its turn"


@given(st.integers(0, 99))
def test_special_tokens_padding_and_what_is_not_asked_stay_as_they_are(seed):
    generator = numpy_generator(seed, "texts")
    noise = Noise.counted(generator.integers(0, 30, 40), 40, 1.0, np.array([1, 35]))
    tokens = torch.from_numpy(generator.integers(0, 30, (5, 17)))
    targets = torch.where(torch.from_numpy(generator.random((5, 17)) < 0.3), IGNORED, tokens)
    lengths = Positions.lengths(torch.tensor([17, 3, 9, 17, 1]), 17)
    texts = Texts(tokens, targets, lengths, torch.zeros(5, 1, dtype=torch.long))
    before = (tokens.clone(), targets.clone())
    found = noise.on(texts, numpy_generator(seed, "noise"))
    assert torch.equal(found.tokens == 1, tokens == 1) and not (found.tokens == 35).any()
    assert torch.equal(found.targets == IGNORED, targets == IGNORED) and not (found.targets == 35).any()
    assert found.positions is texts.positions and found.places is texts.places
    assert torch.equal(tokens, before[0]) and torch.equal(targets, before[1]), "the batch it was made from is untouched"


def test_where_the_text_has_every_token_there_is_nothing_new_to_ask_for():
    noise = Noise.counted(np.array([0, 1, 2, 2, 1]), 3, 1.0, NOTHING_SPECIAL)
    tokens = torch.tensor([[0, 1, 2]] * 50)
    assert torch.equal(noise.on(Texts(tokens, tokens), numpy_generator(0, "noise")).targets, tokens)


def test_a_step_has_the_same_noise_whatever_came_before_and_however_it_is_divided():
    file = a_file([numpy_generator(0, "text").integers(0, 400, 400).tolist()], vocab_size=450)
    noise = Noise.counted(file.tokens, 450, 1.0, NOTHING_SPECIAL)
    whole, parts = (
        NoisedBatches(Batches(file, RandomWindows(), 7, 4, 16, micro_batches), noise) for micro_batches in (1, 2)
    )
    again = [whole.batch(step) for step in (3, 2, 3)]
    assert same(again[0], again[2]) and not same(again[0], again[1])
    texts = whole.batches.plan.texts(3)
    assert not same(whole.remade(texts, 3), whole.remade(texts, 2)), "the same rows have other noise at another step"
    assert torch.equal(torch.cat([part.tokens for part in parts.batch(3)]), again[0][0].tokens)
    assert torch.equal(torch.cat([part.targets for part in parts.batch(3)]), again[0][0].targets)
    plain = whole.batches.batch(3)[0]
    assert not torch.equal(plain.tokens, again[0][0].tokens) and not torch.equal(plain.targets, again[0][0].targets)


@pytest.mark.parametrize("wrong", [0.0, -0.5, 1.5, float("nan")])
def test_what_is_no_discount_is_refused(wrong):
    with pytest.raises(SettingError, match=r"expected a discount above 0 and up to 1, as in 0\.75"):
        NextToken(noise=wrong)
