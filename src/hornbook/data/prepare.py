"""From documents to a folder that training can start from: two token files and the tokenizer that made them.

The way of a text: its source is read once and laid down in a spool; the documents are divided into training and
validation; a tokenizer that has to learn does so; both parts are tokenized on all cores into their files. Memory
holds a few megabytes of text, and some 100 bytes of every document, at any time.

The folder holds ``train.tokens``, ``validation.tokens``, ``tokenizer/`` and ``data.json`` (``schema`` 1: where the
text came from, its hash, the split, the seed, what is in each part).
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hornbook
from hornbook import settings
from hornbook.corpus.clean import Change
from hornbook.corpus.documents import Document
from hornbook.corpus.reading import read_documents
from hornbook.corpus.sources import load_corpus
from hornbook.data.config import KINDS, DataConfig
from hornbook.data.split import Division, divide
from hornbook.data.spool import Spool
from hornbook.data.token_file import TokenFile, writing
from hornbook.data.tokenizing import write_part
from hornbook.errors import DamagedError, MissingError, SettingError, TextError
from hornbook.files import explained, read_json, replacing_folder, restore_folder, write_json
from hornbook.tokenizers.build import build_tokenizer
from hornbook.tokenizers.config import Characters, TokenizerConfig
from hornbook.tokenizers.protocol import Tokenizer
from hornbook.tokenizers.saved import fingerprint, fingerprint_of, load_tokenizer
from hornbook.tokenizers.tokenizer_json import FILE

SCHEMA = 1
CONTENTS = {"train.tokens", "validation.tokens", "tokenizer", "data.json"}
LEARN_FROM_ALL: tuple[type, ...] = (Characters,)
"""Tokenizers made from both parts: an alphabet without a letter of the validation text could not write it at all."""


def quiet(line: str) -> None:
    """Report nothing."""


@dataclass(frozen=True)
class Prepared:
    """A prepared folder: the two token files, their tokenizer, and what ``data.json`` says about them."""

    folder: Path
    train: TokenFile
    validation: TokenFile
    tokenizer: Tokenizer
    info: dict[str, Any]

    @classmethod
    def open(cls, folder: Path) -> Prepared:
        """Open a folder that ``prepare`` has made.

        Raises:
            MissingError: it is not there, or something in it is not.
            DamagedError: a file is damaged, or the ids were not made by the tokenizer beside them.
        """
        folder = folder.resolve()
        restore_folder(folder)
        if not (folder / "data.json").exists():
            raise MissingError(
                f"{folder} holds no prepared data: there is no data.json; make it with `hornbook prepare`"
            )
        info = read_json(folder / "data.json")
        if not isinstance(info, dict) or info.get("schema") != SCHEMA:
            raise DamagedError(f"{folder / 'data.json'}: expected schema {SCHEMA}; prepare the text again")
        tokenizer, found = load_tokenizer(folder / "tokenizer"), saved_fingerprint(folder / "tokenizer")
        parts = [TokenFile.open(folder / name) for name in ("train.tokens", "validation.tokens")]
        for part in parts:
            require_vocabulary(part, tokenizer, found)
        return cls(folder, parts[0], parts[1], tokenizer, info)

    @property
    def size(self) -> str:
        """How much there is to train on, in words."""
        return f"{len(self.train.tokens):,} training tokens"

    @property
    def hashes(self) -> dict[str, str]:
        """The SHA-256 of both token files."""
        return {"train": self.train.header["sha256"], "validation": self.validation.header["sha256"]}

    @property
    def about(self) -> dict[str, Any]:
        """What a run has to remember of its data beside the tokenizer: nothing."""
        return {}

    def verify(self) -> None:
        """Read both token files and compare them with their checksums (``DamagedError``)."""
        self.train.verify()
        self.validation.verify()


def require_vocabulary(file: TokenFile, tokenizer: Tokenizer, found: str | None = None) -> None:
    """Refuse ids that another tokenizer made (``DamagedError``); ``found`` is its fingerprint, where it is known."""
    found = found or fingerprint(tokenizer)
    if found != file.vocabulary_hash:
        raise DamagedError(
            f"{file.path} was made with another vocabulary: its ids have fingerprint {file.vocabulary_hash[:12]}... "
            f"({file.vocab_size:,} tokens), this {tokenizer.kind} tokenizer has {found[:12]}... "
            f"({tokenizer.vocab_size:,} tokens); prepare the text again with this tokenizer"
        )


def saved_fingerprint(folder: Path) -> str:
    """The fingerprint of the tokenizer saved in a folder, without making the tokenizer."""
    return fingerprint_of(read_json(folder / FILE))


def prepare(
    config: DataConfig,
    tokenizer: TokenizerConfig | Tokenizer,
    out: Path,
    seed: int,
    workers: int | None = None,
    report: Callable[[str], None] = quiet,
) -> Prepared:
    """Read, divide and tokenize the text that ``config`` names into the folder ``out``.

    ``tokenizer`` is one that exists, or says which to make: bytepair and words learn from the training part only, the
    alphabet of characters is taken from the whole text. ``seed`` draws generated corpora and the split by document.
    ``workers`` is how many threads tokenize (default: one per core). ``report`` is told what was found, line by line.

    ``out`` appears whole or not at all; an older prepared folder there is replaced.

    Raises:
        SettingError: no text is named, or ``out`` holds something that is not prepared data.
        MissingError: a text is not there.
        TextError: a text is empty, binary or too short to be divided.
        HornbookError: the disk is full or the folder cannot be written.
    """
    out = out.resolve()
    require_replaceable(out)
    with replacing_folder(out) as folder:
        with Spool(folder / "spool") as spool:
            read_into(spool, config, seed, report)
            division = divide(spool, config, seed)
            tell_division(division, config, report)
            ready = ready_tokenizer(tokenizer, spool, division, report)
            ready.save(folder / "tokenizer")
            vocabulary = saved_fingerprint(folder / "tokenizer")
            for name, part in (("train", division.train), ("validation", division.validation)):
                end = ready.roles.end
                with writing(folder / f"{name}.tokens", ready.vocab_size, vocabulary, end) as writer:
                    write_part(writer, spool, part, ready, workers)
                report(f"{name}: {writer.tokens:,} tokens, {writer.bytes:,} bytes")
            info = information(config, spool, division, seed)
            info["tokenizer"] = {
                "kind": ready.kind,
                "vocab_size": ready.vocab_size,
                "vocabulary_hash": vocabulary,
            }
        parts = {name: TokenFile.open(folder / f"{name}.tokens").header for name in ("train", "validation")}
        kept = ("documents", "tokens", "bytes", "log_probability", "sha256")
        write_json(
            folder / "data.json", info | {name: {key: header[key] for key in kept} for name, header in parts.items()}
        )
    return Prepared.open(out)


def require_replaceable(out: Path) -> None:
    """Refuse to replace a folder that holds anything but prepared data (``SettingError``)."""
    with explained(out):
        restore_folder(out)
        if out.is_file():
            raise SettingError(f"out: {out} is a file; give the name of a folder")
        strange = sorted({entry.name for entry in out.iterdir()} - CONTENTS) if out.exists() else []
    if strange:
        raise SettingError(
            f"out: {out} holds {strange[0]!r}, which is not prepared data; give a new or empty folder, "
            "or one that an earlier `hornbook prepare` made"
        )


def source_of(config: DataConfig) -> str:
    """The corpus or the files, in words."""
    return config.corpus or ", ".join(config.text)


def read_into(spool: Spool, config: DataConfig, seed: int, report: Callable[[str], None]) -> None:
    """Lay down every document in the spool, and say how many there were and what was cleaned in them."""
    cleaned: Counter[str] = Counter()
    for document in documents_of(config, seed, report, cleaned):
        spool.add(document)
    if not len(spool):
        raise TextError(f"{source_of(config)}: found no text in it")
    tell_cleaned(cleaned, report)
    sizes = f"{sum(spool.characters):,} characters, {spool.starts[-1]:,} bytes"
    report(f"read {counted(len(spool), 'document')}, {sizes}")


def tell_cleaned(cleaned: Counter[str], report: Callable[[str], None]) -> None:
    """Say what was changed in the texts, if anything was."""
    if cleaned:
        report(f"cleaned: {', '.join(f'{what} ({count:,})' for what, count in cleaned.most_common())}")


def documents_of(
    config: DataConfig,
    seed: int,
    report: Callable[[str], None] = quiet,
    cleaned: Counter[str] | None = None,
) -> Iterator[Document]:
    """The documents that ``config`` names, at most ``config.documents`` of them; ``cleaned`` counts what was changed.

    Raises:
        SettingError: no text is named.
    """
    if config.corpus is None and not config.text:
        raise SettingError("text: found neither text nor corpus; give text = [FILE, ...] or corpus = NAME")

    def noticed(name: str, changes: tuple[Change, ...]) -> None:
        if cleaned is not None:
            cleaned.update({change.what: change.count for change in changes})

    if config.corpus is not None:
        return itertools.islice(load_corpus(config.corpus, config.documents, seed, report), config.documents)
    return itertools.islice(read_documents(config.text, noticed=noticed), config.documents)


def ready_tokenizer(
    tokenizer: TokenizerConfig | Tokenizer, spool: Spool, division: Division, report: Callable[[str], None]
) -> Tokenizer:
    """The tokenizer that was given, or one made as it says."""
    if isinstance(tokenizer, Tokenizer):
        return tokenizer
    whole = isinstance(tokenizer, LEARN_FROM_ALL)
    learned_from = spool.texts(range(len(spool))) if whole else (text for _, text, _ in division.train.texts(spool))
    ready = build_tokenizer(tokenizer, learned_from)
    report(f"tokenizer: {ready.kind} with {ready.vocab_size:,} tokens")
    return ready


def tell_division(division: Division, config: DataConfig, report: Callable[[str], None]) -> None:
    """Say how the documents were divided, and what was dropped."""
    train, validation = len(division.train.documents), len(division.validation.documents)
    report(f"split by {config.split}: {counted(train, 'document')} for training, {validation:,} for validation")
    if division.duplicates:
        report(f"dropped {counted(division.duplicates, 'validation document')} that also occur in training")


def information(config: DataConfig, spool: Spool, division: Division, seed: int) -> dict[str, Any]:
    """What ``data.json`` says of where the data came from."""
    return {
        "schema": SCHEMA,
        "hornbook": hornbook.__version__,
        "config": settings.plain(config, KINDS),
        "seed": seed,
        "source": {
            "name": source_of(config),
            "documents": len(spool),
            "characters": sum(spool.characters),
            "bytes": spool.starts[-1],
            "sha256": spool.sha256(),
        },
        "duplicates_dropped": division.duplicates,
    }


def counted(count: int, noun: str) -> str:
    """``1 document``, ``2 documents``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
