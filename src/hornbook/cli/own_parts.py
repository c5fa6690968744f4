"""``hornbook learn parts`` and ``hornbook learn train``: what one can write, and training with it in place of ours."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import cyclopts


def parts() -> None:
    """List the parts that you can write in a file of your own, and how they are called.

    Grade one with hornbook check FILE:function --part NAME, and train with it by hornbook learn train.
    """
    from hornbook.course.own.parts import PARTS

    for part in PARTS.values():
        print(f"{part.name}{part.signature}\n    {part.does}\n    at work in {part.works_in}")


def train(
    *words: Annotated[str, cyclopts.Parameter(allow_leading_hyphen=False)],
    own: tuple[str, ...] = (),
    text: tuple[str, ...] = (),
    run: Path | None = None,
    steps: int | None = None,
    minutes: float | None = None,
    seed: int | None = None,
    as_json: Annotated[bool, cyclopts.Parameter(name="--json", negative=())] = False,
) -> None:
    """Train as hornbook train does, with parts of your own in place of ours. They are graded first.

    Nothing is compiled, so it is slower; the file is run.

    Parameters
    ----------
    words
        RECIPE, and settings to change: model.depth=2
    own
        PART=FILE:function, as in --own attention=mine.py:attention; once for each.
    text
        Train on these files instead of the recipe's text.
    run
        The new run's folder; by default the next free one under runs/.
    steps
        Train so many steps, whatever the recipe says.
    minutes
        Train for so long.
    seed
        Decides everything that is random.
    as_json
        Print the result as one JSON object.
    """
    from hornbook.cli.train import ask_for_recipe, begin, chosen, finish, length_of
    from hornbook.course.answers import WrongAnswer
    from hornbook.course.own.parts import at_work, find_part, read_part
    from hornbook.errors import SettingError

    if not words:
        ask_for_recipe()
    written = {}
    for each in own:
        name, equals, target = each.partition("=")
        if not equals:
            raise SettingError(f"own: expected PART=FILE:function, as in attention=mine.py:attention, found {each!r}")
        try:
            written[name] = read_part(find_part(name), target)
        except WrongAnswer as wrong:
            raise WrongAnswer(f"{target} is not right yet: {wrong}\n-> {wrong.hint}", wrong.hint) from None
    recipe = chosen((*words, "training.compile=never"), text, None, length_of(minutes, steps), seed)
    with at_work(written):
        finish(begin(recipe, run, None, None), as_json)
