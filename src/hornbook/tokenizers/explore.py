"""What the tokenizer explorer shows, as data: pieces, merges one by one, a token's ancestry, and who packs better."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from hornbook.errors import SettingError, TextError
from hornbook.tokenizers.bytepair_tokenizer import BytePairTokenizer
from hornbook.tokenizers.listing import shown
from hornbook.tokenizers.patterns import pieces
from hornbook.tokenizers.protocol import UNKNOWN, Tokenizer
from hornbook.tokenizers.special import well_formed


@dataclass(frozen=True)
class Piece:
    """One token of a text."""

    token: int
    data: bytes
    """The bytes it stands for; empty for a special token."""
    text: str
    """How to show it: a special token's name, or its bytes as a literal."""


@dataclass(frozen=True)
class Step:
    """One merge while a piece is encoded, and how the piece stands after it."""

    token: int
    """The token that was made; -1 for the piece as bytes, before the first merge."""
    place: int
    """Which of ``parts`` it is."""
    parts: tuple[bytes, ...]


@dataclass(frozen=True)
class Ancestor:
    """A token and the two it was merged from, and so on down to bytes, which have none."""

    token: int
    data: bytes
    left: Ancestor | None = None
    right: Ancestor | None = None


@dataclass(frozen=True)
class Compression:
    """How one tokenizer does on a text."""

    name: str
    kind: str
    vocab_size: int
    tokens: int
    bytes: int
    characters: int
    used: int
    """How many different tokens the text needs."""
    unknown: int
    """How many times ``<|unk|>`` stands for a word."""
    round_trip: bool
    """Whether decoding gives the text back exactly."""

    @property
    def bytes_per_token(self) -> float:
        """UTF-8 bytes of text that one token stands for on average: higher packs better."""
        return self.bytes / self.tokens

    @property
    def never_used(self) -> int:
        """How many tokens of the vocabulary do not occur in the text; a model learns nothing about them from it."""
        return self.vocab_size - self.used


def tokens_of(tokenizer: Tokenizer, text: str, allow_special: bool = False) -> list[Piece]:
    """The tokens of a text in order, with their bytes."""
    return [piece_of(tokenizer, token) for token in tokenizer.encode(text, allow_special)]


def piece_of(tokenizer: Tokenizer, token: int) -> Piece:
    """One token of a tokenizer; an id that is none is a ``TextError``."""
    data = tokenizer.token_bytes(token)
    names = {number: name for name, number in tokenizer.special.items()}
    return Piece(token, data, names.get(token) or shown(data))


def replay(tokenizer: Tokenizer, text: str) -> list[list[Step]]:
    """For every piece of a text: its bytes, and then each merge in the order in which encoding makes it.

    Raises:
        SettingError: the tokenizer does not merge.
    """
    merging = bytepair_only(tokenizer)
    return [list(replay_piece(merging, piece.encode())) for piece in pieces(well_formed(text), merging.pattern)]


def replay_piece(tokenizer: BytePairTokenizer, piece: bytes) -> Iterator[Step]:
    """The steps of one piece: always the pair of lowest rank, the leftmost among equals, as in ``bytepair.py``."""
    parts = [piece[index : index + 1] for index in range(len(piece))]
    token, place = -1, 0
    while True:
        yield Step(token, place, tuple(parts))
        joined = [left + right for left, right in pairwise(parts)]
        candidates = [(tokenizer.ranks[part], index) for index, part in enumerate(joined) if part in tokenizer.ranks]
        if not candidates:
            return
        token, place = min(candidates)
        parts[place : place + 2] = [joined[place]]


def ancestry(tokenizer: Tokenizer, token: int) -> Ancestor:
    """A token's family tree down to single bytes.

    Raises:
        SettingError: the tokenizer does not merge.
        TextError: there is no such token.
    """
    merging = bytepair_only(tokenizer)
    data = merging.token_bytes(token)
    if token not in merging.merges:
        return Ancestor(token, data)
    left, right = merging.merges[token]
    return Ancestor(token, data, ancestry(tokenizer, left), ancestry(tokenizer, right))


def compression(name: str, tokenizer: Tokenizer, text: str) -> Compression:
    """How well a tokenizer packs a text.

    Raises:
        TextError: the text is empty, or has characters that a character tokenizer does not know.
    """
    ids = tokenizer.encode(text)
    if not ids:
        raise TextError("there is nothing to compare tokenizers on: the text is empty or blank")
    return Compression(
        name=name,
        kind=tokenizer.kind,
        vocab_size=tokenizer.vocab_size,
        tokens=len(ids),
        bytes=len(well_formed(text).encode()),
        characters=len(text),
        used=len(set(ids)),
        unknown=ids.count(tokenizer.special[UNKNOWN]) if UNKNOWN in tokenizer.special else 0,
        round_trip=tokenizer.decode(ids) == text,
    )


def compare(tokenizers: Mapping[str, Tokenizer], text: str) -> list[Compression]:
    """The compression table of several tokenizers on one text, in the order they are given."""
    return [compression(name, tokenizer, text) for name, tokenizer in tokenizers.items()]


def never_used(tokenizer: Tokenizer, text: str) -> list[int]:
    """The ids of the vocabulary that do not occur in a text, special tokens left out: candidates for glitch tokens."""
    return sorted(set(range(tokenizer.vocab_size)) - set(tokenizer.encode(text)) - set(tokenizer.special.values()))


def bytepair_only(tokenizer: Tokenizer) -> BytePairTokenizer:
    """The tokenizer, if it is one that merges."""
    if not isinstance(tokenizer, BytePairTokenizer):
        raise SettingError(f"a tokenizer of kind {tokenizer.kind} has no merges to show; byte-pair tokenizers have")
    return tokenizer
