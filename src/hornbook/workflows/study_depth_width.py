"""``hornbook study depth-width``: at equal cost, is a deep model better or a wide one? Or do the data not say?

In: a recipe, and what is to be equal. Out: a ``Shapes``, and in the study's folder the runs, ``study.json``,
``report.md`` and ``report.html``. Shapes are compared as pairs, seed by seed: each with the next deeper one, and the
widest with the deepest. All pairs share the level of one comparison.
"""

from __future__ import annotations

import dataclasses
import itertools
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hornbook.errors import SettingError
from hornbook.evaluation.comparison_page import Page, Part, Table, write_page
from hornbook.evaluation.paired import Paired, paired
from hornbook.figures.depth_width import Shape, depth_width
from hornbook.figures.differences import difference_plot
from hornbook.files import write_text
from hornbook.model.config import ModelConfig
from hornbook.training.devices import choose_device
from hornbook.workflows.load import with_vocabulary
from hornbook.workflows.recipe import Recipe, replaced, to_toml
from hornbook.workflows.shapes import EQUAL, PUBLISHED, SCALE_ON_CPU, Equal, depths_around, grid, published, shaped
from hornbook.workflows.study import Budget, Side, Study, Trial, prepared_data, run_trials
from hornbook.workflows.study_ab import FOOTER, comparable, loss_curves, require_equal_tokens
from hornbook.workflows.study_ablate import interval_of
from hornbook.workflows.trying import tried
from hornbook.workflows.watchers import Watcher

KIND = "depth-width"
RECIPE = "recipe.toml"
"""The recipe that a study was asked about, in its folder."""


@dataclass(frozen=True)
class Pair:
    """Two shapes that are compared; ``second`` is the deeper one, or what ``words`` says."""

    words: str
    first: str
    second: str


@dataclass(frozen=True)
class Shapes:
    """What every shape reached, and what every pair says; below 0 the second of a pair is better."""

    study: Study
    seeds: tuple[int, ...]
    equal: Equal | None
    """``None``: the published four, which are equal in nothing."""
    pairs: Sequence[Pair]
    found: Sequence[Paired]
    budgets: Mapping[str, Budget]
    scale: int = 1
    """By how much the published four are divided."""

    @property
    def trials(self) -> list[Trial]:
        """The runs of these seeds, side by side."""
        found = [self.study.trial(side.name, seed) for side in self.study.sides for seed in self.seeds]
        return [trial for trial in found if trial is not None]

    def mean(self, side: str) -> float:
        """What a shape reached, over its seeds."""
        return statistics.fmean(self.study.scores(side, self.seeds))

    def seconds(self, side: str) -> float:
        """How long a run of a shape trained, over its seeds."""
        return statistics.fmean(trial.seconds for trial in self.trials if trial.side == side)

    def embedding_share(self, side: str) -> float:
        """The part of a shape's parameters that embeddings, positions and the head are."""
        counted = self.budgets[side].counted
        return counted.embedding_parameters / counted.parameters

    def table(self) -> Table:
        """A row for each shape, the widest first."""
        rows = [
            (
                name,
                str(each.counted.config.depth),
                str(each.counted.config.width),
                f"{each.counted.parameters:,}",
                f"{self.embedding_share(name):.0%}",
                f"{each.flops_per_token:.3g}",
                f"{each.tokens:,}",
                f"{self.seconds(name):,.0f}",
                f"{self.mean(name):.4f}",
            )
            for name, each in self.budgets.items()
        ]
        heads = ("shape", "depth", "width", "parameters", "embeddings", "FLOP/token", "tokens", "seconds")
        return Table((*heads, self.study.unit), rows)

    def pair_table(self) -> Table:
        """A row for each pair."""
        rows = [
            (pair.words, f"{found.mean:+.4f}", interval_of(found), found.verdict)
            for pair, found in zip(self.pairs, self.found, strict=True)
        ]
        return Table(("pair", f"difference, {self.study.unit}", "interval", "verdict"), rows)

    def sentence(self) -> str:
        """Does depth or width win?"""
        if len(self.seeds) < 2:
            return "No verdict: one seed cannot tell a shape from luck; give more with --seeds."
        if self.equal is None:
            said = [f"{pair.words}: {found.verdict}" for pair, found in zip(self.pairs, self.found, strict=True)]
            return f"{'; '.join(said)}."
        told = {found.verdict for found in self.found} - {"no evidence"}
        return f"{WINNERS[frozenset(told)]} at equal {self.equal.words}, from {self.range()}."

    def range(self) -> str:
        """From which shape to which."""
        first, *_, last = self.budgets
        return f"{first} to {last} (depth x width), {len(self.seeds)} seeds"

    def remarks(self) -> list[str]:
        """What is equal and what is not."""
        shares = [self.embedding_share(name) for name in self.budgets]
        said = [f"Embeddings, positions and head are {min(shares):.0%} to {max(shares):.0%} of the parameters."]
        if self.equal is None:
            said.append(limits_of_the_published(self))
        else:
            costs = [self.equal.cost(each.counted.config) for each in self.budgets.values()]
            said.append(f"Equal {self.equal.words}: within {max(costs) / min(costs) - 1:.1%}.")
        if len(self.seeds) > 1:
            sure = f"{100 * self.found[0].confidence:.4g} % intervals"
            said.append(f"{sure}; the {len(self.found)} pairs share the level of one comparison.")
        return said + [f"{trial.side}, seed {trial.seed}, diverged." for trial in self.trials if trial.diverged]

    def as_json(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "unit": self.study.unit,
            "seeds": list(self.seeds),
            "equal": self.equal.words if self.equal else None,
            "scores": {side.name: self.study.scores(side.name, self.seeds) for side in self.study.sides},
            "pairs": [
                {**dataclasses.asdict(pair), "differences": list(found.differences), **found.as_json()}
                for pair, found in zip(self.pairs, self.found, strict=True)
            ],
            "embedding_share": {name: self.embedding_share(name) for name in self.budgets},
            "looks": list(self.study.looks),
            "budgets": {name: each.as_json() for name, each in self.budgets.items()},
            "sentence": self.sentence(),
        }


WINNERS: Mapping[frozenset[str], str] = {
    frozenset(): "No evidence that depth or width wins",
    frozenset({"better"}): "Depth wins",
    frozenset({"worse"}): "Width wins",
    frozenset({"better", "worse"}): "Neither end wins: deeper is better in one pair and worse in another",
}
"""What the verdicts on the deeper of every pair come to."""


def limits_of_the_published(shapes: Shapes) -> str:
    """What the four configurations could show and could not."""
    sizes = {name: shapes.budgets[name].counted.parameters for name in PUBLISHED}
    shares = [shapes.embedding_share(name) for name in PUBLISHED]
    ratios = [max(sizes[p.first], sizes[p.second]) / min(sizes[p.first], sizes[p.second]) for p in shapes.pairs]
    return (
        "The four could show that a larger model is better; they could not show whether depth or width is: no two of "
        f"a pair have the same size (they differ by a factor of {min(ratios):.2f} to {max(ratios):.2f}), and "
        f"{min(shares):.0%} to {max(shares):.0%} of the parameters are embeddings, positions and head, which depth "
        "does not touch and width multiplies."
    )


PUBLISHED_PAIRS = (
    Pair("twice as deep, narrow (balanced, deep)", "gpt-balanced", "gpt-deep"),
    Pair("twice as deep, wide (demo, real)", "gpt-demo", "gpt-real"),
    Pair("twice as wide, shallow (balanced, demo)", "gpt-balanced", "gpt-demo"),
    Pair("twice as wide, deep (deep, real)", "gpt-deep", "gpt-real"),
    Pair("twice as wide, not twice as deep (deep, demo)", "gpt-deep", "gpt-demo"),
)
"""What the published four can be asked."""


def deepening(names: Sequence[str]) -> tuple[Pair, ...]:
    """Every shape and the next deeper one, and the first and the last."""
    pairs = [Pair(f"{first} to {second}", first, second) for first, second in itertools.pairwise(names)]
    if len(names) > 2:
        pairs.append(Pair(f"{names[0]} to {names[-1]}", names[0], names[-1]))
    return tuple(pairs)


def compare_shapes(
    folder: Path, recipe: Recipe, equal: str, depths: Sequence[int], seeds: int, watcher: Watcher
) -> Shapes:
    """Train the recipe's model in several shapes that cost the same; ``depths`` empty: half, once and twice its own.

    Raises:
        SettingError: there are no such shapes, or the runs cannot be compared; StoppedError: a signal came.
    """
    require_seeds(seeds)
    same, study = EQUAL[equal], Study.open(folder, KIND, ())
    with study.checked():
        prepared = prepared_data(study, Side("recipe", recipe), watcher)
        config = with_vocabulary(recipe.model, prepared.tokenizer)
        models = grid(config, depths or depths_around(config.depth), same)
        sides = tuple(Side(name, replaced(recipe, model=unset(model, recipe))) for name, model in models.items())
        study.settle(sides if same.same_tokens else in_equal_time(study, sides, recipe, watcher))
        budgets = comparable(study, watcher)
        if same.same_tokens:
            require_equal_tokens(study.sides, budgets)
    line = [
        (float(depth), float(shaped(config, depth, same.cost, same.cost(config)).width))
        for depth in sorted({*(each.depth for each in models.values()), config.depth})
    ]
    return concluded(study, recipe, seeds, same, deepening(list(models)), budgets, line, watcher)


def unset(model: ModelConfig, recipe: Recipe) -> ModelConfig:
    """The model with its vocabulary left to the tokenizer, where the recipe leaves it so."""
    return dataclasses.replace(model, vocabulary=recipe.model.vocabulary)


def compare_published(folder: Path, recipe: Recipe, scale: int, seeds: int, watcher: Watcher) -> Shapes:
    """Train the published study's four configurations on the recipe's text (``SettingError``, ``StoppedError``)."""
    require_seeds(seeds)
    sides = tuple(Side(name, each) for name, each in published(recipe, scale).items())
    study = Study.open(folder, KIND, sides)
    with study.checked():
        budgets = comparable(study, watcher)
        require_equal_tokens(sides, budgets)
    return concluded(study, recipe, seeds, None, PUBLISHED_PAIRS, budgets, [], watcher, scale)


def usual_scale(recipe: Recipe) -> int:
    """Full size on a GPU, a sixth without."""
    return 1 if choose_device(recipe.training.device).type == "cuda" else SCALE_ON_CPU


def require_seeds(seeds: int) -> None:
    """At least one (``SettingError``)."""
    if seeds < 1:
        raise SettingError(f"seeds: found {seeds}, expected 1 or more; a verdict needs at least 2, better 3")


def in_equal_time(study: Study, sides: Sequence[Side], recipe: Recipe, watcher: Watcher) -> tuple[Side, ...]:
    """Every side with as many steps as take as long as the recipe's own; measured when the study is begun."""
    if study.known:
        steps = {name: int(found["training"]["steps"]) for name, found in study.known.items()}
    else:
        budget = comparable(dataclasses.replace(study, sides=tuple(sides)), watcher)
        speeds = {side.name: tried(side.recipe, study.data(side)) for side in sides}
        own = next(side.name for side in sides if side.recipe.model.depth == recipe.model.depth)
        allowed = speeds[own].seconds(budget[own].steps)
        steps = {name: each.steps_in(allowed) for name, each in speeds.items()}
        for name, each in speeds.items():
            watcher.said(f"{name}: {each.step:.3f} s a step, {steps[name]:,} steps in {allowed:.0f} s")
    return tuple(Side(side.name, lasting(side.recipe, steps.get(side.name, 1))) for side in sides)


def lasting(recipe: Recipe, steps: int) -> Recipe:
    """The recipe, for so many steps."""
    training = dataclasses.replace(recipe.training, steps=steps, epochs=None, tokens=None, minutes=None)
    return replaced(recipe, training=training)


def concluded(
    study: Study,
    recipe: Recipe,
    seeds: int,
    equal: Equal | None,
    pairs: Sequence[Pair],
    budgets: Mapping[str, Budget],
    line: Sequence[tuple[float, float]],
    watcher: Watcher,
    scale: int = 1,
) -> Shapes:
    """Train everything, compare the pairs, write it down."""
    numbers = tuple(range(recipe.seed, recipe.seed + seeds))
    run_trials(study, numbers, watcher)
    scores, looks = {side.name: study.scores(side.name, numbers) for side in study.sides}, study.look(seeds)
    found = [paired(scores[pair.first], scores[pair.second], looks, len(pairs)) for pair in pairs]
    shapes = Shapes(study, numbers, equal, pairs, found, budgets, scale)
    study.save(result=shapes.as_json())
    write_text(study.folder / RECIPE, to_toml(recipe))
    write_page(page_of(shapes, recipe, line), study.folder)
    return shapes


def command(shapes: Shapes) -> str:
    """What makes the same study, from the recipe that it keeps."""
    depths = ",".join(str(side.recipe.model.depth) for side in shapes.study.sides)
    asked = [f"--equal {name} --depths {depths}" for name, equal in EQUAL.items() if equal == shapes.equal]
    how = asked[0] if asked else f"--published --scale {shapes.scale}"
    return f"hornbook study depth-width {shapes.study.folder}/{RECIPE} {how} --seeds {len(shapes.seeds)}"


def page_of(shapes: Shapes, recipe: Recipe, line: Sequence[tuple[float, float]]) -> Page:
    """The report."""
    study = shapes.study
    rows = [(p.words, f.differences, f.mean, f.interval) for p, f in zip(shapes.pairs, shapes.found, strict=True)]
    places = [
        Shape(name, each.counted.config.depth, each.counted.config.width, each.counted.parameters, shapes.mean(name))
        for name, each in shapes.budgets.items()
    ]
    size = next(iter(shapes.budgets.values())).counted.parameters
    title = f"equal {shapes.equal.words}" if shapes.equal else "the published four"
    drawn = depth_width(places, {size: line} if line else {}, title=f"Depth and width, {title}", remark=study.unit)
    plot = difference_plot(rows, unit=study.unit, title="Second less first, seed by seed")
    return Page(
        title=f"{recipe.name}: depth and width",
        verdict=shapes.sentence(),
        facts={"shapes": str(len(study.sides)), "seeds": str(len(shapes.seeds))},
        parts=(
            Part("Shapes", shapes.table(), shapes.remarks(), {"losses by depth and width": drawn}),
            Part("Pair by pair", shapes.pair_table(), figures={"differences by seed": plot}),
            Part("How they learned", figures={"losses by step": loss_curves(study, shapes.trials)}),
        ),
        reproduce=[command(shapes)],
        configuration="\n".join(f"# {side.name}\n{to_toml(side.recipe)}" for side in study.sides),
        footer=FOOTER,
    )
