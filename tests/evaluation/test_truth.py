"""The true next-token distribution is that of the source, by other ways than the one it is computed in."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch

from hornbook.corpus.markov import MarkovSource
from hornbook.corpus.story_world.continuing import continuations
from hornbook.corpus.story_world.probability import all_texts, log_sum
from hornbook.corpus.story_world.world import TINY_WORLD
from hornbook.errors import SettingError
from hornbook.evaluation.truth import against_truth, truth_of_markov, truth_of_stories
from hornbook.seeds import numpy_generator
from hornbook.tokenizers.bytepair_tokenizer import BytePairTokenizer
from hornbook.tokenizers.bytepair_training import train_bytepair
from hornbook.tokenizers.characters import CharacterTokenizer
from hornbook.tokenizers.patterns import GPT2_PATTERN
from hornbook.tokenizers.words import WordTokenizer

LETTERS = CharacterTokenizer([chr(ord("a") + place) for place in range(16)])


@pytest.fixture(scope="module")
def texts():
    """Every text of the tiny world with its probability."""
    return {text: np.exp(logarithm) for text, logarithm in all_texts(TINY_WORLD).items()}


@pytest.fixture(scope="module")
def tokenizer(texts):
    """Byte pairs of the tiny world's texts: few of its words are one token."""
    training = train_bytepair(list(texts)[:53], 23, workers=1)
    return BytePairTokenizer.from_merges(training.merges, GPT2_PATTERN)


def test_the_tokens_that_may_follow_are_counted_over_all_texts(texts, tokenizer):
    """From the whole list of texts in tokens: which token comes after this beginning, and how often."""
    truth, end = truth_of_stories(tokenizer, TINY_WORLD), tokenizer.roles.end
    told = {text: [*tokenizer.encode(text), end] for text in texts}
    story = told[next(iter(texts))]
    for place in range(len(story)):
        counted = Counter()
        for text, tokens in told.items():
            if tokens[:place] == story[:place]:
                counted[tokens[place]] += texts[text]
        expected = np.zeros(tokenizer.vocab_size)
        expected[list(counted)] = list(counted.values())
        np.testing.assert_allclose(truth(story[:place]), expected / expected.sum(), atol=1e-12)


def test_the_ways_on_have_together_the_probability_of_the_beginning(texts):
    story = next(iter(texts))
    before = story[: len(story) // 3]
    ways = list(continuations(before, lambda text: len(text) > len(before) + 5, TINY_WORLD))
    begin = [np.log(chance) for text, chance in texts.items() if text.startswith(before)]
    assert log_sum(way.log_probability for way in ways) == pytest.approx(log_sum(begin))
    assert all(way.text.startswith(before) for way in ways)
    assert list(continuations("No story begins like this", lambda text: True, TINY_WORLD)) == []


@pytest.mark.parametrize("order", [1, 2, 3])
def test_the_letters_that_may_follow_give_a_text_its_probability(order):
    source, truth = MarkovSource(order, 16, seed=0), truth_of_markov(LETTERS, order)
    symbols = source.sample(61, numpy_generator(3, "letters")).tolist()
    logarithm = sum(np.log(truth(symbols[:place])[symbol]) for place, symbol in enumerate(symbols))
    assert logarithm == pytest.approx(source.log_probability(np.array(symbols, dtype=np.uint8)))


def test_a_source_is_not_asked_about_tokens_that_it_cannot_know():
    with pytest.raises(SettingError, match="tokens of words"):
        truth_of_stories(WordTokenizer(["a"]))
    with pytest.raises(SettingError, match="known for letters"):
        truth_of_markov(WordTokenizer(["a"]), 2)


def test_an_oracle_lies_on_the_diagonal_and_needs_no_temperature():
    generator = numpy_generator(2, "truth")
    truth = generator.dirichlet([0.3] * 11, size=307)
    found = against_truth(truth, torch.from_numpy(np.log(truth)), np.arange(307))
    assert found.divergence == pytest.approx(0, abs=1e-12)
    assert found.temperature == pytest.approx(1, abs=1e-3)
    for said, is_true, _ in found.curve:
        assert said == pytest.approx(is_true)
    assert sum(count for *_, count in found.curve) == 307 * 11
    assert found.entropy == pytest.approx(-(truth * np.log(truth)).sum(1).mean())


def test_what_is_wrong_with_a_model_is_found_where_it_is():
    """Three times too sure after the first four tokens: the divergence lies there, and a temperature of 3 mends it."""
    truth = numpy_generator(2, "truth").dirichlet([1.0] * 7, size=64)
    logits = torch.from_numpy(np.log(truth))
    logits[4:] *= 3
    found = against_truth(truth, logits, np.arange(64))
    assert [(each.first, each.last, each.places) for each in found.stretches][:4] == [
        (0, 0, 1),
        (1, 2, 2),
        (3, 6, 4),
        (7, 14, 8),
    ]
    assert found.stretches[1].divergence == pytest.approx(0, abs=1e-12)
    model = np.exp(3 * np.log(truth[7:15]))
    model /= model.sum(1, keepdims=True)
    by_hand = (truth[7:15] * (np.log(truth[7:15]) - np.log(model))).sum(1).mean()
    assert found.stretches[3].divergence == pytest.approx(by_hand)
    assert against_truth(truth[4:], logits[4:], np.arange(60)).temperature == pytest.approx(3, rel=1e-3)
    assert found.divergence_then < found.divergence
    assert found.curve[-1][0] > found.curve[-1][1] + 0.1  # where it is surest it promises too much


def test_what_never_comes_costs_nothing():
    found = against_truth(np.array([[1.0, 0.0]]), torch.tensor([[0.0, -torch.inf]]), np.array([0]))
    assert found.divergence == 0
