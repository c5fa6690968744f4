"""``hornbook study objectives``: decoder, encoder, encoder-decoder: the same text and size, then the same tasks.

In: how long to read and how long to learn a task. Out: an ``Objectives``, and in the study's folder the runs,
``study.json``, ``tasks.json``, ``report.md`` and ``report.html``. All three read one text of stories and numbers in one
tokenizer, for as many tokens, with as many parameters as can be (the encoder-decoder, whose layers are split between
two stacks, is given the width for that). Every answer is right or wrong, so the three are compared in shares.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import shlex
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hornbook.errors import SettingError
from hornbook.evaluation.comparison_page import Page, Part, Table, write_page
from hornbook.evaluation.paired import Paired, paired
from hornbook.evaluation.student import quantile
from hornbook.figures.differences import difference_plot
from hornbook.files import read_json, write_json
from hornbook.model.config import ModelConfig
from hornbook.model.count import count
from hornbook.workflows.load import Loaded, load_prepared, load_run, with_vocabulary
from hornbook.workflows.objective_tasks import (
    CONTENDERS,
    TASKS,
    ZERO_SHOT,
    Contender,
    Sizes,
    Way,
    commonest_label,
    write_examples,
    write_reading,
)
from hornbook.workflows.recipe import Recipe, load_recipe, replaced, to_toml
from hornbook.workflows.shapes import shaped
from hornbook.workflows.study import Budget, OneLine, Side, StoppedError, Study, budget, prepared_data, run_trials
from hornbook.workflows.train import resume, train
from hornbook.workflows.watchers import Watcher

KIND = "objectives"
CONFIDENCE = 0.95
"""Of the interval over seeds that stands beside a share."""

Shares = dict[str, dict[str, dict[str, float]]]
"""Contender -> seed -> task -> the share that is right."""


@dataclass(frozen=True)
class Objectives:
    """What each of the three can do; ``found[task, pair]`` compares shares that are wrong, second less first."""

    study: Study
    settings: tuple[str, ...]
    """Laid over the recipe of all three."""
    seeds: tuple[int, ...]
    sizes: Sizes
    tuning_tokens: int
    shares: Shares
    found: Mapping[tuple[str, str, str], Paired]
    budgets: Mapping[str, Budget]

    def values(self, contender: str, task: str) -> list[float]:
        """The share that was right, seed by seed."""
        return [self.shares[contender][str(seed)][task] for seed in self.seeds]

    def cell(self, contender: str, task: str) -> str:
        """The mean over seeds, and its interval."""
        values = self.values(contender, task)
        if len(values) < 2:
            return f"{values[0]:.1%}"
        reach = quantile(CONFIDENCE, len(values) - 1) * statistics.stdev(values) / math.sqrt(len(values))
        return f"{statistics.fmean(values):.1%} ± {100 * reach:.1f}"

    def table(self) -> Table:
        """A row for each of the three."""
        rows = [
            (each.name, f"{self.budgets[each.name].counted.parameters:,}", *(self.cell(each.name, t) for t in TASKS))
            for each in CONTENDERS
        ]
        return Table(("", "parameters", *TASKS), rows)

    def pairs(self) -> Table:
        """A row for each task and pair: by how much the second is more often right, and the verdict on it."""
        rows = []
        for (task, first, second), each in self.found.items():
            low, high = (min(max(-100 * end, -100.0), 100.0) for end in reversed(each.interval))  # shares have ends
            interval = f"{low:+.1f} to {high:+.1f}" if len(self.seeds) > 1 else "-"
            rows.append((task, f"{first}, {second}", f"{-100 * each.mean:+.1f}", interval, each.verdict))
        return Table(("task", "pair", "points more", "interval", "the second is"), rows)

    def sentence(self) -> str:
        """Who wins what."""
        if len(self.seeds) < 2:
            return "No verdicts: one seed cannot tell the three apart; give more with --seeds."
        return " ".join(f"{task.capitalize()}: {self.winner(task)}." for task in TASKS)

    def winner(self, task: str) -> str:
        """The one that beats both others with evidence, or that there is none."""
        for each in CONTENDERS:
            beaten = 0
            for other in CONTENDERS:
                beaten += self.beats(task, each.name, other.name)
            if beaten == len(CONTENDERS) - 1:
                return f"the {each.name} is best"
        return "no evidence for one that is best"

    def beats(self, task: str, one: str, other: str) -> bool:
        """Whether there is evidence that ``one`` is better."""
        if (task, other, one) in self.found:
            return self.found[task, other, one].verdict == "better"
        return (task, one, other) in self.found and self.found[task, one, other].verdict == "worse"

    def remarks(self) -> list[str]:
        """What was equal, how each did what, and what was given away."""
        cost = next(iter(self.budgets.values()))
        sizes = [each.counted.parameters for each in self.budgets.values()]
        equal = f"parameters are equal within {max(sizes) / min(sizes) - 1:.1%}"
        learned = f"from {self.sizes.examples:,} examples in {self.tuning_tokens:,} tokens"
        said = [
            f"Each read {cost.tokens:,} tokens of one text; {equal}.",
            f"{self.sizes.asked} questions a task, {len(self.seeds)} seeds.",
            f"Who always gives the commonest label classifies {commonest_label(self.sizes):.1%} right.",
            f"Tokens are filled in and continued by the models as they are; the others were learned first, {learned}.",
        ]
        for each in CONTENDERS:
            ways = "; ".join(f"{task}: {way.words}" for task, way in each.ways.items())
            said.append(f"The {each.name} ({each.task}). {ways}.")
        return said

    def command(self) -> str:
        """What makes the same study."""
        words = ("hornbook", "study", "objectives", *self.settings, "--tuning-tokens", str(self.tuning_tokens))
        sizes = (word for name, size in vars(self.sizes).items() for word in (f"--{name}", str(size)))
        return shlex.join((*words, *sizes, "--seeds", str(len(self.seeds))))

    def as_json(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "seeds": list(self.seeds),
            "shares": self.shares,
            "pairs": [
                {"task": task, "first": first, "second": second, **each.as_json()}
                for (task, first, second), each in self.found.items()
            ],
            "budgets": {name: each.as_json() for name, each in self.budgets.items()},
            "asked": self.sizes.asked,
        }


def compare_objectives(
    folder: Path, settings: Sequence[str], sizes: Sizes, tuning_tokens: int, seeds: int, watcher: Watcher
) -> Objectives:
    """Train the three with every seed, let them learn the tasks, ask them.

    Args:
        settings: laid over the recipe ``objectives``: of all three.
        tuning_tokens: how many tokens each task is learned from.

    Raises:
        SettingError: there is too little text, or the study was begun with other settings; StoppedError: a signal came,
        and the same call goes on later.
    """
    if seeds < 1:
        raise SettingError(f"seeds: found {seeds}, expected 1 or more; a verdict needs at least 2, better 3")
    study = Study.open(folder, KIND, ())
    with study.checked():
        study.settle(sides_of(study, settings, sizes, watcher))
        budgets = {side.name: budget(study, side, watcher) for side in study.sides}
    first = study.sides[0].recipe.seed
    numbers = tuple(range(first, first + seeds))
    run_trials(study, numbers, watcher)
    shares = asked(study, numbers, sizes, tuning_tokens, watcher)
    found = Objectives(
        study, tuple(settings), numbers, sizes, tuning_tokens, shares, compared(study, shares, numbers), budgets
    )
    study.save(result=found.as_json())
    write_page(page_of(found), folder)
    return found


def sides_of(study: Study, settings: Sequence[str], sizes: Sizes, watcher: Watcher) -> tuple[Side, ...]:
    """The three, with the text written and the encoder-decoder as large as the others."""
    common = load_recipe("objectives", list(settings))
    text = write_reading(study.folder, sizes, common.seed)
    sides = [Side(each.name, recipe_of(each, text, settings)) for each in CONTENDERS]
    tokenizer = prepared_data(study, sides[0], watcher).tokenizer
    goal = float(count(with_vocabulary(sides[0].recipe.model, tokenizer)).parameters)
    return tuple(
        side
        if side.recipe.model.depth == sides[0].recipe.model.depth
        else Side(side.name, as_large(side.recipe, tokenizer, goal))
        for side in sides
    )


def recipe_of(contender: Contender, text: Path, settings: Sequence[str]) -> Recipe:
    """The recipe of one of the three."""
    own = [f"task={contender.task}", f"model.architecture={contender.architecture}", f"data.text={[str(text)]}"]
    recipe = load_recipe("objectives", [*settings, *own])
    depth = recipe.model.depth * contender.depth // CONTENDERS[0].depth
    return replaced(recipe, model=dataclasses.replace(recipe.model, depth=max(1, depth)))


def as_large(recipe: Recipe, tokenizer: Any, goal: float) -> Recipe:
    """The recipe with the width at which its model has about ``goal`` parameters."""

    def size(config: ModelConfig) -> float:
        return float(count(config).parameters)

    model = shaped(with_vocabulary(recipe.model, tokenizer), recipe.model.depth, size, goal)
    return replaced(recipe, model=dataclasses.replace(model, vocabulary=recipe.model.vocabulary))


# The tasks ------------------------------------------------------------------------------------------------------------


def asked(study: Study, seeds: Sequence[int], sizes: Sizes, tokens: int, watcher: Watcher) -> Shares:
    """Every task of every run; ``tasks.json`` remembers what has been asked."""
    file, files = study.folder / "tasks.json", write_examples(study.folder, sizes, study.sides[0].recipe.seed)
    known: dict[str, Any] = read_json(file) if file.exists() else {"asked": sizes.asked, "tokens": tokens, "shares": {}}
    if (known["asked"], known["tokens"]) != (sizes.asked, tokens):
        raise SettingError(
            f"out: the study in {study.folder} asks {known['asked']} questions after {known['tokens']:,} tokens; give "
            "another --out, or these"
        )
    shares: Shares = known["shares"]
    for seed, (contender, side) in itertools.product(seeds, zip(CONTENDERS, study.sides, strict=True)):
        told = shares.setdefault(contender.name, {}).setdefault(str(seed), {})
        for task in TASKS:
            if task in told:
                continue
            base = load_run(study.run(side, seed))
            if task in ZERO_SHOT:
                told[task] = ZERO_SHOT[task](base, load_prepared(base.run), sizes)
            else:
                way = contender.ways[task]
                learned = learn(study, base, way, files[way.file], f"{side.name}-{task}-{seed}", tokens, seed, watcher)
                told[task] = way.asked(learned, sizes)
            watcher.said(f"{contender.name}, seed {seed}, {task}: {told[task]:.1%}")
            write_json(file, known)
    return shares


def learn(
    study: Study, base: Loaded, way: Way, examples: Path, name: str, tokens: int, seed: int, watcher: Watcher
) -> Loaded:
    """A run that went on from ``base`` to learn a task (``StoppedError`` where a signal came)."""
    folder = study.folder / "tasks" / name.replace(" ", "-")
    recipe = load_recipe(
        "objectives",
        [
            f"base={base.run.folder.resolve()}",
            f"data.text={[str(examples)]}",
            f"training.tokens={tokens}",
            f"training.batch={base.recipe.training.batch}",
            f"seed={seed}",
            *way.settings,
        ],
    )
    outcome = resume(folder, OneLine(watcher)) if (folder / "run.json").exists() else train(
        recipe, folder, OneLine(watcher)
    )  # fmt: skip
    if outcome.exit_code:
        raise StoppedError(study.folder, outcome.exit_code)
    return load_run(folder)


def compared(study: Study, shares: Shares, seeds: Sequence[int]) -> dict[tuple[str, str, str], Paired]:
    """Every task and pair; they share the level of one comparison."""
    pairs = list(itertools.combinations([each.name for each in CONTENDERS], 2))
    looks, found = study.look(len(seeds)), {}
    for task, (first, second) in itertools.product(TASKS, pairs):
        a, b = ([1 - shares[name][str(seed)][task] for seed in seeds] for name in (first, second))
        found[task, first, second] = paired(a, b, looks, len(pairs) * len(TASKS))
    return found


def page_of(found: Objectives) -> Page:
    """The report."""
    rows = [
        (f"{task}: {second} less {first}", each.differences, each.mean, each.interval)
        for (task, first, second), each in found.found.items()
    ]
    plot = difference_plot(rows, unit="share that is wrong", title="Second less first, seed by seed")
    return Page(
        title="Three objectives, one budget",
        verdict=found.sentence(),
        facts={"seeds": str(len(found.seeds)), "questions a task": str(found.sizes.asked)},
        parts=(
            Part("What each can do", found.table(), found.remarks()),
            Part("Pair by pair", found.pairs(), figures={"differences by seed": plot}),
        ),
        reproduce=[found.command()],
        configuration="\n".join(f"# {side.name}\n{to_toml(side.recipe)}" for side in found.study.sides),
        footer=f"Shares of right answers; ± is half of a {CONFIDENCE:.0%} interval over seeds, of Student's t.",
    )
