"""Fetching from a real server on this machine: what is right is kept, what is wrong is refused, no half file stays."""

from __future__ import annotations

import hashlib
import json
import os
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path

import pytest

from hornbook.corpus import fetch as fetching
from hornbook.corpus.catalogue import CATALOGUE, Archive, Entry, RemoteFile
from hornbook.corpus.fetch import fetch
from hornbook.errors import DamagedError, HornbookError, MissingError, SettingError
from hornbook.files import home

POEM = b"The curfew tolls the knell of parting day,\n" * 101
OTHER = b"Some other poem.\n"


def sha256(data: bytes) -> str:
    """The SHA-256 of some bytes."""
    return hashlib.sha256(data).hexdigest()


@dataclass
class Server:
    """A server of a few pages: ``pages`` by path, ``promised`` sizes that are not true, and what was asked for."""

    address: str = ""
    pages: dict[str, bytes] = field(default_factory=dict)
    promised: dict[str, int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def server() -> Iterator[Server]:
    """A running server that has the poem."""
    pages = Server(pages={"/poem.txt": POEM})

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            pages.asked.append(self.path)
            if self.path not in pages.pages:
                self.send_error(404)
                return
            body = pages.pages[self.path]
            self.send_response(200)
            self.send_header("Content-Length", str(pages.promised.get(self.path, len(body))))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            pass

    with serving(Handler) as address:
        pages.address = address
        yield pages


class serving:
    """``with serving(handler) as address``: a server in a thread."""

    def __init__(self, handler: object) -> None:
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), handler)  # type: ignore[arg-type]

    def __enter__(self) -> str:
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()
        return f"http://127.0.0.1:{self.http.server_port}"

    def __exit__(self, *error: object) -> None:
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture
def poem(server: Server, monkeypatch: pytest.MonkeyPatch) -> Entry:
    """A corpus in the catalogue, pinned, that lies on the server."""
    return listed(monkeypatch, RemoteFile("poem.txt", f"{server.address}/poem.txt", len(POEM), sha256(POEM)))


def listed(monkeypatch: pytest.MonkeyPatch, *files: RemoteFile) -> Entry:
    """A corpus of these files, in the catalogue for one test."""
    entry = Entry("poem", "An elegy", "public domain", files, 4343)
    monkeypatch.setitem(CATALOGUE, "poem", entry)
    return entry


def cache() -> list[str]:
    """The files in the cache."""
    return sorted(str(path.relative_to(home())) for path in home().rglob("*") if path.is_file())


def test_a_corpus_is_fetched_once_and_then_taken_from_the_cache(server: Server, poem: Entry) -> None:
    told: list[str] = []
    [path] = fetch("poem", report=told.append)
    assert path == home() / "corpora" / "poem" / "poem.txt"
    assert path.read_bytes() == POEM
    assert fetch("poem", report=told.append) == [path]
    assert server.asked == ["/poem.txt"]
    assert cache() == ["corpora/poem/fetched.json", "corpora/poem/poem.txt"]
    assert [path.name for path in path.parent.iterdir() if path.name.startswith(".")] == []
    assert "as expected" in told[1]
    assert "there and unchanged" in told[-1]


def test_where_it_came_from_is_written_down(server: Server, poem: Entry) -> None:
    [path] = fetch("poem")
    records = json.loads((path.parent / "fetched.json").read_text(encoding="utf-8"))
    expected = {"sha256": sha256(POEM), "bytes": len(POEM), "source": f"{server.address}/poem.txt"}
    assert records == {"schema": 1, "files": {"poem.txt": expected}}


def test_a_file_with_another_hash_is_refused_and_not_kept(server: Server, poem: Entry) -> None:
    server.pages["/poem.txt"] = OTHER
    with pytest.raises(DamagedError, match=f"its SHA-256 is {sha256(OTHER)}, expected {sha256(POEM)}"):
        fetch("poem")
    assert cache() == []


def test_a_file_with_another_hash_can_be_accepted(server: Server, poem: Entry) -> None:
    server.pages["/poem.txt"] = OTHER
    told: list[str] = []
    [path] = fetch("poem", accept=True, report=told.append)
    assert path.read_bytes() == OTHER
    assert f"accepted instead of {sha256(POEM)}" in told[-1]
    assert fetch("poem") == [path]
    assert len(server.asked) == 1


def test_a_cached_file_that_was_changed_is_fetched_again(server: Server, poem: Entry) -> None:
    [path] = fetch("poem")
    path.write_bytes(POEM[:-1])
    fetch("poem")
    assert path.read_bytes() == POEM
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda server: server.pages.clear(), r"the server answers 404 Not Found"),
        (lambda server: server.promised.update({"/poem.txt": len(POEM) + 7}), "cut before the whole file had come"),
    ],
)
def test_a_server_that_does_not_deliver_is_named_with_what_to_do(
    server: Server, poem: Entry, break_it: object, message: str
) -> None:
    break_it(server)  # type: ignore[operator]
    with pytest.raises(MissingError, match=message) as error:
        fetch("poem")
    assert f"cannot fetch {server.address}/poem.txt" in str(error.value)
    assert "hornbook corpus fetch poem --from FILE" in str(error.value)
    assert "HORNBOOK_MIRROR" in str(error.value)
    assert cache() == []


def test_no_network_is_said_with_the_address_and_what_to_do(server: Server, poem: Entry) -> None:
    with serving(BaseHTTPRequestHandler) as closed:
        pass
    with pytest.raises(MissingError, match="Connection refused") as error:
        fetch("poem", mirror=closed)
    assert f"{closed}/poem/poem.txt" in str(error.value)
    assert "--from FILE" in str(error.value)
    assert error.value.exit_code == 3
    assert cache() == []


def test_an_address_that_is_none_is_said(poem: Entry) -> None:
    with pytest.raises(MissingError, match="cannot fetch somewhere/poem/poem"):
        fetch("poem", mirror="somewhere")


def test_an_unpinned_file_is_checked_against_its_first_fetch(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    listed(monkeypatch, RemoteFile("poem.txt", f"{server.address}/poem.txt"))
    told: list[str] = []
    [path] = fetch("poem", report=told.append)
    assert "written down and checked from now on" in told[-1]
    path.unlink()
    server.pages["/poem.txt"] = OTHER
    with pytest.raises(DamagedError, match=f"expected {sha256(POEM)}"):
        fetch("poem")
    server.pages["/poem.txt"] = POEM
    fetch("poem", report=told.append)
    assert "as expected" in told[-1]


def test_a_log_in_page_is_not_taken_for_a_book(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    listed(monkeypatch, RemoteFile("poem.txt", f"{server.address}/poem.txt"))
    server.pages["/poem.txt"] = b"\n<!DOCTYPE html><html><title>Welcome to our hotel</title>"
    with pytest.raises(DamagedError, match="a web page came instead of the text"):
        fetch("poem")
    assert cache() == []


def test_a_mirror_is_an_address_followed_by_name_and_file(
    server: Server, poem: Entry, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.pages["/mirror/poem/poem.txt"] = POEM
    monkeypatch.setenv("HORNBOOK_MIRROR", f"{server.address}/mirror/")
    fetch("poem")
    assert server.asked == ["/mirror/poem/poem.txt"]


def test_a_cache_served_as_it_is_is_a_mirror(
    server: Server, poem: Entry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fetch("poem")
    served = home() / "corpora"

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *arguments: object) -> None:
            pass

    monkeypatch.setenv("HORNBOOK_HOME", str(tmp_path / "another"))
    with serving(partial(Quiet, directory=str(served))) as address:
        [path] = fetch("poem", mirror=address)
    assert path.is_relative_to(tmp_path / "another")
    assert path.read_bytes() == POEM


def test_a_copy_one_has_is_registered_without_any_network(server: Server, poem: Entry, tmp_path: Path) -> None:
    (tmp_path / "mine").write_bytes(POEM)
    [path] = fetch("poem", from_file=tmp_path / "mine")
    assert path.read_bytes() == POEM
    assert (tmp_path / "mine").exists()
    assert fetch("poem") == [path]
    assert server.asked == []


def test_a_copy_with_another_hash_is_refused_unless_accepted(poem: Entry, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_bytes(OTHER)
    with pytest.raises(DamagedError, match=r"mine\.txt is not the file that was expected.*--accept"):
        fetch("poem", from_file=tmp_path / "mine.txt")
    assert cache() == []
    assert fetch("poem", from_file=tmp_path / "mine.txt", accept=True)[0].read_bytes() == OTHER


def test_a_known_copy_is_welcome(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = RemoteFile(
        "poem.txt", "https://nowhere.invalid/poem.txt", sha256=sha256(POEM), known_copies=(sha256(OTHER),)
    )
    listed(monkeypatch, file)
    (tmp_path / "mine.txt").write_bytes(OTHER)
    told: list[str] = []
    fetch("poem", from_file=tmp_path / "mine.txt", report=told.append)
    assert "a copy that is known" in told[-1]


def test_a_copy_that_is_not_there_is_said(poem: Entry, tmp_path: Path) -> None:
    with pytest.raises(MissingError, match=r"mine\.txt does not exist"):
        fetch("poem", from_file=tmp_path / "mine.txt")
    with pytest.raises(MissingError, match=r"nothing in it that belongs to poem, whose files are called poem\.txt"):
        fetch("poem", from_file=tmp_path)


def test_shards_are_told_apart_by_name_and_by_hash(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    names = ["one.txt", "two.txt", "three.txt"]
    listed(monkeypatch, *(RemoteFile(name, "https://nowhere.invalid/", sha256=sha256(name.encode())) for name in names))
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "two.txt").write_text("two.txt", encoding="utf-8")
    (tmp_path / "renamed").write_text("three.txt", encoding="utf-8")
    (tmp_path / "unrelated").write_text("four.txt", encoding="utf-8")
    assert [path.name for path in fetch("poem", from_file=tmp_path)] == ["three.txt", "two.txt"]
    assert fetching.cached_files(CATALOGUE["poem"]) == 2
    with pytest.raises(MissingError, match="nothing in it that belongs"):
        fetch("poem", from_file=tmp_path / "unrelated")


def test_only_as_many_parts_as_asked_for_are_fetched(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.pages |= {f"/{index}": b"text" for index in range(5)}
    listed(monkeypatch, *(RemoteFile(f"{index}.txt", f"{server.address}/{index}") for index in range(5)))
    assert [path.name for path in fetch("poem", parts=2)] == ["0.txt", "1.txt"]
    assert server.asked == ["/0", "/1"]
    for parts in (0, 6):
        with pytest.raises(SettingError, match=f"poem has 5 files, so expected a number from 1 to that, found {parts}"):
            fetch("poem", parts=parts)


def zipped(name: str, data: bytes) -> bytes:
    """A zip archive with one file in it."""
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, data)
    return buffer.getvalue()


def test_a_file_is_taken_out_of_its_archive(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    packed = zipped("inner/Poem", POEM)
    server.pages["/poem.zip"] = packed
    file = RemoteFile("poem.txt", f"{server.address}/poem.zip", len(POEM), sha256(POEM))
    file = replace(file, archive=Archive("inner/Poem", sha256(packed)))
    listed(monkeypatch, file)
    [path] = fetch("poem")
    assert path.read_bytes() == POEM
    path.unlink()
    (tmp_path / "mine.zip").write_bytes(packed)
    assert fetch("poem", from_file=tmp_path / "mine.zip")[0].read_bytes() == POEM
    path.unlink()
    server.pages["/poem.zip"] = packed[:-9]
    with pytest.raises(DamagedError, match=r"poem\.zip is not the file that was expected"):
        fetch("poem")
    with pytest.raises(DamagedError, match="expected a zip archive with 'inner/Poem' in it"):
        fetch("poem", accept=True)
    assert cache() == ["corpora/poem/fetched.json"]


def test_a_mirror_has_the_file_and_not_the_archive(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.pages["/poem/poem.txt"] = POEM
    file = RemoteFile("poem.txt", "https://nowhere.invalid/poem.zip", len(POEM), sha256(POEM))
    listed(monkeypatch, replace(file, archive=Archive("inner/Poem", sha256(b""))))
    assert fetch("poem", mirror=server.address)[0].read_bytes() == POEM


def test_copies_go_where_they_are_asked_for(poem: Entry, tmp_path: Path) -> None:
    [path] = fetch("poem", to=tmp_path / "here")
    assert path == tmp_path / "here" / "poem.txt"
    assert path.read_bytes() == POEM
    assert "corpora/poem/poem.txt" in cache()


def test_an_unknown_name_gets_the_nearest(poem: Entry) -> None:
    with pytest.raises(SettingError, match=r"'peom' is not in the catalogue \(did you mean 'poem'\?\)"):
        fetch("peom")


def test_a_cache_that_cannot_be_written_is_said(poem: Entry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    monkeypatch.setenv("HORNBOOK_HOME", str(tmp_path / "file"))
    with pytest.raises(HornbookError, match=r"cannot write .*poem\.txt: a part of this path is a file"):
        fetch("poem")


def test_without_a_home_of_its_own_the_cache_is_in_the_user_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HORNBOOK_HOME")
    assert home() == Path(os.path.expanduser("~/.cache/hornbook"))  # noqa: PTH111


def test_progress_is_shown_file_by_file(server: Server, poem: Entry) -> None:
    @dataclass
    class Bar:
        name: str
        total: int = 0
        done: int = 0
        closed: bool = False

        def update(self, amount: int) -> None:
            self.done += amount

        def reset(self) -> None:
            self.done = 0

        def close(self) -> None:
            self.closed = True

    bars: list[Bar] = []

    def start(name: str) -> Bar:
        bars.append(Bar(name))
        return bars[-1]

    fetch("poem", progress=start)
    assert bars == [Bar("poem.txt", len(POEM), len(POEM), True)]


def test_real_copies_can_be_registered_and_only_them(shared: Path) -> None:
    corpora = shared / "corpora"
    for name in ("tinyshakespeare", "the_verdict", "moby_dick", "dorothy_and_the_wizard_in_oz"):
        told: list[str] = []
        fetch(name, from_file=corpora / f"{name}.txt", report=told.append)
        assert "as expected" in told[-1] or "a copy that is known" in told[-1]
    fetch("sms_spam", from_file=corpora / "sms_spam_collection.tsv")
    with pytest.raises(DamagedError, match="is not the file that was expected"):
        fetch("tinyshakespeare", from_file=corpora / "moby_dick.txt")
