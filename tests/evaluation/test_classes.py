"""What a classifier's answers are worth: against scikit-learn, and against answers counted by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hornbook.evaluation.classes import Calibration, ClassScore, class_scores, naive_bayes


def test_precision_recall_and_f1_are_those_of_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    draw = np.random.default_rng(1)
    truth, said = draw.integers(0, 4, 300), draw.integers(0, 4, 300)
    table = np.zeros((4, 4), dtype=np.int64)
    np.add.at(table, (truth, said), 1)
    precision, recall, f1, there = metrics.precision_recall_fscore_support(truth, said)
    found = class_scores(table)
    assert [each.precision for each in found] == pytest.approx(precision.tolist())
    assert [each.recall for each in found] == pytest.approx(recall.tolist())
    assert [each.f1 for each in found] == pytest.approx(f1.tolist())
    assert [each.there for each in found] == there.tolist()


def test_what_is_not_defined_is_no_number_and_null_in_json():
    never = ClassScore(there=0, said=0, right=0)
    assert math.isnan(never.precision)
    assert math.isnan(never.recall)
    assert never.as_json() == {"texts": 0, "precision": None, "recall": None, "f1": None}


def test_calibration_compares_confidence_with_what_was_right():
    confidence = np.array([0.95, 0.95, 0.95, 0.95, 0.55, 0.55, 1.0])
    right = np.array([True, True, True, False, True, False, True])
    found = Calibration.of(confidence, right)
    assert found.curve() == [
        (pytest.approx(0.55), 0.5, 2),
        (pytest.approx((4 * 0.95 + 1) / 5), 0.8, 5),
    ]
    assert found.error == pytest.approx((abs(1.1 - 1) + abs(4.8 - 4)) / 7)


def test_answers_that_know_their_doubt_have_no_calibration_error():
    draw = np.random.default_rng(2)
    confidence = draw.uniform(0.5, 1.0, 100_000)
    assert Calibration.of(confidence, draw.uniform(size=100_000) < confidence).error < 0.01
    assert Calibration.of(confidence, np.ones(100_000, dtype=bool)).error == pytest.approx(0.25, abs=0.01)


def test_naive_bayes_gives_the_probabilities_of_scikit_learn():
    bayes = pytest.importorskip("sklearn.naive_bayes")
    draw = np.random.default_rng(3)
    labels = draw.integers(0, 2, 40)
    texts = [draw.integers(0, 5, 12) + 3 * label for label in labels]
    prior, likelihood = naive_bayes(texts, labels, 2, 8)
    counts = np.stack([np.bincount(text, minlength=8) for text in texts])
    model = bayes.MultinomialNB(alpha=1.0).fit(counts, labels)
    np.testing.assert_allclose(likelihood, model.feature_log_prob_.T, rtol=1e-12)
    # ours counts every class once more than it was seen, as it does tokens
    smoothed = np.bincount(labels) + 1
    np.testing.assert_allclose(prior, np.log(smoothed / smoothed.sum()))
