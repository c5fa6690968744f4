"""Figures of the documentation that are counted in seconds: one function for each entry of the ledger that names it.

A function returns its numbers as they stand on the page, in order, in any words; ``make docs-verify`` compares.
"""

from __future__ import annotations

from collections.abc import Sequence


def exchange() -> str:
    """What ``python benchmarks/exchange.py`` prints, in one process: messages are counted, and go nowhere."""
    from benchmarks.exchange import head, row
    from hornbook.training.by_hand import Ring, Vector
    from hornbook.training.world import World

    class Silent(Ring):
        def pass_on(self, slices: Sequence[Vector], give: int, take: int, into: Vector) -> None:
            into.zero_()
            self.sent += slices[give].numel() * slices[give].element_size()

    return "\n".join([head(1_000_003), *(row(Silent(World(0, size)), 1_000_003) for size in (2, 3, 4))])


def minutes_of_a_lesson() -> str:
    """The shortest and the longest that a lesson says it takes."""
    from hornbook.course.lesson import read_lessons

    minutes = [lesson.minutes for lesson in read_lessons()]
    return f"{min(minutes)} to {max(minutes)}"
