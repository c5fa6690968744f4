"""Corpora by name: generated ones are pure functions of their seed, fetched ones come in order, as far as needed."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from hornbook.corpus.catalogue import CATALOGUE, Entry, RemoteFile
from hornbook.corpus.documents import SEPARATOR, Document
from hornbook.corpus.fetch import fetch, home
from hornbook.corpus.sources import (
    DOCUMENTS,
    GENERATED,
    MARKOV_LENGTH,
    MARKOV_SYMBOLS,
    corpus_names,
    find_documents,
    limited,
    load_corpus,
    make_documents,
    read_messages,
    read_standard_library,
)
from hornbook.errors import MissingError, SettingError, TextError


def test_every_name_is_listed_once() -> None:
    names = corpus_names()
    assert names[:2] == ["stories", "markov-1"]
    assert "tinyshakespeare" in names
    assert len(set(names)) == len(names) == len(GENERATED) + len(CATALOGUE)


@pytest.mark.parametrize(
    ("name", "guess"), [("storys", "stories"), ("tiny-shakespeare", "tinyshakespeare"), ("qqq", None)]
)
def test_an_unknown_name_gets_the_nearest(name: str, guess: str | None) -> None:
    with pytest.raises(SettingError, match=f"corpus: {name!r} is not known") as error:
        load_corpus(name)
    assert (f"did you mean {guess!r}" in str(error.value)) == (guess is not None)
    assert "tinystories" in str(error.value)


def test_a_number_of_documents_below_one_is_refused() -> None:
    with pytest.raises(SettingError, match="documents: expected at least 1, found 0"):
        load_corpus("stories", documents=0)


@pytest.mark.parametrize("name", ["stories", "markov-1", "markov-2", "markov-3"])
def test_a_generated_corpus_is_a_function_of_its_seed_and_knows_its_probabilities(name: str) -> None:
    seven = list(load_corpus(name, 7, seed=3))
    assert seven == list(load_corpus(name, 7, seed=3))
    assert seven[:5] == list(load_corpus(name, 5, seed=3))
    assert [document.text for document in seven] != [document.text for document in load_corpus(name, 7, seed=4)]
    assert [document.name for document in seven] == [f"{name}/{index}" for index in range(7)]
    assert all(document.log_probability is not None and document.log_probability < 0 for document in seven)
    assert len({document.text for document in seven}) == 7


def test_without_a_number_a_generated_corpus_ends_all_the_same() -> None:
    assert sum(1 for _ in islice(load_corpus("markov-1"), 3)) == 3
    assert DOCUMENTS == 20_000


def test_markov_documents_are_letters_of_a_fixed_length() -> None:
    for document in load_corpus("markov-2", 3):
        assert len(document.text) == MARKOV_LENGTH
        assert set(document.text) <= set("abcdefghijklmnop")
    assert len(set("".join(document.text for document in load_corpus("markov-2", 3)))) == MARKOV_SYMBOLS


def test_a_markov_corpus_realises_the_entropy_rate_of_its_source() -> None:
    from hornbook.corpus.markov import MarkovSource

    documents = list(load_corpus("markov-1", 31))
    nats = -sum(document.log_probability or 0.0 for document in documents) / sum(len(d.text) for d in documents)
    assert nats == pytest.approx(MarkovSource(1, MARKOV_SYMBOLS, seed=0).entropy_rate, rel=0.02)


@pytest.mark.slow
def test_the_benchmark_is_half_stories_and_half_source_and_no_larger_than_asked() -> None:
    documents = list(make_documents("benchmark", size=300_007))
    sizes = {
        kind: sum(len(d.text.encode()) for d in documents if d.name.startswith(kind)) for kind in ("stories", "python")
    }
    total = sum(sizes.values())
    largest = max(len(document.text.encode()) for document in documents)
    assert total <= 300_007
    assert sizes["stories"] > 50_000
    assert abs(sizes["stories"] - sizes["python"]) <= largest
    assert documents == list(make_documents("benchmark", size=300_007))


def test_the_standard_library_comes_in_order_without_tests_and_packages() -> None:
    names = [document.name for document in islice(read_standard_library(), 101)]
    assert names == sorted(names)
    assert "python/argparse.py" in names
    assert not any("/test/" in name or "-packages/" in name for name in names)


def test_no_document_of_the_standard_library_has_a_separator_in_it() -> None:
    assert not any(SEPARATOR in document.text for document in islice(read_standard_library(), 211))


def test_a_limit_in_bytes_counts_bytes_and_not_characters() -> None:
    documents = [Document(str(index), "äö") for index in range(5)]
    assert len(list(limited(documents, 11))) == 2
    assert len(list(limited(documents, 12))) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "storeis"}, r"'storeis' cannot be made \(did you mean 'stories'\?\)"),
        ({"name": "moby_dick"}, "cannot be made; fetch it: hornbook corpus fetch moby_dick"),
        ({"name": "stories", "documents": 3, "size": 5}, "documents and bytes: give one of them"),
        ({"name": "stories", "size": 0}, "bytes: expected at least 1, found 0"),
    ],
)
def test_what_cannot_be_made_is_said(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        make_documents(**arguments)  # type: ignore[arg-type]


def shards(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, count: int) -> None:
    """A corpus of as many text files, of which all but the last are registered; nothing else can be fetched."""
    files = tuple(RemoteFile(f"part-{index}.txt", "http://127.0.0.1:9/") for index in range(count))
    monkeypatch.setitem(CATALOGUE, "parts", Entry("parts", "Parts", "none", files, 1))
    for index in range(count - 1):
        (tmp_path / f"part-{index}.txt").write_text(f"{index} one\r\n<|endoftext|>\n{index} two", encoding="utf-8")
    fetch("parts", from_file=tmp_path)


def test_a_fetched_corpus_is_cleaned_named_and_in_order(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shards(monkeypatch, tmp_path, 3)
    found = list(load_corpus("parts", documents=4))
    assert [document.text for document in found] == ["0 one", "0 two", "1 one", "1 two"]
    assert found[3].name == "parts/part-1/1"


def test_only_the_files_that_are_needed_are_fetched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    shards(monkeypatch, tmp_path, 3)
    assert len(list(load_corpus("parts", documents=3))) == 3
    with pytest.raises(MissingError, match=r"parts: cannot fetch http://127\.0\.0\.1:9/.*--from FILE"):
        list(load_corpus("parts"))


def test_messages_come_with_their_label_as_their_name(tmp_path: Path) -> None:
    (tmp_path / "m.tsv").write_text("Label\tSMS\nham\tOk lar...\nspam\tFree\tentry\n", encoding="utf-8")
    assert list(read_messages(tmp_path / "m.tsv")) == [Document("ham", "Ok lar..."), Document("spam", "Free\tentry")]
    (tmp_path / "m.tsv").write_text("ham\tOk\nno label\n", encoding="utf-8")
    with pytest.raises(TextError, match=r"m\.tsv:2: expected a label, a tab and a message, found 'no label'"):
        list(read_messages(tmp_path / "m.tsv"))


def test_names_and_paths_can_be_mixed(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("Mine.", encoding="utf-8")
    (tmp_path / "other.jsonl").write_text('{"content": "Other."}\n', encoding="utf-8")
    found = list(find_documents(["markov-1", str(tmp_path / "mine.txt")], documents=2, seed=5))
    assert [document.name for document in found] == ["markov-1/0", "markov-1/1", str(tmp_path / "mine.txt")]
    assert [d.text for d in find_documents([str(tmp_path / "other.jsonl")], field="content")] == ["Other."]


def test_a_word_that_is_neither_is_taken_for_a_misspelt_corpus(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"'tinystorys' is not known \(did you mean 'tinystories'\?\)"):
        list(find_documents(["tinystorys"]))
    with pytest.raises(MissingError, match="does not exist"):
        list(find_documents(["tinystorys.txt"]))


def test_real_corpora_load_by_name_once_registered(shared: Path) -> None:
    for name in ("tinyshakespeare", "moby_dick", "the_verdict"):
        fetch(name, from_file=shared / "corpora" / f"{name}.txt")
    assert len(next(load_corpus("tinyshakespeare")).text) == 1_115_394
    assert next(load_corpus("moby_dick")).text.startswith("MOBY-DICK;")
    assert next(load_corpus("the_verdict")).name == "the_verdict/the_verdict/0"
    fetch("sms_spam", from_file=shared / "corpora" / "sms_spam_collection.tsv")
    assert sum(1 for _ in load_corpus("sms_spam")) == 5574
    labels = [document.name.split("/")[-1] for document in load_corpus("sms_spam")]
    assert home().is_dir()
    assert labels.count("0") == 1
