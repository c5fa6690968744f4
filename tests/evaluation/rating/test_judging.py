"""What judges are asked, and what is read out of the many ways in which models answer."""

from __future__ import annotations

import dataclasses

import pytest

from hornbook.evaluation.rating.judging import questions, read_choice, read_reference, read_scales
from hornbook.evaluation.rating.study import Prompt
from tests.evaluation.rating.studies import NAMES, study_of

THREE = {"coherence": 4, "relevance": 2, "fluency": 5}


@pytest.mark.parametrize(
    "answer",
    [
        '{"coherence": 4, "relevance": 2, "fluency": 5}',
        'Sure!\n```json\n{\n "Coherence": "4",\n "relevance": 2.0,\n "fluency": 5\n}\n```\nHope this helps.',
        "**Coherence**: 4/5\n**Relevance**: 2/5\n**Fluency**: 5/5",
        '<think>coherence: 1? fluency: 1</think>{"coherence":4,"relevance":2,"fluency":5}',
        "coherence = 3; relevance = 2; fluency = 5. On reflection, coherence = 4.",
    ],
)
def test_three_scores_are_read_however_they_are_laid_out(answer):
    assert read_scales(answer) == {"scores": THREE}


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "good",
        '{"coherence": 4, "relevance": 2}',
        '{"coherence": 7, "relevance": 2, "fluency": 5}',
        '{"coherence": 3.5, "relevance": 2, "fluency": 5}',
        '<think>{"coherence": 4, "relevance": 2, "fluency": 5}',
        '{"coherence": -4, "relevance": 2, "fluency": 5}',
    ],
)
def test_what_is_no_score_is_not_guessed(answer):
    assert read_scales(answer) is None


@pytest.mark.parametrize(
    ("answer", "score"),
    [('{"score": 85}', 85), ("Score: 0", 0), ("100", 100), (" **73/100** ", 73), ('{"score": 101}', None), ("-5", 5),
     ("I would say 40 or 60", None)],
)  # fmt: skip
def test_a_score_against_a_reference_is_read(answer, score):
    assert read_reference(answer) == (None if score is None else {"scores": {"reference": score}})


@pytest.mark.parametrize(
    ("answer", "choice"),
    [
        ('{"better": "A"}', "left"),
        ('{"better": "B"}', "right"),
        ('```json\n{"better":"tie"}\n```', "tie"),
        ("neither", "neither"),
        ("B.", "right"),
        ("Text A", "left"),
        ("My final verdict is: [[B]]", "right"),
        ("Verdict: A. No, the better text is B", "right"),
        ("A is a nice story about a cat.", None),
        ("Both have merit.", None),
        ("", None),
    ],
)
def test_a_choice_is_read_and_an_essay_is_none(answer, choice):
    assert read_choice(answer) == (None if choice is None else {"choice": choice})


def test_a_judge_is_asked_each_pair_in_both_orders_and_of_references_where_there_are_any():
    study = study_of(2, 3)
    asked = [question.texts for question in questions(study)]
    assert asked[:6] == [(n,) for n in range(6)]
    assert asked[6:12] == [(n,) for n in range(6)]
    assert asked[12:] == [(0, 3), (3, 0), (1, 4), (4, 1), (2, 5), (5, 2)]
    bare = dataclasses.replace(study, prompts=tuple(Prompt(each.prompt) for each in study.prompts), mode="pairs")
    assert [question.texts for question in questions(bare)] == asked[12:]


def test_a_judge_reads_the_texts_in_the_order_asked_and_no_name_of_a_model():
    study = study_of(2, 3)
    for question in questions(study):
        assert not any(name in question.words for name in NAMES)
        places = [question.words.index(study.texts[text].text.strip()) for text in question.texts]
        assert places == sorted(places)
