"""The stories themselves: always the same for a number, correct English, and true to their own facts."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hornbook.corpus.story_world.stories import Story, numbers, stories, story
from hornbook.corpus.story_world.telling import draw
from hornbook.corpus.story_world.vocabulary import BOYS, GIRLS
from hornbook.corpus.story_world.world import TINY_WORLD, WORLD

SEEDS = st.integers(0, 2**40)
INDICES = st.integers(0, 2**30)


@pytest.fixture(scope="module")
def many() -> list[Story]:
    return list(stories(5, count=997))


def test_a_story_depends_on_seed_and_index_alone() -> None:
    together = list(stories(3, start=7, count=11))
    assert together == [story(3, index) for index in range(7, 18)]
    assert together[2:] == list(stories(3, start=9, count=9))
    assert len({each.text for each in together} | {each.text for each in stories(4, start=7, count=11)}) == 22


def test_the_world_is_large_enough(many: list[Story]) -> None:
    words = Counter(word for each in many for word in re.findall("[a-z]+", each.text.lower()))
    assert len(WORLD.plots) >= 24
    assert {each.plot for each in many} == set(WORLD.plots)
    assert len(words) > 1000
    assert len({each.text for each in many}) == len(many)


def test_its_entropy_lies_between_04_and_12_bits_per_byte(many: list[Story]) -> None:
    bits = -sum(each.log_probability for each in many) / 0.6931471805599453
    assert 0.4 < bits / sum(len(each.text.encode()) for each in many) < 1.2


@given(SEEDS, INDICES)
def test_the_text_is_well_formed(seed: int, index: int) -> None:
    text = story(seed, index).text
    assert re.fullmatch(r"[ -~\n]+", text)
    assert not re.search(r"  | \n|\n | [.,!?]|\n\n|[{}<>\[\]|=]|,,|\.\.", text)
    assert 400 < len(text) < 1200
    for paragraph in text.split("\n"):
        assert re.match(r'"?[A-Z]', paragraph)
        assert re.search(r'[.!?]"?$', paragraph)
        assert paragraph.count('"') % 2 == 0
        for place in re.finditer(r'[.!?]"? "?([A-Za-z])', paragraph):
            begins_a_sentence = place[1].isupper()
            goes_on_after_a_quote = re.match(r'[.!?]" [a-z]', place[0])
            assert begins_a_sentence or goes_on_after_a_quote, paragraph


@given(SEEDS, INDICES)
def test_a_and_an_are_right(seed: int, index: int) -> None:
    spoken_like_a_consonant = r"uni|use|one"
    for found in re.finditer(r"\b([Aa]n?) ([a-z]+)", story(seed, index).text):
        vowel = found[2] == "honest" or (found[2][0] in "aeiou" and not re.match(spoken_like_a_consonant, found[2]))
        assert (found[1].lower() == "an") == vowel, found[0]


@given(SEEDS, INDICES)
def test_pronouns_match_the_hero(seed: int, index: int) -> None:
    opening = story(seed, index).text.split("\n")[0]
    girls, boys = ({str(word) for word in words} for words in (GIRLS, BOYS))
    child = re.search(r"\b(girl|boy)\b", opening)
    assert child
    names = {name for name in girls | boys if re.search(rf"\b{name}\b", opening.replace("Robin the", ""))}
    assert len(names) == 1
    assert names <= (girls if child[1] == "girl" else boys)
    assert not re.search(r"\b(He|His|his)\b" if child[1] == "girl" else r"\b(She|Her|her)\b", opening)


@given(SEEDS, INDICES)
def test_nobody_shares_a_name(seed: int, index: int) -> None:
    told = draw(WORLD.begin(), numbers(seed, index))
    people = [word for word in told.used if "he" in word.forms]
    assert len({str(word) for word in people}) == len(people)


@given(SEEDS, INDICES)
def test_facts_are_in_the_text_and_asked_once(seed: int, index: int) -> None:
    each = story(seed, index)
    assert len({fact.question for fact in each.facts}) == len(each.facts)
    for fact in each.facts:
        named = re.sub("^((at|in|on|by|to go to|to) )?((the|an?) )?", "", fact.answer)
        assert fact.answer == "at home" or named.lower() in each.text.lower(), fact
        assert fact.question.endswith("?")
    kinds = {fact.kind for fact in each.facts}
    assert {"home", "pet"} <= kinds


def test_after_a_swap_everyone_has_what_the_text_says(many: list[Story]) -> None:
    seen = set()
    for each in (each for each in many if each.plot == "a swap"):
        found = re.search(
            r"So (\w+) gave (\w+) the ([\w ]+?) and an? .*?, and \2 gave \1 the ([\w ]+?), an? ", each.text
        )
        assert found, each.text
        hero, friend, toy, prize = found.groups()
        back = "swapped back again" in each.text
        seen.add(back)
        holders = {fact.question: fact.answer for fact in each.facts if fact.kind == "holder"}
        assert holders == {
            f"Who has the {toy}?": hero if back else friend,
            f"Who has the {prize}?": friend if back else hero,
        }
    assert seen == {True, False}


def test_every_kind_of_fact_is_told_somewhere(many: list[Story]) -> None:
    kinds = {fact.kind for each in many for fact in each.facts}
    assert {"holder", "place", "color", "wish", "skill", "home", "pet"} <= kinds


def test_the_tiny_world_tells_its_own_stories() -> None:
    assert all(each.plot in TINY_WORLD.plots for each in stories(1, count=23, world=TINY_WORLD))
