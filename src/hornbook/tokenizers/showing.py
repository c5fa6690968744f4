"""What the explorer of tokenizers shows beyond ``explore.py``: where tokens stand in a text, which merges could come
next, and the vocabulary searched and sorted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from hornbook.errors import SettingError
from hornbook.tokenizers.bytepair_tokenizer import BytePairTokenizer
from hornbook.tokenizers.protocol import Tokenizer


@dataclass(frozen=True)
class Candidate:
    """A pair of parts that could be merged: its place, what it would become, and its rank; the lowest is merged."""

    place: int
    data: bytes
    token: int


def candidates(tokenizer: BytePairTokenizer, parts: Sequence[bytes]) -> list[Candidate]:
    """Every pair of neighbours that is a token, in order."""
    joined = enumerate(left + right for left, right in pairwise(parts))
    return [Candidate(place, data, tokenizer.ranks[data]) for place, data in joined if data in tokenizer.ranks]


# Where tokens stand ---------------------------------------------------------------------------------------------------


def spans(tokenizer: Tokenizer, text: str, tokens: Sequence[int]) -> list[tuple[int, int]]:
    """Where each token stands in ``text``, in UTF-16 units, as browsers count.

    A token that is a part of a character has the place of the whole character; one that stands for nothing of the text
    (a special token, a blank that a tokenizer puts before it) has no width.
    """
    begins, places = starts(text), []
    data, at = text.encode("utf-8", "replace"), 0
    for token in tokens:
        bytes_of = written(tokenizer, token)
        if data[at : at + len(bytes_of)] != bytes_of:  # found further on, after blanks that were dropped; or not at all
            found = data.find(bytes_of.strip() or bytes_of, at)
            if found < 0 or data[at:found].strip():
                places.append((begins[at], begins[at]))
                continue
            at, bytes_of = found, bytes_of.strip() or bytes_of
        places.append((begins[at], ends(data, begins, at + len(bytes_of))))
        at += len(bytes_of)
    return places


def written(tokenizer: Tokenizer, token: int) -> bytes:
    """What a token stands for; a special one for its name."""
    name = next((name for name, number in tokenizer.special.items() if number == token), None)
    return tokenizer.token_bytes(token) if name is None else name.encode()


def starts(text: str) -> list[int]:
    """For each byte of a text, and for its end, the unit at which its character begins."""
    found, unit = list[int](), 0
    for character in text:
        found += [unit] * len(character.encode("utf-8", "replace"))
        unit += 2 if ord(character) > 0xFFFF else 1
    return [*found, unit]


def ends(data: bytes, begins: Sequence[int], byte: int) -> int:
    """The unit behind the last character that a token has a part of, where ``byte`` is the first that it has not."""
    while byte < len(data) and data[byte] & 0xC0 == 0x80:
        byte += 1
    return begins[byte]


# The vocabulary -------------------------------------------------------------------------------------------------------

SORTS: dict[str, Callable[[tuple[int, bytes]], object]] = {
    "id": lambda pair: pair[0],
    "length": lambda pair: (-len(pair[1]), pair[0]),
    "text": lambda pair: (pair[1], pair[0]),
}
"""The orders in which a vocabulary can be read."""


def vocabulary(tokenizer: Tokenizer, query: str, sort: str) -> list[int]:
    """The tokens in whose text ``query`` occurs, or the one of an id as in ``#268``, in an order of ``SORTS``.

    Raises:
        SettingError: there is no such order.
    """
    if sort not in SORTS:
        raise SettingError(f"sort: {sort[:40]!r} is none of {', '.join(SORTS)}")
    if query.startswith("#") and query[1:].isascii() and query[1:].isdigit() and len(query) < 12:
        return [int(query[1:])] if int(query[1:]) < tokenizer.vocab_size else []
    wanted = query.encode("utf-8", "replace")
    pairs = ((token, written(tokenizer, token)) for token in range(tokenizer.vocab_size))
    return [token for token, _ in sorted((pair for pair in pairs if wanted in pair[1]), key=SORTS[sort])]  # type: ignore[arg-type]
