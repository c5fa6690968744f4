"""The ``tokenizer.json`` of Hugging Face's ``tokenizers`` library, in both directions, as plain data.

That library loads what is written here and gives the same ids, with one difference to know of: it recognises special
tokens in any text unless told otherwise (``encode_special_tokens = True``), while ours does so only on request.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import regex  # type: ignore[import-untyped]

from hornbook.errors import DamagedError
from hornbook.tokenizers.byte_alphabet import read_visible, write_visibly
from hornbook.tokenizers.patterns import GPT2_PATTERN

FILE = "tokenizer.json"
ANY_CHARACTER = r"[\s\S]"
NO_UNKNOWN = "<none>"
"""Named as the unknown token where there is none: the library then refuses unknown characters, as ours does."""

Document = dict[str, Any]
Read = TypeVar("Read")

UNFIT = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError, regex.error)
"""What Python says when a part of a document is missing, of another type, out of range, or no regular expression."""


def document(
    model: Document, special: Mapping[str, int], pre_tokenizer: Document, decoder: Document | None
) -> Document:
    """A whole ``tokenizer.json`` around a model."""
    added = [
        {"id": number, "content": text, "special": True}
        | dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
        for text, number in sorted(special.items(), key=lambda item: item[1])
    ]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": None,
        "pre_tokenizer": pre_tokenizer,
        "post_processor": None,
        "decoder": decoder,
        "model": model,
    }


def split(pattern: str, behavior: str) -> Document:
    """A pre-tokenizer that cuts at a regular expression; what matches is ``Isolated`` or ``Removed``."""
    return {"type": "Split", "pattern": {"Regex": pattern}, "behavior": behavior, "invert": False}


def byte_level() -> Document:
    """The step that turns bytes into visible characters (as a pre-tokenizer) and back (as a decoder)."""
    return {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}


def bytepair_document(
    ranks: Mapping[bytes, int], merges: Iterable[tuple[bytes, bytes]], pattern: str, special: Mapping[str, int]
) -> Document:
    """A byte-level byte-pair encoding."""
    model = {
        "type": "BPE",
        "dropout": None,
        "unk_token": None,
        "continuing_subword_prefix": None,
        "end_of_word_suffix": None,
        "fuse_unk": False,
        "byte_fallback": False,
        "vocab": {write_visibly(token): rank for token, rank in sorted(ranks.items(), key=lambda item: item[1])},
        "merges": [f"{write_visibly(left)} {write_visibly(right)}" for left, right in merges],
    }
    steps = {"type": "Sequence", "pretokenizers": [split(pattern, "Isolated"), byte_level()]}
    return document(model, special, steps, byte_level())


def read_bytepair(found: Document) -> tuple[dict[bytes, int], str, dict[str, int]]:
    """The ranks, pattern and special tokens of a byte-level byte-pair encoding, ours or another's.

    Raises:
        ValueError, KeyError: it is none, or one whose ids are not in the order of its merges.
    """
    special = read_special(found)
    vocabulary = {text: rank for text, rank in found["model"]["vocab"].items() if text not in special}
    ranks = {read_visible(text): require_int(rank) for text, rank in vocabulary.items()}
    made = [ranks[left + right] for left, right in read_merges(found)]
    if made != sorted(set(made)):
        raise ValueError("its ids are not in the order of its merges")
    if len(made) + 256 != len(ranks) or any(bytes([value]) not in ranks for value in range(256)):
        raise ValueError("its vocabulary is not the 256 bytes and one token for each merge")
    if sorted([*ranks.values(), *special.values()]) != list(range(len(ranks) + len(special))):
        raise ValueError("its ids are not 0, 1, 2 and so on")
    return ranks, read_pattern(found["pre_tokenizer"]), special


def read_merges(found: Document) -> list[tuple[bytes, bytes]]:
    """The two halves of every merge, which newer files write as two strings and older ones as one with a space."""
    pairs = [pair.split(" ") if isinstance(pair, str) else pair for pair in found["model"]["merges"]]
    return [(read_visible(left), read_visible(right)) for left, right in pairs]


def read_pattern(pre_tokenizer: Document) -> str:
    """The regular expression of a byte-level pre-tokenizer, which has GPT-2's when none is written."""
    steps = pre_tokenizer.get("pretokenizers", [pre_tokenizer])
    patterns = [step["pattern"]["Regex"] for step in steps if step["type"] == "Split"]
    levels = [step for step in steps if step["type"] == "ByteLevel"]
    if len(levels) != 1 or len(patterns) + len(levels) != len(steps) or levels[0].get("add_prefix_space", True):
        raise ValueError("its pre-tokenizer is not a byte-level one without a prefix space")
    if levels[0].get("use_regex", True):
        patterns.append(GPT2_PATTERN)
    if len(patterns) != 1:
        raise ValueError(f"its pre-tokenizer has {len(patterns)} patterns instead of one")
    return str(patterns[0])


def words_document(
    vocabulary: Mapping[str, int], unknown: str, special: Mapping[str, int], cuts: list[Document]
) -> Document:
    """A list of whole words (or characters), cut by regular expressions."""
    model = {"type": "WordLevel", "vocab": dict(vocabulary), "unk_token": unknown}
    steps = cuts[0] if len(cuts) == 1 else {"type": "Sequence", "pretokenizers": cuts}
    return document(model, special, steps, {"type": "Fuse"} if unknown == NO_UNKNOWN else None)


def read_words(found: Document) -> tuple[list[str], dict[str, int]]:
    """The words of a word-level vocabulary in the order of their ids, and those among them that are special."""
    special = read_special(found)
    ids = {text: require_int(number) for text, number in (found["model"]["vocab"] | special).items()}
    if sorted(ids.values()) != list(range(len(ids))):
        raise ValueError("its ids are not 0, 1, 2 and so on")
    return sorted(ids, key=lambda text: ids[text]), special


def read_special(found: Document) -> dict[str, int]:
    """The special tokens by their text."""
    special = {require_text(token["content"]): require_int(token["id"]) for token in found["added_tokens"]}
    if "" in special:
        raise ValueError("one of its added tokens has no text")
    return special


def require_int(value: object) -> int:
    """An id, which JSON could also have made something else."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"{str(value)[:40]!r} is not a whole number")
    return value


def require_text(value: object) -> str:
    """A text, which JSON could also have made something else."""
    if not isinstance(value, str):
        raise ValueError(f"{str(value)[:40]!r} is not a text")
    return value


def in_whole_characters(found: Document) -> Document:
    """A document without half a character (``"\\ud800"``), which JSON can spell and no text can have."""
    json.dumps(found, ensure_ascii=False).encode()
    return found


def understood(read: Callable[[Document], Read], found: Any, path: Path) -> Read:
    """What ``read`` makes of a document; whatever is wrong with it becomes a ``DamagedError`` that names the file."""
    try:
        return read(in_whole_characters(found))
    except UNFIT as error:
        reason = f"{error} is missing or unknown" if isinstance(error, KeyError) else str(error)
        raise DamagedError(
            f"{path} is not a tokenizer that can be used here: {reason}; train it again or copy it afresh"
        ) from error
