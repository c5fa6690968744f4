"""A byte-level byte-pair tokenizer that is fast: our ranks in tiktoken's compiled core.

Ours and GPT-2's are the same class with different ranks. ``encode_readable`` does the same in the plain code of
``bytepair.py``; tests prove the two equal on arbitrary text. (Both rest on Unicode tables of their own: characters that
entered Unicode after a library was built may be cut differently, and are still never lost.)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path

import numpy as np
import tiktoken
from jaxtyping import UInt32

from hornbook.errors import TextError
from hornbook.tokenizers import bytepair, tokenizer_json
from hornbook.tokenizers.bytepair import Pair
from hornbook.tokenizers.listing import save_tokenizer
from hornbook.tokenizers.patterns import pieces
from hornbook.tokenizers.protocol import END_OF_TEXT, Roles
from hornbook.tokenizers.special import roles_of, separate, well_formed

Ids = UInt32[np.ndarray, " T"]
"""Token ids as tiktoken gives them."""

BLANK_RUN = 1 << 16
"""Blanks in a row that tiktoken's regular expressions surely survive; they fail somewhere below a million."""

ONE_PIECE = r"(?s:.+)"


class BytePairTokenizer:
    """Ids are ranks: 0 to 255 for the bytes (in an order of their own in GPT-2), then merges, then special tokens.

    Round trip: ``decode(encode(text)) == text`` for every text. (Lone surrogates are not text; they become U+FFFD.)
    """

    def __init__(
        self, ranks: Mapping[bytes, int], pattern: str, special: Mapping[str, int], kind: str = "bytepair"
    ) -> None:
        """The id of every token by its bytes, the regular expression that cuts text, and the special tokens."""
        self.ranks = dict(ranks)
        self.pattern = pattern
        self.special: Mapping[str, int] = dict(special)
        self.kind = kind
        self.tokens = {rank: token for token, rank in self.ranks.items()}
        self.written = self.tokens | {number: name.encode() for name, number in self.special.items()}
        self.encoding = tiktoken.Encoding(
            kind, pat_str=pattern, mergeable_ranks=self.ranks, special_tokens=dict(self.special)
        )

    @classmethod
    def from_merges(cls, merges: Iterable[Pair], pattern: str, special: Sequence[str] = ()) -> BytePairTokenizer:
        """The tokenizer of freshly learned merges: bytes, a token for each, ``<|endoftext|>`` and ``special`` last."""
        ranks = {token: rank for rank, token in enumerate(bytepair.vocabulary_of(merges))}
        return cls(ranks, pattern, {name: len(ranks) + place for place, name in enumerate((END_OF_TEXT, *special))})

    @property
    def vocab_size(self) -> int:
        """Bytes, merges and special tokens together."""
        return len(self.ranks) + len(self.special)

    @property
    def roles(self) -> Roles:
        """What the special tokens mean."""
        return roles_of(self.special)

    def around(self, ids: Sequence[int]) -> list[int]:
        """The ids: nothing stands around our texts."""
        return list(ids)

    def encode(self, text: str, allow_special: bool = False) -> list[int]:
        """The ids of a text; ``"<|endoftext|>"`` written in it is ordinary characters unless ``allow_special``."""
        if has_long_blank_run(text):
            return self.encode_blanks(text, allow_special)
        if allow_special:
            return self.encoding.encode(text, allowed_special="all")
        return self.encoding.encode_ordinary(text)

    def encode_batch(self, texts: Sequence[str], threads: int = 1) -> list[list[int]]:
        """The ids of many texts, encoded by several threads at once; special tokens are never among them."""
        if threads < 2 or len(texts) < 2 or any(map(has_long_blank_run, texts)):
            return [self.encode(text) for text in texts]
        return self.encoding.encode_ordinary_batch(list(texts), num_threads=threads)

    def encode_arrays(self, texts: Sequence[str], threads: int = 1) -> list[Ids]:
        """The same as arrays: no Python number is made for a token, and a thread is handed several texts at a time."""
        size = max(1, -(-len(texts) // (2 * threads)))
        groups = [texts[start : start + size] for start in range(0, len(texts), size)]
        with ThreadPoolExecutor(threads) as pool:
            return [ids for group in pool.map(self.encode_group, groups) for ids in group]

    def encode_group(self, texts: Sequence[str]) -> list[Ids]:
        """Some texts in one call of tiktoken's core, during which no other thread has to wait: joined by end-of-text,
        which cuts like the end of a text. Where that cannot be told from the texts themselves, one after another."""
        joined, end = END_OF_TEXT.join(texts), self.special.get(END_OF_TEXT)
        if end is None or joined.count(END_OF_TEXT) != len(texts) - 1 or has_long_blank_run(joined):
            return [self.encode_array(text) for text in texts]
        try:
            ids = self.encoding.encode_to_numpy(joined, allowed_special={END_OF_TEXT}, disallowed_special=())
        except UnicodeEncodeError:  # half of a surrogate pair
            return [self.encode_array(text) for text in texts]
        ends = np.flatnonzero(ids == end).tolist()
        return [
            ids[start:stop] for start, stop in zip([0, *(each + 1 for each in ends)], [*ends, len(ids)], strict=True)
        ]

    def encode_array(self, text: str) -> Ids:
        """One text; what tiktoken's core cannot take goes the way that ``encode`` knows."""
        if has_long_blank_run(text):
            return np.array(self.encode(text), dtype=np.uint32)
        try:
            return self.encoding.encode_to_numpy(text, disallowed_special=())
        except UnicodeEncodeError:  # half of a surrogate pair
            return np.array(self.encode(text), dtype=np.uint32)

    def encode_readable(self, text: str, allow_special: bool = False) -> list[int]:
        """The same ids by the definition in ``bytepair.py``: slow, and meant to be read."""
        result: list[int] = []
        for part in separate(text, self.special if allow_special else {}):
            result += [part] if isinstance(part, int) else bytepair.encode(part, self.ranks, self.pattern)
        return result

    def encode_blanks(self, text: str, allow_special: bool) -> list[int]:
        """The same ids for a text whose long runs of blanks would overflow the stack of tiktoken's regular expressions.

        The text is cut here, and tiktoken's core merges each piece.
        """
        result: list[int] = []
        for part in separate(text, self.special if allow_special else {}):
            if isinstance(part, int):
                result.append(part)
            else:
                for piece in pieces(well_formed(part), self.pattern):
                    result += self.core.encode_ordinary(piece)
        return result

    @cached_property
    def core(self) -> tiktoken.Encoding:
        """tiktoken's merging without its cutting: whatever it is given is one piece."""
        return tiktoken.Encoding(f"{self.kind}-core", pat_str=ONE_PIECE, mergeable_ranks=self.ranks, special_tokens={})

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids, special tokens as they are spelt; bytes that are no whole character become U+FFFD."""
        return self.decode_bytes(ids).decode("utf-8", errors="replace")

    def decode_bytes(self, ids: Sequence[int]) -> bytes:
        """The bytes of ids, special tokens as they are spelt.

        Raises:
            TextError: an id that is none of this tokenizer's.
        """
        try:
            return b"".join([self.written[token] for token in ids])
        except KeyError as error:
            raise TextError(
                f"{error.args[0]} is no id of this tokenizer, whose ids are 0 to {self.vocab_size - 1}"
            ) from None

    def token_bytes(self, token: int) -> bytes:
        """The bytes a token stands for, which may be part of a character; ``b""`` for a special token."""
        return self.tokens.get(token, b"") if token in self.written else self.decode_bytes([token])

    @cached_property
    def merges(self) -> dict[int, tuple[int, int]]:
        """The two tokens that each merged token was made from, by id, in the order of learning."""
        halves = bytepair.merges_of(self.ranks)
        return {self.ranks[left + right]: (self.ranks[left], self.ranks[right]) for left, right in halves}

    def document(self) -> tokenizer_json.Document:
        """Its ``tokenizer.json``."""
        halves = [(self.tokens[left], self.tokens[right]) for left, right in self.merges.values()]
        return tokenizer_json.bytepair_document(self.ranks, halves, self.pattern, self.special)

    def save(self, folder: Path) -> None:
        """Write ``tokenizer.json``, ``hornbook.json`` and ``vocabulary.txt`` with all merges into a folder."""
        save_tokenizer(self, self.document(), folder, self.merges)


def has_long_blank_run(text: str) -> bool:
    """Whether there may be ``2 * BLANK_RUN`` blanks in a row: then a stretch between two multiples is all blank."""
    return any(text[start : start + BLANK_RUN].isspace() for start in range(0, len(text) - BLANK_RUN + 1, BLANK_RUN))
