"""Tokenizers for the eye: a text cut by several, a word merged step by step, family trees, vocabularies, a training."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hornbook.errors import HornbookError, SettingError
from hornbook.tokenizers.bytepair import Pair, vocabulary_of
from hornbook.tokenizers.bytepair_tokenizer import BytePairTokenizer
from hornbook.tokenizers.bytepair_training import merges_with_counts
from hornbook.tokenizers.config import BYTES
from hornbook.tokenizers.counting import count_pieces
from hornbook.tokenizers.explore import Ancestor, Step, ancestry, bytepair_only, compression, replay
from hornbook.tokenizers.patterns import pattern_named
from hornbook.tokenizers.protocol import Tokenizer
from hornbook.tokenizers.showing import candidates, spans, vocabulary
from hornbook.workflows.watching.given import labelled

LONGEST_WORD = 2000
"""Characters of a text whose merges are shown one by one."""


def about_tokenizer(name: str, tokenizer: Tokenizer) -> dict[str, Any]:
    """A line of the list."""
    merges = isinstance(tokenizer, BytePairTokenizer)
    return {"name": name, "kind": tokenizer.kind, "vocab_size": tokenizer.vocab_size, "merges": merges}


def encoded(name: str, tokenizer: Tokenizer, text: str, allow_special: bool) -> dict[str, Any]:
    """A text in tokens, where each stands, and how well that packs it; or why it cannot be encoded."""
    found: dict[str, Any] = {"name": name, "kind": tokenizer.kind, "vocab_size": tokenizer.vocab_size}
    try:
        tokens = tokenizer.encode(text, allow_special)
        packed = compression(name, tokenizer, text) if tokens else None
    except HornbookError as error:
        return found | {"tokens": [], "count": 0, "error": str(error)}
    places = zip(tokens, spans(tokenizer, text, tokens), strict=True)
    size = len(text.encode("utf-8", "replace"))
    return found | {
        "tokens": [{**labelled(tokenizer, token), "start": start, "end": end} for token, (start, end) in places],
        "count": len(tokens),
        "bytes": size,
        "characters": len(text),
        "bytes_per_token": size / len(tokens) if tokens else None,
        "characters_per_token": len(text) / len(tokens) if tokens else None,
        "round_trip": packed is None or packed.round_trip,
        "error": None,
    }


def merges(tokenizer: Tokenizer, text: str) -> dict[str, Any]:
    """Every piece of a text: its bytes, then each merge, with the pairs among which it is chosen.

    Raises:
        SettingError: the tokenizer does not merge, or the text is too long to be followed.
    """
    merging = bytepair_only(tokenizer)
    if len(text) > LONGEST_WORD:
        raise SettingError(f"text: {len(text):,} characters; merges are shown of {LONGEST_WORD:,} at most")
    found = replay(merging, text)
    return {"pieces": [{"text": whole(steps), "steps": [shown(merging, each) for each in steps]} for steps in found]}


def whole(steps: list[Step]) -> str:
    """The piece itself."""
    return b"".join(steps[0].parts).decode("utf-8", "replace")


def shown(tokenizer: BytePairTokenizer, step: Step) -> dict[str, Any]:
    """One step: how the piece stands, what was made, and what could be made next."""
    made = step.token >= 0
    return {
        "parts": [readable(part) for part in step.parts],
        "token": labelled(tokenizer, step.token) if made else None,
        "place": step.place if made else None,
        "candidates": [
            {"place": each.place, **readable(each.data), "rank": each.token, "id": each.token}
            for each in candidates(tokenizer, step.parts)
        ],
    }


def readable(data: bytes) -> dict[str, Any]:
    """Bytes as text, or spelt where they are a part of a character."""
    try:
        return {"text": data.decode()}
    except UnicodeDecodeError:
        return {"text": "".join(f"\\x{byte:02x}" for byte in data), "partial": True}


def family(tokenizer: Tokenizer, token: int) -> dict[str, Any]:
    """A token, the two it was merged from, and so on.

    Raises:
        SettingError: the tokenizer does not merge. TextError: there is no such token.
    """
    tokenizer.token_bytes(token)

    def told(each: Ancestor | None) -> dict[str, Any] | None:
        if each is None:
            return None
        return {"token": labelled(tokenizer, each.token), "left": told(each.left), "right": told(each.right)}

    return told(ancestry(tokenizer, token)) or {}


def page_of_vocabulary(tokenizer: Tokenizer, query: str, sort: str, offset: int, limit: int) -> dict[str, Any]:
    """Some of the tokens that match, with those they were merged from."""
    found = vocabulary(tokenizer, query, sort)
    origins = tokenizer.merges if isinstance(tokenizer, BytePairTokenizer) else {}
    rows = [
        {
            **labelled(tokenizer, token),
            "from": list(origins[token]) if token in origins else None,
            "length": len(tokenizer.token_bytes(token)),
        }
        for token in found[offset : offset + limit]
    ]
    return {"total": len(found), "vocab_size": tokenizer.vocab_size, "tokens": rows}


# Training -------------------------------------------------------------------------------------------------------------


def training(text: str, size: int, pattern: str, learned: list[Pair]) -> Iterator[dict[str, Any]]:
    """The merges of a vocabulary of ``size`` tokens as they are learned; each is put to ``learned``."""
    words, known = count_pieces([text], pattern_named(pattern), workers=1), vocabulary_of([])
    for (left, right), count in merges_with_counts(words, size - BYTES - 1):
        token = len(known)
        learned.append((left, right))
        known.append(known[left] + known[right])
        yield {
            "kind": "merge",
            "number": len(learned),
            "id": token,
            "left": {"id": left, **readable(known[left])},
            "right": {"id": right, **readable(known[right])},
            "token": {"id": token, **readable(known[token])},
            "count": count,
        }


def trained(learned: list[Pair], pattern: str) -> BytePairTokenizer:
    """The tokenizer of these merges."""
    return BytePairTokenizer.from_merges(learned, pattern_named(pattern))
