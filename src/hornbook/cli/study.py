"""``hornbook study``: questions that take several runs, and are answered with intervals or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import cyclopts

from hornbook.cli.output import print_json, print_table
from hornbook.errors import SettingError

if TYPE_CHECKING:
    from hornbook.workflows.recipe import Recipe
    from hornbook.workflows.study_ab import Answer

app = cyclopts.App(name="study", help="Questions that take several runs, answered with intervals or not at all.")

AsJson = Annotated[bool, cyclopts.Parameter(name="--json", negative=())]
Words = Annotated[str, cyclopts.Parameter(allow_leading_hyphen=False)]
Settings = Annotated[tuple[str, ...], cyclopts.Parameter(negative=())]


@app.command
def ab(
    *words: Words,
    a: Settings = (),
    b: Annotated[tuple[str, ...], cyclopts.Parameter(name=("--b", "--change"), negative=())] = (),
    seeds: int = 5,
    tokens: int | None = None,
    steps: int | None = None,
    text: Settings = (),
    corpus: str | None = None,
    out: Path | None = None,
    as_json: AsJson = False,
) -> None:
    """Is B better than A? Both are trained with the same seeds, on the same batches, for as many tokens.

    The answer is better, worse or no evidence, by a paired test that is wrong of equals in at most 5 of 100 studies,
    however often seeds are added; one seed gets no verdict. The same command with the same --out goes on where it was
    stopped, or takes up more seeds.

    Parameters
    ----------
    words
        RECIPE of A, and of B where it is another one; and settings for both: model.depth=3
    a
        A setting of A alone: --a model.width=128
    b
        A setting of B alone: --change training.optimizer.learning_rate=3e-4
    seeds
        How many seeds each side is trained with.
    tokens
        Read so many tokens in every run.
    steps
        Make so many steps in every run.
    text
        Train on these files instead of the recipe's text.
    corpus
        Train on this corpus instead.
    out
        The study's folder; by default the next free one under runs/.
    as_json
        Print one JSON object.
    """
    from hornbook.cli.progress import TrainingProgress
    from hornbook.workflows.study import free_study
    from hornbook.workflows.study_ab import compare_two

    recipes, settings = split(words)
    if not 1 <= len(recipes) <= 2:
        raise SettingError(f"expected one recipe or two, found {' '.join(recipes) or 'none'}")
    length = length_of(tokens, steps)
    first, second = (
        chosen(recipe, (*settings, *own), text, corpus, length) for recipe, own in ((recipes[0], a), (recipes[-1], b))
    )
    folder = out or free_study(first.name)
    with TrainingProgress() as progress:
        answer = compare_two(folder, first, second, seeds, progress)
    if as_json:
        print_json({"schema": 1, "study": str(folder), **answer.as_json()})
        return
    print_answer(answer, folder)


def print_answer(answer: Answer, folder: Path) -> None:
    """Seed by seed, what the sides cost, the verdict, and where it all lies."""
    table = answer.table()
    print_table(table.headings, table.rows, emphasised="mean")
    for line in answer.remarks():
        print(line)
    print(f"{answer.sentence()}\n\nstudy   {folder}\nreport  {folder / 'report.html'}")


def split(words: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Recipes, and settings (``a.b=c``)."""
    return [word for word in words if "=" not in word], [word for word in words if "=" in word]


def length_of(tokens: int | None, steps: int | None) -> dict[str, float | int]:
    """The flag that says how long, if one does."""
    given: dict[str, float | int] = {
        name: value for name, value in (("tokens", tokens), ("steps", steps)) if value is not None
    }
    if len(given) > 1:
        raise SettingError("--tokens and --steps both say how long; give one")
    return given


def chosen(
    recipe: str, settings: tuple[str, ...], text: tuple[str, ...], corpus: str | None, length: dict[str, float | int]
) -> Recipe:
    """The recipe with what the command line says laid over it."""
    from hornbook.cli.train import chosen as with_flags

    return with_flags((recipe, *settings), text, corpus, length, None)
