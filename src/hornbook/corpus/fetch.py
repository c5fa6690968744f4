"""Fetching named corpora into a cache, once, and making sure that what lies there is what was fetched.

A corpus lies in ``HORNBOOK_HOME/corpora/NAME`` (by default ``~/.cache/hornbook``); ``fetched.json`` beside them says
where each file came from and what its SHA-256 is. The folder ``corpora`` can be served as it is, by
``python -m http.server``, and used by others as ``HORNBOOK_MIRROR``: a mirror's address is followed by ``/NAME/FILE``.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hornbook.corpus.catalogue import CATALOGUE, Entry, RemoteFile
from hornbook.errors import DamagedError, HornbookError, MissingError, SettingError, nearest
from hornbook.files import explained, home, read_json, replacing, sha256_of, write_json

SECONDS = 30  # how long a server may be silent
RECORDS = "fetched.json"


class Progress(Protocol):
    """What a progress bar has to be able to do (tqdm's interface, as far as pooch uses it)."""

    total: int

    def update(self, amount: int) -> None:
        """So many bytes more have come."""

    def reset(self) -> None:
        """Begin anew."""

    def close(self) -> None:
        """It is finished."""


def silent(message: str) -> None:
    """Say nothing."""


@dataclass(frozen=True)
class Fetching:
    """How to fetch: from which mirror, whether a file with another hash will do, and whom to tell."""

    mirror: str | None = None
    accept: bool = False
    report: Callable[[str], None] = silent
    progress: Callable[[str], Progress] | None = None


def folder_of(entry: Entry) -> Path:
    """The folder of a corpus in the cache, whether or not it is there."""
    return home() / "corpora" / entry.name


def find_entry(name: str) -> Entry:
    """The corpus of this name in the catalogue.

    Raises:
        SettingError: there is none.
    """
    if name not in CATALOGUE:
        raise SettingError(
            f"corpus: {name!r} is not in the catalogue{nearest(name, CATALOGUE)}; there are {', '.join(CATALOGUE)}"
        )
    return CATALOGUE[name]


def fetch(
    name: str,
    from_file: Path | None = None,
    to: Path | None = None,
    mirror: str | None = None,
    parts: int | None = None,
    accept: bool = False,
    report: Callable[[str], None] = silent,
    progress: Callable[[str], Progress] | None = None,
) -> list[Path]:
    """Fetch a named corpus into the cache, or register a copy one already has, and return its files.

    What lies in the cache already is checked against its recorded hash and not fetched again.

    Args:
        name: a name in the catalogue.
        from_file: a file, a zip archive or a folder to take it from instead of from the network.
        to: a folder that gets copies of the files; their paths are returned instead.
        mirror: an address to use instead of the catalogue's; otherwise ``HORNBOOK_MIRROR``, if set.
        parts: only the first so many files of a corpus that has many.
        accept: take a file although its hash is not the expected one.
        report: is told, in sentences, what happens.
        progress: makes a progress bar for a file's name.

    Raises:
        SettingError: no such corpus, or no such number of parts.
        MissingError: the network, the server or the file cannot be reached.
        DamagedError: what came is not what was expected.
    """
    entry = find_entry(name)
    if parts is not None and not 1 <= parts <= len(entry.files):
        raise SettingError(
            f"parts: {name} has {len(entry.files)} files, so expected a number from 1 to that, found {parts}"
        )
    how = Fetching(mirror, accept, report, progress)
    if from_file is not None:
        paths = register(entry, from_file, how)
    else:
        paths = [fetch_file(entry, file, how) for file in entry.files[:parts]]
    if to is not None:
        paths = [copied(path, to / path.name) for path in paths]
    return paths


def fetch_file(entry: Entry, file: RemoteFile, how: Fetching) -> Path:
    """One file of a corpus, from the cache if it lies there unchanged, otherwise from the network."""
    target = folder_of(entry) / file.name
    if is_cached(entry, file):
        how.report(f"{entry.name}: {target} is there and unchanged")
        return target
    if target.exists():
        how.report(f"{entry.name}: {target} is not what was fetched; fetching it again")
    mirror = how.mirror or os.environ.get("HORNBOOK_MIRROR")
    url = f"{mirror.rstrip('/')}/{entry.name}/{file.name}" if mirror else file.url
    with explained(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = tempfile.TemporaryDirectory(prefix=".fetching-", dir=target.parent)
    with temporary as scratch:
        how.report(
            f"{entry.name}: fetching {url}" + (f" ({file.bytes:,} bytes)" if file.bytes and not file.archive else "")
        )
        arrived = download(entry, url, Path(scratch), how)
        if file.archive and not mirror:
            check_archive(file, arrived, url, how)
            arrived = unpack(arrived, file, Path(scratch))
        store(entry, file, arrived, url, how)
    return target


def download(entry: Entry, url: str, folder: Path, how: Fetching) -> Path:
    """The bytes at ``url`` as a file in ``folder``.

    Raises:
        MissingError: they cannot be had, with what to do instead.
    """
    import pooch
    import requests

    bar = how.progress(url.rsplit("/", 1)[-1]) if how.progress else False
    # pooch says each of its steps on its own logger; ours are said by `report`.
    pooch.get_logger().setLevel("ERROR")
    with explained(folder):
        try:
            downloader = pooch.HTTPDownloader(progressbar=bar, chunk_size=1 << 16, timeout=SECONDS)
            return Path(pooch.retrieve(url, known_hash=None, fname="arrived", path=folder, downloader=downloader))
        except requests.HTTPError as error:
            answer = error.response
            reason = f"the server answers {answer.status_code} {answer.reason}" if answer is not None else str(error)
        except requests.exceptions.ChunkedEncodingError:
            reason = "the connection was cut before the whole file had come (try again)"
        except requests.Timeout:
            reason = f"the server did not answer within {SECONDS} seconds"
        except requests.ConnectionError as error:
            reason = f"there is no connection to it ({innermost(error)})"
        except requests.RequestException as error:  # an address that is none, too many redirections
            reason = str(error)
    raise MissingError(
        f"{entry.name}: cannot fetch {url}: {reason}. If this machine has no network, register a copy you have with "
        f"'hornbook corpus fetch {entry.name} --from FILE', or name a server that has it by --mirror or HORNBOOK_MIRROR"
    )


def innermost(error: BaseException) -> str:
    """The last cause in a chain of errors, in its own words: "[Errno 111] Connection refused"."""
    seen = error
    for _ in range(8):
        inner = seen.__cause__ or seen.__context__ or getattr(seen, "reason", None)
        if not isinstance(inner, BaseException):
            break
        seen = inner
    return str(seen)


def check_archive(file: RemoteFile, path: Path, url: str, how: Fetching) -> None:
    """Hold an archive against its hash: a ``DamagedError`` unless it is the same, or any is to be accepted."""
    found = sha256_of(path)
    if file.archive and found != file.archive.sha256 and not how.accept:
        raise DamagedError(unexpected(url, file.archive.sha256, found))


def unpack(path: Path, file: RemoteFile, folder: Path) -> Path:
    """Take the file out of its archive into ``folder``."""
    member = file.archive.member if file.archive else file.name
    try:
        with zipfile.ZipFile(path) as archive, archive.open(member) as inner, (folder / "unpacked").open("wb") as out:
            shutil.copyfileobj(inner, out)
    except (zipfile.BadZipFile, KeyError) as error:
        raise DamagedError(f"{path.name}: expected a zip archive with {member!r} in it: {error}") from error
    return folder / "unpacked"


def store(entry: Entry, file: RemoteFile, path: Path, source: str, how: Fetching) -> Path:
    """Check a file that has arrived, put it (moved) or its copy into the cache and write down its hash."""
    found, records = sha256_of(path), read_records(entry)
    check(entry, file, found, path, source, how)
    target = folder_of(entry) / file.name
    with replacing(target) as partial:
        if path.parent.parent == target.parent:
            os.replace(path, partial)
        else:
            shutil.copyfile(path, partial)
    records[file.name] = {"sha256": found, "bytes": target.stat().st_size, "source": source}
    write_json(folder_of(entry) / RECORDS, {"schema": 1, "files": records})
    return target


def check(entry: Entry, file: RemoteFile, found: str, path: Path, source: str, how: Fetching) -> None:
    """Hold a file's hash against the catalogue's, or where that has none, against the one of the first fetch.

    Raises:
        DamagedError: it is another, and ``how`` does not accept that; or what came is a web page.
    """
    recorded = read_records(entry).get(file.name, {}).get("sha256")
    expected = file.sha256 or recorded
    if found == expected:
        how.report(f"{entry.name}: SHA-256 {found}, as expected")
    elif found in file.known_copies:
        how.report(f"{entry.name}: SHA-256 {found}, a copy that is known")
    elif how.accept:
        how.report(f"{entry.name}: SHA-256 {found}, accepted" + (f" instead of {expected}" if expected else ""))
    elif expected is not None:
        raise DamagedError(
            unexpected(source, str(expected), found) + f"; to use it all the same: fetch {entry.name} --accept"
        )
    elif file.name.endswith(".txt") and is_web_page(path):
        raise DamagedError(f"{source}: a web page came instead of the text; is there a log-in page in this network?")
    else:
        how.report(
            f"{entry.name}: SHA-256 {found}; none was known, so this one is written down and checked from now on"
        )


def unexpected(source: str, expected: str, found: str) -> str:
    """What to say about a file that has another hash."""
    return f"{source} is not the file that was expected: its SHA-256 is {found}, expected {expected}"


def is_web_page(path: Path) -> bool:
    """Whether a file begins as HTML does."""
    with path.open("rb") as file:
        return file.read(200).lstrip().lower().startswith((b"<!doctype html", b"<html"))


def read_records(entry: Entry) -> dict[str, dict[str, str | int]]:
    """What is written down about the cached files of a corpus; nothing if that is not there or damaged."""
    try:
        records: dict[str, dict[str, str | int]] = read_json(folder_of(entry) / RECORDS)["files"]
    except (HornbookError, KeyError, TypeError):
        return {}
    return records


def is_cached(entry: Entry, file: RemoteFile) -> bool:
    """Whether a file lies in the cache with the hash it was fetched with."""
    path = folder_of(entry) / file.name
    if not path.is_file():
        return False
    recorded = read_records(entry).get(file.name, {}).get("sha256")
    return sha256_of(path) in (recorded, file.sha256)


def cached_files(entry: Entry) -> int:
    """How many of a corpus' files lie in the cache (without looking into them)."""
    return sum((folder_of(entry) / file.name).is_file() for file in entry.files)


def register(entry: Entry, source: Path, how: Fetching) -> list[Path]:
    """Copy files one already has into the cache: one file, a zip archive with it, or a folder with several.

    Raises:
        MissingError: there is no such file, or nothing in it belongs to this corpus.
        DamagedError: it is not the file that it should be.
    """
    if not source.exists():
        raise MissingError(f"{source} does not exist; --from takes a file or folder with {entry.name} in it")
    given = sorted(path for path in source.rglob("*") if path.is_file()) if source.is_dir() else [source]
    matches = [(file, path) for path in given if (file := belonging(entry, path, alone=not source.is_dir()))]
    if not matches:
        names = ", ".join(file.name for file in entry.files[:3]) + (", ..." if len(entry.files) > 3 else "")
        raise MissingError(
            f"{source}: found nothing in it that belongs to {entry.name}, whose files are called {names}"
        )
    registered = []
    for file, path in matches:
        with tempfile.TemporaryDirectory(prefix="hornbook-") as scratch:
            unpacked = unpack(path, file, Path(scratch)) if file.archive and zipfile.is_zipfile(path) else path
            registered.append(store(entry, file, unpacked, str(path), how))
    return registered


def belonging(entry: Entry, path: Path, alone: bool) -> RemoteFile | None:
    """Which file of the corpus a file is: the one of its name, else of its hash, else the only one there is."""
    for file in entry.files:
        if path.name == file.name:
            return file
    if alone and len(entry.files) == 1:
        return entry.files[0]
    hashes: Iterable[RemoteFile] = (file for file in entry.files if file.sha256 or file.known_copies)
    found = sha256_of(path)
    return next((file for file in hashes if found in (file.sha256, *file.known_copies)), None)


def copied(path: Path, target: Path) -> Path:
    """A copy of a cached file at ``target``, which is returned."""
    with replacing(target) as partial:
        shutil.copyfile(path, partial)
    return target
