"""Lesson 27: sums and counts, dealing out rows, and memory."""

from __future__ import annotations

from hornbook.course.answers import Answer, expect


def check_combine(function: Answer) -> None:
    """Weighted by what was asked."""
    totals, counts = [6.0, 33.0], [3, 11]
    expect(
        "combine(totals [6, 33], counts [3, 11])",
        function(list(totals), list(counts)),
        39 / 14,
        {
            "That is the mean of the workers' means: weight each by its number of tokens.": (2.0 + 3.0) / 2,
            "Divide by the number of tokens, not by the number of workers.": 39 / 2,
            "That is the sum; divide by all asked tokens.": 39.0,
            "The means are added up; add up sums and counts, then divide once.": 5.0,
        },
    )
    expect(
        "combine(totals [6, 0], counts [3, 0])",
        function([6.0, 0.0], [3, 0]),
        2.0,
        hint="A worker may have no asked token at all: do not divide by its own count.",
    )


def check_rows_of(function: Answer) -> None:
    """Every row once."""
    expect(
        "rows_of(7, 1, 3)",
        list(function(7, 1, 3)),
        [1, 4],
        {
            "That is a block; deal the rows out one by one: 1, 4, ...": [2, 3],
            "That is a block of the larger size; deal the rows out one by one.": [3, 4, 5],
            "Workers count from 0: worker 0 has row 0.": [0, 3, 6],
            "Every worker reads all rows here.": list(range(7)),
        },
    )
    everyone = [row for worker in range(3) for row in function(7, worker, 3)]
    expect("the rows of all three workers together", sorted(everyone), list(range(7)), hint="Each row exactly once.")


def check_bytes_per_worker(function: Answer) -> None:
    """16 bytes a parameter, rounded up."""
    expect(
        "bytes_per_worker(1001, 8)",
        function(1001, 8),
        2002,
        {
            "AdamW keeps two averages besides weight and gradient: 16 bytes, not 8.": 1001,
            "AdamW keeps two averages, not one: 16 bytes, not 12.": 1502,
            "A number in 32 bits has 4 bytes: 16 for four of them.": 501,
            "Divide among the workers.": 16 * 1001,
        },
    )
    expect("bytes_per_worker(3, 7)", function(3, 7), 7, {"Round up: a byte that is left over has to lie somewhere.": 6})
