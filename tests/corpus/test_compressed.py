"""Compressed files give the documents of what was compressed; damaged ones are refused by name."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from hornbook.corpus.reading import find_files, read_documents
from hornbook.errors import SettingError, TextError

arrow = pytest.importorskip("pyarrow")


def zstd(data: bytes) -> bytes:
    return arrow.compress(data, "zstd", asbytes=True)


LINES = "".join(f'{{"text": "Story {n}: the naïve cat sat."}}\n' for n in range(5000)).encode()
TEXT = b"One.\n<|endoftext|>\nTwo.\n" + b"And so on.\n" * 9000


@pytest.mark.parametrize(("end", "pack"), [(".gz", gzip.compress), (".zst", zstd)])
@pytest.mark.parametrize(("kind", "data"), [("jsonl", LINES), ("txt", TEXT)])
def test_a_compressed_file_gives_the_documents_of_the_plain_one(tmp_path: Path, end, pack, kind, data) -> None:
    plain, packed = tmp_path / f"a.{kind}", tmp_path / f"b.{kind}{end}"
    plain.write_bytes(data)
    packed.write_bytes(pack(data))
    assert [each.text for each in read_documents([packed])] == [each.text for each in read_documents([plain])]
    assert find_files([tmp_path]) == [plain, packed], "and is found in a folder"


@pytest.mark.parametrize(("end", "pack"), [(".gz", gzip.compress), (".zst", zstd)])
def test_half_of_a_compressed_file_and_another_thing_of_that_name_are_refused(tmp_path: Path, end, pack) -> None:
    for name, data in (("half", pack(LINES)[: len(pack(LINES)) // 2]), ("other", b"no such thing at all\n" * 9)):
        file = tmp_path / f"{name}.jsonl{end}"
        file.write_bytes(data)
        with pytest.raises(TextError, match=rf"{name}\.jsonl{end}: cannot be decompressed"):
            list(read_documents([file]))


def test_what_is_compressed_has_to_be_of_a_kind_that_is_read(tmp_path: Path) -> None:
    file = tmp_path / "a.csv.gz"
    file.write_bytes(gzip.compress(b"a,b\n"))
    with pytest.raises(SettingError, match=r"and the same compressed \(\.gz, \.zst\)"):
        find_files([file])
