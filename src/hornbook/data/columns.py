"""A prepared folder whose data are rows of several texts: what pairs and labelled texts have in common on the disk.

Each column of texts (``source`` and ``target``, or ``text`` alone) is a token file of its own in each part, whose
document i is the text of row i: ``train.source.tokens``. Beside them stand ``tokenizer/`` and ``data.json`` (``schema``
1), which says by ``kind`` what the rows are.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

import numpy as np
import numpy.typing as npt

from hornbook.corpus.documents import Document
from hornbook.data.config import DataConfig
from hornbook.data.prepare import LEARN_FROM_ALL, information, require_vocabulary, saved_fingerprint, source_of
from hornbook.data.split import Division, Part, divide
from hornbook.data.spool import Spool
from hornbook.data.token_file import TokenFile, writing
from hornbook.data.tokenizing import write_part
from hornbook.errors import DamagedError, MissingError, SettingError, TextError
from hornbook.files import explained, read_json, replacing_folder, restore_folder, write_json
from hornbook.tokenizers.build import build_tokenizer
from hornbook.tokenizers.config import TokenizerConfig
from hornbook.tokenizers.protocol import Tokenizer
from hornbook.tokenizers.saved import load_tokenizer

SCHEMA = 1
PARTS = ("train", "validation")
OURS = {"tokenizer", "data.json"}
"""What a prepared folder holds beside the files of its parts, whose names begin with the part."""

SHORT = 512
"""Bytes up to which a text is short."""

Report = Callable[[str], None]
Texts = tuple[Document, ...]
"""The texts of a row, one for each column."""


@dataclasses.dataclass(frozen=True)
class Rows:
    """What is to be prepared: rows to learn from, and rows to measure with where they were set aside already.

    ``beside(folder, division)`` writes what belongs to the rows and is no text, and returns what ``data.json`` has to
    say of it.
    """

    kind: str
    columns: tuple[str, ...]
    training: Iterable[Texts]
    held_out: Iterable[Texts] | None
    beside: Callable[[Path, Division], dict[str, Any]] = lambda folder, division: {}


def named_or_paths(config: DataConfig) -> str | tuple[str, ...]:
    """The name of the corpus, or the paths of the files (``SettingError`` where there is neither)."""
    if config.corpus is None and not config.text:
        raise SettingError("text: found neither text nor corpus; give text = [FILE, ...] or corpus = NAME")
    return config.corpus or config.text


def prepare_rows(
    rows: Rows, config: DataConfig, tokenizer: TokenizerConfig | Tokenizer, out: Path, seed: int, report: Report
) -> None:
    """Lay down, divide and tokenize the rows into the folder ``out``, which appears whole or not at all.

    Raises:
        SettingError: ``out`` holds something that is not prepared data.
        TextError: there are no rows, or too few to be divided.
        HornbookError: the disk is full or the folder cannot be written.
    """
    require_replaceable(out)
    with replacing_folder(out) as folder:
        with spooled(folder, rows.columns) as spools:
            division = lay_down(rows, spools, config, seed)
            tell(spools, division, report)
            ready = ready_tokenizer(tokenizer, spools, division, report)
            ready.save(folder / "tokenizer")
            info = described(rows, config, spools, division, seed) | rows.beside(folder, division)
            info |= write_parts(folder, spools, division, ready, report)
        write_json(folder / "data.json", info)


def require_replaceable(out: Path) -> None:
    """Refuse to replace a folder that holds anything but prepared data (``SettingError``)."""
    with explained(out):
        restore_folder(out)
        if out.is_file():
            raise SettingError(f"out: {out} is a file; give the name of a folder")
        names = {entry.name for entry in out.iterdir()} if out.exists() else set()
    strange = sorted(name for name in names - OURS if not name.startswith(tuple(f"{part}." for part in PARTS)))
    if strange:
        raise SettingError(
            f"out: {out} holds {strange[0]!r}, which is not prepared data; give a new or empty folder, "
            "or one where data were prepared before"
        )


@contextmanager
def spooled(folder: Path, columns: Sequence[str]) -> Iterator[dict[str, Spool]]:
    """A spool for every column."""
    with ExitStack() as stack:
        yield {column: stack.enter_context(Spool(folder / f"{column}.spool")) for column in columns}


def lay_down(rows: Rows, spools: Mapping[str, Spool], config: DataConfig, seed: int) -> Division:
    """Lay down all rows and divide them: as they were set aside, or by whole rows, told apart by their first text."""
    counts = []
    for part in (rows.training, rows.held_out or ()):
        for texts in part:
            for spool, text in zip(spools.values(), texts, strict=True):
                spool.add(text)
        counts.append(len(spools[rows.columns[0]]))
    trained, total = counts
    if not trained:
        raise TextError(f"{source_of(config)}: found no {rows.kind} in it")
    if rows.held_out is not None:
        return Division(Part(list(range(trained))), Part(list(range(trained, total))))
    return divide(spools[rows.columns[0]], dataclasses.replace(config, split="document"), seed)


def tell(spools: Mapping[str, Spool], division: Division, report: Report) -> None:
    """Say what was found and how it was divided."""
    sizes = ", ".join(f"{spool.starts[-1]:,} bytes of {column}" for column, spool in spools.items())
    train, validation = len(division.train.documents), len(division.validation.documents)
    report(f"read {train + validation + division.duplicates:,} rows: {sizes}")
    report(f"{train:,} rows for training, {validation:,} for validation")
    if division.duplicates:
        report(f"dropped {division.duplicates:,} rows from validation that training has too")


def ready_tokenizer(
    tokenizer: TokenizerConfig | Tokenizer, spools: Mapping[str, Spool], division: Division, report: Report
) -> Tokenizer:
    """The tokenizer that was given, or one learned from all columns of the rows for training."""
    if isinstance(tokenizer, Tokenizer):
        return tokenizer
    rows: Sequence[int] = division.train.documents
    if isinstance(tokenizer, LEARN_FROM_ALL):
        rows = [*rows, *division.validation.documents]
    ready = build_tokenizer(tokenizer, chain.from_iterable(spool.texts(rows) for spool in spools.values()))
    report(f"tokenizer: {ready.kind} with {ready.vocab_size:,} tokens")
    return ready


def described(
    rows: Rows, config: DataConfig, spools: Mapping[str, Spool], division: Division, seed: int
) -> dict[str, Any]:
    """What ``data.json`` says of where the rows came from."""
    first = spools[rows.columns[0]]
    source = {
        "name": source_of(config),
        "rows": len(first),
        "bytes": {column: spool.starts[-1] for column, spool in spools.items()},
        "sha256": {column: spool.sha256() for column, spool in spools.items()},
    }
    return information(config, first, division, seed) | {"kind": rows.kind, "source": source}


def write_parts(
    folder: Path, spools: Mapping[str, Spool], division: Division, tokenizer: Tokenizer, report: Report
) -> dict[str, Any]:
    """Tokenize every column of both parts; what ``data.json`` says of them and of the tokenizer."""
    vocabulary, end = saved_fingerprint(folder / "tokenizer"), tokenizer.roles.end
    info: dict[str, Any] = {
        "tokenizer": {"kind": tokenizer.kind, "vocab_size": tokenizer.vocab_size, "vocabulary_hash": vocabulary}
    }
    for name, part in zip(PARTS, (division.train, division.validation), strict=True):
        info[name] = {}
        for column, spool in spools.items():
            path = folder / f"{name}.{column}.tokens"
            with writing(path, tokenizer.vocab_size, vocabulary, end) as writer:
                write_part(writer, spool, part, tokenizer, workers_for(spool))
            header = TokenFile.open(path).header
            info[name][column] = {key: header[key] for key in ("documents", "tokens", "bytes", "sha256")}
        sizes = [f"{each['tokens']:,} tokens of {column}" for column, each in info[name].items()]
        report(f"{name}: {', '.join(sizes)}")
    return info


def workers_for(spool: Spool) -> int | None:
    """One thread for short texts, which take less time than handing them to another; otherwise all cores."""
    return 1 if spool.starts[-1] < SHORT * len(spool) else None


# Reading --------------------------------------------------------------------------------------------------------------


def open_rows(
    folder: Path, kind: str, columns: Sequence[str]
) -> tuple[dict[str, Any], Tokenizer, list[list[TokenFile]]]:
    """What ``data.json`` says, the tokenizer, and for each part the token files of its columns.

    Raises:
        MissingError: the folder is not there, or something in it is not.
        DamagedError: a file is damaged, the columns differ in length, or other data lie there.
    """
    restore_folder(folder)
    path = folder / "data.json"
    if not path.exists():
        raise MissingError(f"{folder} holds no prepared data: there is no data.json; prepare the {kind} first")
    info = read_json(path)
    if not isinstance(info, dict) or info.get("schema") != SCHEMA:
        raise DamagedError(f"{path}: expected schema {SCHEMA}; prepare the {kind} again")
    if info.get("kind") != kind:
        raise DamagedError(
            f"{path}: expected prepared {kind}, found {info.get('kind', 'text')}; prepare the {kind} in a folder of "
            "their own"
        )
    tokenizer, found = load_tokenizer(folder / "tokenizer"), saved_fingerprint(folder / "tokenizer")
    parts = [[TokenFile.open(folder / f"{part}.{column}.tokens") for column in columns] for part in PARTS]
    for files in parts:
        for file in files:
            require_vocabulary(file, tokenizer, found)
            if file.documents != files[0].documents:
                raise DamagedError(
                    f"{file.path} has {file.documents:,} rows, {files[0].path.name} has {files[0].documents:,}; "
                    f"prepare the {kind} again"
                )
    return info, tokenizer, parts


@runtime_checkable
class RowFile(Protocol):
    """One part of prepared rows."""

    @property
    def files(self) -> tuple[TokenFile, ...]:
        """The token file of every column."""
        ...

    def __len__(self) -> int:
        """How many rows there are."""
        ...


RowsOf = TypeVar("RowsOf", bound=RowFile)


@dataclasses.dataclass(frozen=True)
class PreparedRows(Generic[RowsOf]):
    """A prepared folder of rows: its two parts, their tokenizer, and what ``data.json`` says about them."""

    folder: Path
    train: RowsOf
    validation: RowsOf
    tokenizer: Tokenizer
    info: dict[str, Any]

    @property
    def size(self) -> str:
        """How much there is to train on, in words."""
        tokens = sum(len(file) for file in self.train.files)
        return f"{len(self.train):,} training {self.info['kind']} of {tokens:,} tokens"

    @property
    def hashes(self) -> dict[str, str]:
        """The SHA-256 of every token file."""
        files = [file for part in (self.train, self.validation) for file in part.files]
        return {file.path.name.removesuffix(".tokens"): str(file.header["sha256"]) for file in files}

    @property
    def about(self) -> dict[str, Any]:
        """What a run has to remember of its data beside the tokenizer: nothing."""
        return {}

    def verify(self) -> None:
        """Read every token file and compare it with its checksum (``DamagedError``)."""
        for part in (self.train, self.validation):
            for file in part.files:
                file.verify()


def ids_of(file: TokenFile, document: int) -> npt.NDArray[np.int64]:
    """The ids of one document, without its end-of-text."""
    stop = file.document_stop(document) - int(file.end is not None)
    return np.asarray(file.tokens[int(file.document_starts[document]) : stop], dtype=np.int64)


def lengths_of(file: TokenFile) -> npt.NDArray[np.int64]:
    """How many ids every document has, without its end-of-text."""
    starts = np.append(np.asarray(file.document_starts, dtype=np.int64), len(file))
    lengths: npt.NDArray[np.int64] = np.diff(starts) - int(file.end is not None)
    return lengths
