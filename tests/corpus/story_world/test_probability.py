"""The probabilities are those of texts: they sum to one, count every telling, and agree with an independent entropy."""

from __future__ import annotations

import math
import statistics

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hornbook.corpus.story_world.probability import all_texts, entropy, log_probability
from hornbook.corpus.story_world.proof import ambiguities
from hornbook.corpus.story_world.stories import stories, story
from hornbook.corpus.story_world.telling import tellings
from hornbook.corpus.story_world.words import Table, Word, phrases, tables
from hornbook.corpus.story_world.world import TINY_WORLD, WORLD, World

# "an old sea dog" is told in two ways: by the words "old" and "sea dog", and by "old sea" and "dog".
AMBIGUOUS = World(
    tables(likes=phrases("old, old sea, wet"), beasts=phrases("dog, sea dog")),
    {"story": "Here comes {>plot}"},
    {"one": "the {=likes} {=beasts}.", "two": "[a cat.|a [cat|dog].]"},
)


def naive(world: World) -> dict[str, float]:
    """What is wrong: the probability of one telling is taken for that of its text."""
    return {each.text: each.log_probability for each in tellings(world.begin(), lambda told: True)}


def total(texts: dict[str, float]) -> float:
    return math.fsum(map(math.exp, texts.values()))


def test_all_stories_of_the_tiny_world_sum_to_one() -> None:
    texts = all_texts(TINY_WORLD)
    assert len(texts) > 500
    assert total(texts) == pytest.approx(1, abs=1e-12)
    assert total(naive(TINY_WORLD)) == pytest.approx(1, abs=1e-12)
    assert len(list(tellings(TINY_WORLD.begin(), lambda told: True))) == len(texts)


def test_the_tiny_world_is_scored_as_it_is_listed() -> None:
    for text, value in list(all_texts(TINY_WORLD).items())[::7]:
        assert log_probability(text, TINY_WORLD) == pytest.approx(value, abs=1e-12)


def test_an_ambiguous_grammar_is_caught() -> None:
    exact = all_texts(AMBIGUOUS)
    assert total(exact) == pytest.approx(1, abs=1e-12)
    assert total(naive(AMBIGUOUS)) < 0.9
    assert exact["Here comes the old sea dog."] == pytest.approx(math.log(1 / 2 * 2 / 6))
    assert exact["Here comes a cat."] == pytest.approx(math.log(1 / 2 * 3 / 4))
    for text, value in exact.items():
        assert log_probability(text, AMBIGUOUS) == pytest.approx(value, abs=1e-12)
    found = ambiguities(AMBIGUOUS.start, AMBIGUOUS.words)
    assert any("old sea" in each for each in found)
    assert any("choice" in each for each in found)


@pytest.mark.parametrize(
    ("template", "ambiguous"),
    [
        ("[a|b]c", False),
        ("[a|ab]c", False),
        ("[a|ab][c|bc]", True),
        ("[a|a]", True),
        ("[|x]y", False),
        ("[|x]x", False),
        ("[|x][x|]", True),
        ("{one=few} [{one}|{two=few}]", True),
        ("[{=few} a|{=few} b]", False),
        ("[{=few}|dog]", False),
        ("[{=few}|red]", True),
        ("[{=few}s|reds]", True),
        ("[{=few}s|{=few}t]", False),
        ("{one=few}<let two one>[{one}x|{two}y]", False),
        ("{one=few}<let two one>[{one}|{two}]", True),
        ("[re[d|n]|{=few}]", True),
        ("[re[p|n]|{=few}]", False),
    ],
)
def test_the_proof_tells_what_is_ambiguous(template: str, ambiguous: bool) -> None:
    few = Table("few", (Word({"": "red"}), Word({"": "blue"})))
    world = World({"few": few}, {"story": "{>plot}"}, {"only": template + "."})
    assert bool(ambiguities(world.start, world.words)) == ambiguous
    if not ambiguous:
        assert len(list(tellings(world.begin(), lambda told: True))) == len(all_texts(world))


@pytest.mark.parametrize("world", [TINY_WORLD, WORLD])
def test_no_text_can_be_told_in_two_ways(world: World) -> None:
    assert ambiguities(world.start, world.words) == []


@pytest.mark.slow
@settings(max_examples=23)
@given(st.integers(0, 2**40), st.integers(0, 2**30))
def test_a_story_has_the_probability_of_its_text(seed: int, index: int) -> None:
    each = story(seed, index)
    assert log_probability(each.text) == pytest.approx(each.log_probability, abs=1e-9)


def test_what_is_never_told_has_no_probability() -> None:
    text = story(1, 2).text
    for changed in (text[:-1], text + " ", text.replace(".", "!", 1), "", "Call me Ishmael."):
        assert log_probability(changed) == -math.inf


def test_the_entropy_of_the_tiny_world_is_that_of_its_list() -> None:
    exact = -math.fsum(math.exp(value) * value for value in all_texts(TINY_WORLD).values())
    assert entropy(TINY_WORLD) == pytest.approx(exact, abs=1e-10)


@pytest.mark.slow
def test_the_mean_of_minus_log_p_agrees_with_the_entropy() -> None:
    values = [-each.log_probability for each in stories(11, count=1999)]
    error = statistics.stdev(values) / math.sqrt(len(values))
    assert error < 0.5
    assert abs(statistics.mean(values) - entropy(WORLD)) < 3 * error
