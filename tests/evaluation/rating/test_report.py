"""The report: known answers give known numbers, and few answers give none."""

from __future__ import annotations

import json

import pytest

from hornbook.evaluation.rating.ratings import Rating, read_ratings
from hornbook.evaluation.rating.report import report
from hornbook.evaluation.rating.study import SCALES
from hornbook.evaluation.rating.views import verdicts
from hornbook.evaluation.rating.wording import TOO_FEW, tables
from tests.evaluation.rating.studies import answer_all, frozen, study_of


def words(found):
    return "\n".join(f"{table.title}\n{table.rows}\n{table.note}" for table in tables(found))


def reported(folder, study):
    return report(study, read_ratings(folder, study))


def test_raters_who_see_the_difference_find_the_better_model(tmp_path):
    study = study_of(2, 11)
    folder = frozen(tmp_path, study)
    for rater in ("ann", "bo"):
        answer_all(folder, rater)
    found = reported(folder, study)
    [view] = found["views"]
    first, second = (next(row for row in view["scales"] if row["model"] == name) for name in ("crane", "heron"))
    assert (first["mean"]["value"], second["mean"]["value"]) == (3.0, 2.0)
    assert (first["ratings"], first["texts"], first["histogram"]["3"]) == (22, 11, 22)
    [wins] = view["wins"]
    assert (wins["won"], wins["lost"], wins["tied"]) == (11, 0, 0)
    assert wins["p"] == pytest.approx(2 / 2**11)
    assert wins["share"]["low"] == pytest.approx(0.741, abs=1e-3)
    assert found["agreement"]["coherence"]["alpha"] == pytest.approx(1.0)
    assert found["agreement"]["better"] == {"alpha": pytest.approx(1.0), "shared": 11, "level": "nominal"}
    assert found["correlations"]["perplexity"]["value"] == -1.0
    json.dumps(found, allow_nan=False)


def test_the_sides_on_which_texts_stood_do_not_matter():
    """0 is better than 1 in each of them."""
    seen = [Rating("a", True, 0, (0, 1), choice="left"), Rating("b", True, 0, (1, 0), choice="right")]
    assert verdicts(seen) == {(0, 1): 2.0}
    assert verdicts([*seen, Rating("c", True, 1, (1, 0), choice="left")]) == {(0, 1): 1.0}


def test_repeats_tell_about_raters_and_do_not_count_for_models(tmp_path):
    study = study_of(1, 23, mode="scales")
    folder, answered = frozen(tmp_path, study), []

    def rising(shown):
        answered.append(shown)
        again = sum(each.texts == shown.texts for each in answered) > 1
        return {"scores": dict.fromkeys(SCALES, 4 if again else 2)}

    session = answer_all(folder, "ann", rising)
    found = reported(folder, study)
    assert {(row["ratings"], row["mean"]["value"]) for row in found["views"][0]["scales"]} == {(23, 2.0)}
    [rater] = found["raters"]
    assert rater["answers"] == len(session.items) == 26
    assert (rater["repeats"]["scores"], rater["repeats"]["scores_same"]) == (9, 0)
    assert rater["repeats"]["mean_distance"] == 2.0


def test_a_rater_who_always_takes_the_left_is_found_out(tmp_path):
    study = study_of(2, 41, mode="pairs")
    folder = frozen(tmp_path, study)
    answer_all(folder, "lee", lambda shown: {"choice": "left"})
    found = reported(folder, study)
    assert found["raters"][0]["left"]["value"] == 1.0
    assert found["raters"][0]["repeats"]["choices_same"] < found["raters"][0]["repeats"]["choices"]
    assert found["views"][0]["wins"][0]["p"] > 0.05


def test_scores_that_rise_as_a_rater_goes_on_are_a_drift(tmp_path):
    study = study_of(1, 29, mode="scales")
    folder = frozen(tmp_path, study)
    answer_all(folder, "kim", lambda shown: {"scores": dict.fromkeys(SCALES, 1 + 4 * shown.place // shown.items)})
    moved = reported(folder, study)["raters"][0]["drift"]
    assert moved["correlation"]["value"] > 0.9
    assert moved["second_half"] > moved["first_half"] + 1.5


def test_three_models_have_strengths_in_their_order(tmp_path):
    study = study_of(3, 11, mode="pairs")
    folder = frozen(tmp_path, study)
    answer_all(folder, "ann")
    found = reported(folder, study)
    strengths = found["views"][0]["strengths"]
    assert [row["model"] for row in strengths["models"]] == ["crane", "heron", "stork"]
    assert strengths["softened"]
    assert "Someone never lost" in words(found)


def test_few_ratings_give_no_mean_no_share_and_no_alpha(tmp_path):
    study = study_of(2, 5, samples=3)
    folder = frozen(tmp_path, study)
    answer_all(folder, "ann")
    found = reported(folder, study)
    [view] = found["views"]
    assert {row["mean"] for row in view["scales"]} == {None}  # fifteen texts of each model, but five prompts
    assert found["agreement"]["fluency"] == {"alpha": None, "shared": 0, "level": "ordinal"}
    said = words(found)
    assert TOO_FEW in said
    assert "2.00" not in said.split("Better in pairs")[0]


def test_a_judge_stands_beside_people_and_its_bias_is_told():
    study = study_of(2, 11)
    judged = [
        Rating("judge-x", False, 0, pair, choice="left")
        for first, second in study.pairs
        for pair in ((first, second), (second, first))
    ]
    people = [Rating("ann", True, 0, pair, choice="left") for pair in study.pairs]
    scores = [Rating("judge-x", False, 0, (n,), scores={"coherence": 1 + n % 5}) for n in range(22)]
    same = [Rating("ann", True, 0, (n,), scores={"coherence": 1 + n % 5}) for n in range(22)]
    unread = Rating("judge-x", False, 0, (0,), problem="what?")
    found = report(study, [*judged, *people, *scores, *same, unread])
    assert [view["who"] for view in found["views"]] == ["people", "judge-x"]
    [judge] = found["judges"]
    assert (judge["asked"], judge["unread"]) == (45, 1)
    assert (judge["both_orders"], judge["same_in_both"]) == (11, 0)
    assert judge["left"]["value"] == 1.0
    assert judge["with_people"]["scores"]["coherence"]["value"] == 1.0
    assert judge["with_people"]["choices"] is None  # it has decided nothing
    assert found["views"][1]["wins"][0]["tied"] == 11
    assert "pairs with the same verdict in both orders" in words(found)


def test_a_study_without_ratings_has_an_empty_report():
    assert list(tables(report(study_of(), []))) == []
