"""What ``prepare`` does, file by file: on all cores and machines, stopped at any time and gone on with.

    1  every file by itself: the ids of all its documents     work/00000/
    2  all files together: which documents are held out       train.tokens, validation.tokens

The token files are those of ``prepare`` with ``split = "document"``, byte for byte: a document is held out where its
text and the seed hash lowest, and that is known only when all have been read. So pass 1 keeps 16 bytes of each document
beside its ids, and pass 2 lays the ids of those on each side end to end. A file's results appear whole or not at all;
the same command goes on where it was. Memory holds a few megabytes of text in each process, and in pass 2 some 200
bytes of each document.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from jaxtyping import Bool

import hornbook
from hornbook import settings
from hornbook.cores import Report, Shard, available_cores, on_all_cores
from hornbook.corpus.clean import Change
from hornbook.corpus.reading import find_files, read_documents
from hornbook.data.config import KINDS, DataConfig
from hornbook.data.prepare import SCHEMA, Prepared, quiet, saved_fingerprint, source_of, tell_cleaned
from hornbook.data.split import drawn, number_aside
from hornbook.data.spool import digest
from hornbook.data.token_file import TokenFile, writing
from hornbook.data.tokenizing import Piece, pieces_of, write_pieces
from hornbook.errors import SettingError, TextError
from hornbook.files import read_json, replacing_folder, write_json
from hornbook.tokenizers.build import build_tokenizer
from hornbook.tokenizers.config import GPT2, TokenizerConfig
from hornbook.tokenizers.protocol import Tokenizer
from hornbook.tokenizers.saved import load_tokenizer
from hornbook.tokenizers.special import well_formed

PARTS = ("train", "validation")
DIGEST = np.dtype("V16")


def prepare_files(
    config: DataConfig,
    tokenizer: TokenizerConfig | Tokenizer,
    out: Path,
    seed: int,
    shard: Shard = Shard(),
    workers: int | None = None,
    report: Report = quiet,
) -> Prepared | None:
    """Tokenize the files that ``config.text`` names into ``out``; ``None`` while other machines are still at it.

    The machine with the first ``shard`` lays the files together when all are there, and removes ``out/work``.

    Raises:
        SettingError: what is asked for cannot be done file by file, or ``out`` was begun with something else.
        MissingError, TextError: a file is not there, or is no text.
        HornbookError: the disk is full or the folder cannot be written.
    """
    out = out.resolve()
    require_divisible(config)
    sources, ready = find_files(config.text), existing(tokenizer)
    about = begin(sources, config, ready, out, seed)
    if (out / "data.json").exists():
        report(f"{out} is finished; nothing is left to do")
        shutil.rmtree(out / "work", ignore_errors=True)
        return Prepared.open(out)
    folders = [out / "work" / f"{number:05}" for number in range(len(sources))]
    todo = [
        (sources[number], folders[number], out / "tokenizer")
        for number in shard.own(len(sources))
        if not folders[number].exists()
    ]
    on_all_cores(tokenize_file, todo, workers or available_cores(), "tokenized", report)
    there = sum(folder.exists() for folder in folders)
    if there < len(folders) or shard.number > 1:
        report(f"{there} of {len(folders)} files are tokenized; shard 1/{shard.of} lays them together when all are")
        return None
    for half in out.glob(".*.partial-*"):  # of a process that was killed while it laid together
        half.unlink()
    lay_together(folders, config, out, seed, about, report)
    shutil.rmtree(out / "work")
    return Prepared.open(out)


def require_divisible(config: DataConfig) -> None:
    """Refuse what cannot be done with each file by itself (``SettingError``)."""
    if not config.text:
        raise SettingError("shard: a named corpus is made as a whole; give files, or leave --shard out")
    if config.split != "document":
        raise SettingError(
            f'split: found "{config.split}"; files that are worked on one by one are divided by split = "document"'
        )
    if config.documents is not None:
        raise SettingError("documents: a number of documents is counted over all files; leave it or --shard out")


def existing(tokenizer: TokenizerConfig | Tokenizer) -> Tokenizer:
    """The tokenizer, where nothing has to be learned for it (``SettingError`` otherwise)."""
    if isinstance(tokenizer, GPT2):
        return build_tokenizer(tokenizer, ())
    if not isinstance(tokenizer, Tokenizer):
        raise SettingError(
            "tokenizer: files that are worked on one by one need one that exists; train it on some of them with "
            "`hornbook tokenizer train`, and give its folder, or take gpt2"
        )
    return tokenizer


def begin(sources: Sequence[Path], config: DataConfig, tokenizer: Tokenizer, out: Path, seed: int) -> dict[str, Any]:
    """The folder, new, or one that was begun with the same files, tokenizer and settings; what was begun."""
    about_file, finished = out / "work" / "begun.json", out / "data.json"
    if not finished.exists() and not about_file.exists():
        if out.exists() and {entry.name for entry in out.iterdir()} - {"work", "tokenizer"}:
            raise SettingError(f"out: {out} holds something else; give a new or empty folder")
        tokenizer.save(out / "tokenizer")
    about = {
        "config": settings.plain(config, KINDS),
        "seed": seed,
        "files": [{"path": str(path), "bytes": path.stat().st_size} for path in sources],
        "vocabulary_hash": saved_fingerprint(out / "tokenizer") if (out / "tokenizer").exists() else None,
    }
    if finished.exists():
        info = read_json(finished)
        before = {**info, "vocabulary_hash": info.get("tokenizer", {}).get("vocabulary_hash")}
    elif about_file.exists():
        before = read_json(about_file)
    else:
        write_json(about_file, about)
        return about
    if different := [key for key in about if before.get(key) != about[key]]:
        raise SettingError(
            f"out: {out} was begun with other {different[0]}; take another folder, or remove this one to begin anew"
        )
    return about


@lru_cache(maxsize=1)
def opened(folder: Path) -> Tokenizer:
    """The tokenizer of this folder; a process opens it once."""
    return load_tokenizer(folder)


def tokenize_file(source: Path, folder: Path, tokenizer_folder: Path) -> str:
    """Pass 1 for a file; how fast, in words.

    ``folder`` holds ``all.tokens``; ``digests.npy``, 16 bytes for each document; ``counts.json``.
    """
    begun, tokenizer, digests = time.perf_counter(), opened(tokenizer_folder), bytearray()
    cleaned: Counter[str] = Counter()
    characters = 0

    def noticed(name: str, changes: tuple[Change, ...]) -> None:
        cleaned.update({change.what: change.count for change in changes})

    def source_pieces() -> Iterator[Piece]:
        nonlocal characters
        for document in read_documents([source], noticed=noticed):
            text = well_formed(document.text)
            data = text.encode()
            digests.extend(digest(data))
            characters += len(text)
            yield from pieces_of(text, document.name, document.log_probability, len(data))

    vocabulary = saved_fingerprint(tokenizer_folder)
    with replacing_folder(folder) as partial:
        with writing(partial / "all.tokens", tokenizer.vocab_size, vocabulary, tokenizer.roles.end) as writer:
            write_pieces(writer, source_pieces(), tokenizer, threads=1)
        np.save(partial / "digests.npy", np.frombuffer(bytes(digests), dtype=DIGEST))
        write_json(partial / "counts.json", {"characters": characters, "cleaned": cleaned})
    return f"{source} ({source.stat().st_size / 1e6 / max(time.perf_counter() - begun, 1e-9):.1f} MB/s)"


def lay_together(
    folders: Sequence[Path], config: DataConfig, out: Path, seed: int, about: dict[str, Any], report: Report
) -> None:
    """Pass 2: the two token files from those of all files, and ``data.json``."""
    digests = np.concatenate([np.load(folder / "digests.npy") for folder in folders])
    known = all(not np.isnan(TokenFile.open(folder / "all.tokens").log_probabilities).any() for folder in folders)
    aside, dropped = held_out(digests, known, config, seed)
    counts = [read_json(folder / "counts.json") for folder in folders]
    tell_cleaned(sum((Counter(each["cleaned"]) for each in counts), Counter()), report)
    tokenizer, at = load_tokenizer(out / "tokenizer"), 0
    with ExitStack() as stack:
        writers = [
            stack.enter_context(
                writing(out / f"{part}.tokens", tokenizer.vocab_size, about["vocabulary_hash"], tokenizer.roles.end)
            )
            for part in PARTS
        ]
        for folder in folders:
            file = TokenFile.open(folder / "all.tokens")
            for document in range(file.documents):
                if not dropped[at]:
                    writers[int(aside[at])].append(file, document)
                at += 1
            file.release()
        for writer in writers:
            writer.exact_bytes = all(TokenFile.open(folder / "all.tokens").header["exact_bytes"] for folder in folders)
    parts = {part: TokenFile.open(out / f"{part}.tokens").header for part in PARTS}
    for part, header in parts.items():
        report(f"{part}: {header['tokens']:,} tokens, {header['bytes']:,} bytes")
    kept = ("documents", "tokens", "bytes", "log_probability", "sha256")
    info = {
        "schema": SCHEMA,
        "hornbook": hornbook.__version__,
        "config": about["config"],
        "seed": seed,
        "source": {
            "name": source_of(config),
            "documents": len(digests),
            "characters": sum(each["characters"] for each in counts),
            "bytes": sum(TokenFile.open(folder / "all.tokens").bytes for folder in folders),
            "sha256": hashlib.sha256(digests.tobytes()).hexdigest(),
        },
        "duplicates_dropped": int(dropped.sum()),
        "files": about["files"],
        "tokenizer": {
            "kind": tokenizer.kind,
            "vocab_size": tokenizer.vocab_size,
            "vocabulary_hash": about["vocabulary_hash"],
        },
    }
    write_json(out / "data.json", info | {part: {key: header[key] for key in kept} for part, header in parts.items()})


Flags = Bool[np.ndarray, " documents"]


def held_out(digests: npt.NDArray[Any], known: bool, config: DataConfig, seed: int) -> tuple[Flags, Flags]:
    """Which documents are for validation, and which of these are dropped because training has the same text.

    As ``by_document`` and ``divide`` have it: the last ones where all log-probabilities are ``known``.
    """
    count = len(digests)
    if count < 2:
        raise TextError("there is a single document; give more texts")
    aside, chosen = number_aside(config, count), np.zeros(count, dtype=bool)
    if known:
        chosen[count - aside :] = True
    else:
        draws = [drawn(each.tobytes(), seed) for each in digests]
        chosen[sorted(range(count), key=draws.__getitem__)[:aside]] = True
    texts, dropped = digests.view("S16"), np.zeros(count, dtype=bool)
    dropped[chosen] = np.isin(texts[chosen], texts[~chosen])
    if dropped.sum() == aside:
        raise TextError("nothing is left for validation: all of its documents also occur in training")
    return chosen, dropped
