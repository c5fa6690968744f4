"""A rater's way through a study: blind, in an order of their own, with nothing lost."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hornbook.errors import DamagedError, MissingError, SettingError
from hornbook.evaluation.rating.ratings import open_ratings, rating_file, read_ratings
from hornbook.evaluation.rating.session import Session, order
from hornbook.evaluation.rating.study import SCALES, Text, find_study, read_study, write_study
from tests.evaluation.rating.studies import NAMES, answer_all, frozen, sensible, study_of


def test_a_study_is_read_as_it_was_written_and_never_written_again(tmp_path):
    study = study_of(3, samples=2)
    write_study(study, tmp_path)
    before = (tmp_path / "study.json").read_bytes()
    assert read_study(tmp_path) == study
    with pytest.raises(SettingError, match="stays as it is"):
        write_study(study_of(2), tmp_path)
    assert (tmp_path / "study.json").read_bytes() == before


def test_a_study_is_found_by_name_and_a_typo_is_answered(tmp_path, monkeypatch):
    monkeypatch.setenv("HORNBOOK_STUDIES", str(tmp_path))
    frozen(tmp_path / "birds", study_of())
    assert find_study("birds") == tmp_path / "birds"
    with pytest.raises(MissingError, match="did you mean 'birds'"):
        find_study("brids")


def test_nothing_that_a_rater_sees_names_a_model(tmp_path):
    folder = frozen(tmp_path, study_of(3))
    session = Session.open(folder, "ann")
    while shown := session.next():
        seen = json.dumps(shown.as_json())
        assert not any(name in seen or "step-" in seen or "runs/" in seen for name in NAMES)
        session.record(sensible(shown))
    kept = rating_file(folder, "ann").read_text()
    assert not any(name in kept for name in NAMES)


@settings(max_examples=40)
@given(st.integers(0, 2**40), st.integers(1, 13), st.integers(1, 3), st.sampled_from(["both", "scales", "pairs"]))
def test_every_question_comes_once_and_a_tenth_of_them_again_later(seed, prompts, models, mode):
    study = study_of(models, prompts, mode=mode)
    items = order(study, seed)
    texts = [(number,) for number in range(len(study.texts))] if mode != "pairs" else []
    pairs = study.pairs if mode != "scales" else []
    fresh = [tuple(sorted(item.texts)) for item in items if not item.repeat]
    assert sorted(fresh) == sorted(texts + pairs)
    again = [item for item in items if item.repeat]
    assert len(again) == sum(-(-len(kind) // 10) for kind in (texts, pairs) if len(kind) >= 5)
    places = {frozenset(item.texts): place for place, item in enumerate(items) if not item.repeat}
    for place, item in enumerate(items):
        if item.repeat:
            assert place > places[frozenset(item.texts)] + 1
    assert sorted(items, key=lambda item: len(item.texts)) == list(items)  # texts alone come before pairs


def test_every_rater_has_an_order_and_sides_of_their_own_which_their_seed_gives_again():
    study = study_of(prompts=61, mode="pairs")
    first, second = order(study, 1), order(study, 2)
    assert first == order(study, 1) != second
    left = sum(item.texts[0] < item.texts[1] for item in first)
    assert 0.35 < left / len(first) < 0.65
    places = [sorted(item.texts) for item in first]
    assert places != sorted(places)


def test_the_same_text_of_two_models_is_no_question():
    study = study_of(2, 3)
    same = [
        Text(1, 1, 0, study.texts[1].text + "\n") if number == 4 else text for number, text in enumerate(study.texts)
    ]
    changed = type(study)(**{**vars(study), "texts": tuple(same)})
    assert study.pairs == [(0, 3), (1, 4), (2, 5)]
    assert changed.pairs == [(0, 3), (2, 5)]


def test_a_rater_goes_on_after_half_a_line_was_written(tmp_path):
    folder = frozen(tmp_path, study_of())
    session = Session.open(folder, "bo")
    for _ in range(3):
        session.record(sensible(session.next()))
    session.journal.close()
    with rating_file(folder, "bo").open("ab") as file:
        file.write(b'{"place": 3, "texts": [1], "sco')
    again = Session.open(folder, "bo")
    assert again.items == session.items
    assert again.place == 3
    again.record(sensible(again.next()))
    assert [rating.place for rating in read_ratings(folder, again.study)] == [0, 1, 2, 3]


def test_what_was_taken_back_is_asked_again_and_does_not_count(tmp_path):
    folder = frozen(tmp_path, study_of())
    session = Session.open(folder, "cy")
    assert session.undo() is None
    first = session.next()
    session.record({"scores": dict.fromkeys(SCALES, 1)})
    session.skip()
    session.record({"scores": dict.fromkeys(SCALES, 2)})
    session.undo()
    session.undo()
    assert session.undo() == first
    session.record({"scores": dict.fromkeys(SCALES, 4), "comment": " short "})
    session.skip()
    ratings = read_ratings(folder, session.study)
    assert [(rating.place, dict(rating.scores)) for rating in ratings] == [(0, dict.fromkeys(SCALES, 4))]
    assert Session.open(folder, "cy").place == 2


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"choice": "left"}, "scores: expected coherence, relevance, fluency"),
        ({"scores": {"coherence": 3}}, "scores: expected coherence"),
        ({"scores": dict.fromkeys(SCALES, 6)}, "expected a whole number from 1 to 5, found 6"),
        ({"scores": dict.fromkeys(SCALES, True)}, "expected a whole number"),
    ],
)
def test_what_is_no_answer_is_refused_and_not_kept(tmp_path, answer, message):
    session = Session.open(frozen(tmp_path, study_of()), "di")
    with pytest.raises(SettingError, match=message):
        session.record(answer)
    assert session.answers == {}


def test_an_answer_to_another_item_is_refused(tmp_path):
    """A page that was left open in another window."""
    session = Session.open(frozen(tmp_path, study_of(mode="pairs")), "ed")
    session.record({"choice": "tie"}, place=0)
    with pytest.raises(SettingError, match="answer to item 0, and item 1 is asked"):
        session.record({"choice": "tie"}, place=0)
    with pytest.raises(SettingError, match="did you mean 'left'"):
        session.record({"choice": "lef"})


def test_ratings_do_not_count_for_a_study_that_was_altered(tmp_path):
    study = study_of(1, mode="scales")
    folder = frozen(tmp_path, study)
    answer_all(folder, "flo")
    path = folder / "study.json"
    path.write_text(path.read_text().replace("prompt 3", "prompt 4"))
    with pytest.raises(DamagedError, match="another study"):
        read_ratings(folder, study)
    with pytest.raises(DamagedError, match="another study"):
        Session.open(folder, "flo")


@pytest.mark.parametrize("name", ["", "../up", "a b", ".hidden", "x" * 65])
def test_a_rater_whose_name_is_no_name_of_a_file_is_refused(tmp_path, name):
    with pytest.raises(SettingError, match="rater: expected"):
        Session.open(frozen(tmp_path, study_of()), name)


def test_a_rater_cannot_go_on_as_a_judge(tmp_path):
    folder = frozen(tmp_path, study_of())
    open_ratings(folder, "judge-small", {"rater": "judge-small", "human": False}).close()
    with pytest.raises(SettingError, match="'judge-small' is a model here"):
        Session.open(folder, "judge-small")
