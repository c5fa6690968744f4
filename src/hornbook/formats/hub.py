"""Fetching a model from huggingface.co, or a server that speaks like it, over plain HTTPS.

The hub lists the files of a repository with their hashes: SHA-256 for large ones, git's for the others. Fetched is only
what an import needs, and never a pickle. A file is checked before it gets its name, and a connection that is cut is
taken up where it broke off, in this call or the next.

The repository ``owner/name`` is fetched into ``HORNBOOK_HOME/models/owner--name/REVISION``. ``HORNBOOK_HF_ENDPOINT`` is
the address of another server, ``HORNBOOK_HF_TOKEN`` or ``HF_TOKEN`` lets in where not everybody may go. What happens on
the wire is in hub_requests.py.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hornbook.corpus.fetch import Progress, silent
from hornbook.errors import DamagedError, HornbookError, MissingError, SettingError
from hornbook.files import explained, flush, home
from hornbook.formats.hub_requests import (
    Interrupted,
    Repository,
    Server,
    Unreachable,
    first_byte,
    keep_trying,
    wait_for_it,
)
from hornbook.formats.safetensors_files import EXECUTED, INDEX, SINGLE, read_index

HUB = "https://huggingface.co"
CONFIG, TOKENIZER = "config.json", "tokenizer.json"
SETTINGS = (CONFIG, "generation_config.json", "tokenizer_config.json", "special_tokens_map.json")
VOCABULARIES = ("vocab.json", "merges.txt", "vocab.txt", "spiece.model", "tokenizer.model")
"""What a tokenizer is made of where there is no ``tokenizer.json``."""
PIECE = 1 << 16
"""Bytes at a time; when a connection is cut, less than so many are lost."""
SOURCE = re.compile(r"hf:((?:\w[\w.-]*/)?\w[\w.-]*)(?:@(\w[\w./-]*))?", re.ASCII)

HASHES: dict[str, Callable[[int], Any]] = {
    "SHA-256": lambda size: hashlib.sha256(),
    "git hash": lambda size: hashlib.sha1(b"blob %d\0" % size),
}
"""How the hub names contents; git puts the size before them."""


@dataclass(frozen=True)
class RemoteFile:
    """A file on the hub; ``kind`` is a row of ``HASHES``."""

    path: str
    size: int
    kind: str
    digest: str


@dataclass(frozen=True)
class Telling:
    """Whom to tell what happens, and how to wait between attempts."""

    report: Callable[[str], None] = silent
    progress: Callable[[str], Progress] | None = None
    wait: Callable[[float], None] = wait_for_it


def download(
    source: str,
    to: Path | None = None,
    report: Callable[[str], None] = silent,
    progress: Callable[[str], Progress] | None = None,
    wait: Callable[[float], None] = wait_for_it,
) -> Path:
    """Fetch what an import needs of a model repository, and return the folder it lies in.

    What is there already, with the right hash, is not fetched again.

    Args:
        source: ``hf:owner/name``, or ``hf:owner/name@revision`` with a branch, tag or commit instead of ``main``.
        to: the folder, instead of the one in the cache.
        report: is told, in sentences, what happens.
        progress: makes a progress bar for a file's name.
        wait: is given the seconds to wait before another attempt.

    Raises:
        SettingError: ``source`` is no such name.
        MissingError: the hub, the repository or a file that is needed cannot be had; what to do instead is said.
        DamagedError: what came is not what the hub had promised.
        HornbookError: it does not fit on the disk, or the folder cannot be written.
    """
    repository, how = repository_of(source), Telling(report, progress, wait)
    server, folder = Server(repository), to or folder_of(repository)
    there = list_files(server, folder, how)
    for file in described(there, repository):
        fetch_file(server, file, folder, how)
    weights = [there[SINGLE]] if SINGLE in there else shards(there, repository, folder)
    check_space(weights, folder)
    for file in weights:
        fetch_file(server, file, folder, how)
    return folder


def repository_of(source: str) -> Repository:
    """The repository that ``hf:owner/name@revision`` names, on the server that the environment names."""
    match = SOURCE.fullmatch(source)
    if match is None:
        raise SettingError(
            f"{source!r}: expected hf:OWNER/NAME or hf:OWNER/NAME@REVISION, as in hf:openai-community/gpt2"
        )
    endpoint = os.environ.get("HORNBOOK_HF_ENDPOINT") or HUB
    return Repository(endpoint.rstrip("/"), match[1], match[2] or "main")


def folder_of(repository: Repository) -> Path:
    """The folder of a repository in the cache, whether or not it is there."""
    return home() / "models" / repository.name.replace("/", "--") / repository.revision.replace("/", "--")


# What there is and what is needed of it -------------------------------------------------------------------------------


def list_files(server: Server, folder: Path, how: Telling) -> dict[str, RemoteFile]:
    """The files of a repository by their paths.

    Raises:
        MissingError: there is no such repository, it is not open, or there is no connection.
    """
    repository = server.repository
    how.report(f"{repository.name}: asking {repository.endpoint} for its files")
    try:
        entries = keep_trying(lambda: listed(server, folder), lambda: 0, repository.name, how.report, how.wait)
    except Interrupted as error:
        raise MissingError(by_hand(repository, folder, error)) from error
    try:
        files = [remote_file(entry) for entry in entries if entry["type"] == "file"]
    except (KeyError, TypeError, ValueError) as error:
        raise MissingError(
            f"{repository.endpoint} lists the files of {repository.name} in a way that is not understood ({error!r}); "
            "check HORNBOOK_HF_ENDPOINT, or download them by hand and run 'hornbook import FOLDER'"
        ) from error
    return {file.path: file for file in files}


def listed(server: Server, folder: Path) -> list[dict[str, Any]]:
    """The hub's own list; without any connection, patience would not help, and it is said at once."""
    try:
        return server.entries()
    except Unreachable as error:
        raise MissingError(by_hand(server.repository, folder, error)) from error


def by_hand(repository: Repository, folder: Path, error: Interrupted) -> str:
    """What cannot be reached, and how to do without it."""
    earlier = f", or use the copy that is in {folder}" if (folder / CONFIG).is_file() else ""
    return (
        f"{repository.name}: cannot reach {repository.endpoint}: {error}. Without a network, download the files at "
        f"{repository.page} elsewhere{earlier}, and run 'hornbook import FOLDER'"
    )


def remote_file(entry: Mapping[str, Any]) -> RemoteFile:
    """A file from its entry in the hub's list; large ones are kept apart (``lfs``) and have a hash of their own."""
    large = entry.get("lfs")
    kind, source = ("SHA-256", large) if large else ("git hash", entry)
    if not re.fullmatch(r"[0-9a-f]{40,64}", source["oid"]):
        raise ValueError(f"{source['oid']!r} is no hash")
    return RemoteFile(str(entry["path"]), int(source["size"]), kind, source["oid"])


def described(there: Mapping[str, RemoteFile], repository: Repository) -> list[RemoteFile]:
    """All that is needed beside the weights: settings, tokenizer, and the index where the weights are in shards.

    Raises:
        MissingError: there are no settings, or no weights that can be read without executing them.
    """
    if SINGLE not in there and INDEX not in there:
        pickles = sorted(path for path in there if path.endswith(EXECUTED))
        found = f"only {', '.join(pickles[:3])}" if pickles else "no weights that Hornbook reads"
        why = ", and loading such a file would run whatever program is hidden in it" if pickles else ""
        raise MissingError(
            f"{repository.name} has no {SINGLE} at revision {repository.revision}, {found}{why}; "
            f"look for another copy of the model, or for a converted revision at {repository.page}"
        )
    if CONFIG not in there:
        raise MissingError(
            f"{repository.name} has no {CONFIG}, so nothing says what model it is; choose another repository"
        )
    tokenizer = (TOKENIZER,) if TOKENIZER in there else VOCABULARIES
    index = () if SINGLE in there else (INDEX,)
    return [there[path] for path in (*SETTINGS, *tokenizer, *index) if path in there]


def shards(there: Mapping[str, RemoteFile], repository: Repository, folder: Path) -> list[RemoteFile]:
    """The files that the index names; ``DamagedError`` when the repository has not all of them."""
    names = sorted(set(read_index(folder / INDEX).values()))
    for name in names:
        if name not in there or not name.endswith(".safetensors"):
            raise DamagedError(
                f"{repository.name}: its index names {name!r}, which is no safetensors file of the repository; "
                "it is not whole: choose another revision"
            )
    return [there[name] for name in names]


def check_space(files: list[RemoteFile], folder: Path) -> None:
    """Refuse to begin what cannot fit on the disk."""
    needed = sum(file.size - size_of(folder / file.path) - size_of(partial_of(file, folder)) for file in files)
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise HornbookError(
            f"cannot write {folder}: the weights take {needed / 1e9:,.1f} GB more, and the disk has "
            f"{free / 1e9:,.1f} GB; free some space or set HORNBOOK_HOME to another disk"
        )


# One file -------------------------------------------------------------------------------------------------------------


def fetch_file(server: Server, file: RemoteFile, folder: Path, how: Telling) -> None:
    """Bring one file into ``folder``, checked against its hash, unless it is there."""
    target, partial = folder / file.path, partial_of(file, folder)
    with explained(target):
        if target.is_file() and size_of(target) == file.size and digest_of(target, file) == file.digest:
            how.report(f"{file.path}: is there and unchanged")
            return
        folder.mkdir(parents=True, exist_ok=True)
        how.report(f"{file.path}: fetching {file.size:,} bytes")
        with counting(file, how) as arrived:
            try:
                keep_trying(
                    lambda: go_on(server, file, partial, arrived),
                    lambda: size_of(partial),
                    file.path,
                    how.report,
                    how.wait,
                )
            except Interrupted as error:
                raise MissingError(
                    f"{server.repository.name}: cannot fetch {file.path}: {error}. What has come so far is kept: "
                    "the same command goes on from there. Or download them by hand and run 'hornbook import FOLDER'"
                ) from error
        flush(partial)
        os.replace(partial, target)
        flush(folder)
        for older in folder.glob(f".{file.path}.*.part"):  # of another version, which nobody will go on with
            older.unlink()


def go_on(server: Server, file: RemoteFile, partial: Path, arrived: Callable[[int], None]) -> None:
    """Fetch what is still missing of a file, and check the whole.

    Raises:
        Interrupted: it may go better next time.
        DamagedError: all has come, in one go, and it is another file than was promised.
    """
    have = size_of(partial)
    if have < file.size or not have:
        with server.ask(server.repository.url(file.path), start=have) as answer:
            if first_byte(answer) != have:  # a server may well send all of it again
                have = 0
            receive(answer.iter_content(PIECE), partial, have, file, arrived)
    found = digest_of(partial, file)
    if found == file.digest:
        return
    partial.unlink()
    if have:
        raise Interrupted("what came before and what came now do not make up the file; fetching it anew")
    raise DamagedError(
        f"{server.repository.url(file.path)} is not the file that was expected: its {file.kind} is {found}, "
        f"expected {file.digest}; try again, in case it is just being replaced"
    )


def receive(
    pieces: Iterator[bytes], partial: Path, have: int, file: RemoteFile, arrived: Callable[[int], None]
) -> None:
    """Write what comes behind the first ``have`` bytes; too little is ``Interrupted``, too much a ``DamagedError``."""
    arrived(have)
    with partial.open("ab" if have else "wb") as out:
        for piece in pieces:
            have += len(piece)
            if have > file.size:
                partial.unlink()
                raise DamagedError(
                    f"{file.path}: more than the {file.size:,} bytes came that the hub had promised; try again"
                )
            out.write(piece)
            arrived(have)
    if have < file.size:
        raise Interrupted(f"the connection was cut after {have:,} of {file.size:,} bytes")


@contextmanager
def counting(file: RemoteFile, how: Telling) -> Iterator[Callable[[int], None]]:
    """A function to be told how many bytes are there, which moves a progress bar if there is one."""
    if how.progress is None:
        yield lambda so_far: None
        return
    bar, shown = how.progress(file.path), 0
    bar.total = file.size

    def arrived(so_far: int) -> None:
        nonlocal shown
        if so_far < shown:
            bar.reset()
            shown = 0
        bar.update(so_far - shown)
        shown = so_far

    try:
        yield arrived
    finally:
        bar.close()


def partial_of(file: RemoteFile, folder: Path) -> Path:
    """Where a file lies until it is whole; its hash is in the name, so that only the same file is ever gone on with."""
    return folder / f".{file.path}.{file.digest[:16]}.part"


def size_of(path: Path) -> int:
    """The bytes of a file, 0 where there is none."""
    with suppress(FileNotFoundError):
        return path.stat().st_size
    return 0


def digest_of(path: Path, file: RemoteFile) -> str:
    """The hash of a file on the disk, of the kind that the hub gives for ``file``."""
    digest = HASHES[file.kind](path.stat().st_size)
    with path.open("rb") as whole:
        while piece := whole.read(PIECE):
            digest.update(piece)
    return str(digest.hexdigest())
