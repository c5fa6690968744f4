"""What is to be done with a story: each answer is what the story says."""

from __future__ import annotations

import re
from itertools import islice

import pytest

from hornbook.corpus.story_world.retelling import StoryTasks, hero_of
from hornbook.corpus.story_world.stories import story
from hornbook.errors import SettingError


def asked_and_answered(kind: str, count: int = 60) -> list[tuple[str, str]]:
    made = StoryTasks((kind,)).training_conversations(1, count)
    return [(each.messages[0]["content"], each.messages[1]["content"]) for each in made]


def test_a_summary_says_what_the_story_says_of_its_hero() -> None:
    for asked, answer in asked_and_answered("summary"):
        told, _, request = asked.rpartition("\n\n")
        assert request == "Tell this story in one sentence."
        hero, home = re.match(r"(\w+), who lives (.+?) with ", answer).groups()
        assert hero in told and home in told
        for dreamed in re.findall(r"dreamed of (a \w+ [\w ]+?)(?: and|,|\.)", answer):
            assert dreamed in told
    [(_, first)] = asked_and_answered("summary", 1)
    assert first == (
        "Fred, who lives beside the blue woods with Uncle Ted, dreamed of a gentle dragon "
        "and found that caring and a gentle word count."
    )


def test_another_name_changes_the_name_and_nothing_else() -> None:
    for asked, answer in asked_and_answered("renaming"):
        told, _, request = asked.rpartition("\n\n")
        old, new = re.fullmatch(r"Tell this again, and call (\w+) (\w+)\.", request).groups()
        assert old != new and new not in told and new in answer
        assert re.sub(rf"\b{new}\b", old, answer) == told


def test_the_ending_is_the_last_paragraph() -> None:
    for index, (asked, answer) in enumerate(asked_and_answered("ending", 20)):
        told = asked.removesuffix("\n\nHow does this story end?")
        assert f"{told}\n{answer}" == story(1, index).text


def test_the_hero_is_the_one_that_the_first_paragraph_is_about() -> None:
    for index in range(50):
        told = story(2, index)
        assert hero_of(told) in told.text.split("\n")[0]


def test_kinds_take_turns_and_unknown_ones_are_refused() -> None:
    kinds = [each.name.split("/")[1] for each in islice(StoryTasks().held_out_conversations(1), 90)]
    assert {kind: kinds.count(kind) > 20 for kind in set(kinds)} == dict.fromkeys(
        ("summary", "renaming", "ending"), True
    )
    with pytest.raises(SettingError, match="did you mean 'summary'"):
        StoryTasks(("sumary",))
