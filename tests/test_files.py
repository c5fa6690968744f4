"""A file is whole or not there, whatever stops its writer."""

from __future__ import annotations

import errno
import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hornbook.errors import DamagedError, HornbookError, MissingError
from hornbook.files import (
    explained,
    is_there,
    read_json,
    read_text,
    replacing,
    replacing_folder,
    restore_folder,
    sha256_of,
    write_json,
    write_text,
)


class Stop(Exception):
    """What stops the writer."""


def test_a_file_takes_its_place_when_the_block_ends(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "file"
    with replacing(path) as partial:
        partial.write_text("whole", encoding="utf-8")
        assert not path.exists()
        assert partial.parent == path.parent
    assert path.read_text(encoding="utf-8") == "whole"
    assert [p.name for p in path.parent.iterdir()] == ["file"]


@pytest.mark.parametrize("before", [None, "old"])
def test_a_writer_that_fails_leaves_everything_as_it_was(tmp_path: Path, before: str | None) -> None:
    path = tmp_path / "file"
    if before:
        path.write_text(before, encoding="utf-8")
    with pytest.raises(Stop), replacing(path) as partial:
        partial.write_text("half", encoding="utf-8")
        raise Stop
    assert [p.read_text(encoding="utf-8") for p in tmp_path.iterdir()] == ([before] if before else [])


@pytest.mark.parametrize("before", [False, True])
def test_a_folder_takes_its_place_as_a_whole_or_not_at_all(tmp_path: Path, before: bool) -> None:
    path = tmp_path / "folder"
    if before:
        path.mkdir()
        (path / "old").touch()
    with pytest.raises(Stop), replacing_folder(path) as partial:
        (partial / "half").touch()
        raise Stop
    assert [p.name for p in tmp_path.rglob("*")] == (["folder", "old"] if before else [])
    with replacing_folder(path) as partial:
        (partial / "inner").mkdir()
        (partial / "inner" / "new").touch()
    assert sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*")) == [
        "folder",
        "folder/inner",
        "folder/inner/new",
    ]


def test_a_folder_cut_off_between_its_two_renames_is_brought_back(tmp_path: Path) -> None:
    path, old = tmp_path / "folder", tmp_path / ".folder.old"
    old.mkdir()
    (old / "content").touch()
    restore_folder(path)
    assert (path / "content").exists() and not old.exists()
    restore_folder(path)
    assert (path / "content").exists()


def test_a_folder_that_is_there_is_not_replaced_by_an_old_one(tmp_path: Path) -> None:
    path, old = tmp_path / "folder", tmp_path / ".folder.old"
    path.mkdir()
    old.mkdir()
    (path / "new").touch()
    restore_folder(path)
    assert (path / "new").exists()


WRITER = """
import sys
from pathlib import Path
from hornbook.files import write_text
path, count = Path(sys.argv[1]), 0
while True:
    write_text(path, str(count % 10) * 300_007)
    count += 1
    if count == 1:
        print("writing", flush=True)
"""


def test_a_killed_writer_never_leaves_half_a_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for pause in (0.0, 0.013, 0.029, 0.041):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None and writer.stdout.readline() == "writing\n"
        time.sleep(pause)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        writer.stdout.close()
        text = path.read_text(encoding="utf-8")
        assert len(text) == 300_007 and len(set(text)) == 1


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "disk is full"),
        (errno.EDQUOT, "quota"),
        (errno.EACCES, "cannot be written by you"),
        (errno.EROFS, "read-only"),
        (errno.EIO, os.strerror(errno.EIO)),
    ],
)
def test_what_the_system_refuses_is_said_with_what_to_do(number: int, words: str) -> None:
    with pytest.raises(HornbookError, match=words) as error, explained(Path("here/file")):
        raise OSError(number, os.strerror(number))
    assert "here/file" in str(error.value)


def test_a_file_in_the_way_of_a_folder_is_said_as_such(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "file" / "below", tmp_path / "file" / "far" / "below"):
        with pytest.raises(HornbookError, match="is a file, not a folder"):
            write_text(path, "text")
        with pytest.raises(HornbookError, match="is a file, not a folder"), replacing_folder(path):
            pass
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
def test_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with pytest.raises(HornbookError, match="disk is full"), replacing(path), Path("/dev/full").open("w") as full:
        full.write("x" * 100_003)
        full.flush()
    assert list(tmp_path.iterdir()) == []


def test_text_comes_back_as_it_was_written(tmp_path: Path) -> None:
    text = "ä\r\n\n€\t𝄞\u2028"
    write_text(tmp_path / "file", text)
    assert (tmp_path / "file").read_bytes() == text.encode()
    write_json(tmp_path / "json", {"ä": [1, 2.5, None]})
    assert read_json(tmp_path / "json") == {"ä": [1, 2.5, None]}
    assert (tmp_path / "json").read_text(encoding="utf-8").endswith("}\n")


def test_missing_and_damaged_files_are_told_apart_by_name(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with pytest.raises(MissingError, match="file does not exist"):
        read_text(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DamagedError, match="not UTF-8"):
        read_text(path)
    path.write_text('{"a": ', encoding="utf-8")
    with pytest.raises(DamagedError, match="not whole JSON"):
        read_json(path)


def test_the_hash_of_a_file_is_that_of_its_bytes(tmp_path: Path) -> None:
    data = bytes(range(251)) * 8_363
    (tmp_path / "file").write_bytes(data)
    assert sha256_of(tmp_path / "file") == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("text", ["[" * 100_000 + "]" * 100_000, "9" * 5000, '{"a": 1} {'])
def test_json_that_cannot_be_read_is_damage_whatever_python_calls_it(tmp_path: Path, text: str) -> None:
    (tmp_path / "odd.json").write_text(text)
    with pytest.raises(DamagedError, match=r"odd\.json"):
        read_json(tmp_path / "odd.json")


@pytest.mark.parametrize("name", ["a" * 5000, "a\0b", "."])
def test_what_no_file_can_be_called_is_missing(tmp_path: Path, name: str) -> None:
    with pytest.raises(MissingError, match="cannot be read"):
        read_text(tmp_path / name)
    assert is_there(tmp_path / name) is (name == ".")
