"""``hornbook study ablate``: what does each setting of a recipe do for it? One setting changed at a time, and judged.

In: a recipe and changes. Out: an ``Ablation``, and in the study's folder the runs, ``study.json``, ``report.md`` and
``report.html``. Every change is trained with the seeds of the recipe as it is, on as many tokens, and compared with it
seed by seed; the changes share the level of one comparison, so that many of them are no more often wrong than one.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hornbook.errors import SettingError
from hornbook.evaluation.comparison_page import Page, Part, Table, write_page
from hornbook.evaluation.paired import Paired, paired
from hornbook.figures.differences import difference_plot
from hornbook.workflows.compare import differences
from hornbook.workflows.recipe import Recipe, resolved, to_toml
from hornbook.workflows.study import Budget, Side, Study, Trial, run_trials
from hornbook.workflows.study_ab import FOOTER, comparable, cost, loss_curves, require_equal_tokens
from hornbook.workflows.watchers import Watcher

UNCHANGED = "unchanged"
"""The name of the recipe as it is."""


@dataclass(frozen=True)
class Ablation:
    """What every change did: ``found[name]`` is its losses less those of the recipe as it is."""

    study: Study
    seeds: tuple[int, ...]
    changes: Mapping[str, str]
    """Name of the side -> the setting, as it was asked for."""
    found: Mapping[str, Paired]
    budgets: Mapping[str, Budget]

    @property
    def trials(self) -> list[Trial]:
        """The runs of these seeds, side by side."""
        found = [self.study.trial(side.name, seed) for side in self.study.sides for seed in self.seeds]
        return [trial for trial in found if trial is not None]

    def mean(self, side: str) -> float:
        """What a side reached, over its seeds."""
        return statistics.fmean(self.study.scores(side, self.seeds))

    def table(self) -> Table:
        """A row for each change, the best first."""
        base = (UNCHANGED, f"{self.budgets[UNCHANGED].counted.parameters:,}", f"{self.mean(UNCHANGED):.4f}", "", "", "")
        rows = [
            (
                self.changes[name],
                f"{self.budgets[name].counted.parameters:,}",
                f"{self.mean(name):.4f}",
                f"{found.mean:+.4f}",
                interval_of(found),
                found.verdict,
            )
            for name, found in sorted(self.found.items(), key=lambda item: item[1].mean)
        ]
        return Table(("change", "parameters", self.study.unit, "difference", "interval", "verdict"), (base, *rows))

    def sentence(self) -> str:
        """Which changes make it better and which worse."""
        if len(self.seeds) < 2:
            return "No verdicts: one seed cannot tell a change from luck; give more with --seeds."
        told = {word: [self.changes[n] for n, each in self.found.items() if each.verdict == word] for word in TELLING}
        said = [f"{TELLING[word]}: {', '.join(names)}." for word, names in told.items() if names]
        return " ".join(said)

    def remarks(self) -> list[str]:
        """What a run costs, how sure the intervals are, and whatever went wrong."""
        first = next(iter(self.found.values()))
        said = [f"As it is: {cost(self.budgets[UNCHANGED])}, {len(self.seeds)} seeds; every change reads as many."]
        if len(self.seeds) > 1:
            sure = f"{100 * first.confidence:.4g} % intervals"
            said.append(f"{sure}; the {len(self.found)} changes share the level of one comparison.")
        said += [f"{trial.side}, seed {trial.seed}, diverged." for trial in self.trials if trial.diverged]
        return said

    def as_json(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "unit": self.study.unit,
            "seeds": list(self.seeds),
            "scores": {side.name: self.study.scores(side.name, self.seeds) for side in self.study.sides},
            "changes": {
                name: {"change": self.changes[name], "differences": list(each.differences), **each.as_json()}
                for name, each in self.found.items()
            },
            "looks": list(self.study.looks),
            "budgets": {name: each.as_json() for name, each in self.budgets.items()},
        }


TELLING = {"better": "Better", "worse": "Worse", "no evidence": "No evidence of a difference"}
"""Verdicts, as a sentence begins with them."""


def interval_of(found: Paired) -> str:
    """The interval as it stands in a table; of one seed there is none."""
    low, high = found.interval
    return "-" if len(found.differences) < 2 else f"{low:+.4f} to {high:+.4f}"


def spread(change: str) -> list[str]:
    """``a.b=1,2`` as ``a.b=1`` and ``a.b=2``; commas inside brackets, braces and quotes stay.

    Raises:
        SettingError: there is no value.
    """
    field, _, values = change.partition("=")
    parts, depth, quote = [""], 0, ""
    for letter in values:
        quote = "" if letter == quote else quote or (letter if letter in "'\"" else "")
        depth += 0 if quote else (letter in "[{") - (letter in "]}")
        if letter == "," and depth == 0 and not quote:
            parts.append("")
        else:
            parts[-1] += letter
    if not field or not all(map(str.strip, parts)):
        raise SettingError(f"{change}: expected FIELD=VALUE or FIELD=VALUE,VALUE, as in model.depth=2,8")
    return [f"{field}={part.strip()}" for part in parts]


def names_of(changes: Sequence[str]) -> dict[str, str]:
    """A name for each change that can stand in a file's: its last word and value -> the change."""
    named: dict[str, str] = {}
    for change in changes:
        field, _, value = change.partition("=")
        short = re.sub(r"[^\w.+=-]+", "-", f"{field.rpartition('.')[2]}={value}").strip("-.")[:40]
        name, number = short, 1
        while name in named:
            number += 1
            name = f"{short}-{number}"
        named[name] = change
    return named


def ablate(folder: Path, base: Recipe, changed: Mapping[str, Recipe], seeds: int, watcher: Watcher) -> Ablation:
    """Train the recipe and every change of it with ``seeds`` seeds, and say of each change what it did.

    Args:
        changed: the change as it was asked for -> the recipe with it.

    Raises:
        SettingError: there is no change, one changes nothing, or the runs cannot be compared; StoppedError: a signal
        came, and the same call goes on later.
    """
    if seeds < 1:
        raise SettingError(f"seeds: found {seeds}, expected 1 or more; a verdict needs at least 2, better 5")
    if not changed:
        raise SettingError("changes: expected at least one FIELD=VALUE, as in model.depth=2,8")
    for change, recipe in changed.items():
        if not differences({"base": resolved(base), "changed": resolved(recipe)}):
            raise SettingError(f"{change}: that is what the recipe says already")
    names = names_of(list(changed))
    sides = (Side(UNCHANGED, base), *(Side(name, changed[change]) for name, change in names.items()))
    study = Study.open(folder, "ablate", sides)
    with study.checked():
        budgets = comparable(study, watcher)
        require_equal_tokens(sides, budgets)
    watcher.said(f"{len(sides)} recipes, {seeds} seeds; {cost(budgets[UNCHANGED])} for the recipe as it is")
    numbers = tuple(range(base.seed, base.seed + seeds))
    run_trials(study, numbers, watcher)
    scores, looks = {side.name: study.scores(side.name, numbers) for side in sides}, study.look(seeds)
    found = {name: paired(scores[UNCHANGED], scores[name], looks, comparisons=len(names)) for name in names}
    ablation = Ablation(study, numbers, names, found, budgets)
    study.save(result=ablation.as_json())
    write_page(page_of(ablation), folder)
    return ablation


def page_of(ablation: Ablation) -> Page:
    """The report."""
    study, changes = ablation.study, ablation.changes
    rows = [(changes[name], each.differences, each.mean, each.interval) for name, each in ablation.found.items()]
    plot = difference_plot(rows, unit=study.unit, title="Each change less the recipe as it is, seed by seed")
    asked = " ".join(f"'{change}'" for change in changes.values())
    return Page(
        title=f"{study.sides[0].recipe.name}: one change at a time",
        verdict=ablation.sentence(),
        facts={
            f"as it is, {study.unit}": f"{ablation.mean(UNCHANGED):.4f}",
            "changes": str(len(changes)),
            "seeds": str(len(ablation.seeds)),
            "tokens a run": f"{ablation.budgets[UNCHANGED].tokens:,}",
        },
        parts=(
            Part("Change by change", ablation.table(), ablation.remarks(), {"differences by seed": plot}),
            Part("How they learned", figures={"losses by step": loss_curves(study, ablation.trials)}),
        ),
        reproduce=[f"hornbook study ablate {study.folder}/{UNCHANGED}.toml {asked} --seeds {len(ablation.seeds)}"],
        configuration=to_toml(study.sides[0].recipe),
        footer=FOOTER,
    )
