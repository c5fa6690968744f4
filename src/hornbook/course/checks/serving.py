"""Lesson 26: continuous batching, stop strings, and pages."""

from __future__ import annotations

from hornbook.course.answers import Answer, expect
from hornbook.generation.text import overlap


def check_steps_needed(function: Answer) -> None:
    """A free row is taken at once."""
    expect(
        "steps_needed([2, 8, 3, 8], 2)",
        function([2, 8, 3, 8], 2),
        13,
        {
            "A batch waits for its longest text here; let the next request in as soon as a row is free.": 16,
            "All rows work at every step: divide the work among them.": 21,
            "A text cannot be divided among rows: it takes as many steps as it has tokens.": 11,
            "The longest first is another order: requests are served as they come.": 12,
            "All requests run at once here; there are only so many rows.": 8,
        },
    )
    expect("steps_needed([3], 4)", function([3], 4), 3, {"One step too many: a text of 3 tokens is over after 3.": 4})


def check_certain(function: Answer) -> None:
    """The whole stop string, its beginning, and neither."""
    held = "we sto"
    expect(
        "certain('we sto', 'stop')",
        function(held, "stop"),
        held[: len(held) - overlap(held, "stop")],
        {
            "'sto' may become 'stop' with the next token: hold it back.": "we sto",
            "Only the end that begins the stop string is held back: the longest such end.": "we st",
            "Show what is certain; not everything is held back.": "",
            "Hold back what begins the stop string, not a fixed number of characters.": "we",
        },
    )
    expect(
        "certain('a stop, b', 'stop')",
        function("a stop, b", "stop"),
        "a ",
        {
            "Nothing is shown from the stop string on.": "a stop, b",
            "The stop string itself is not shown.": "a stop",
        },
    )
    expect(
        "certain('we store', 'stop')",
        function("we store", "stop"),
        "we store",
        hint="Nothing here can become the stop.",
    )


def check_pages_needed(function: Answer) -> None:
    """Rounded up, and exact where it fits."""
    expect(
        "pages_needed(40, 16)",
        function(40, 16),
        3,
        {
            "Two pages hold 32 tokens: round up.": 2,
            "Pages are whole: round up.": 2.5,
        },
    )
    expect("pages_needed(32, 16)", function(32, 16), 2, {"32 tokens fill two pages exactly: no third one.": 3})
