"""Lesson 1: counting pairs, merging one, encoding with all of them."""

from __future__ import annotations

from itertools import pairwise

from hornbook.course.answers import Answer, expect
from hornbook.tokenizers.bytepair import merged

Pair = tuple[int, int]


def check_count_pairs(function: Answer) -> None:
    """Words count as often as they occur, and so do pairs inside a word."""
    words = {(1, 2, 3): 5, (2, 3): 2}
    expect(
        "count_pairs({(1, 2, 3): 5, (2, 3): 2})",
        dict(function(words)),
        {(1, 2): 5, (2, 3): 7},
        {
            "A pair counts as often as its word occurs: add `times`, not 1.": {(1, 2): 1, (2, 3): 2},
            "Add to what other words have counted already, and do not replace it.": {(1, 2): 5, (2, 3): 2},
        },
    )
    expect(
        "count_pairs({(1, 1, 1): 2})",
        dict(function({(1, 1, 1): 2})),
        {(1, 1): 4},
        {"(1, 1, 1) holds the pair (1, 1) twice: count places, not different pairs.": {(1, 1): 2}},
    )


def check_merge(function: Answer) -> None:
    """Left to right, none twice, and the last id is not lost."""
    hint = "Walk with an index: on by two after a merge, on by one otherwise."
    expect("merge([7, 1, 2, 7], (1, 2), 9)", function([7, 1, 2, 7], (1, 2), 9), [7, 9, 7],
           {"The id behind the last pair is lost: the loop has to reach the last place.": [7, 9],
            "After a merge go on by two: the second id of the pair has been used.": [7, 9, 2, 7]}, hint)  # fmt: skip
    expect("merge([1, 2, 1, 2], (1, 2), 9)", function([1, 2, 1, 2], (1, 2), 9), [9, 9],
           {"Merge every occurrence, not only the first.": [9, 1, 2]}, hint)  # fmt: skip
    expect("merge([1, 1, 1], (1, 1), 9)", function([1, 1, 1], (1, 1), 9), [9, 1],
           {"From left to right: the first two are merged, the third is left.": [1, 9],
            "An id that was merged must not be used again.": [9, 9]}, hint)  # fmt: skip
    expect("merge([2, 1], (1, 2), 9)", function([2, 1], (1, 2), 9), [2, 1],
           {"(2, 1) is another pair than (1, 2): order counts.": [9]}, hint)  # fmt: skip


def check_encode(function: Answer) -> None:
    """Bytes first, then the merges in the order of learning."""
    expect("encode('é', [])", function("é", []), [195, 169],
           {"Begin with the bytes of the text, `text.encode()`, not with its characters.": [233]})  # fmt: skip
    merges = [(98, 99), (97, 98), (97, 256)]  # bc, ab, abc
    found = function("abc", merges)
    expect("encode('abc', [(98, 99), (97, 98), (97, 256)])", found, [258],
           {"Apply the merges in the order in which they were learned: `b c` came first.": [257, 99],
            "Apply all merges, the later ones to what the earlier ones have made.": [97, 256],
            "The first merge makes token 256, the next 257, and so on.": numbered(merges, 257)})  # fmt: skip


def numbered(merges: list[Pair], first: int) -> list[int]:
    """The ids of ``abc`` when the first merge makes the token ``first``."""
    ids = list(b"abc")
    for number, pair in enumerate(merges):
        if pair in pairwise(ids):
            ids = merged(ids, pair, first + number)
    return ids
