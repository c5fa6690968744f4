"""Guessing ahead changes how often the weights are read, and not what is written: greedy to the token, drawn in law."""

from __future__ import annotations

import itertools

import pytest
import torch

from hornbook.errors import SettingError, TextError
from hornbook.generation import speculative
from hornbook.generation.config import Sampling
from hornbook.generation.generate import generate
from hornbook.generation.sampling import filters
from hornbook.generation.speculative import Drafted, Guesser, Lookup, Tally, generate_speculatively, look_up
from hornbook.model.config import (
    AttentionConfig,
    BlockConfig,
    Causal,
    Dense,
    Learned,
    ModelConfig,
    Rotary,
    SlidingWindow,
)
from hornbook.model.models import Decoder


def model(seed=2, vocabulary=31, encoding=Learned(), rule=Causal(), context=24, depth=2, spread=0.4):
    block = BlockConfig(attention=AttentionConfig(mask=rule), feed_forward=Dense(44))
    made = Decoder(
        ModelConfig(
            vocabulary=vocabulary,
            context=context,
            width=40,
            heads=4,
            depth=depth,
            pattern=(block,),
            position_encoding=encoding,
        )
    )
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in made.named_parameters():
            drawn = torch.randn(parameter.shape, generator=draw) * spread
            parameter.copy_(drawn + (1.0 if name.endswith("scale") else 0.0))
    return made.eval()


def written(*given, **named):
    return [token for tokens in generate_speculatively(*given, **named) for token in tokens]


def plainly(writer, prompt, sampling, end=None):
    return [token for [token] in generate(writer, prompt, sampling, end=end)]


@pytest.mark.slow
@pytest.mark.parametrize("how", [Lookup(), Lookup(ngram=1, ahead=1), Drafted(), Drafted(ahead=7)], ids=str)
@pytest.mark.parametrize(("encoding", "penalty"), [(Learned(), 1.3), (Rotary(100.0), 1.0)], ids=str)
@pytest.mark.parametrize("rule", [Causal(), SlidingWindow(4)], ids=str)
def test_greedy_is_the_same_token_for_token_beyond_the_context_too(how, encoding, rule, penalty):
    writer, other = model(encoding=encoding, rule=rule), model(3, context=17)
    for prompt in ([3], [3, 1, 4, 1, 5], list(range(30))):
        asked = Sampling(temperature=0.0, max_tokens=45, repetition_penalty=penalty)
        assert written(writer, prompt, asked, how, draft_model=other) == plainly(writer, prompt, asked)


def test_it_ends_with_the_end_and_never_writes_more_than_was_asked():
    writer, asked = model(), Sampling(temperature=0.0, max_tokens=20)
    plain = plainly(writer, [3, 1], asked)
    for end in {*plain, 30}:
        assert written(writer, [3, 1], asked, Lookup(), end=end) == plainly(writer, [3, 1], asked, end)
    for count in range(1, 9):
        assert len(written(writer, [3, 1], Sampling(max_tokens=count), Lookup())) == count


def test_a_draft_that_is_the_model_itself_is_always_right():
    writer, tally = model(context=64), Tally()
    tokens = written(writer, [3, 1], Sampling(max_tokens=40), Drafted(ahead=4), draft_model=writer, tally=tally)
    assert (tally.passes, tally.written, len(tokens)) == (8, 40, 40)
    assert tally.accepted == tally.proposed == 32


def test_what_repeats_itself_is_looked_up_and_read_in_few_passes():
    writer, tally = model(context=256, spread=0.05), Tally()
    asked = Sampling(temperature=0.0, max_tokens=120)
    tokens = written(writer, [3, 1], asked, Lookup(ahead=7), tally=tally)
    assert tokens == plainly(writer, [3, 1], asked)
    assert tally.passes < 40  # a small model soon goes round in circles


def test_a_lookup_takes_what_followed_the_longest_and_latest_match():
    text, nobody = [1, 2, 3, 9, 2, 3, 8, 7, 2, 3], Guesser([], False, torch.Generator(), None)
    assert look_up(Lookup(ngram=2), nobody, text, 3) == ([8, 7, 2], [None] * 3)
    assert look_up(Lookup(ngram=3), nobody, [5, 2, 3, 8, 1, 2, 3, 4, 0, 5, 2, 3], 2) == ([8, 1], [None] * 2)
    assert look_up(Lookup(), nobody, [1, 2, 3], 4) == ([], [])
    assert look_up(Lookup(), nobody, [1], 4) == ([], [])


# The same law ---------------------------------------------------------------------------------------------------------

DRAWS = 800


@torch.no_grad()
def law(writer, prompt, sampling):
    """The probability of every pair of next tokens, worked out."""
    found = {}
    for pair in itertools.product(range(5), repeat=2):
        chance, text = 1.0, list(prompt)
        for token in pair:
            logits = writer(torch.tensor([text]))[:, -1]
            for each in filters(sampling):
                logits = each(logits, torch.tensor([text]))
            chance *= float(logits.double().softmax(-1)[0, token])
            text.append(token)
        found[pair] = chance
    return found


def distance(writer, prompt, sampling, **named):
    """Pearson's chi-square of drawn pairs against the law, and its degrees of freedom."""
    expected = law(writer, prompt, sampling)
    counted = dict.fromkeys(expected, 0)
    for seed in range(DRAWS):
        asked = Sampling(max_tokens=2, seed=seed, temperature=sampling.temperature, top_k=sampling.top_k)
        counted[tuple(written(writer, prompt, asked, **named))] += 1
    possible = [pair for pair, chance in expected.items() if chance > 0]
    assert sum(counted[pair] for pair in possible) == DRAWS
    return sum((counted[p] - DRAWS * expected[p]) ** 2 / (DRAWS * expected[p]) for p in possible), len(possible) - 1


def critical(freedom):
    """The chi-square that is exceeded once in a thousand (Wilson & Hilferty 1931)."""
    return freedom * (1 - 2 / (9 * freedom) + 3.09 * (2 / (9 * freedom)) ** 0.5) ** 3


@pytest.mark.slow
@pytest.mark.parametrize("sampling", [Sampling(), Sampling(temperature=0.7, top_k=3)], ids=["plain", "filtered"])
@pytest.mark.parametrize("how", [Lookup(ngram=1), Drafted(ahead=3)], ids=str)
def test_drawn_texts_cannot_be_told_from_those_of_the_model_alone(how, sampling):
    writer, other = model(vocabulary=5, depth=1, spread=0.3), model(9, vocabulary=5, depth=1, spread=0.3)
    found, freedom = distance(writer, [3, 1, 3], sampling, how=how, draft_model=other)
    assert found < critical(freedom)


@pytest.mark.slow
def test_a_wrong_rule_of_acceptance_would_be_noticed(monkeypatch):
    """Taking every guess writes what the draft model writes."""
    monkeypatch.setattr(Guesser, "chance", lambda self: 0.0)
    writer, other = model(vocabulary=5, depth=1, spread=0.3), model(9, vocabulary=5, depth=1, spread=0.3)
    found, freedom = distance(writer, [3, 1, 3], Sampling(), how=Drafted(ahead=3), draft_model=other)
    assert found > 3 * critical(freedom)


def test_models_of_two_tokenizers_are_refused_and_so_is_nothing_to_guess_with():
    writer = model()
    with pytest.raises(SettingError, match="it has 29 tokens and the model 31"):
        written(writer, [1], Sampling(), Drafted(), draft_model=model(vocabulary=29))
    with pytest.raises(SettingError, match="a smaller model has to be given"):
        written(writer, [1], Sampling(), Drafted())
    with pytest.raises(SettingError, match="ahead: expected a whole number of at least 1, found 0"):
        Lookup(ahead=0)
    with pytest.raises(TextError):
        written(writer, [], Sampling(), Lookup())
    assert set(speculative.GUESSERS) == {Lookup, Drafted}
