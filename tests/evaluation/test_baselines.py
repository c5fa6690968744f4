"""The ladder: uniform, unigram and Kneser-Ney on the targets of the model."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from hornbook.data.token_file import TokenFile
from hornbook.errors import TextError
from hornbook.evaluation.baselines import baselines
from hornbook.evaluation.kneser_ney import KneserNey


def stream(chain: Any, count: int, name: str) -> np.ndarray:
    documents, _ = chain.documents(count, name)
    return np.array([0, *(token for document in documents for token in [*document, 0])], dtype=np.uint16)


@pytest.fixture
def texts(chain: Any) -> tuple[np.ndarray, np.ndarray]:
    return stream(chain, 401, "train"), stream(chain, 53, "validation")


def test_the_ladder_goes_down(texts: tuple[np.ndarray, np.ndarray], chain: Any) -> None:
    train, validation = texts
    found = baselines(train, validation, chain.symbols, bytes=2003, context=13)
    assert found.uniform == math.log(7)
    assert found.uniform > found.unigram > found.kneser_ney.loss
    assert found.kneser_ney.order == 2  # the chain looks one token back
    assert found.windows is not None
    assert found.windows.loss == pytest.approx(found.kneser_ney.loss)  # and so does not mind where a window begins
    transitions = chain.matrix[validation[:-1], validation[1:]]
    assert found.kneser_ney.loss == pytest.approx(-np.log(transitions).mean(), rel=0.02)


def test_token_0_is_a_target_for_nobody(texts: tuple[np.ndarray, np.ndarray], chain: Any) -> None:
    train, validation = texts
    found = baselines(train, validation, chain.symbols, bytes=2003, context=None)
    assert found.tokens == len(validation) - 1
    assert found.windows is None
    model = KneserNey(train, chain.symbols, 7)
    assert found.unigram == pytest.approx(-np.log(model.distribution([], 1)[validation[1:]]).mean())
    assert found.kneser_ney.by_order == pytest.approx(model.losses(validation))


def test_bits_per_byte_are_those_of_the_same_sum(texts: tuple[np.ndarray, np.ndarray], chain: Any) -> None:
    train, validation = texts
    found = baselines(train, validation, chain.symbols, bytes=2003, context=13)
    written = json.loads(json.dumps(found.as_json()))
    assert written["uniform"] == math.log(7)
    assert written["kneser_ney"]["loss"] == written["kneser_ney"]["by_order"][str(written["kneser_ney"]["order"])]
    assert written["kneser_ney"]["windows"]["context"] == 13
    assert written["bits_per_byte"]["uniform"] == pytest.approx(math.log2(7) * (len(validation) - 1) / 2003)
    assert sorted(written["bits_per_byte"]) == ["kneser_ney", "kneser_ney_windows", "uniform", "unigram"]


def test_the_validation_text_has_no_say_in_the_order(texts: tuple[np.ndarray, np.ndarray], chain: Any) -> None:
    train, _ = texts
    other = train[: len(train) // 10].repeat(3)
    assert baselines(train, other, chain.symbols, 2003, None).kneser_ney.order == 2


def test_a_limit_on_training_tokens_is_stated(texts: tuple[np.ndarray, np.ndarray], chain: Any) -> None:
    train, validation = texts
    found = baselines(train, validation, chain.symbols, 2003, None, limit=997)
    assert (found.train_tokens, found.train_tokens_used) == (len(train), 997)
    assert found.as_json()["train_tokens_used"] == 997
    assert found.kneser_ney.by_order == baselines(train[:997], validation, 7, 2003, None).kneser_ney.by_order


def test_a_token_file_is_taken_as_it_is(token_file: Callable[..., TokenFile], chain: Any) -> None:
    train, validation = (
        token_file(chain.documents(count, name)[0], chain.symbols, 0, name=name)
        for name, count in (("train", 101), ("validation", 11))
    )
    assert baselines(train.tokens, validation.tokens, 7, validation.bytes, 13).tokens == len(validation) - 1


def test_a_text_too_short_is_refused(chain: Any) -> None:
    with pytest.raises(TextError, match="nothing to predict"):
        baselines(stream(chain, 11, "train"), np.array([1]), 7, 1, None)
    with pytest.raises(TextError, match="too few"):
        baselines(np.array([1, 2, 3]), np.array([1, 2, 3]), 7, 3, None)
