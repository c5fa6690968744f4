"""Exercises of lesson 1. Fill in the functions, then: hornbook learn check 01."""

from __future__ import annotations


def count_pairs(words: dict[tuple[int, ...], int]) -> dict[tuple[int, int], int]:
    """How often each pair of neighbours occurs in the text; ``words`` says how often each word does."""
    raise NotImplementedError


def merge(ids: list[int], pair: tuple[int, int], token: int) -> list[int]:
    """The ids with every occurrence of the pair replaced by the token, from left to right."""
    raise NotImplementedError


def encode(text: str, merges: list[tuple[int, int]]) -> list[int]:
    """The ids of a text: its bytes, then the merges in the order of learning; merge 0 makes token 256."""
    raise NotImplementedError
