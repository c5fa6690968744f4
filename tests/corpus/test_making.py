"""Every corpus that is made here can be written to a file, and is read again as what it was."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from hornbook.corpus.conversations import read_conversations, read_preferences
from hornbook.corpus.making import make_corpus
from hornbook.corpus.pair_sources import CONVERSATIONS, LABELLED, PREFERENCES, LabelledCorpus, Talk
from hornbook.corpus.pairs import read_labelled
from hornbook.errors import SettingError


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_conversations_are_read_again_as_they_were(name: str, tmp_path: Path) -> None:
    path = tmp_path / "made.jsonl"
    assert make_corpus(name, path, documents=5, seed=3).documents == 5
    made = list(CONVERSATIONS[name].training_conversations(3, 5))
    assert [each.messages for each in read_conversations([path])] == [each.messages for each in made]


@pytest.mark.parametrize("name", PREFERENCES)
def test_preferences_are_read_again_as_they_were(name: str, tmp_path: Path) -> None:
    path = tmp_path / "made.jsonl"
    make_corpus(name, path, documents=5, seed=3)
    made = list(PREFERENCES[name].training_preferences(3, 5))
    read = list(read_preferences([path]))
    assert [(each.messages[0]["content"], each.chosen, each.rejected) for each in read] == [
        (each.messages[0]["content"], each.chosen, each.rejected) for each in made
    ]


@pytest.mark.parametrize("suffix", ["tsv", "csv", "jsonl"])
def test_labelled_texts_are_read_again_with_their_labels(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"made.{suffix}"
    make_corpus("reviews", path, documents=7)
    made = list(LABELLED["reviews"].training_texts(0, 7))
    assert [(each.text, each.labels) for each in read_labelled([path], "text", ("opinion",))] == [
        (each.text, each.labels) for each in made
    ]


@pytest.mark.parametrize("name", CONVERSATIONS)
def test_conversations_that_measure_are_never_learned_from(name: str) -> None:
    corpus = CONVERSATIONS[name]
    assert isinstance(corpus, Talk)
    learned = {each.messages[0]["content"] for each in corpus.training_conversations(3, 31)}
    held_out = {each.messages[0]["content"] for each in islice(corpus.held_out_conversations(3), 23)}
    # without its story a question is often the same
    assert len(held_out) > 10 and (name == "story-questions-untold" or not learned & held_out)
    assert isinstance(LABELLED["reviews"], LabelledCorpus)


def test_what_cannot_be_made_leaves_nothing(tmp_path: Path) -> None:
    for name, out, limits, said in [
        ("sums", "a.txt", {}, "conversations are written to files that end in .jsonl"),
        ("reviews", "a.txt", {}, "end the name in .tsv, .csv, .jsonl"),
        ("numbers", "a.csv", {"size": 100}, "bytes: the rows of numbers are counted"),
        ("numbers", "a.csv", {"documents": 0}, "documents: expected at least 1, found 0"),
        ("story-task", "a.jsonl", {}, "did you mean 'story-tasks'"),
    ]:
        with pytest.raises(SettingError, match=said):
            make_corpus(name, tmp_path / out, **limits)
    assert list(tmp_path.iterdir()) == []
