"""Unigram, as T5 has it: of all ways to cut a text into pieces, the likeliest (Kudo 2018, section 3.2)."""

from __future__ import annotations

from collections.abc import Sequence

PENALTY = 10.0
"""By how much an unknown character is less likely than the unlikeliest piece, in nats."""


class UnigramModel:
    """``pieces`` with their log-probabilities, by id; with ``byte_fallback`` what is unknown is written in bytes."""

    def __init__(self, pieces: Sequence[tuple[str, float]], unknown: int | None, byte_fallback: bool = False) -> None:
        self.tokens, self.unknown, self.byte_fallback = [piece for piece, _ in pieces], unknown, byte_fallback
        self.ids = {piece: number for number, (piece, _) in enumerate(pieces)}
        self.scores = [score for _, score in pieces]
        self.longest = max(map(len, self.tokens), default=1)
        self.surprise = min(self.scores, default=0.0) - PENALTY

    def encode(self, piece: str) -> list[int]:
        """The pieces of the likeliest cut; unknown characters next to each other are one unknown piece."""
        found: list[int] = []
        before = False  # whether what came before was unknown
        for part in self.cut(piece):
            known = part in self.ids
            if known:
                found.append(self.ids[part])
            elif self.byte_fallback and all(byte in self.ids for byte in in_bytes(part)):
                found += [self.ids[byte] for byte in in_bytes(part)]
            elif self.unknown is not None and not before:
                found.append(self.unknown)
            before = not known
        return found

    def cut(self, text: str) -> list[str]:
        """Viterbi: the best score up to every place, and how long the last piece there is.

        Unknown characters that follow one another are joined, so that they fall back to bytes, or to unknown, together.
        """
        best, lengths = [0.0] + [float("-inf")] * len(text), [0] * (len(text) + 1)
        for end in range(1, len(text) + 1):
            for start in range(max(0, end - self.longest), end):
                number = self.ids.get(text[start:end])
                if number is None or number == self.unknown:
                    if end - start > 1:
                        continue
                    score = best[start] + self.surprise
                else:
                    score = best[start] + self.scores[number]
                if score > best[end]:
                    best[end], lengths[end] = score, end - start
        parts: list[str] = []
        end = len(text)
        while end:
            parts.append(text[end - lengths[end] : end])
            end -= lengths[end]
        return joined(parts[::-1], self.ids)


def joined(parts: list[str], known: dict[str, int]) -> list[str]:
    """Neighbours that are both unknown put together."""
    found: list[str] = []
    for part in parts:
        if found and part not in known and found[-1] not in known:
            found[-1] += part
        else:
            found.append(part)
    return found


def in_bytes(text: str) -> list[str]:
    """The pieces that stand for the bytes of a text: ``<0xE2>``..."""
    return [f"<0x{byte:02X}>" for byte in text.encode()]
