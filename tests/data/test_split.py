"""Training and validation together are the text, and share no document."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hornbook.corpus.documents import Document
from hornbook.data.config import DataConfig
from hornbook.data.split import divide
from hornbook.data.spool import Spool
from hornbook.errors import SettingError, TextError
from tests.data.samples import FOLDER, NUMBERS

TEXTS = st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=23), min_size=1, max_size=13)


def divided(texts, config, seed=0, known=False):
    """The texts of both parts, and how many were dropped."""
    with Spool(Path(FOLDER.name) / f"spool-{next(NUMBERS)}") as spool:
        for number, text in enumerate(texts):
            spool.add(Document(f"text {number}", text, -1.0 if known else None))
        division = divide(spool, config, seed)
        parts = [list(part.texts(spool)) for part in (division.train, division.validation)]
        return *([text for _, text, _ in part] for part in parts), division.duplicates


@given(TEXTS, st.floats(0.01, 0.99))
def test_by_position_the_first_characters_are_for_training_and_the_rest_is_not(texts, fraction):
    whole, config = "".join(texts), DataConfig(text=("x",), validation_fraction=fraction)
    keep = int((1 - fraction) * len(whole))
    try:
        train, validation, dropped = divided(texts, config)
    except TextError as error:
        assert keep == 0 or "also occur" in str(error)
        return
    assert "".join(train) == whole[:keep]
    if not dropped:
        assert "".join(validation) == whole[keep:]
    assert not set(train) & set(validation)


def test_only_the_text_that_is_cut_does_not_end():
    with Spool(Path(FOLDER.name) / f"spool-{next(NUMBERS)}") as spool:
        for text in ("abcd", "efghij", "kl"):
            spool.add(Document(text, text))
        division = divide(spool, DataConfig(validation_fraction=0.5), 0)
        assert list(division.train.texts(spool)) == [(0, "abcd", True), (1, "ef", False)]
        assert list(division.validation.texts(spool)) == [(1, "ghij", True), (2, "kl", True)]
        division = divide(spool, DataConfig(validation_fraction=8 / 12), 0)
        assert list(division.train.texts(spool)) == [(0, "abcd", True)]
        assert list(division.validation.texts(spool)) == [(1, "efghij", True), (2, "kl", True)]


def test_a_generated_corpus_keeps_its_last_documents_aside():
    config = DataConfig(corpus="stories", split="document", validation_fraction=0.3)
    train, validation, _ = divided([f"story {n}" for n in range(10)], config, known=True)
    assert train == [f"story {n}" for n in range(7)] and validation == [f"story {n}" for n in range(7, 10)]


@pytest.mark.slow
@given(st.integers(2, 97), st.integers(0, 5))
def test_of_other_texts_a_fixed_share_is_drawn_by_the_seed(count, seed):
    texts, config = [f"text {n}" for n in range(count)], DataConfig(text=("x",), split="document")
    train, validation, _ = divided(texts, config, seed)
    assert sorted(train + validation) == sorted(texts)
    assert len(validation) == max(1, round(0.1 * count))
    assert (train, validation) == (sorted(train, key=texts.index), sorted(validation, key=texts.index))
    assert divided(texts, config, seed)[1] == validation


def test_another_seed_keeps_others_aside():
    config = DataConfig(text=("x",), split="document")
    assert len({tuple(divided([f"{n}" for n in range(97)], config, seed)[1]) for seed in range(7)}) == 7


def test_more_documents_hardly_ever_move_one_across():
    config = DataConfig(text=("x",), split="document")
    few = set(divided([f"{n}" for n in range(1000)], config)[1])
    many = set(divided([f"{n}" for n in range(2000)], config)[1])
    assert len({text for text in many if int(text) < 1000} ^ few) < 30


@given(st.lists(st.sampled_from("abcdefghijk"), min_size=2, max_size=40), st.booleans(), st.integers(0, 3))
def test_no_document_of_training_occurs_in_validation(texts, known, seed):
    config = DataConfig(text=("x",), split="document", validation_fraction=0.4)
    try:
        train, validation, dropped = divided(texts, config, seed, known)
    except TextError as error:
        assert "also occur in training" in str(error)
        return
    assert not set(train) & set(validation)
    assert len(train) + len(validation) + dropped == len(texts)


def test_copies_are_counted():
    texts = [*"abcdefgh", "b", "x"]
    config = DataConfig(text=("x",), split="document", validation_fraction=0.2)
    assert divided(texts, config, known=True) == (list("abcdefgh"), ["x"], 1)


def test_a_single_document_cannot_be_split_by_document():
    with pytest.raises(SettingError, match=r"^split: "):
        divided(["only one"], DataConfig(text=("x",), split="document"))


def test_a_text_too_short_to_be_divided_says_so():
    with pytest.raises(TextError, match="nothing is left for training"):
        divided(["a"], DataConfig(text=("x",)))
