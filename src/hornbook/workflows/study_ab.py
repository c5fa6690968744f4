"""``hornbook study ab``: is recipe B better than recipe A? The same seeds, batches and tokens on both sides.

In: two recipes. Out: an ``Answer``, and in the study's folder the runs, ``study.json``, ``report.md`` and
``report.html``. What cannot be compared is refused before anything is trained.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hornbook.errors import SettingError
from hornbook.evaluation.comparison_page import Page, Part, Table, write_page
from hornbook.evaluation.paired import Paired, paired
from hornbook.figures.curves import Curve, curves
from hornbook.figures.differences import difference_plot
from hornbook.figures.loss_curve import Series
from hornbook.training.journal import read_journal
from hornbook.workflows.compare import differences, validation_text
from hornbook.workflows.recipe import Recipe, replaced, resolved, to_toml
from hornbook.workflows.study import Budget, Side, Study, Trial, budget, prepared_data, run_trials
from hornbook.workflows.watchers import Watcher

FOOTER = (
    "Bits per byte of the best checkpoint of each run on the whole validation split, in 32 bits. Both sides have read "
    "the same text, prepared once. The interval is that of Student's t on the differences, seed by seed."
)


@dataclass(frozen=True)
class Answer:
    """What was found: ``second`` less ``first``, and what both cost."""

    study: Study
    seeds: tuple[int, ...]
    found: Paired
    budgets: Mapping[str, Budget]
    same_batches: bool
    changes: Mapping[str, Mapping[str, Any]]
    """Setting -> side -> value, where the two differ."""

    @property
    def trials(self) -> list[Trial]:
        """The runs of these seeds, side by side."""
        found = [self.study.trial(side.name, seed) for seed in self.seeds for side in self.study.sides]
        return [trial for trial in found if trial is not None]

    def sentence(self) -> str:
        """The verdict, for people."""
        first, second = self.study.sides
        return self.found.sentence(first.name, second.name, self.study.unit)

    def as_json(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "unit": self.study.unit,
            "seeds": list(self.seeds),
            "scores": {side.name: self.study.scores(side.name, self.seeds) for side in self.study.sides},
            "differences": list(self.found.differences),
            **self.found.as_json(),
            "looks": list(self.study.looks),
            "budgets": {name: each.as_json() for name, each in self.budgets.items()},
            "same_batches": self.same_batches,
            "changes": {path: dict(values) for path, values in self.changes.items()},
        }

    def table(self) -> Table:
        """Seed by seed, and the means."""
        first, second = (self.study.scores(side.name, self.seeds) for side in self.study.sides)
        rows = [
            (str(seed), f"{a:.4f}", f"{b:.4f}", f"{difference:+.4f}")
            for seed, a, b, difference in zip(self.seeds, first, second, self.found.differences, strict=True)
        ]
        means = (f"{statistics.fmean(first):.4f}", f"{statistics.fmean(second):.4f}", f"{self.found.mean:+.4f}")
        names = (side.name for side in self.study.sides)
        return Table(("seed", *names, "difference"), (*rows, ("mean", *means)))

    def remarks(self) -> list[str]:
        """What the sides cost, and whatever is not alike."""
        said = [f"{name}: {cost(each)}" for name, each in self.budgets.items()]
        said.append("Both sides saw the same batches." if self.same_batches else "The sides saw other batches.")
        said += [f"{trial.side}, seed {trial.seed}, diverged." for trial in self.trials if trial.diverged]
        if len(self.study.looks) > 1:
            looks = ", ".join(map(str, self.study.looks))
            said.append(f"Looked at with {looks} seeds: each look has half the level of the one before.")
        return said


def cost(each: Budget) -> str:
    """Parameters, tokens and operations, in words."""
    return f"{each.counted.parameters:,} parameters, {each.tokens:,} tokens and {each.flops:.3g} operations a run"


def compare_two(folder: Path, first: Recipe, second: Recipe, seeds: int, watcher: Watcher) -> Answer:
    """Train both recipes with ``seeds`` seeds each, from that of ``first`` on, and conclude what can be concluded.

    Raises:
        SettingError: the two cannot be compared; StoppedError: a signal came, and the same call goes on later.
    """
    if seeds < 1:
        raise SettingError(f"seeds: found {seeds}, expected 1 or more; a verdict needs at least 2, better 5")
    sides = (Side("A", first), Side("B", replaced(second, seed=first.seed)))
    study = Study.open(folder, "ab", sides)
    with study.checked():
        budgets = comparable(study, watcher)
        require_equal_tokens(sides, budgets)
    numbers = tuple(range(first.seed, first.seed + seeds))
    for name, each in budgets.items():
        watcher.said(f"{name}: {cost(each)}")
    run_trials(study, numbers, watcher)
    a, b = (study.scores(side.name, numbers) for side in sides)
    answer = Answer(
        study,
        numbers,
        paired(a, b, looks=study.look(seeds)),
        budgets,
        same_batches(study, sides),
        differences({side.name: resolved(side.recipe) for side in sides}),
    )
    study.save(result=answer.as_json())
    write_page(page_of(answer), folder)
    return answer


def comparable(study: Study, watcher: Watcher) -> dict[str, Budget]:
    """What a run of every side costs, where all are trained for one task and validated on one text (``SettingError``).

    The text of every side is prepared for that.
    """
    if len({type(side.recipe.task) for side in study.sides}) > 1:
        raise SettingError("task: the recipes are trained for different tasks; their losses do not compare")
    budgets = {side.name: budget(study, side, watcher) for side in study.sides}
    if len({validation_text(prepared_data(study, side, watcher).info) for side in study.sides}) > 1:
        raise SettingError("data: the recipes are validated on different texts; their losses do not compare")
    return budgets


def require_equal_tokens(sides: Sequence[Side], budgets: Mapping[str, Budget]) -> None:
    """Refuse sides that read more than a step's difference (``SettingError``)."""
    tokens = [budgets[side.name].tokens for side in sides]
    step = max(budgets[side.name].tokens // budgets[side.name].steps for side in sides)
    if max(tokens) - min(tokens) > step:
        found = " and ".join(f"{each:,}" for each in tokens)
        raise SettingError(f"tokens: the sides would read {found} tokens; say --tokens to give both the same")


def same_batches(study: Study, sides: Sequence[Side]) -> bool:
    """Whether a step reads the very same rows on all sides: the same files, order, batch and context."""
    read = {
        (str(study.data(side)), side.recipe.data.order, side.recipe.training.batch, side.recipe.model.context)
        for side in sides
    }
    return len(read) == 1


def page_of(answer: Answer) -> Page:
    """The report."""
    study, found = answer.study, answer.found
    row = ("B - A", found.differences, found.mean, found.interval)
    plot = difference_plot([row], unit=study.unit, title="B less A, seed by seed")
    return Page(
        title=f"{study.sides[0].recipe.name}: A and B",
        verdict=answer.sentence(),
        facts={
            "verdict on B": found.verdict,
            f"B - A, {study.unit}": f"{found.mean:+.4f}",
            "seeds": str(len(answer.seeds)),
            "tokens a run": f"{answer.budgets['A'].tokens:,}",
        },
        parts=(
            Part("Seed by seed", answer.table(), answer.remarks(), {"differences by seed": plot}),
            Part("What differs", changes_table(answer.changes)),
            Part("How they learned", figures={"losses by step": loss_curves(study, answer.trials)}),
        ),
        reproduce=[f"hornbook study ab {study.folder}/A.toml {study.folder}/B.toml --seeds {len(answer.seeds)}"],
        configuration="\n".join(f"# {side.name}\n{to_toml(side.recipe)}" for side in study.sides),
        footer=FOOTER,
    )


def changes_table(changes: Mapping[str, Mapping[str, Any]]) -> Table | None:
    """Settings in rows, sides in columns; a setting that a side does not have is a dash."""
    if not changes:
        return None
    names = list(next(iter(changes.values())))
    rows = [
        (path, *("-" if values[name] is None else str(values[name]) for name in names))
        for path, values in changes.items()
    ]
    return Table(("setting", *names), rows)


def loss_curves(study: Study, trials: Sequence[Trial]) -> Any:
    """The validation losses of all runs as a figure, a colour for each side."""
    runs = [
        Curve(trial.side, validation=validation_curve(study.folder / trial.run))
        for trial in trials
        if not trial.diverged
    ]
    return curves(runs, title="Validation loss")


def validation_curve(run: Path) -> Series:
    """Validation loss over steps."""
    entries = [each for each in read_journal(run / "metrics.jsonl") if each["kind"] == "evaluation"]
    return Series([int(each["step"]) for each in entries], [float(each["val_loss"]) for each in entries])
