"""The language of the plots: its marks, its white space and its mistakes; and the scene that refuses nonsense."""

from __future__ import annotations

import re

import pytest

from hornbook.corpus.story_world.grammar import GrammarError
from hornbook.corpus.story_world.scene import Fact, Scene, SceneError, play
from hornbook.corpus.story_world.telling import tellings
from hornbook.corpus.story_world.words import Word, nouns, people, places, plural, tables, toys
from hornbook.corpus.story_world.world import World

TABLES = tables(
    girls=people("Mia", "girl"),
    boys=people("Tom", "boy"),
    toys=toys("kite: fly/flew, orb: spin/spun"),
    places=places("old", "mill: at"),
)
MIA, TOM, KITE = Word({"": "Mia"}), Word({"": "Tom"}), Word({"": "kite"})
MILL = Word({"": "the mill", "at": "at the mill", "to": "to the mill"})


def texts(template: str) -> set[str]:
    world = World(TABLES, {"story": "{>plot}", "greet": "Hello, {hero}."}, {"only": template})
    return {each.text for each in tellings(world.begin(), lambda told: True)}


def test_every_mark_writes_what_it_says() -> None:
    told = texts("{hero=girls} {toy=toys.a}[, {His} {toy}|; {Toy} {toy.did}] {=places.to}. {>greet} <go hero home>")
    assert told == {
        "Mia a kite, Her kite to the old mill. Hello, Mia.",
        "Mia a kite; Kite flew to the old mill. Hello, Mia.",
        "Mia an orb, Her orb to the old mill. Hello, Mia.",
        "Mia an orb; Orb spun to the old mill. Hello, Mia.",
    }


def test_named_words_are_drawn_once_and_others_again() -> None:
    assert texts("{one=toys} {two=toys}") == {"kite orb", "orb kite"}
    assert texts("{=toys} {=toys}") == {"kite orb", "orb kite", "kite kite", "orb orb"}
    assert texts("{one=toys}<let two one> {two.a}") == {"kite a kite", "orb an orb"}


def test_layout_is_no_text() -> None:
    assert texts("\n  One\n  two. <go home home>\n\n  [\n  Three\n  |Four\n  ] five.\n ") == {
        "One two.\nThree five.",
        "One two.\nFour five.",
    }


@pytest.mark.parametrize(
    "template", ["[a|b", "a]", "a|b", "{toy=toyz}", "{toy=toys.he}", "{>greeting}", "{toy", "a > b"]
)
def test_mistakes_in_a_template_are_named(template: str) -> None:
    with pytest.raises(GrammarError, match="story grammar"):
        texts(template)


def test_plurals_and_irregular_ones() -> None:
    assert [plural(noun) for noun in ("apple", "berry", "peach", "box", "kidney")] == [
        "apples",
        "berries",
        "peaches",
        "boxes",
        "kidneys",
    ]
    assert [noun.forms["s"] for noun in nouns("mouse: mice, crow")] == ["mice", "crows"]


@pytest.mark.parametrize(
    "events",
    [
        [("give", (MIA, TOM, KITE))],
        [("own", (TOM, KITE)), ("give", (MIA, TOM, KITE))],
        [("own", (MIA, KITE)), ("give", (MIA, MIA, KITE))],
        [("own", (MIA, KITE)), ("own", (TOM, KITE))],
        [("own", (MIA, KITE)), ("find", (TOM, KITE))],
        [("find", (MIA, KITE))],
        [("lose", (MIA, KITE))],
        [("mend", (KITE,))],
        [("break", (KITE,)), ("break", (KITE,))],
        [("color", (KITE, MIA)), ("color", (KITE, TOM))],
    ],
)
def test_what_cannot_happen_is_refused(events: list[tuple[str, tuple[Word, ...]]]) -> None:
    with pytest.raises(SceneError, match=re.escape("story world")):
        play(events)


def test_facts_are_how_things_stand_at_the_end() -> None:
    scene = play([("own", (MIA, KITE)), ("put", (MIA, KITE, MILL)), ("go", (MIA, MILL)), ("want", (TOM, MILL))])
    assert scene.facts() == (
        Fact("Where is the kite?", "the mill", "spot"),
        Fact("Where is Mia?", "at the mill", "place"),
        Fact("What did Tom want?", "to go to the mill", "wish"),
    )
    scene.find(TOM, KITE)
    assert scene.facts()[0] == Fact("Who has the kite?", "Tom", "holder")
    assert Scene().facts() == ()
