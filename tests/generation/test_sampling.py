"""Filters keep what they promise, and draws come as often as their probability says."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hornbook import settings
from hornbook.errors import SettingError
from hornbook.generation.config import Sampling
from hornbook.generation.sampling import draw, filters, greedy, min_p, repetition_penalty, temperature, top_k, top_p
from hornbook.seeds import torch_generator


def logits_of(*probabilities):
    return torch.tensor([probabilities], dtype=torch.float64).log()


def kept(logits):
    return [token for token, score in enumerate(logits[0].tolist()) if score > -math.inf]


numbers = st.floats(-8, 8, width=32) | st.sampled_from([0.0, 1.0])  # ties are likely
rows = st.lists(numbers, min_size=1, max_size=11).map(lambda row: torch.tensor([row]))
settings_of_sampling = st.fixed_dictionaries(
    {
        "temperature": st.sampled_from([0.0, 0.3, 1.0, 2.5]),
        "top_k": st.none() | st.integers(1, 13),
        "top_p": st.none() | st.floats(0.01, 1),
        "min_p": st.none() | st.floats(0, 1),
        "repetition_penalty": st.sampled_from([1.0, 1.3, 0.8]),
    }
)


@given(rows, settings_of_sampling)
def test_whatever_the_settings_a_distribution_is_left_that_drawing_respects(logits, chosen):
    filtered, written = logits, torch.zeros(1, 3, dtype=torch.long)
    for choice in filters(Sampling(**chosen)):
        filtered = choice(filtered, written)
    assert filtered.softmax(-1).sum().item() == pytest.approx(1.0)
    for seed in range(5):
        token = draw(filtered, [torch.Generator().manual_seed(seed)]).item()
        assert filtered[0, token] > -math.inf


@given(rows, settings_of_sampling)
def test_temperature_0_is_greedy_whatever_else_is_set(logits, chosen):
    sampling = Sampling(**chosen | {"temperature": 0.0, "repetition_penalty": 1.0})
    filtered = logits
    for choice in filters(sampling):
        filtered = choice(filtered, torch.zeros(1, 1, dtype=torch.long))
    assert kept(filtered) == [logits[0].tolist().index(logits.max().item())]


@given(rows)
def test_greedy_is_the_first_of_the_likeliest_and_so_is_top_1(logits):
    first = logits[0].tolist().index(logits.max().item())
    assert kept(greedy(logits)) == kept(top_k(logits, 1)) == kept(temperature(logits, 0.0)) == [first]


@given(rows, st.integers(1, 13))
def test_top_k_keeps_exactly_the_first_k_of_a_stable_ranking(logits, k):
    ranking = sorted(range(logits.shape[1]), key=lambda token: -logits[0, token].item())
    assert kept(top_k(logits, k)) == sorted(ranking[:k])
    assert torch.equal(top_k(top_k(logits, k), k), top_k(logits, k))


@given(rows, st.floats(0.01, 1))
def test_top_p_keeps_the_smallest_set_that_reaches_the_mass(logits, mass):
    chances = logits.double().softmax(-1)[0]
    chosen = kept(top_p(logits, mass))
    weights = sorted(chances[chosen].tolist())
    assert sum(weights) >= mass - 1e-9
    assert sum(weights[1:]) < mass + 1e-9
    assert min(weights) >= max([chances[t].item() for t in range(len(chances)) if t not in chosen], default=0.0)


@pytest.mark.parametrize(
    ("mass", "left"), [(0.4, [1]), (0.5, [1]), (0.6, [1, 0]), (0.79, [1, 0]), (0.9, [1, 0, 2]), (1.0, [1, 0, 2])]
)
def test_top_p_keeps_the_token_that_crosses_the_line(mass, left):
    assert kept(top_p(logits_of(0.3, 0.5, 0.2), mass)) == sorted(left)


@given(rows, st.floats(0, 1))
def test_min_p_keeps_what_is_likely_beside_the_likeliest(logits, share):
    once = min_p(logits, share)
    assert logits[0].argmax().item() in kept(once)
    assert torch.equal(min_p(once, share), once)


def test_min_p_draws_its_line_at_a_share_of_the_likeliest():
    assert kept(min_p(logits_of(0.5, 0.24, 0.26), 0.5)) == [0, 2]
    assert kept(min_p(logits_of(0.5, 0.24, 0.26), 0.0)) == [0, 1, 2]
    assert kept(min_p(logits_of(0.4, 0.4, 0.2), 1.0)) == [0, 1]


def test_temperature_divides_and_flattens_without_reaching_uniform():
    logits = logits_of(0.7, 0.2, 0.1)
    torch.testing.assert_close(temperature(logits, 2.0), logits / 2)
    likeliest = [temperature(logits, degree).softmax(-1).max().item() for degree in (0.5, 1.0, 2.0, 1e6)]
    assert likeliest[0] > likeliest[1] > likeliest[2] > likeliest[3] > 1 / 3
    assert likeliest[1] == pytest.approx(0.7)


def test_what_was_written_becomes_less_likely_on_both_sides_of_zero():
    logits = torch.tensor([[2.0, -1.0, 3.0, 0.5]])
    once = repetition_penalty(logits, torch.tensor([[0, 1, 1, 0]]), 2.0)
    assert once.tolist() == [[1.0, -2.0, 3.0, 0.5]]


def test_rows_are_filtered_apart():
    logits = torch.tensor([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]])
    for choice in (greedy, lambda x: top_p(x, 0.5), lambda x: min_p(x, 0.9)):
        out = choice(logits)
        assert (kept(out[:1]), kept(out[1:])) == ([2], [0])
    written = torch.tensor([[2, 2], [1, 1]])
    assert repetition_penalty(logits, written, 2.0).tolist() == [[1.0, 2.0, 1.5], [3.0, 1.0, 1.0]]


def chi_square_p(observed, expected):
    """The probability of a deviation at least this large, by the regularised upper incomplete gamma function."""
    statistic = sum((o - e) ** 2 / e for o, e in zip(observed, expected, strict=True))
    degrees = torch.tensor((len(observed) - 1) / 2, dtype=torch.float64)
    return torch.special.gammaincc(degrees, torch.tensor(statistic / 2, dtype=torch.float64)).item()


@pytest.mark.parametrize("degree", [0.5, 1.0, 1.7])
def test_draws_come_as_often_as_the_softmax_says(degree):
    logits, count = torch.tensor([[0.3, -1.0, 1.2, 0.0, -2.0]]), 20_011
    scaled = temperature(logits, degree)
    drawn = draw(scaled.expand(count, -1), [torch_generator(5, "draw", i) for i in range(count)])
    observed = drawn.bincount(minlength=5).tolist()
    expected = (scaled.softmax(-1)[0].double() * count).tolist()
    assert chi_square_p(observed, expected) > 0.001
    wrong = (temperature(logits, degree * 1.2).softmax(-1)[0].double() * count).tolist()
    assert chi_square_p(observed, wrong) < 0.001


def test_successive_draws_of_one_generator_follow_the_softmax_too():
    logits, generator = torch.tensor([[0.3, -1.0, 1.2]]), torch.Generator().manual_seed(1)
    observed = torch.tensor([draw(logits, [generator]).item() for _ in range(3001)]).bincount(minlength=3).tolist()
    assert chi_square_p(observed, (logits.softmax(-1)[0].double() * 3001).tolist()) > 0.001


def test_what_has_no_probability_is_never_drawn():
    logits = torch.tensor([[-math.inf, 0.0, -math.inf, 0.0, -math.inf]])
    tokens = draw(logits.expand(1009, -1), [torch_generator(0, i) for i in range(1009)])
    assert set(tokens.tolist()) == {1, 3}


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"temperature": -0.1}, "temperature: expected 0"),
        ({"temperature": math.nan}, "temperature: expected 0"),
        ({"top_k": 0}, "top_k: expected"),
        ({"top_p": 0.0}, "top_p: expected"),
        ({"top_p": 1.1}, "top_p: expected"),
        ({"min_p": 1.1}, "min_p: expected"),
        ({"repetition_penalty": 0.0}, "repetition_penalty: expected"),
        ({"max_tokens": 0}, "max_tokens: expected"),
        ({"stop": ["a", ""]}, "stop: an empty text"),
    ],
)
def test_settings_that_cannot_be_are_refused_by_name(wrong, says):
    with pytest.raises(SettingError) as error:
        settings.build(Sampling, wrong, {})
    assert str(error.value).startswith(says)
