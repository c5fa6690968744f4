"""How results look: one JSON object for programs, plain aligned tables for people; both on stdout."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hornbook.workflows.evaluate import Evaluation
    from hornbook.workflows.examination import Examination

UNBROKEN = 1000
"""Columns, where a table goes into a file or a pipe: there no line is broken."""


def print_json(value: Any) -> None:
    """One JSON object, indented, on stdout."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def print_table(headings: Sequence[str], rows: Sequence[Sequence[str]], emphasised: str | None = None) -> None:
    """A table with its first column to the left and numbers to the right; the row named ``emphasised`` in bold."""
    from rich import box
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for place, heading in enumerate(headings):
        table.add_column(heading, justify="left" if place == 0 else "right", overflow="fold")
    for row in rows:
        table.add_row(*map(escape, row), style="bold" if row[0] == emphasised else None)
    wide = None if sys.stdout.isatty() or "COLUMNS" in os.environ else UNBROKEN
    Console(highlight=False, width=wide).print(table)


def print_ladder(result: Evaluation) -> None:
    """A model among what it must beat and what nobody can pass, the worst first."""
    rows = [
        (name, f"{loss:.4f}", f"{bits:.4f}", f"{perplexity:,.2f}") for name, loss, bits, perplexity in result.rungs()
    ]
    print_table(("", "nats/token", "bits/byte", "perplexity"), rows, emphasised="this model")


def print_answers(result: Examination) -> None:
    """How many answers were right, group by group."""
    if result.groups:
        print_table(("", "asked", *result.ways), result.rows())
    for remark in result.remarks:
        print(remark)


def print_result(result: Evaluation | Examination) -> None:
    """A language model on its ladder, or the answers of any other counted."""
    from hornbook.workflows.examination import Examination

    if isinstance(result, Examination):
        print_answers(result)
    else:
        print_ladder(result)


def say(line: str) -> None:
    """A line about what is going on, on stderr."""
    print(line, file=sys.stderr, flush=True)
