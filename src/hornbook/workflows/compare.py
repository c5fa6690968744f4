"""``hornbook compare``: runs side by side, whatever they are: sizes, losses, settings, curves, texts.

In: the names of runs. Out: a ``Comparison``, which is printed as tables and written as one page. It gives no verdict:
one run of each is one draw of each, and ``hornbook study ab`` is there to tell luck from difference.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hornbook.errors import SettingError
from hornbook.evaluation.comparison_page import Page, Part, Table
from hornbook.evaluation.report import Sample
from hornbook.figures.curves import Curve, curves
from hornbook.figures.loss_curve import Series
from hornbook.files import read_json
from hornbook.training.journal import read_journal
from hornbook.training.run_folder import Run
from hornbook.workflows.recipe import read_recipe, resolved

FOOTER = (
    "Losses are those of the best checkpoint on the whole validation split. Nats per token compare between runs of one "
    "tokenizer, bits per byte between any that were validated on the same text."
)
NO_VERDICT = "One run of each is one draw of each: hornbook study ab says whether a difference is more than luck."


@dataclass(frozen=True)
class Line:
    """A run in numbers; what is not known of it is None."""

    name: str
    parameters: int | None = None
    steps: int = 0
    tokens: int = 0
    seconds: float | None = None
    loss: float | None = None
    bits_per_byte: float | None = None
    accuracy: float | None = None

    @property
    def perplexity(self) -> float | None:
        """exp(loss)."""
        return None if self.loss is None else math.exp(min(self.loss, 700.0))


@dataclass(frozen=True)
class Seen:
    """A run as it is compared: its numbers, curves, resolved recipe, last texts, and what it was validated on."""

    line: Line
    train: Series
    validation: Series
    recipe: Mapping[str, Any]
    texts: Mapping[str, str] = field(default_factory=dict)
    """Prompt -> text."""
    validated_on: str | None = None


@dataclass(frozen=True)
class Comparison:
    """Several runs."""

    runs: tuple[Seen, ...]

    @property
    def differences(self) -> dict[str, dict[str, Any]]:
        """Setting -> run -> value, where they differ."""
        return differences({run.line.name: run.recipe for run in self.runs})

    @property
    def same_text(self) -> bool:
        """Whether all were validated on the same text, as far as is known."""
        texts = {run.validated_on for run in self.runs}
        return len(texts) == 1 and None not in texts

    def table(self) -> Table:
        """The numbers, a run in each column; what is known of none is left out."""
        columns = [numbers_of(run.line) for run in self.runs]
        rows = [(name, *(column[name] for column in columns)) for name in columns[0]]
        return Table(("", *(run.line.name for run in self.runs)), [row for row in rows if set(row[1:]) != {"-"}])

    def settings(self) -> Table:
        """The settings that differ, a run in each column."""
        names = [run.line.name for run in self.runs]
        rows = [
            (path, *("-" if values[name] is None else str(values[name]) for name in names))
            for path, values in self.differences.items()
        ]
        return Table(("setting", *names), rows)

    def remarks(self) -> list[str]:
        """What has to be said beside the numbers."""
        texts = [] if self.same_text else ["They were validated on different texts: their losses do not compare."]
        return [*texts, NO_VERDICT]

    def as_json(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "runs": [
                {**vars(run.line), "perplexity": run.line.perplexity, "texts": dict(run.texts)} for run in self.runs
            ],
            "differences": self.differences,
            "same_validation_text": self.same_text,
        }

    def page(self) -> Page:
        """Everything, to be looked at."""
        drawn = curves([Curve(run.line.name, run.train, run.validation) for run in self.runs])
        prompts = dict.fromkeys(prompt for run in self.runs for prompt in run.texts)
        written = [
            Part(
                f"What they write after {prompt!r}" if prompt else "What they write from nothing",
                samples={
                    run.line.name: Sample(run.line.steps, run.texts[prompt], prompt)
                    for run in self.runs
                    if prompt in run.texts
                },
            )
            for prompt in prompts
        ]
        settings = self.settings()
        return Page(
            title=" and ".join(run.line.name for run in self.runs),
            verdict=" ".join(self.remarks()),
            parts=(
                Part("In numbers", self.table()),
                Part("How they learned", figures={"validation losses, and training losses behind them": drawn}),
                Part("What differs", settings if settings.rows else None, [] if settings.rows else ["No setting."]),
                *written,
            ),
            reproduce=[f"hornbook compare {' '.join(run.line.name for run in self.runs)}"],
            footer=FOOTER,
        )


def numbers_of(line: Line) -> dict[str, str]:
    """A run's numbers as they are to be read."""
    return {
        "parameters": shown(line.parameters, ",d"),
        "steps": f"{line.steps:,}",
        "tokens": f"{line.tokens:,}",
        "seconds": shown(line.seconds, ",.0f"),
        "nats/target": shown(line.loss, ".4f"),
        "bits/byte": shown(line.bits_per_byte, ".4f"),
        "perplexity": shown(line.perplexity, ",.2f"),
        "right": shown(line.accuracy, ".1%"),
    }


def shown(value: float | int | None, form: str) -> str:
    """A number in this form, or a dash."""
    return "-" if value is None else format(value, form)


def compare(names: Sequence[str | Path]) -> Comparison:
    """Look at runs side by side.

    Raises:
        SettingError: fewer than two, or one twice; MissingError: there is no such run.
    """
    runs = [Run.open(name) for name in names]
    folders = [run.folder.resolve() for run in runs]
    if len(set(folders)) < 2 or len(set(folders)) < len(folders):
        raise SettingError("expected at least two runs, each named once")
    called = [run.name for run in runs]
    if len(set(called)) < len(called):
        called = [str(run.folder) for run in runs]
    return Comparison(tuple(seen(run, name) for run, name in zip(runs, called, strict=True)))


def seen(run: Run, name: str) -> Seen:
    """All that is compared of a run, from its folder alone."""
    entries = read_journal(run.metrics) if run.metrics.exists() else []
    updates = [entry for entry in entries if entry["kind"] == "update"]
    evaluations = [entry for entry in entries if entry["kind"] == "evaluation"]
    best = min(evaluations, key=lambda entry: float(entry["val_loss"]), default={})
    file = run.folder / "evaluation.json"
    measured = {**best, **(read_json(file) if file.exists() else {})}
    samples = read_journal(run.samples) if run.samples.exists() else []
    return Seen(
        Line(
            name,
            run.info.get("parameters"),
            len(updates),
            sum(int(entry["tokens"]) for entry in updates),
            float(evaluations[-1]["seconds"]) if evaluations else None,
            measured.get("val_loss"),
            measured.get("bits_per_byte"),
            measured.get("accuracy"),
        ),
        Series([int(each["step"]) + 1 for each in updates], [float(each["loss"]) for each in updates]),
        Series([int(each["step"]) for each in evaluations], [float(each["val_loss"]) for each in evaluations]),
        resolved(read_recipe(run.folder / "config.toml")),
        {entry["prompt"]: entry["text"] for entry in samples},
        validated_on(run),
    )


def validated_on(run: Run) -> str | None:
    """What tells one validation text from another, whatever its tokens: source, division, length; None if not known."""
    file = run.folder / str(run.info.get("data", "data")) / "data.json"
    return validation_text(read_json(file)) if file.exists() else None


def validation_text(info: Mapping[str, Any]) -> str | None:
    """The same, from what ``data.json`` says."""
    if "source" not in info or "bytes" not in info.get("validation", {}):  # questions, pairs: not running text
        return None
    division = {name: info["config"][name] for name in ("split", "validation_fraction")}
    return json.dumps([info["source"]["sha256"], division, info["validation"]["bytes"]], sort_keys=True)


# Settings that differ -------------------------------------------------------------------------------------------------


def differences(tables: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The settings in which resolved recipes differ: path -> name of the recipe -> value, None where it has no such."""
    flat = {name: flattened(table) for name, table in tables.items()}
    paths = dict.fromkeys(path for table in flat.values() for path in table)
    found = {path: {name: table.get(path) for name, table in flat.items()} for path in paths}
    return {path: values for path, values in found.items() if len({json.dumps(v) for v in values.values()}) > 1}


def flattened(value: Any, path: str = "") -> dict[str, Any]:
    """Nested tables as ``a.b.0.c`` -> value."""
    if isinstance(value, Mapping):
        items = [(str(name), inner) for name, inner in value.items()]
    elif isinstance(value, list) and any(isinstance(inner, Mapping) for inner in value):
        items = [(str(place), inner) for place, inner in enumerate(value)]
    else:
        return {path: value}
    joined: dict[str, Any] = {}
    for name, inner in items:
        joined |= flattened(inner, f"{path}.{name}" if path else name)
    return joined
