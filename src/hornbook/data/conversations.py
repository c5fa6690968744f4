"""Conversations and preferences, prepared: ``train.conversation.tokens`` and ``train.conversation.asked.npy``...

A document of a token file is a conversation as its template lays it out (chat_templates.py); of a preference there are
two, ``chosen`` and ``rejected``, which differ in their last turn. Next: asked.py, where they become rows of a batch.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from hornbook.corpus.conversations import Conversation, Message, Preference, read_conversations, read_preferences
from hornbook.corpus.documents import Document
from hornbook.corpus.pair_sources import conversations_named, preferences_named
from hornbook.data.asked import AskedFile, read_asked
from hornbook.data.chat_templates import ChatTemplate
from hornbook.data.columns import (
    PARTS,
    PreparedRows,
    Rows,
    RowsOf,
    Texts,
    described,
    lay_down,
    named_or_paths,
    open_rows,
    require_replaceable,
    spooled,
    tell,
)
from hornbook.data.config import DataConfig
from hornbook.data.prepare import quiet, saved_fingerprint
from hornbook.data.split import Part
from hornbook.data.spool import Spool
from hornbook.data.token_file import TokenFile, writing
from hornbook.errors import DamagedError
from hornbook.files import replacing_folder, sha256_of, write_json
from hornbook.tokenizers.build import build_tokenizer
from hornbook.tokenizers.config import TokenizerConfig
from hornbook.tokenizers.protocol import Tokenizer

Report = Callable[[str], None]

CONVERSATIONS, PREFERENCES = "conversations", "preferences"
COLUMNS = {CONVERSATIONS: ("conversation",), PREFERENCES: ("chosen", "rejected")}
"""What a row consists of, by the kind of data."""


@dataclass(frozen=True, eq=False)
class PreferenceFile:
    """The same questions with their better and with their worse answers, row by row.

    ``reference`` [rows, 2] is log p of the two under a model that does not learn, where that is known.
    """

    chosen: AskedFile
    rejected: AskedFile
    reference: npt.NDArray[np.float32] | None = None

    @property
    def files(self) -> tuple[TokenFile, ...]:
        """Both token files."""
        return self.chosen.tokens, self.rejected.tokens

    def __len__(self) -> int:
        """How many pairs there are."""
        return len(self.chosen)

    def name(self, index: int) -> str:
        """What a pair is called."""
        return self.chosen.name(index)


@dataclass(frozen=True)
class LaidOut(PreparedRows[RowsOf]):
    """A folder of texts that a template has laid out."""

    @property
    def about(self) -> dict[str, Any]:
        """What a run has to remember of its data: how conversations are laid out."""
        return {"template": self.info["template"]}

    @property
    def hashes(self) -> dict[str, str]:
        """The SHA-256 of every file."""
        asked: dict[str, str] = self.info["asked_sha256"]
        return super().hashes | asked

    def verify(self) -> None:
        """Read every file and compare it with its checksum (``DamagedError``)."""
        super().verify()
        for name, expected in self.info["asked_sha256"].items():
            if sha256_of(self.folder / f"{name}.npy") != expected:
                raise DamagedError(f"{self.folder / name}.npy was altered; prepare the conversations again")


PreparedConversations = LaidOut[AskedFile]
PreparedPreferences = LaidOut[PreferenceFile]


def open_conversations(folder: Path) -> PreparedConversations:
    """The folder that ``prepare_conversations`` has made.

    Raises:
        MissingError: it is not there, or something in it is not.
        DamagedError: a file is damaged, or the ids were not made by the tokenizer beside them.
    """
    folder, info, tokenizer, (train, validation) = open_laid_out(folder, CONVERSATIONS)
    return PreparedConversations(folder, train[0], validation[0], tokenizer, info)


def open_preferences(folder: Path) -> PreparedPreferences:
    """The folder that ``prepare_preferences`` has made; the same errors."""
    folder, info, tokenizer, (train, validation) = open_laid_out(folder, PREFERENCES)
    learned, held_out = (PreferenceFile(chosen, rejected) for chosen, rejected in (train, validation))
    return PreparedPreferences(folder, learned, held_out, tokenizer, info)


def open_laid_out(folder: Path, kind: str) -> tuple[Path, dict[str, Any], Tokenizer, list[list[AskedFile]]]:
    """What is said of a folder, its tokenizer, and for each part the files of its columns."""
    folder = folder.resolve()
    info, tokenizer, parts = open_rows(folder, kind, COLUMNS[kind])
    files = [
        [
            AskedFile(tokens, read_asked(folder / f"{part}.{column}.asked.npy", tokens), tokenizer)
            for column, tokens in zip(COLUMNS[kind], columns, strict=True)
        ]
        for part, columns in zip(PARTS, parts, strict=True)
    ]
    return folder, info, tokenizer, files


# Preparing ------------------------------------------------------------------------------------------------------------


def prepare_conversations(
    config: DataConfig,
    tokenizer: TokenizerConfig | Tokenizer,
    template: ChatTemplate,
    out: Path,
    seed: int,
    report: Report = quiet,
) -> None:
    """Read, divide, lay out and tokenize the conversations that ``config`` names into the folder ``out``.

    They are divided like pairs (pairs.py): a corpus with a name brings its own validation part. A tokenizer that has
    to learn does so from the conversations for training.

    Raises:
        SettingError: none are named, the template fails, or ``out`` holds something else.
        MissingError: a file is not there.
        TextError: a conversation is not as described, or there are too few to be divided.
    """
    named = named_or_paths(config)
    if isinstance(named, str):
        supplied = conversations_named(named, config.documents, seed)
        rows = rows_of(CONVERSATIONS, map(one, supplied.training), map(one, supplied.held_out or ()))
    else:
        rows = rows_of(CONVERSATIONS, map(one, read_conversations(named, config.columns)), None)
    lay_out(rows, config, tokenizer, template, out.resolve(), seed, report)


def prepare_preferences(
    config: DataConfig,
    tokenizer: TokenizerConfig | Tokenizer,
    template: ChatTemplate,
    out: Path,
    seed: int,
    report: Report = quiet,
) -> None:
    """The same for questions with a better and a worse answer."""
    named = named_or_paths(config)
    if isinstance(named, str):
        supplied = preferences_named(named, config.documents, seed)
        rows = rows_of(PREFERENCES, map(both, supplied.training), map(both, supplied.held_out or ()))
    else:
        rows = rows_of(PREFERENCES, map(both, read_preferences(named, config.columns)), None)
    lay_out(rows, config, tokenizer, template, out.resolve(), seed, report)


def rows_of(kind: str, training: Iterable[Texts], held_out: Iterable[Texts] | None) -> Rows:
    """The rows of a kind."""
    return Rows(kind, COLUMNS[kind], training, held_out)


def one(conversation: Conversation) -> Texts:
    """A conversation as it is laid down."""
    return (Document(conversation.name, as_text(conversation.messages)),)


def both(preference: Preference) -> Texts:
    """The two conversations of a preference."""
    ends = ({"role": "assistant", "content": answer} for answer in (preference.chosen, preference.rejected))
    chosen, rejected = (Document(preference.name, as_text([*preference.messages, end])) for end in ends)
    return chosen, rejected


def as_text(messages: Sequence[Message]) -> str:
    """Messages as JSON."""
    return json.dumps(messages, ensure_ascii=False)


def lay_out(
    rows: Rows,
    config: DataConfig,
    tokenizer: TokenizerConfig | Tokenizer,
    template: ChatTemplate,
    out: Path,
    seed: int,
    report: Report,
) -> None:
    """Lay down, divide and tokenize the rows into the folder ``out``, which appears whole or not at all."""
    require_replaceable(out)
    with replacing_folder(out) as folder:
        with spooled(folder, rows.columns) as spools:
            division = lay_down(rows, spools, config, seed)
            tell(spools, division, report)
            ready = ready_tokenizer(tokenizer, spools, division.train, report)
            ready.save(folder / "tokenizer")
            info = described(rows, config, spools, division, seed) | {"template": template.source, "asked_sha256": {}}
            info["tokenizer"] = {"kind": ready.kind, "vocab_size": ready.vocab_size}
            for name, part in zip(PARTS, (division.train, division.validation), strict=True):
                info[name] = {}
                for column, spool in spools.items():
                    sizes = info[name][column] = write_part(folder, f"{name}.{column}", spool, part, template, ready)
                    info["asked_sha256"][f"{name}.{column}.asked"] = sizes.pop("asked_sha256")
                    report(f"{name}.{column}: {sizes['tokens']:,} tokens, {sizes['asked']:,} of them asked for")
        write_json(folder / "data.json", info)


def ready_tokenizer(
    tokenizer: TokenizerConfig | Tokenizer, spools: Mapping[str, Spool], part: Part, report: Report
) -> Tokenizer:
    """The tokenizer that was given, or one learned from what is said in the conversations for training."""
    if isinstance(tokenizer, Tokenizer):
        return tokenizer
    ready = build_tokenizer(tokenizer, said_in(next(iter(spools.values())), part))
    report(f"tokenizer: {ready.kind} with {ready.vocab_size:,} tokens")
    return ready


def said_in(spool: Spool, part: Part) -> Iterator[str]:
    """Everything that is said."""
    return (str(message["content"]) for index in part.documents for message in json.loads(spool.text(index)))


def write_part(
    folder: Path, name: str, spool: Spool, part: Part, template: ChatTemplate, tokenizer: Tokenizer
) -> dict[str, Any]:
    """The token file of a column and what is asked in it; what ``data.json`` says of them."""
    end = tokenizer.roles.end
    asked = array("b", [0] if end is not None else [])  # the file begins with the end of a text
    path = folder / f"{name}.tokens"
    with writing(path, tokenizer.vocab_size, saved_fingerprint(folder / "tokenizer"), end) as writer:
        for index in part.documents:
            ids, mine = template.encode(json.loads(spool.text(index)), tokenizer)
            ends = end is not None and ids[-1:] == [end]  # then the file's own end of the text is the template's
            writer.begin(spool.name(index))
            writer.extend(ids[: len(ids) - ends])
            writer.close(spool.size(index))
            asked.extend(mine if ends or end is None else [*mine, False])
    beside = folder / f"{name}.asked.npy"
    np.save(beside, np.array(asked, dtype=np.bool_))
    header = TokenFile.open(path).header
    sizes = {key: header[key] for key in ("documents", "tokens", "bytes", "sha256")}
    return sizes | {"asked": int(sum(asked)), "asked_sha256": sha256_of(beside)}
