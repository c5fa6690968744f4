"""Writing so that a file is either whole or not there, and reading so that damage is noticed.

Everything is written beside its destination and renamed: a reader never sees half a file, whatever stops the writer.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from hornbook.errors import DamagedError, HornbookError, MissingError


def home() -> Path:
    """Where everything lies that is kept between runs: ``HORNBOOK_HOME``, or ``~/.cache/hornbook``."""
    return Path(os.environ.get("HORNBOOK_HOME") or "~/.cache/hornbook").expanduser()


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a path to write to; when the block ends well it takes the place of ``path``, otherwise it is removed.

    Raises:
        HornbookError: the disk is full or the folder cannot be written; ``path`` is as it was.
    """
    partial = path.with_name(f".{path.name}.partial-{os.getpid()}")
    try:
        with explained(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            yield partial
            flush(partial)
            os.replace(partial, path)
            flush(path.parent)
    finally:
        with suppress(OSError):  # where not even this can be asked, the first error says it all
            partial.unlink(missing_ok=True)


@contextmanager
def replacing_folder(path: Path) -> Iterator[Path]:
    """The same for a folder of files: yield an empty folder that takes the place of ``path`` when the block ends well.

    A folder cannot be exchanged in one step, so an old one is first moved aside; whoever finds ``path`` missing and
    ``.NAME.old`` beside it may move it back, and ``restore_folder`` does.
    """
    partial, old = path.with_name(f".{path.name}.partial-{os.getpid()}"), path.with_name(f".{path.name}.old")
    try:
        with explained(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir()
            yield partial
            for file in sorted(partial.rglob("*")):
                flush(file)
            flush(partial)
            if path.exists():
                shutil.rmtree(old, ignore_errors=True)
                os.replace(path, old)
            os.replace(partial, path)
            flush(path.parent)
            shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def restore_folder(path: Path) -> None:
    """Bring back a folder whose replacement was cut off between its two renames; otherwise do nothing."""
    old = path.with_name(f".{path.name}.old")
    if old.exists() and not path.exists():
        os.replace(old, path)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn the operating system's errors about ``path`` into sentences that say what to do."""
    try:
        yield
    except OSError as error:
        reason = {
            errno.ENOSPC: "the disk is full; free some space or choose another folder",
            errno.EDQUOT: "your disk quota is used up; free some space or choose another folder",
            errno.EFBIG: "the file would be larger than this system allows here; choose another folder",
            errno.EACCES: "the folder cannot be written by you; choose another one or change its permissions",
            errno.EPERM: "the folder cannot be written by you; choose another one or change its permissions",
            errno.EROFS: "the file system is read-only; choose another folder",
            errno.ENOTDIR: "a part of this path is a file, not a folder",
            errno.EEXIST: "a part of this path is a file, not a folder",
        }.get(error.errno or 0, error.strerror or str(error))
        raise HornbookError(f"cannot write {path}: {reason}") from error


def flush(path: Path) -> None:
    """Ask the system to put a file, or the names in a folder, on the disk itself."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:  # some file systems cannot sync a folder
        if not path.is_dir() or error.errno not in (errno.EINVAL, errno.EBADF):
            raise
    finally:
        os.close(handle)


def write_text(path: Path, text: str) -> None:
    """Write ``text`` as UTF-8, whole or not at all."""
    with replacing(path) as partial:
        partial.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as indented JSON, whole or not at all."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def read_text(path: Path) -> str:
    """The text of a file that has to be there; a missing one is a ``MissingError`` that names it."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise MissingError(f"{path} does not exist") from None
    except UnicodeDecodeError as error:
        raise DamagedError(f"{path} is not UTF-8 text: {error}") from error
    except (OSError, ValueError) as error:  # a folder, or a name that no file can have
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise MissingError(f"{str(path)[:200]} cannot be read: {reason}; give a file that can") from None


def is_there(path: Path) -> bool:
    """Whether there is such a file or folder; what the system takes for no name at all (too long, a zero in it) is
    not there."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def read_json(path: Path) -> Any:
    """The value in a JSON file; damage is a ``DamagedError`` that names the file."""
    return parsed_json(read_text(path), str(path))


def parsed_json(text: str, origin: str) -> Any:
    """The value that JSON says; ``DamagedError`` names its ``origin`` where it is none, or none that can be read."""
    try:
        return json.loads(text)
    except RecursionError:
        raise DamagedError(
            f"{origin} has lists or tables in each other more deeply than anything is read here"
        ) from None
    except ValueError as error:  # a number of thousands of digits is one, too
        raise DamagedError(f"{origin} is not whole JSON: {error}") from error


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hexadecimal, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()
