"""Reviews: half of each opinion, of things that training never mentions, and not to be told apart by counting words."""

from __future__ import annotations

import re

import pytest

from hornbook.corpus.reviews import BAD, FORMS, GOOD, THINGS, UNSEEN, Reviews


@pytest.mark.slow
def test_half_of_the_reviews_praise_and_every_form_comes_up() -> None:
    texts = list(Reviews().training_texts(1, 2000))
    assert sum(text.labels == ("good",) for text in texts) == 1000
    assert {len(re.findall(r"[.!;]", text.text)) for text in texts} >= {1, 2, 3}
    assert len(FORMS) == 11 and all(text.text[0].isupper() and text.text[-1] in ".!" for text in texts)


@pytest.mark.slow
def test_the_same_words_stand_in_praise_and_in_complaint() -> None:
    texts = list(Reviews().training_texts(1, 4000))
    for word in (*GOOD, *BAD):
        found = [text.labels == ("good",) for text in texts if word in re.findall(r"\w+", text.text.lower())]
        assert len(found) > 50 and 0.3 < sum(found) / len(found) < 0.7, word


@pytest.mark.slow
def test_held_out_reviews_are_about_other_things() -> None:
    learned = {word for text in Reviews().training_texts(1, 1000) for word in re.findall(r"\w+", text.text)}
    held_out = {word for text in Reviews().held_out_texts(1, 500) for word in re.findall(r"\w+", text.text)}
    assert learned >= set(THINGS) and learned.isdisjoint(UNSEEN)
    assert held_out >= set(UNSEEN) and held_out.isdisjoint(THINGS)


@pytest.mark.slow
def test_counting_words_does_not_tell_the_opinion() -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    learned, held_out = list(Reviews().training_texts(1, 4000)), list(Reviews().held_out_texts(1))
    counting = make_pipeline(TfidfVectorizer(), LogisticRegression())
    counting.fit([text.text for text in learned], [text.labels[0] for text in learned])
    right = counting.score([text.text for text in held_out], [text.labels[0] for text in held_out])
    assert 0.5 < right < 0.75
