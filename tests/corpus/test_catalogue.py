"""The catalogue: complete, consistent, and true of the real files where those are at hand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hornbook.corpus.catalogue import CATALOGUE, Entry
from hornbook.corpus.pair_sources import CONVERSATIONS, LABELLED, PREFERENCES
from hornbook.corpus.sources import GENERATED, TITLES
from hornbook.files import sha256_of

COPIES = {
    "the_verdict": "the_verdict.txt",
    "moby_dick": "moby_dick.txt",
    "wonderful_wizard_of_oz": "wonderful_wizard_of_oz.txt",
    "dorothy_and_the_wizard_in_oz": "dorothy_and_the_wizard_in_oz.txt",
    "tinyshakespeare": "tinyshakespeare.txt",
    "sms_spam": "sms_spam_collection.tsv",
}


def test_every_promised_corpus_has_a_title_a_licence_a_size_and_an_address() -> None:
    assert list(CATALOGUE) == [*list(COPIES)[:5], "tinystories", "openwebtext", "sms_spam"]
    for name, entry in CATALOGUE.items():
        assert entry.name == name
        assert entry.title and entry.licence and entry.note
        assert entry.bytes > 20_000
        assert len({file.name for file in entry.files}) == len(entry.files)
        for file in entry.files:
            assert re.fullmatch(r"https://[\w.]+/[\w./+-]+", file.url), file.url
            assert re.fullmatch(r"[\w.-]+\.(txt|tsv|parquet)", file.name)
            for sha256 in (file.sha256, *file.known_copies, file.archive and file.archive.sha256):
                assert sha256 is None or re.fullmatch(r"[0-9a-f]{64}", sha256)


def test_sizes_of_files_add_up_to_that_of_the_corpus() -> None:
    assert sum(file.bytes or 0 for file in CATALOGUE["tinystories"].files) == CATALOGUE["tinystories"].bytes
    assert CATALOGUE["tinyshakespeare"].files[0].bytes == CATALOGUE["tinyshakespeare"].bytes


def test_what_is_pinned_is_said_as_it_is() -> None:
    pinned = {name: entry.pinned for name, entry in CATALOGUE.items()}
    assert {name for name in pinned if pinned[name] == "all"} == {"tinyshakespeare", "tinystories", "sms_spam"}
    assert {name for name in pinned if pinned[name] == "some"} == {"openwebtext"}


def test_names_are_told_apart_from_generated_ones() -> None:
    assert not set(GENERATED) & set(CATALOGUE)
    made = [*GENERATED, *LABELLED, *CONVERSATIONS, *PREFERENCES]
    assert list(TITLES) == made and len(set(made)) == len(made), "all that is made here has a title"
    assert not set(made) & set(CATALOGUE)


@pytest.mark.parametrize("name", COPIES)
def test_the_copies_at_hand_are_known(shared: Path, name: str) -> None:
    entry: Entry = CATALOGUE[name]
    path = shared / "corpora" / COPIES[name]
    file = entry.files[0]
    assert sha256_of(path) in (file.sha256, *file.known_copies)
    if file.sha256 is None:
        assert path.stat().st_size == entry.bytes


def test_the_messages_are_those_of_the_archive_under_one_more_line(shared: Path, tmp_path: Path) -> None:
    data = (shared / "corpora" / "sms_spam_collection.tsv").read_bytes()
    (tmp_path / "messages").write_bytes(data.removeprefix(b"Label\tSMS\n"))
    file = CATALOGUE["sms_spam"].files[0]
    assert sha256_of(tmp_path / "messages") == file.sha256
    assert (tmp_path / "messages").stat().st_size == file.bytes
