"""Tokenizers from their folders, and a fingerprint that says whether two are the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hornbook.errors import DamagedError, MissingError
from hornbook.files import read_json
from hornbook.tokenizers.bytepair_tokenizer import BytePairTokenizer
from hornbook.tokenizers.characters import CharacterTokenizer
from hornbook.tokenizers.listing import OURS, SCHEMA
from hornbook.tokenizers.protocol import END_OF_TEXT, UNKNOWN, Tokenizer
from hornbook.tokenizers.sentencepiece_bpe import KIND, load_sentencepiece
from hornbook.tokenizers.special import roles_of as our_roles_of
from hornbook.tokenizers.taken_over import KIND as KIND_OF_OTHERS
from hornbook.tokenizers.taken_over import TakenOver, roles_of, settings_beside
from hornbook.tokenizers.tokenizer_json import (
    FILE,
    UNFIT,
    Document,
    read_bytepair,
    read_merges,
    read_special,
    read_words,
    understood,
)
from hornbook.tokenizers.words import WordTokenizer


def load_tokenizer(folder: Path) -> Tokenizer:
    """The tokenizer saved in a folder: ours, or one that came with another model.

    Raises:
        MissingError: there is no ``tokenizer.json``.
        DamagedError: it cannot be understood, or does not hold together.
    """
    path = folder / FILE
    if not path.is_file():
        raise MissingError(f"{folder} has no {FILE}; give a folder that a tokenizer was saved in")
    found = read_json(path)
    kind = saved_kind(folder)
    if kind is None or kind == KIND_OF_OTHERS:
        settings = settings_beside(folder)
        return understood(lambda document: take_over(document, settings), found, path)
    return understood(LOADERS[kind], found, path)


def saved_kind(folder: Path) -> str | None:
    """The kind written beside ``tokenizer.json``, or None where another program wrote the folder."""
    path = folder / OURS
    if not path.is_file():
        return None
    mark = read_json(path)
    known = (*LOADERS, KIND_OF_OTHERS)
    if not isinstance(mark, dict) or mark.get("schema") != SCHEMA or mark.get("kind") not in known:
        raise DamagedError(
            f"{path} says {mark!r}; expected schema {SCHEMA} and one of the kinds {', '.join(LOADERS)}; "
            "it may come from a newer version: update, or train the tokenizer again"
        )
    return str(mark["kind"])


def take_over(found: Document, settings: Document) -> Tokenizer:
    """A tokenizer from a ``tokenizer.json`` that another program wrote.

    A byte-level BPE that is just like ours becomes one of ours, which is faster: merges lead to its tokens, nothing is
    normalized, nothing stands around a text, and its special tokens mean what they would mean with ours.
    """
    return BytePairTokenizer(*read_bytepair(found)) if is_like_ours(found, settings) else TakenOver(found, settings)


def is_like_ours(found: Document, settings: Document) -> bool:
    """Whether a byte-level BPE can be one of our own class."""
    around = found.get("post_processor")
    plain = found.get("normalizer") is None and (around is None or around["type"] == "ByteLevel")
    special = read_special(found)
    if found["model"]["type"] != "BPE" or not plain or roles_of(settings, special, special) != our_roles_of(special):
        return False
    try:
        tokenizer = BytePairTokenizer(*read_bytepair(found))
    except UNFIT:
        return False
    halves = [(tokenizer.token_bytes(left), tokenizer.token_bytes(right)) for left, right in tokenizer.merges.values()]
    return halves == read_merges(found)


def load_characters(found: Document) -> Tokenizer:
    """A character tokenizer from its ``tokenizer.json``."""
    return CharacterTokenizer(read_words(found)[0])


def load_words(found: Document) -> Tokenizer:
    """A word tokenizer from its ``tokenizer.json``."""
    words, _ = read_words(found)
    if words[-2:] != [END_OF_TEXT, UNKNOWN]:
        raise ValueError(f"its last two words are {words[-2:]} instead of {END_OF_TEXT} and {UNKNOWN}")
    return WordTokenizer(words[:-2])


def load_bytepair(found: Document) -> Tokenizer:
    """A byte-pair tokenizer from its ``tokenizer.json``."""
    return BytePairTokenizer(*read_bytepair(found))


def load_gpt2(found: Document) -> Tokenizer:
    """GPT-2's tokenizer from a ``tokenizer.json``: the folder is enough, the published file is not needed."""
    return BytePairTokenizer(*read_bytepair(found), kind="gpt2")


LOADERS: dict[str, Callable[[Document], Tokenizer]] = {
    "characters": load_characters,
    "words": load_words,
    "bytepair": load_bytepair,
    "gpt2": load_gpt2,
    KIND: load_sentencepiece,
}


def fingerprint(tokenizer: Tokenizer) -> str:
    """The SHA-256 (hexadecimal) of what ``tokenizer.json`` says, however it is laid out.

    Two tokenizers with the same fingerprint give the same ids for every text.
    """
    with TemporaryDirectory() as folder:
        tokenizer.save(Path(folder))
        return fingerprint_of(read_json(Path(folder) / FILE))


def fingerprint_of(document: Any) -> str:
    """The SHA-256 of a JSON value in canonical form: sorted keys, no blanks, UTF-8."""
    canonical = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
