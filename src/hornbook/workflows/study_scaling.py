"""``hornbook study scaling``: from a ladder of small runs a law, from the law a prediction, and then the run itself.

In: a recipe, whose model and length are the top of the ladder. Out: a ``Scaling``, and in the study's folder the runs,
``law.json`` (which ``hornbook plan`` reads), ``study.json``, ``report.md`` and ``report.html``. The prediction is
written down before the run it speaks of is begun.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hornbook.data.config import NextToken
from hornbook.errors import SettingError
from hornbook.evaluation.comparison_page import Page, Part, Table, write_page
from hornbook.evaluation.scaling_law import Fit, Point, fit
from hornbook.figures.scaling import Law, scaling_fit
from hornbook.files import write_json
from hornbook.workflows.plan import tokens_in
from hornbook.workflows.recipe import Recipe, replaced, resolved, to_toml
from hornbook.workflows.study import Budget, Side, Study, budget, prepared_data, run_trials
from hornbook.workflows.study_ab import loss_curves
from hornbook.workflows.watchers import Watcher

KIND = "scaling"
NEXT = "next"
"""The name of the run that is predicted: wider by the square root of two, and twice as long."""

CONFIDENCE = 0.9
"""How often a prediction's interval should hold what comes."""


@dataclass(frozen=True)
class Outcome:
    """A prediction, and what came: all in nats per token."""

    point: Point
    expected: float
    low: float
    high: float

    @property
    def miss(self) -> float:
        """By how much the run's loss lies above what was expected, as a part of that."""
        return self.point.loss / self.expected - 1

    @property
    def inside(self) -> bool:
        """Whether it lies in the interval."""
        return self.low <= self.point.loss <= self.high

    def as_json(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "weights": self.point.weights,
            "tokens": self.point.tokens,
            "expected": self.expected,
            "interval": [self.low, self.high],
            "confidence": CONFIDENCE,
            "found": self.point.loss if np.isfinite(self.point.loss) else None,
            "miss": self.miss if np.isfinite(self.point.loss) else None,
        }


@dataclass(frozen=True)
class Scaling:
    """The law and its runs; ``outcome`` is of the next size, with a loss of NaN where that was not trained."""

    study: Study
    seeds: tuple[int, ...]
    fit: Fit
    outcome: Outcome
    budgets: dict[str, Budget]
    epochs: float

    def table(self) -> Table:
        """A row for each run: what it reached and what the law says."""
        rows = []
        for point in sorted(self.fit.points, key=lambda each: (each.weights, each.tokens)):
            expected = self.fit.law.at(point.weights, point.tokens)
            miss = f"{point.loss / expected - 1:+.2%}"
            rows.append((f"{point.weights:,.0f}", f"{point.tokens:,.0f}", f"{point.loss:.4f}", f"{expected:.4f}", miss))
        return Table(("weights", "tokens", "nats/token", "the law", "miss"), rows)

    def sentence(self) -> str:
        """What was predicted, and what came."""
        found = self.outcome
        predicted = (
            f"For {found.point.weights:,.0f} weights and {found.point.tokens:,.0f} tokens the law expects "
            f"{found.expected:.4f} nats/token ({CONFIDENCE:.0%} interval {found.low:.4f} to {found.high:.4f})"
        )
        if not np.isfinite(found.point.loss):
            return f"{predicted}; that run was not made."
        where = "inside the interval" if found.inside else "outside the interval"
        return f"{predicted}; the run reached {found.point.loss:.4f}, a miss of {found.miss:+.2%}, {where}."

    def remarks(self) -> list[str]:
        """The law, how near the runs lie, and what it is no law for."""
        runs, spread = len(self.fit.points), f"{self.fit.spread:.2%}"
        law = f"loss = {self.fit.law}, N weights and D tokens"
        said = [f"{law}; {runs} runs miss it by {spread} (root mean square, {runs} runs less 5 numbers)."]
        if self.epochs > 1:
            said.append(f"The longest run reads its text {self.epochs:.1f} times; a law of fresh text bends there.")
        diverged = [trial for trial in self.study.trials if trial.diverged]
        return said + [f"{trial.side}, seed {trial.seed}, diverged and is left out." for trial in diverged]

    def as_json(self) -> dict[str, Any]:
        """As plain data: ``law.json``."""
        recipe = resolved(self.study.sides[0].recipe)
        return {
            "schema": 1,
            "recipe": {name: recipe[name] for name in ("task", "data", "tokenizer")},
            "context": self.study.sides[0].recipe.model.context,
            "seeds": list(self.seeds),
            "fit": self.fit.as_json(),
            "next": self.outcome.as_json(),
        }


def ladder(recipe: Recipe, tokens: int, sizes: int, lengths: int) -> tuple[Side, ...]:
    """Sides from the smallest and shortest to the recipe's own, each width over sqrt(2), each length over 2; and next.

    Raises:
        SettingError: too few for a law, or a model so narrow that two of them are the same.
    """
    if sizes < 3 or lengths < 3:
        raise SettingError(f"ladder: expected 3 or more sizes and lengths, found {sizes} and {lengths}")
    step = 2 * recipe.model.heads
    widths = [max(1, round(recipe.model.width / 2 ** (rung / 2) / step)) * step for rung in range(-1, sizes)]
    if len(set(widths)) < len(widths):
        raise SettingError(
            f"model.width: {recipe.model.width} with {recipe.model.heads} heads is too narrow for {sizes} sizes; "
            "give a wider model, fewer heads, or a smaller --sizes"
        )
    sides = [
        Side(f"{width}-{tokens >> halved}", sized(recipe, width, tokens >> halved))
        for width in reversed(widths[1:])
        for halved in reversed(range(lengths))
    ]
    return (*sides, Side(NEXT, sized(recipe, widths[0], 2 * tokens)))


def sized(recipe: Recipe, width: int, tokens: int) -> Recipe:
    """The recipe with this width, for so many tokens."""
    training = dataclasses.replace(recipe.training, tokens=tokens, steps=None, epochs=None, minutes=None)
    return replaced(recipe, model=dataclasses.replace(recipe.model, width=width), training=training)


def scale(
    folder: Path, recipe: Recipe, sizes: int, lengths: int, seeds: int, watcher: Watcher, fit_only: bool = False
) -> Scaling:
    """Train the ladder, fit the law, predict the next size, train that and say by how much the law missed.

    Raises:
        SettingError: the recipe is for another task or runs by the clock, or there are too few runs for a law;
        StoppedError: a signal came, and the same call goes on later.
    """
    if not isinstance(recipe.task, NextToken):
        raise SettingError("task: the law is one of the next token; give a recipe of that task")
    if seeds < 1:
        raise SettingError(f"seeds: found {seeds}, expected 1 or more")
    study = Study.open(folder, KIND, ())
    with study.checked():
        own = Side("recipe", recipe)
        tokens = budget(study, own, watcher).tokens
        study.settle(ladder(recipe, tokens, sizes, lengths))
        budgets = {side.name: budget(study, side, watcher) for side in study.sides}
        prepared = prepared_data(study, own, watcher)
    numbers = tuple(range(recipe.seed, recipe.seed + seeds))
    run_trials(study, numbers, watcher, study.sides[:-1])
    fitted = fit([point for side in study.sides[:-1] for point in points_of(study, side, budgets[side.name], numbers)])
    watcher.said(f"loss = {fitted.law}")
    asked = point_at(budgets[NEXT], float("nan"))
    predicted = Outcome(asked, *fitted.predicted(asked.weights, asked.tokens, CONFIDENCE))
    epochs = 2 * tokens / tokens_in(prepared.train)
    scaling = Scaling(study, numbers, fitted, predicted, budgets, epochs)
    write_down(scaling)
    if not fit_only:
        watcher.said(f"next: {scaling.sentence()}")
        run_trials(study, numbers, watcher, study.sides[-1:])
        found = [point.loss for point in points_of(study, study.sides[-1], budgets[NEXT], numbers)]
        if found:
            point = dataclasses.replace(asked, loss=float(np.mean(found)))
            scaling = dataclasses.replace(scaling, outcome=dataclasses.replace(predicted, point=point))
            write_down(scaling)
    return scaling


def point_at(cost: Budget, loss: float) -> Point:
    """A run's place: the weights a token is multiplied with, the tokens read."""
    return Point(float(cost.counted.active_parameters), float(cost.tokens), loss)


def points_of(study: Study, side: Side, cost: Budget, seeds: Sequence[int]) -> list[Point]:
    """The runs of a side that came to an end."""
    trials = [study.trial(side.name, seed) for seed in seeds]
    return [point_at(cost, trial.loss) for trial in trials if trial is not None and not trial.diverged]


def write_down(scaling: Scaling) -> None:
    """``law.json``, ``study.json`` and the report."""
    write_json(scaling.study.folder / "law.json", scaling.as_json())
    scaling.study.save(result=scaling.as_json())
    write_page(page_of(scaling), scaling.study.folder)


def drawn(scaling: Scaling) -> Any:
    """Loss over size at the tokens of the next run: every run is brought there by what the law says of its tokens."""
    law, asked = scaling.fit.law, scaling.outcome.point
    points = scaling.fit.points
    moved = [p.loss * law.at(p.weights, asked.tokens) / law.at(p.weights, p.tokens) for p in points]
    floor = law.floor + law.token_factor * asked.tokens**-law.token_exponent
    return scaling_fit(
        [point.weights for point in points],
        moved,
        Law(law.size_factor, law.size_exponent, floor),
        held_out=[(asked.weights, asked.loss)] if np.isfinite(asked.loss) else [],
        x_label="weights a token is multiplied with",
        title="The law, and the run that it had not seen",
        remark=f"every run brought to {asked.tokens:,.0f} tokens by the law: loss = {law}",
    )


def page_of(scaling: Scaling) -> Page:
    """The report."""
    study, top = scaling.study, scaling.study.sides[-2].recipe
    trials = [trial for trial in study.trials if trial.seed in scaling.seeds]
    return Page(
        title=f"{top.name}: a law of size and length",
        verdict=scaling.sentence(),
        facts={
            "runs": str(len(scaling.fit.points)),
            "their usual miss": f"{scaling.fit.spread:.2%}",
            **({"miss of the next": f"{scaling.outcome.miss:+.2%}"} if np.isfinite(scaling.outcome.point.loss) else {}),
        },
        parts=(
            Part("The law", scaling.table(), scaling.remarks(), {"loss by size": drawn(scaling)}),
            Part("How they learned", figures={"losses by step": loss_curves(study, trials)}),
        ),
        reproduce=[f"hornbook study scaling {study.folder}/{study.sides[-2].name}.toml --seeds {len(scaling.seeds)}"],
        configuration=to_toml(top),
        footer=(
            "Nats per token of the best checkpoint of each run on the whole validation split, in 32 bits. Weights are "
            "those of the layers and the head; the interval deals the misses of the fitted runs out anew."
        ),
    )
