"""Questions about stories: their answers stand in the story, and held-out stories are never trained on."""

from __future__ import annotations

from collections import Counter

from hornbook.corpus.story_world.asking import EXCERPTS, FOLLOWED, HELD_OUT, READ, StoryQuestions
from hornbook.corpus.story_world.stories import stories
from hornbook.corpus.story_world.telling_facts import FORMS, TASTE, StoryFacts, StoryTastes, statement

TOLD = StoryQuestions()


def test_every_answer_can_be_read_in_the_story():
    for conversation in TOLD.training_conversations(1, 200):
        story = conversation.messages[0]["content"]
        for answer in conversation.messages[1::2]:
            words = answer["content"].removeprefix("to go ").removeprefix("to ")
            last = words.split()[-1]
            assert last in story, (answer, story)


def test_a_story_is_told_once_and_then_asked_about():
    [conversation] = TOLD.training_conversations(1, 1)
    roles = [turn["role"] for turn in conversation.messages]
    assert roles == ["user", "assistant"] * (len(roles) // 2)
    first, *others = conversation.messages[::2]
    assert first["content"].count("\n") >= 2
    assert all("\n" not in turn["content"] for turn in others)


def test_held_out_questions_are_of_every_kind_as_many_and_of_stories_that_nobody_trains_on():
    held_out = list(TOLD.held_out_conversations(1, per_kind=3))
    assert Counter(each.name.split("/")[1] for each in held_out) == dict.fromkeys(READ, 3)
    assert all(int(each.name.split("/")[-1]) >= HELD_OUT for each in held_out)
    assert len({each.name.split("/")[-1] for each in held_out}) == len(held_out)
    learned = {each.messages[0]["content"].partition("\n\n")[0] for each in TOLD.training_conversations(1, 500)}
    assert not learned & {each.messages[0]["content"].partition("\n\n")[0] for each in held_out}


def test_there_are_at_least_eight_kinds_of_questions():
    assert len(READ) >= 8
    asked = {each.name.split("/")[1] for each in StoryQuestions(kinds=READ + FOLLOWED).held_out_conversations(1, 1)}
    assert asked == {*READ, *FOLLOWED}


def test_a_paragraph_alone_answers_what_is_asked_about_it():
    paragraphs = StoryQuestions(shown=EXCERPTS, whole=False)
    kinds = set()
    for conversation in paragraphs.training_conversations(1, 80):
        assert len(conversation.messages[0]["content"].splitlines()) in (3, 4), "one or two, a blank line, a question"
        for answer in conversation.messages[1::2]:
            assert answer["content"].split()[-1] in conversation.messages[0]["content"]
    for conversation in paragraphs.held_out_conversations(1, 2):
        kinds.add(conversation.name.split("/")[1])
        assert conversation.messages[1]["content"].split()[-1] in conversation.messages[0]["content"]
    assert kinds == set(READ)


def test_untold_stories_are_asked_about_all_the_same():
    [told], [untold] = (StoryQuestions(told=told).training_conversations(1, 1) for told in (True, False))
    assert untold.messages[1:] == told.messages[1:]
    assert told.messages[0]["content"].endswith(untold.messages[0]["content"])


def test_the_same_seed_asks_the_same():
    assert list(TOLD.training_conversations(3, 5)) == list(TOLD.training_conversations(3, 5))
    assert list(TOLD.training_conversations(3, 5)) != list(TOLD.training_conversations(4, 5))


def test_every_kind_of_fact_can_be_told_in_a_sentence():
    told = {}
    for story in stories(1, 0, 400):
        for fact in story.facts:
            if fact.kind in FORMS:
                told.setdefault(fact.kind, statement(fact))
    assert told.keys() == FORMS.keys() == {*READ, *FOLLOWED}
    assert all(sentence.endswith(".") and "?" not in sentence and "What" not in sentence for sentence in told.values())


def test_told_facts_are_facts_of_the_story():
    for conversation in StoryFacts().training_conversations(1, 30):
        index = int(conversation.name.split("/")[1])
        [story] = stories(1, index, 1)
        said = {statement(fact) for fact in story.facts if fact.kind in FORMS}
        assert all(turn["content"] in said for turn in conversation.messages[1::2])


def test_facts_of_paragraphs_are_told_of_the_paragraphs_that_are_shown():
    lengths = set()
    for conversation in StoryFacts(shown=EXCERPTS).training_conversations(1, 80):
        shown, _, _ = conversation.messages[0]["content"].partition("\n\n")
        lengths.add(len(shown.splitlines()))
        last_words = [turn["content"].rstrip(".").split()[-1] for turn in conversation.messages[1::2]]
        assert any(word in shown for word in last_words)
    assert lengths == {1, 2}


def test_both_answers_of_a_preference_are_true_and_have_as_many_words():
    for preference in StoryTastes().training_preferences(1, 60):
        [story] = stories(1, int(preference.name.split("/")[1]), 1)
        kinds = {statement(fact): fact.kind for fact in story.facts if fact.kind in TASTE}
        assert TASTE.index(kinds[preference.chosen]) < TASTE.index(kinds[preference.rejected])
        assert len(preference.chosen.split()) == len(preference.rejected.split())
