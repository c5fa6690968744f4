"""``hornbook learn worksheet``: a GPT to be calculated with a pencil, and graded line by line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import cyclopts


def worksheet(
    *,
    grade: Path | None = None,
    seed: int = 0,
    answers: Annotated[bool, cyclopts.Parameter(negative=())] = False,
    out: Path | None = None,
) -> None:
    """Print a GPT of width 4 with blanks, forwards and back, or grade one that you have filled in.

    A right one says so; else the first line that is wrong or open is named, with what usually leads there, and the
    command exits with 4.

    Parameters
    ----------
    grade
        A worksheet that you have filled in.
    seed
        Another seed has other numbers.
    answers
        Print it without blanks.
    out
        Write it to this file instead.
    """
    from hornbook.course import worksheet as sheet
    from hornbook.errors import CheckError
    from hornbook.files import read_text, write_text

    if grade is not None:
        found = sheet.grade(read_text(grade))
        if found.state != "right":
            raise CheckError(f"{grade}: {found.right} of {found.lines} lines are right; {found.said}\n-> {found.hint}")
        print(f"{grade}: all {found.lines} lines are right")
    elif out is not None:
        write_text(out, sheet.worksheet(seed, answers))
        print(f"{out}: fill in the blanks; then hornbook learn worksheet --grade {out}")
    else:
        print(sheet.worksheet(seed, answers), end="")
