"""Reading files: every format gives its documents, every bad file gets a message that names it and the place."""

from __future__ import annotations

import json
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from hornbook.corpus import reading
from hornbook.corpus.clean import Change
from hornbook.corpus.documents import Document
from hornbook.corpus.reading import find_files, read_documents
from hornbook.errors import MissingError, SettingError, TextError


def texts(*sources: str | Path) -> list[str]:
    """The texts in some sources."""
    return [document.text for document in read_documents(sources)]


def write(path: Path, content: str | bytes) -> Path:
    """A file with this content."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def lines(*records: object) -> str:
    """The lines of a .jsonl file."""
    return "".join(json.dumps(record) + "\n" for record in records)


def test_a_text_file_is_one_document_with_its_path_as_its_name(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", "one\r\ntwo\n")
    assert list(read_documents([path])) == [Document(str(path), "one\ntwo\n")]
    assert texts(write(tmp_path / "b.md", "# Title\n")) == ["# Title\n"]
    assert texts(write(tmp_path / "README", "no suffix")) == ["no suffix"]


def test_the_separator_divides_documents_and_never_enters_one(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.txt", "One.\nMore.\n<|endoftext|>\nTwo.<|endoftext|>Three.\n<|endoftext|>\n\n<|endoftext|>\n"
    )
    assert texts(path) == ["One.\nMore.", "Two.", "Three."]
    whole = list(read_documents([path], separator=None))
    assert len(whole) == 1
    assert whole[0].text.count("<|endoftext|>") == 4


def test_separators_of_one_s_own_work_too(tmp_path: Path) -> None:
    path = write(tmp_path / "a.txt", "One.\n---\nTwo.\n")
    assert [document.text for document in read_documents([path], separator="---")] == ["One.", "Two.\n"]


def test_a_file_too_large_to_hold_gives_the_same_documents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stories = [f"Story {index}\r\n" + "word " * (index * 37 % 211) + "ä" for index in range(101)]
    path = write(tmp_path / "a.txt", "\ufeff" + "\n<|endoftext|>\n".join(stories) + "\n")
    small = texts(path)
    assert small[5] == stories[5].replace("\r\n", "\n")
    for piece in (7, 4096):
        monkeypatch.setattr(reading, "WHOLE", 100)
        monkeypatch.setattr(reading, "PIECE", piece)
        assert texts(path) == small


@pytest.mark.slow
def test_memory_stays_flat_while_large_files_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "WHOLE", 1 << 16)
    monkeypatch.setattr(reading, "PIECE", 1 << 16)
    story = "A story of a few words. " * 41
    write(tmp_path / "a.txt", f"{story}\n<|endoftext|>\n" * 3001)
    write(tmp_path / "b.jsonl", lines({"text": story}) * 3001)
    for name in ("a.txt", "b.jsonl"):
        tracemalloc.start()
        assert sum(1 for _ in read_documents([tmp_path / name])) == 3001
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 700_000 < (tmp_path / name).stat().st_size / 3, name


def test_each_line_of_a_jsonl_file_is_a_document(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.jsonl", "\ufeff" + lines({"text": "One.\r\n"}) + "\n" + lines({"text": "Zwei ä", "label": 3})
    )
    assert list(read_documents([path])) == [Document(f"{path}:1", "One.\n"), Document(f"{path}:3", "Zwei ä")]


def test_another_field_can_hold_the_text(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", lines({"content": "One.", "text": "no"}))
    assert [document.text for document in read_documents([path], field="content")] == ["One."]


def test_a_log_probability_is_kept_only_for_the_exact_text(tmp_path: Path) -> None:
    records = [
        {"text": "One.", "log_probability": -3},
        {"text": "Two.\r\n", "log_probability": -5.5},
        {"text": "A<|endoftext|>B", "log_probability": -7.5},
        {"text": "Four.", "log_probability": True},
    ]
    found = list(read_documents([write(tmp_path / "a.jsonl", lines(*records))]))
    assert [(document.text, document.log_probability) for document in found] == [
        ("One.", -3.0),
        ("Two.\n", None),
        ("A", None),
        ("B", None),
        ("Four.", None),
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            b'{"txet": "x", "label": 1}',
            r"a\.jsonl:2: there is no field 'text' \(did you mean 'txet'\?\); there are txet, label",
        ),
        (b'{"text": 17}', r"a\.jsonl:2: the field 'text' holds int 17, expected a string"),
        (b'["text"]', r"a\.jsonl:2: expected an object with a field 'text', found list"),
        (b'{"text": "x"', r"a\.jsonl:2: this line is not JSON .* found \{\"text\": \"x\""),
        (b'{"text": "\xe9"}', r"a\.jsonl:2: this line is not UTF-8"),
        (bytes(range(17)), r"a\.jsonl:2: this line is not JSON"),
        (b"\x89PNG\x00\x00\x00\x01\xff", r"a\.jsonl:2: this is a binary file"),
    ],
)
def test_a_bad_line_is_named_with_its_number(tmp_path: Path, line: bytes, message: str) -> None:
    path = write(tmp_path / "a.jsonl", b'{"text": "good"}\n' + line + b"\n")
    with pytest.raises(TextError, match=message):
        texts(path)


def parquet_file(path: Path, **columns: list[object]) -> Path:
    """A parquet file with these columns."""
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(arrow.table(columns), path, row_group_size=7)
    return path


def test_each_row_of_a_parquet_file_is_a_document(tmp_path: Path) -> None:
    rows = [f"Story {index}.\r\n" for index in range(523)]
    rows[3] = None  # type: ignore[call-overload]
    path = parquet_file(tmp_path / "a.parquet", text=rows, number=list(range(523)))
    found = list(read_documents([path]))
    assert len(found) == 522
    assert found[3] == Document(f"{path}#4", "Story 4.\n")


def test_bad_parquet_files_are_named_with_what_is_wrong(tmp_path: Path) -> None:
    path = parquet_file(tmp_path / "a.parquet", txt=["x"], number=[1])
    with pytest.raises(TextError, match=r"no column 'text' \(did you mean 'txt'\?\); the columns are txt, number"):
        texts(path)
    with pytest.raises(TextError, match="the column 'number' holds int64, expected strings"):
        list(read_documents([path], field="number"))
    with pytest.raises(TextError, match="this is not a whole parquet file"):
        texts(write(tmp_path / "b.parquet", path.read_bytes()[:-5]))


def test_without_pyarrow_the_message_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.parquet", b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingError, match=r"pip install 'hornbook\[parquet\]'"):
        texts(path)


def test_folders_and_patterns_give_their_files_in_order_and_once(tmp_path: Path) -> None:
    for name in ("b.txt", "a/z.md", "a/c.jsonl", ".git/x.txt", "a/.hidden.txt", "picture.png"):
        write(tmp_path / "books" / name, lines({"text": name}) if name.endswith("jsonl") else name)
    books = tmp_path / "books"
    assert texts(books) == ["a/c.jsonl", "a/z.md", "b.txt"]
    assert texts(str(books / "*.txt"), books / "b.txt", books) == ["b.txt", "a/c.jsonl", "a/z.md"]
    assert texts(str(books / "**" / "*.md")) == ["a/z.md"]


def test_a_name_with_brackets_is_a_file_and_not_a_pattern(tmp_path: Path) -> None:
    assert texts(write(tmp_path / "notes [1].txt", "hello")) == ["hello"]


@pytest.mark.parametrize(
    ("source", "error", "message"),
    [
        ("bokos.txt", MissingError, r"bokos\.txt does not exist \(did you mean 'books\.txt'\?\)"),
        ("nowhere/books.txt", MissingError, "neither does its folder"),
        ("*.json", MissingError, "no file matches this pattern"),
        ("empty", MissingError, r"there is no \.txt, \.md, \.jsonl, \.parquet file in this folder"),
        ("nothing.txt", TextError, r"nothing\.txt: there is no text in this file \(0 bytes\)"),
        ("blank.txt", TextError, r"there is no text in this file \(7 bytes\)"),
        ("nothing.jsonl", TextError, "there is no text in this file"),
        ("cat.png", TextError, r"cat\.png: this is a binary file"),
        ("cat.txt", TextError, r"cat\.txt: this is a binary file"),
        (
            "table.csv",
            SettingError,
            r"files that end in '\.csv' are not read; there are \.txt, \.md, \.jsonl, \.parquet",
        ),
    ],
)
def test_bad_sources_are_named_with_what_is_wrong(
    tmp_path: Path, source: str, error: type[Exception], message: str
) -> None:
    write(tmp_path / "books.txt", "text")
    write(tmp_path / "nothing.txt", "")
    write(tmp_path / "nothing.jsonl", "\n")
    write(tmp_path / "blank.txt", " \n \n \n ")
    write(tmp_path / "cat.png", bytes(range(256)))
    write(tmp_path / "cat.txt", bytes(range(256)))
    write(tmp_path / "table.csv", "a,b\n1,2\n")
    (tmp_path / "empty").mkdir()
    with pytest.raises(error, match=message):
        texts(tmp_path / source)


def test_no_source_at_all_is_an_error() -> None:
    with pytest.raises(SettingError, match="no text was named"):
        find_files([])


def test_whoever_asks_is_told_what_was_changed_in_each_document(tmp_path: Path) -> None:
    told: list[tuple[str, tuple[Change, ...]]] = []
    dirty = write(tmp_path / "a.txt", "one\r\ntwo")
    write(tmp_path / "b.txt", "clean")
    list(read_documents([tmp_path], noticed=lambda name, changes: told.append((name, changes))))
    assert [(name, [change.count for change in changes]) for name, changes in told] == [(str(dirty), [1])]


def test_documents_come_before_the_file_is_read_to_its_end(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", lines({"text": "good"}) + "bad\n")
    documents: Iterator[Document] = read_documents([path])
    assert next(documents).text == "good"
    with pytest.raises(TextError):
        next(documents)


def test_real_instructions_say_which_field_to_name(shared: Path) -> None:
    path = shared / "corpora" / "gsm8k" / "test.jsonl"
    with pytest.raises(TextError, match=r"test\.jsonl:1: there is no field 'text'; there are question, answer"):
        texts(path)
    assert len(list(read_documents([path], field="question"))) == 1319
