"""SentencePiece's byte-pair encoding, as Llama 2 and llama2.c have it: over characters, with a score for every piece.

A space is written "▁" and stands before a text too. Characters become pieces, or bytes where no piece is that
character; then, again and again, the two neighbours that make the piece with the best score become it (Kudo &
Richardson 2018).
"""

from __future__ import annotations

import heapq
import struct
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from hornbook.errors import DamagedError, MissingError, TextError
from hornbook.tokenizers.listing import save_tokenizer
from hornbook.tokenizers.protocol import Roles
from hornbook.tokenizers.special import separate, well_formed
from hornbook.tokenizers.tokenizer_json import document, require_int

SPACE = "▁"
UNKNOWN, BEGIN, END = 0, 1, 2
"""The first three pieces, in every vocabulary of this kind; the 256 bytes follow."""

FIRST_BYTE = 3
BYTES = 256
BYTE_PIECES = [f"<0x{byte:02X}>" for byte in range(BYTES)]
KIND = "sentencepiece"
GONE = -1
"""The place of a piece that has become part of the one before it."""


class SentencePieceBPE:
    """``tokens`` and ``scores`` by id: unknown, beginning, end, 256 bytes, then pieces with "▁" for a space."""

    kind = KIND

    def __init__(self, tokens: Sequence[str], scores: Sequence[float]) -> None:
        self.tokens, self.scores = list(tokens), list(scores)
        self.special: Mapping[str, int] = {self.tokens[number]: number for number in (UNKNOWN, BEGIN, END)}
        self.roles = Roles(begin=BEGIN, end=END, unknown=UNKNOWN)
        self.ids = {token: number for number, token in enumerate(self.tokens) if number >= FIRST_BYTE + BYTES}

    @property
    def vocab_size(self) -> int:
        """All pieces."""
        return len(self.tokens)

    def around(self, ids: Sequence[int]) -> list[int]:
        """The beginning of a text stands before it."""
        return [BEGIN, *ids]

    def encode(self, text: str, allow_special: bool = False) -> list[int]:
        """The ids of a text; ``"<s>"`` written in it is ordinary characters unless ``allow_special``."""
        result: list[int] = []
        for part in separate(text, self.special if allow_special else {}):
            result += [part] if isinstance(part, int) else self.merged(self.characters(part))
        return result

    def encode_batch(self, texts: Sequence[str], threads: int = 1) -> list[list[int]]:
        """The ids of many texts; special tokens are never among them."""
        return [self.encode(text) for text in texts]

    def characters(self, text: str) -> list[int]:
        """A piece for every character, the space before the text included; bytes for what is no piece."""
        found = []
        for character in SPACE + well_formed(text).replace(" ", SPACE):
            if character in self.ids:
                found.append(self.ids[character])
            else:
                found += [FIRST_BYTE + byte for byte in character.encode()]
        return found

    def merged(self, ids: list[int]) -> list[int]:
        """The neighbours that make the best piece put together, until no two make one; of equals the first.

        A heap holds every pair that makes a piece, best first; a pair whose half has been merged since is passed over.
        """
        after, before = list(range(1, len(ids) + 1)), list(range(-1, len(ids) - 1))
        pairs: list[tuple[float, int, int, int, int]] = []

        def offer(left: int) -> None:
            right = after[left] if left >= 0 else len(ids)
            if right < len(ids):
                piece = self.ids.get(self.tokens[ids[left]] + self.tokens[ids[right]])
                if piece is not None:
                    heapq.heappush(pairs, (-self.scores[piece], left, piece, ids[left], ids[right]))

        for place in range(len(ids)):
            offer(place)
        ids = list(ids)
        while pairs:
            _, left, piece, first, second = heapq.heappop(pairs)
            right = after[left]
            if ids[left] != first or right >= len(ids) or ids[right] != second:
                continue
            ids[left], ids[right] = piece, GONE
            after[left] = after[right]
            if after[right] < len(ids):
                before[after[right]] = left
            offer(before[left])
            offer(left)
        return [token for token in ids if token != GONE]

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids, without the one space that stands before every text."""
        text = b"".join(self.token_bytes(token) for token in ids).decode("utf-8", errors="replace")
        return text.removeprefix(" ")

    def token_bytes(self, token: int) -> bytes:
        """The bytes that a piece stands for; ``b""`` for a special token."""
        if not 0 <= token < self.vocab_size:
            raise TextError(f"{token} is no id of this tokenizer, whose ids are 0 to {self.vocab_size - 1}")
        if token < FIRST_BYTE:
            return b""
        if token < FIRST_BYTE + BYTES:
            return bytes([token - FIRST_BYTE])
        return self.tokens[token].replace(SPACE, " ").encode()

    @cached_property
    def merges(self) -> list[tuple[str, str]]:
        """All pairs of pieces that make a piece, those that make a better one first: what others keep for scores."""
        found = []
        for piece in sorted(self.ids, key=lambda piece: -self.scores[self.ids[piece]]):
            cuts = [(piece[:cut], piece[cut:]) for cut in range(1, len(piece))]
            found += [(left, right) for left, right in cuts if left in self.ids and right in self.ids]
        return found

    def save(self, folder: Path) -> None:
        """Write ``tokenizer.json`` as Hugging Face has it for Llama, and our files beside it."""
        save_tokenizer(self, self.document(), folder)

    def document(self) -> dict[str, Any]:
        """Its ``tokenizer.json``, where the order of merges stands for the scores."""
        model = {
            "type": "BPE",
            "dropout": None,
            "unk_token": self.tokens[UNKNOWN],
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": True,
            "byte_fallback": True,
            "vocab": {token: number for number, token in enumerate(self.tokens)},
            "merges": [list(pair) for pair in self.merges],
        }
        first, space = {"type": "Prepend", "prepend": SPACE}, {"type": "Replace", "pattern": {"String": " "}}
        back = {"type": "Replace", "pattern": {"String": SPACE}, "content": " "}
        steps = [
            back,
            {"type": "ByteFallback"},
            {"type": "Fuse"},
            {"type": "Strip", "content": " ", "start": 1, "stop": 0},
        ]
        begin = {"id": self.tokens[BEGIN], "ids": [BEGIN], "tokens": [self.tokens[BEGIN]]}
        start, text = (
            {"SpecialToken": {"id": self.tokens[BEGIN], "type_id": 0}},
            {"Sequence": {"id": "A", "type_id": 0}},
        )
        again = [
            start,
            text,
            {"SpecialToken": {"id": self.tokens[BEGIN], "type_id": 1}},
            {"Sequence": {"id": "B", "type_id": 1}},
        ]
        return document(model, self.special, {}, {"type": "Sequence", "decoders": steps}) | {
            "normalizer": {"type": "Sequence", "normalizers": [first, space | {"content": SPACE}]},
            "pre_tokenizer": None,
            "post_processor": {
                "type": "TemplateProcessing",
                "single": [start, text],
                "pair": again,
                "special_tokens": {self.tokens[BEGIN]: begin},
            },
        }


def load_sentencepiece(found: dict[str, Any]) -> SentencePieceBPE:
    """The tokenizer that ``SentencePieceBPE.document`` describes; the scores count down in the order of its merges."""
    ids: dict[str, int] = found["model"]["vocab"]
    if sorted(map(require_int, ids.values())) != list(range(len(ids))):
        raise ValueError("its ids are not 0, 1, 2 and so on")
    tokens, scores = sorted(ids, key=lambda token: ids[token]), [0.0] * len(ids)
    if tokens[FIRST_BYTE : FIRST_BYTE + BYTES] != BYTE_PIECES or "" in tokens:
        raise ValueError("its pieces from 3 on are not the 256 bytes")
    for place, made in enumerate(dict.fromkeys(left + right for left, right in found["model"]["merges"])):
        scores[ids[made]] = float(-place)
    return SentencePieceBPE(tokens, scores)


def read_llama2c(path: Path, vocab_size: int) -> SentencePieceBPE:
    """The tokenizer's file of llama2.c: the longest piece's length, then score, length and bytes of every piece.

    Raises:
        MissingError: there is no such file.
        DamagedError: it does not hold ``vocab_size`` pieces, or not those that stand first in all of them.
    """
    if not path.is_file():
        raise MissingError(f"{path} does not exist; give the tokenizer's file that came with the model")
    data, at = path.read_bytes(), 4
    tokens, scores = list[str](), list[float]()
    try:
        for _ in range(vocab_size):
            score, length = struct.unpack_from("<fi", data, at)
            piece = data[at + 8 : at + 8 + length]
            if length < 0 or len(piece) != length:
                raise ValueError("a piece goes beyond its end")
            tokens.append(piece.decode().replace(" ", SPACE))
            scores.append(score)
            at += 8 + length
    except (struct.error, ValueError) as error:
        raise DamagedError(
            f"{path} does not hold {vocab_size} pieces, as the model has: {error}; fetch it again"
        ) from None
    if at != len(data) or tokens[FIRST_BYTE : FIRST_BYTE + BYTES] != BYTE_PIECES:
        raise DamagedError(
            f"{path} is not the tokenizer of a model with {vocab_size} tokens; give the one that came with it"
        )
    tokens[:FIRST_BYTE] = ["<unk>", "<s>", "</s>"]
    return SentencePieceBPE(tokens, scores)
