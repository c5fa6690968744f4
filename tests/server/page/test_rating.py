"""Rate: blind, kept at once, gone on with after anything; and the report is that of the command."""

from __future__ import annotations

import json

import pytest

from hornbook.evaluation.rating.ratings import read_ratings
from hornbook.evaluation.rating.report import report
from hornbook.evaluation.rating.study import SCALES, read_study
from tests.server.asking import ask


@pytest.fixture
def study(page, tmp_path, monkeypatch):
    """Two texts to each of three prompts, in a folder of studies of its own."""
    monkeypatch.setenv("HORNBOOK_STUDIES", str(tmp_path))
    asked = {"study": "first", "runs": ["letters", "letters@step-000010"], "prompts": ["ab", "ba", "ca"]}
    status, answer, _ = ask(page, "POST", "/page/studies", {**asked, "max_tokens": 8, "seed": 1})
    assert (status, answer) == (200, {"study": "first", "texts": 6})
    return tmp_path / "first"


def upcoming(page, rater: str = "anna"):
    return ask(page, "GET", f"/page/studies/first/next?rater={rater}")[1]


def test_a_rater_sees_no_model_and_answers_are_kept_one_by_one(page, study) -> None:
    shown = upcoming(page)
    assert (shown["answered"], shown["done"]) == (0, False) and set(shown["item"]["scales"]) == set(SCALES)
    words = json.dumps(shown)
    assert "letters" not in words and "step-" not in words and "nats" not in words
    scores = dict.fromkeys(SCALES, 4)
    told = ask(
        page, "POST", "/page/studies/first/answer", {"rater": "anna", "place": 0, "scores": scores, "seconds": 3}
    )[1]
    assert told["answered"] == 1 and told["item"]["place"] == 1
    [kept] = read_ratings(study, read_study(study))
    assert kept.scores == scores and kept.seconds == 3
    again = {"rater": "anna", "place": 0, "scores": scores}
    status, answer, _ = ask(page, "POST", "/page/studies/first/answer", again)
    assert status == 400 and "item 1 is asked" in answer["error"]["message"], "another tab was quicker"
    assert ask(page, "POST", "/page/studies/first/undo", {"rater": "anna"})[1]["item"]["place"] == 0
    assert ask(page, "POST", "/page/studies/first/skip", {"rater": "anna", "place": 0})[1]["item"]["place"] == 1


def test_a_study_is_rated_to_its_end_and_reported(page, study) -> None:
    shown, pairs = upcoming(page, "ben"), 0
    while not shown["done"]:
        body = {"rater": "ben", "place": shown["item"]["place"], "seconds": 5}
        paired = "choices" in shown["item"]
        pairs += paired
        body |= {"choice": "left"} if paired else {"scores": dict.fromkeys(SCALES, 3)}
        shown = ask(page, "POST", "/page/studies/first/answer", body)[1]
    assert shown["answered"] == shown["items"] and shown["item"] is None and pairs > 0
    found = ask(page, "GET", "/page/studies/first/report")[1]
    frozen = read_study(study)
    assert found["report"] == json.loads(json.dumps(report(frozen, read_ratings(study, frozen))))
    assert found["tables"][0]["title"].startswith("Scores by 1 person")
    [listed] = ask(page, "GET", "/page/studies")[1]["studies"]
    assert listed == {"study": "first", "mode": "both", "prompts": 3, "texts": 6, "models": 2, "raters": 1}


def test_what_is_no_answer_and_no_study_is_refused(page, study) -> None:
    for path, body, status in (
        ("first/answer", {"rater": "anna", "place": 0, "choice": "left"}, 400),
        ("first/answer", {"rater": "../x", "place": 0, "scores": dict.fromkeys(SCALES, 3)}, 400),
        ("first/answer", {"rater": "anna", "place": 0, "scores": dict.fromkeys(SCALES, 6)}, 400),
        ("second/undo", {"rater": "anna"}, 404),
        ("..%2ffirst/undo", {"rater": "anna"}, 404),
        ("", {"study": "first", "runs": ["letters"], "prompts": ["ab"]}, 400),
        ("", {"study": "other", "runs": ["nobody"], "prompts": ["ab"]}, 404),
    ):
        found, answer, _ = ask(page, "POST", f"/page/studies/{path}".rstrip("/"), body)
        assert found == status and answer["error"]["message"], path
