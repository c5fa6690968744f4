"""Stories that keep their name: counted beside chance and beside the stories as they were written."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from hornbook.errors import TextError
from hornbook.workflows.load import load_run
from hornbook.workflows.names_kept import INTRODUCED, beginnings, elsewhere, first_name, holding, names_kept
from hornbook.workflows.recipe import load_recipe
from hornbook.workflows.train import train
from hornbook.workflows.watchers import Silent

NAMES = ("Ann", "Ben", "Cleo", "Dan")


def stories(count: int, seed: int) -> str:
    """Short stories whose second sentence begins with the name of the first."""
    draw = random.Random(seed)
    told = [f"Once upon a time there was a child named {name}. {name} went out. It was {draw.choice(['wet', 'dry'])}."
            for name in draw.choices(NAMES, k=count)]  # fmt: skip
    return "\n".join(told)


def test_the_first_name_of_a_text_counts_and_a_word_that_no_story_introduces_is_none() -> None:
    names = frozenset(INTRODUCED.findall("a dog named Max. A girl named Sue."))
    assert names == {"Max", "Sue"}
    assert first_name("The sun shone. Sue's dog Max ran.", names) == "Sue" and first_name("Tom ran.", names) is None
    told = ["Max sat. Sue ran.", "Max ran to Sue.", "He sat."]
    assert holding(["Max", "Sue", "Max"], told, names) == [True, False, False]


def test_chance_is_what_was_told_after_the_next_beginning_with_another_name() -> None:
    assert elsewhere(["Ann", "Ann", "Ben", "Ann"], ["a", "b", "c", "d"]) == ["c", "c", "d", "c"]


def test_a_text_without_two_names_is_refused() -> None:
    with pytest.raises(TextError, match="1 stories begin with a name, expected two"):
        beginnings("Once upon a time there was a dog named Max. Max ran.", 10)
    ann, ben = (f"Once upon a time there was a child named {name}.\n" for name in ("Ann", "Ben"))
    with pytest.raises(TextError, match="2 stories begin with a name"):
        beginnings(ann + ben + ann, 2)  # the two that are chosen have one name
    found = beginnings(stories(90, 3), 10)
    assert len(found) == 10 and found[0].start() == 0 and all(each[1] in NAMES for each in found)


@pytest.mark.slow
def test_a_model_that_learned_to_copy_the_name_keeps_it_and_chance_does_not(tmp_path: Path) -> None:
    text = tmp_path / "stories.txt"
    text.write_text(stories(3000, 1), encoding="utf-8")
    settings = ["data.corpus=none", f"data.text=['{text}']", "tokenizer=words", "model.context=32", "model.width=64",
                "model.depth=2", "training.minutes=none", "training.steps=300", "samples.prompts=[]"]  # fmt: skip
    train(load_recipe("tinyshakespeare-char", settings), tmp_path / "run", Silent())
    found = names_kept(load_run(tmp_path / "run"), stories(60, 2), 40)
    assert found.stories == found.written == 40
    assert found.kept >= 38 and found.by_chance <= 4
    assert found.samples["keeps it"].startswith("Once upon a time there was a child named")
    assert f"is the one it gave in {found.kept} (in {found.by_chance}, had" in str(found)
