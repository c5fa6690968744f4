"""Solutions of lesson 1."""

from __future__ import annotations

from itertools import pairwise


def count_pairs(words: dict[tuple[int, ...], int]) -> dict[tuple[int, int], int]:
    """Every place of every word, as often as the word occurs."""
    counts: dict[tuple[int, int], int] = {}
    for tokens, times in words.items():
        for pair in pairwise(tokens):
            counts[pair] = counts.get(pair, 0) + times
    return counts


def merge(ids: list[int], pair: tuple[int, int], token: int) -> list[int]:
    """After a merge the next token to look at is two further on."""
    result, index = [], 0
    while index < len(ids):
        if tuple(ids[index : index + 2]) == pair:
            result.append(token)
            index += 2
        else:
            result.append(ids[index])
            index += 1
    return result


def encode(text: str, merges: list[tuple[int, int]]) -> list[int]:
    """Apply the merges one after another, each everywhere."""
    ids = list(text.encode())
    for number, pair in enumerate(merges):
        ids = merge(ids, pair, 256 + number)
    return ids
