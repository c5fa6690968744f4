"""Writing documents: both kinds of file give back what went in, and nothing is half-written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hornbook.corpus.clean import clean_text
from hornbook.corpus.documents import Document, write_documents
from hornbook.corpus.reading import read_documents
from hornbook.errors import SettingError, TextError

DOCUMENTS = [
    Document("stories/0", "Once upon a time.\n\nThe end.", -7.25),
    Document("stories/1", "\nä line before and after, ä\n", -3.5),
    Document("stories/2", "🎻", -0.125),
]


def test_a_jsonl_file_gives_back_names_texts_and_probabilities(tmp_path: Path) -> None:
    written = write_documents(DOCUMENTS, tmp_path / "stories.jsonl")
    assert list(read_documents([tmp_path / "stories.jsonl"])) == DOCUMENTS
    assert (written.documents, written.characters) == (3, sum(len(document.text) for document in DOCUMENTS))
    assert written.bytes == sum(len(document.text.encode()) for document in DOCUMENTS)


def test_a_text_file_gives_back_the_texts_with_their_line_ends(tmp_path: Path) -> None:
    write_documents(DOCUMENTS, tmp_path / "stories.txt")
    assert [document.text for document in read_documents([tmp_path / "stories.txt"])] == [d.text for d in DOCUMENTS]
    blank = [Document("0", "\nfirst"), Document("1", "last\n")]
    write_documents(blank, tmp_path / "blank.txt")
    assert [document.text for document in read_documents([tmp_path / "blank.txt"])] == ["\nfirst", "last\n"]


def test_one_document_alone_is_the_whole_file(tmp_path: Path) -> None:
    write_documents(DOCUMENTS[:1], tmp_path / "one.md")
    assert (tmp_path / "one.md").read_text(encoding="utf-8") == DOCUMENTS[0].text


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all examples."""
    return tmp_path_factory.mktemp("survive")


@given(st.lists(st.text(max_size=31), min_size=1, max_size=5))
def test_any_clean_texts_survive_both_kinds_of_file(folder: Path, drawn: list[str]) -> None:
    written = [text for text in (clean_text(text).text for text in drawn) if text.strip()]
    assume(written)
    for name in ("some.txt", "some.jsonl"):
        write_documents([Document(str(index), text) for index, text in enumerate(written)], folder / name)
        assert [document.text for document in read_documents([folder / name])] == written


def test_an_unknown_suffix_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"end the name in \.txt or \.md or \.jsonl"):
        write_documents(DOCUMENTS, tmp_path / "stories.csv")
    assert list(tmp_path.iterdir()) == []


def test_a_separator_inside_a_document_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(TextError, match="odd: this document has the line that divides documents in it"):
        write_documents([*DOCUMENTS, Document("odd", "one <|endoftext|> two")], tmp_path / "stories.txt")
    assert list(tmp_path.iterdir()) == []


def test_a_source_that_fails_leaves_the_old_file_as_it_was(tmp_path: Path) -> None:
    def broken() -> Iterator[Document]:
        yield DOCUMENTS[0]
        raise TextError("the source broke")

    (tmp_path / "stories.jsonl").write_text(json.dumps({"text": "old"}), encoding="utf-8")
    with pytest.raises(TextError, match="the source broke"):
        write_documents(broken(), tmp_path / "stories.jsonl")
    assert [path.name for path in tmp_path.iterdir()] == ["stories.jsonl"]
    assert next(read_documents([tmp_path / "stories.jsonl"])).text == "old"
