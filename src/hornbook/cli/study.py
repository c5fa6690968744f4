"""``hornbook study``: questions that take several runs, and are answered with intervals or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Protocol, runtime_checkable

import cyclopts

from hornbook.cli.output import print_json, print_table
from hornbook.errors import SettingError

if TYPE_CHECKING:
    from hornbook.evaluation.comparison_page import Table
    from hornbook.workflows.recipe import Recipe

app = cyclopts.App(name="study", help="Questions that take several runs, answered with intervals or not at all.")

AsJson = Annotated[bool, cyclopts.Parameter(name="--json", negative=())]
Flag = Annotated[bool, cyclopts.Parameter(negative=())]
EqualName = Literal["parameters", "layers", "flops", "time"]
Words = Annotated[str, cyclopts.Parameter(allow_leading_hyphen=False)]
Settings = Annotated[tuple[str, ...], cyclopts.Parameter(negative=())]


@cyclopts.Parameter(name="*")
@dataclass(frozen=True)
class Length:
    """How long every run is, on what, and where it all goes.

    Parameters
    ----------
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
    """

    tokens: int | None = None
    steps: int | None = None
    text: Settings = ()
    corpus: str | None = None
    out: Path | None = None

    def recipe(self, name: str, settings: tuple[str, ...], tokens: int | None = None) -> Recipe:
        """The recipe with settings and these flags laid over it; ``tokens`` where it would run by the clock."""
        from hornbook.cli.train import chosen

        given: dict[str, float | int] = {}
        for flag, value in (("tokens", self.tokens), ("steps", self.steps)):
            if value is not None:
                given[flag] = value
        if len(given) > 1:
            raise SettingError("--tokens and --steps both say how long; give one")
        found = chosen((name, *settings), self.text, self.corpus, given, None)
        if found.training.minutes is None or tokens is None:
            return found
        return chosen((name, *settings), self.text, self.corpus, {"tokens": tokens}, None)

    def folder(self, name: str) -> Path:
        """Where the study goes."""
        from hornbook.workflows.study import free_study

        return self.out or free_study(name)


@app.command
def ab(
    *words: Words,
    a: Settings = (),
    b: Annotated[tuple[str, ...], cyclopts.Parameter(name=("--b", "--change"), negative=())] = (),
    seeds: int = 5,
    length: Length = Length(),
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
    as_json
        Print one JSON object.
    """
    from hornbook.cli.progress import TrainingProgress
    from hornbook.workflows.study_ab import compare_two

    recipes, settings = split(words)
    if not 1 <= len(recipes) <= 2:
        raise SettingError(f"expected one recipe or two, found {' '.join(recipes) or 'none'}")
    first, second = (length.recipe(recipe, (*settings, *own)) for recipe, own in ((recipes[0], a), (recipes[-1], b)))
    folder = length.folder(first.name)
    with TrainingProgress() as progress:
        answer = compare_two(folder, first, second, seeds, progress)
    if as_json:
        print_json({"schema": 1, "study": str(folder), **answer.as_json()})
        return
    print_answer(answer, folder)


@app.command
def ablate(
    *words: Words,
    setting: Annotated[tuple[str, ...], cyclopts.Parameter(name="--set", negative=())] = (),
    seeds: int = 5,
    length: Length = Length(),
    as_json: AsJson = False,
) -> None:
    """What does each setting do? One is changed at a time, and the run compared with that of the recipe as it is.

    The seeds, batches and tokens are the same for all; the verdicts are those of study ab, and many changes share the
    level of one. The same command with the same --out goes on where it was stopped, or takes up more seeds.

    Parameters
    ----------
    words
        RECIPE, and changes: model.depth=2,8 training.optimizer.learning_rate=0.01 (two values are two changes)
    setting
        A setting for all runs: --set training.batch=8
    seeds
        How many seeds each is trained with.
    as_json
        Print one JSON object.
    """
    from hornbook.cli.progress import TrainingProgress
    from hornbook.workflows.study_ablate import ablate as run
    from hornbook.workflows.study_ablate import spread

    recipes, changes = split(words)
    if len(recipes) != 1:
        raise SettingError(f"expected one recipe, found {' '.join(recipes) or 'none'}")
    base = length.recipe(recipes[0], setting)
    changed = {each: length.recipe(recipes[0], (*setting, each)) for change in changes for each in spread(change)}
    folder = length.folder(base.name)
    with TrainingProgress() as progress:
        ablation = run(folder, base, changed, seeds, progress)
    if as_json:
        print_json({"schema": 1, "study": str(folder), **ablation.as_json()})
        return
    print_answer(ablation, folder, emphasised="unchanged")


@app.command(name="depth-width")
def depth_width(
    *words: Words,
    equal: EqualName = "parameters",
    depths: str = "",
    published: Flag = False,
    scale: int | None = None,
    seeds: int = 3,
    length: Length = Length(),
    as_json: AsJson = False,
) -> None:
    """Deep or wide, at the same cost? Shapes of one model, compared in pairs, seed by seed.

    Parameters
    ----------
    words
        RECIPE (by default quickstart), and settings for all runs.
    equal
        What is equal: parameters, layers (parameters without embeddings), flops (operations a token, and tokens), or
        time (seconds, measured by a few steps; and parameters).
    depths
        Layers, as in 2,4,8; by default half, once and twice the recipe's. Each gets the width that costs the same.
    published
        Instead of a grid the four configurations of a published study: gpt-balanced, gpt-deep, gpt-demo, gpt-real.
    scale
        By how much their width, context and vocabulary are divided; by default 1 on a GPU and 6 without.
    seeds
        How many seeds each shape is trained with.
    as_json
        Print one JSON object.
    """
    from hornbook.cli.progress import TrainingProgress
    from hornbook.workflows.study_depth_width import compare_published, compare_shapes, usual_scale

    recipe, folder = one_recipe(words, length)
    layers = whole_numbers("--depths", depths)
    with TrainingProgress() as progress:
        if published:
            shapes = compare_published(folder, recipe, scale or usual_scale(recipe), seeds, progress)
        else:
            shapes = compare_shapes(folder, recipe, equal, layers, seeds, progress)
    if as_json:
        print_json({"schema": 1, "study": str(folder), **shapes.as_json()})
        return
    pairs = shapes.pair_table()
    print_table(pairs.headings, pairs.rows)
    print_answer(shapes, folder)


@app.command
def scaling(
    *words: Words,
    sizes: int = 4,
    lengths: int = 3,
    seeds: int = 1,
    fit_only: Flag = False,
    length: Length = Length(),
    as_json: AsJson = False,
) -> None:
    """A law of loss by size and length, fitted to small runs; then the next size, predicted first and trained after.

    The recipe is the top of the ladder: every size is narrower than the last by the square root of two, every length
    half of the last. The next run is as much wider, and twice as long. hornbook plan uses the law (law.json).

    Parameters
    ----------
    words
        RECIPE (by default quickstart), and settings for all runs.
    sizes
        How many widths.
    lengths
        How many lengths.
    seeds
        With how many seeds each run is made.
    fit_only
        Do not train the next size.
    as_json
        Print one JSON object.
    """
    from hornbook.cli.progress import TrainingProgress
    from hornbook.workflows.study_scaling import scale

    recipe, folder = one_recipe(words, length)
    with TrainingProgress() as progress:
        found = scale(folder, recipe, sizes, lengths, seeds, progress, fit_only)
    if as_json:
        print_json({"study": str(folder), **found.as_json()})
        return
    print_answer(found, folder)


@app.command
def objectives(
    *settings: Words,
    tuning_tokens: int = 1_000_000,
    documents: int = 6000,
    examples: int = 20_000,
    asked: int = 300,
    seeds: int = 3,
    out: Path | None = None,
    as_json: AsJson = False,
) -> None:
    """Decoder, encoder, encoder-decoder: one text, one size, then four tasks: classify, fill in, translate, continue.

    Parameters
    ----------
    settings
        Laid over the recipe objectives, for all three: training.tokens=4000000
    tuning_tokens
        How long each learns to classify and to translate.
    documents
        How many stories, and as many numbers in words, the text has.
    examples
        How many examples there are of each task that is learned.
    asked
        How many questions each task has.
    seeds
        How many seeds each is trained with.
    out
        The study's folder; by default the next free one under runs/.
    as_json
        Print one JSON object.
    """
    from hornbook.cli.progress import TrainingProgress
    from hornbook.workflows.objective_tasks import Sizes
    from hornbook.workflows.study import free_study
    from hornbook.workflows.study_objectives import compare_objectives

    folder = out or free_study("objectives")
    sizes = Sizes(documents, examples, asked)
    with TrainingProgress() as progress:
        found = compare_objectives(folder, settings, sizes, tuning_tokens, seeds, progress)
    if as_json:
        print_json({"schema": 1, "study": str(folder), **found.as_json()})
        return
    pairs = found.pairs()
    print_table(pairs.headings, pairs.rows)
    print_answer(found, folder)


@app.command
def published(
    *,
    corpora: Path,
    rows: str = "",
    tune: Flag = False,
    minutes: float | None = None,
    seed: int = 1,
    gpt2: str | None = None,
    out: Path | None = None,
    as_json: AsJson = False,
) -> None:
    """Beside what earlier projects published: the shipped recipes on public texts, and Kneser-Ney on the same tokens.

    The last tenth of a file is scored once, with consecutive windows; a row that has been scored is read from then on.
    Recipes are tuned with --tune, on the last tenth of the rest; every attempt is logged.

    Parameters
    ----------
    corpora
        The folder that holds the texts: the_verdict.txt, moby_dick.txt, ...
    rows
        Some rows only, as in moby-dick,oz.
    tune
        Train on the first nine tenths of each text, and score the last tenth of those.
    minutes
        For every run, instead of what its recipe says: to see that everything runs.
    seed
        Decides everything that is random.
    gpt2
        A run of GPT-2 with its published weights (hornbook import), for the row that needs one.
    out
        The study's folder; by default published under runs/.
    as_json
        Print one JSON object.
    """
    from hornbook.cli.progress import TrainingProgress
    from hornbook.training.run_folder import runs_root
    from hornbook.workflows.published_rows import chosen_rows
    from hornbook.workflows.study_published import Asked, aims, measure, narrow, remarks

    asked = Asked(corpora, out or runs_root() / "published", seed, minutes, tune)
    chosen = chosen_rows(tuple(filter(None, rows.split(","))))
    with TrainingProgress() as progress:
        found = measure(asked, chosen, progress, gpt2)
    if as_json:
        print_json({"schema": 1, "study": str(asked.folder), "rows": [vars(each) for each in found]})
        return
    shown = narrow(found)
    print_table(shown.headings, shown.rows)
    for line in (*aims(found), *remarks(found, asked)):
        print(line)


def one_recipe(words: tuple[str, ...], length: Length) -> tuple[Recipe, Path]:
    """The one recipe among the words, quickstart where there is none, for a million tokens where it says minutes."""
    recipes, settings = split(words)
    if len(recipes) > 1:
        raise SettingError(f"expected one recipe, found {' '.join(recipes)}")
    recipe = length.recipe((recipes or ["quickstart"])[0], tuple(settings), tokens=1_000_000)
    return recipe, length.folder(recipe.name)


def whole_numbers(flag: str, text: str) -> list[int]:
    """``2,4,8`` as numbers."""
    try:
        return [int(part) for part in text.split(",") if part.strip()]
    except ValueError:
        raise SettingError(f"{flag}: expected whole numbers, as in 2,4,8, found {text!r}") from None


@runtime_checkable
class Concluded(Protocol):
    """What every study comes to."""

    def table(self) -> Table:
        """The numbers."""

    def remarks(self) -> list[str]:
        """What has to be said beside them."""

    def sentence(self) -> str:
        """The verdict."""


def print_answer(answer: Concluded, folder: Path, emphasised: str = "mean") -> None:
    """The table, what the sides cost, the verdict, and where it all lies."""
    table = answer.table()
    print_table(table.headings, table.rows, emphasised=emphasised)
    for line in answer.remarks():
        print(line)
    print(f"{answer.sentence()}\n\nstudy   {folder}\nreport  {folder / 'report.html'}")


def split(words: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Recipes, and settings (``a.b=c``)."""
    return [word for word in words if "=" not in word], [word for word in words if "=" in word]
