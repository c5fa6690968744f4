"""One page about one run: a file that opens anywhere, now and in ten years.

Everything is inside it: the figures as SVG, the fonts of the system, light and dark by the reader's preference; no
script, no address of another place. Every number shown comes from ``ReportData``, and the exact one stands beside the
rounded one in the attribute ``data-value``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Literal

from hornbook.evaluation.baselines import Baselines
from hornbook.evaluation.floor import Floor
from hornbook.evaluation.loss import Measured
from hornbook.evaluation.page import STYLE, inline_svg
from hornbook.evaluation.report_inside import Passage, Picture, passage_of, pictures_of
from hornbook.figures.baseline_ladder import Rung, baseline_ladder
from hornbook.figures.calibration import calibration_curve
from hornbook.figures.loss_curve import Series, loss_curve
from hornbook.figures.schedule import schedule_figure
from hornbook.figures.watched import watched_curve
from hornbook.files import write_text

FOOTER = (
    "Losses are means over every target of the validation split, weighted by tokens; perplexity is exp(loss). "
    "Only bits per byte compare across tokenizers."
)


@dataclass(frozen=True)
class Standing:
    """One line of the table: what was measured, in nats per token and in bits per byte, and the part it plays."""

    name: str
    loss: float
    bits_per_byte: float
    role: Literal["model", "baseline", "floor"] = "baseline"
    remark: str = ""

    @property
    def perplexity(self) -> float:
        """exp(loss), never given from outside, so the two cannot disagree."""
        return math.exp(self.loss) if self.loss < 700 else math.inf


@dataclass(frozen=True)
class Sample:
    """A text the model wrote after ``step`` steps; ``prompt`` is the part that was given to it."""

    step: int
    text: str
    prompt: str = ""


@dataclass(frozen=True)
class Results:
    """A table of what was counted, for models whose worth is in their answers: names of columns, rows, a sentence."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    sentence: str


@dataclass(frozen=True)
class ReportData:
    """All that the page says.

    ``standings`` has one line with the role "model", or is empty where there are ``results``; the rest may be empty.
    """

    title: str
    standings: tuple[Standing, ...]
    results: Results | None = None
    train: Series = Series()
    validation: Series = Series()
    learning_rates: Mapping[str, Series] = field(default_factory=dict)
    x_label: str = "step"
    facts: Mapping[str, str] = field(default_factory=dict)
    """Short ones for the top of the page: parameters, tokens seen, time."""
    watched: Mapping[str, Series] = field(default_factory=dict)
    """What else was worth watching while it learned, by name."""
    calibration: tuple[tuple[float, float, int], ...] = ()
    """Confidence, share that is right, number of answers: of a classifier."""
    remarks: tuple[str, ...] = ()
    """Sentences under the table."""
    predicted: tuple[tuple[str, str, str, str], ...] = ()
    """Of what, what was predicted of it before the training, what came, and the miss."""
    warning: str = ""
    """Such as that targets leak into inputs: shown in place of the verdict."""
    samples: tuple[Sample, ...] = ()
    passage: Passage | None = None
    """A held-out text, token by token."""
    context: tuple[Picture, ...] = ()
    """What the text before a token is worth."""
    pictures: tuple[Picture, ...] = ()
    """The model and what is in it."""
    configuration: str = ""
    """The resolved recipe, as TOML."""
    data: Mapping[str, str] = field(default_factory=dict)
    """Name of a file or text -> its hash or size."""
    environment: Mapping[str, str] = field(default_factory=dict)
    reproduce: tuple[str, ...] = ()
    """Commands, in order."""

    @property
    def model(self) -> Standing:
        """The line of the model."""
        return next(standing for standing in self.standings if standing.role == "model")


def standings(
    measured: Measured, baselines: Baselines | None = None, floor: Floor | None = None
) -> tuple[Standing, ...]:
    """The lines of the table from what evaluation measured, the highest loss first."""
    lines = [Standing("this model", measured.loss, measured.bits_per_byte, "model")]
    if baselines is not None:
        kneser_ney, bits = baselines.kneser_ney, baselines.bits_per_byte
        name = f"Kneser-Ney, order {kneser_ney.order}"
        lines += [
            Standing("uniform", baselines.uniform, bits(baselines.uniform), remark="every token equally likely"),
            Standing("unigram", baselines.unigram, bits(baselines.unigram), remark="how often each token comes"),
            Standing(name, kneser_ney.loss, bits(kneser_ney.loss), remark="the best n-gram model, full history"),
        ]
        if baselines.windows is not None:
            remark = f"in windows of {baselines.windows.context} tokens, as the model"
            loss = baselines.windows.loss
            lines.append(Standing(f"{name}, windows", loss, bits(loss), remark=remark))
    if floor is not None:
        lines.append(Standing("floor", floor.loss, floor.bits_per_byte, "floor", "the entropy of the source"))
    return tuple(sorted(lines, key=lambda line: -line.loss))


def verdict(data: ReportData) -> str:
    """One sentence: how the model stands to the best baseline and to the floor, in bits per byte."""
    if data.warning:
        return data.warning
    if data.results is not None:
        return data.results.sentence[:1].upper() + data.results.sentence[1:]
    own, parts = data.model.bits_per_byte, []
    if not math.isfinite(own):
        return "The loss of the model is not a finite number."
    rivals = [standing for standing in data.standings if standing.role == "baseline"]
    if rivals:
        best = min(rivals, key=lambda standing: standing.bits_per_byte)
        change = own / best.bits_per_byte - 1
        word = "Beats" if change < 0 else "Does not beat"
        parts.append(f"{word} {best.name}: {abs(change):.1%} {'fewer' if change < 0 else 'more'} bits per byte")
    for floor in (standing for standing in data.standings if standing.role == "floor"):
        parts.append(f"{own / floor.bits_per_byte:.2f} times the floor")
    return "; ".join(parts) + "." if parts else f"{own:.3f} bits per byte."


def write_report(data: ReportData, path: Path) -> None:
    """Write the page, whole or not at all (``HornbookError`` where that is impossible)."""
    write_text(path, report_html(data))


def report_html(data: ReportData) -> str:
    """The page as one string of HTML."""
    sections = [
        section("Where it stands", standing_of(data)),
        section("How it learned", curves_of(data)),
        section("What was predicted, and what came", prediction_of(data.predicted)),
        section("What it finds hard", passage_of(data.passage) + pictures_of(data.context)),
        section("What it writes", "".join(map(sample_of, data.samples))),
        section("What is inside", pictures_of(data.pictures)),
        section("How to do it again", commands_of(data.reproduce)),
        section("Configuration", configuration_of(data.configuration)),
        section("Data", pairs_of(data.data)),
        section("Environment", pairs_of(data.environment)),
    ]
    return "\n".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            f"<title>{escape(data.title)}</title><style>{STYLE}</style></head><body>",
            head_of(data),
            *sections,
            f"<footer>{FOOTER}</footer></body></html>\n",
        ]
    )


def head_of(data: ReportData) -> str:
    """Title, verdict and the numbers that count."""
    tiles = [
        *(measures_of(data.model) if data.standings else []),
        *(tile(name, escape(value)) for name, value in data.facts.items()),
    ]
    kind = "verdict warning" if data.warning else "verdict"
    return (
        f'<header><h1>{escape(data.title)}</h1><p class="{kind}">{escape(verdict(data))}</p>'
        f'<dl class="tiles">{"".join(tiles)}</dl></header>'
    )


def standing_of(data: ReportData) -> str:
    """The ladder of a language model or the table of what was counted, and what has to be said of it."""
    shown = ladder_of(data) + table_of(data) if data.standings else results_of(data.results)
    if data.calibration:
        said = ", ".join(f"{right:.0%} right of {count:,} at {sure:.0%}" for sure, right, count in data.calibration)
        shown += inline_svg(calibration_curve(data.calibration), "calibration", said)
    return shown + "".join(f"<p>{escape(remark)}</p>" for remark in data.remarks)


def measures_of(model: Standing) -> list[str]:
    """The three numbers of a language model."""
    return [
        tile("bits per byte", number(model.bits_per_byte, "bits_per_byte"), own=True),
        tile("nats per token", number(model.loss, "loss"), own=True),
        tile("perplexity", number(model.perplexity, "perplexity", 2), own=True),
    ]


def results_of(results: Results | None) -> str:
    """What was counted, row by row."""
    if results is None:
        return ""
    head = "".join(f"<th>{escape(name)}</th>" for name in results.headings)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in results.rows)
    return (
        f'<div class="scroll"><table class="counted"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def prediction_of(lines: Sequence[Sequence[str]]) -> str:
    """The table of predictions."""
    if not lines:
        return ""
    head = "".join(f"<th>{name}</th>" for name in ("", "predicted", "came", "miss"))
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in line)}</tr>" for line in lines)
    return (
        f'<div class="scroll"><table class="counted"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def section(title: str, content: str) -> str:
    """A titled part of the page; nothing where there is nothing to say."""
    return f"<section><h2>{escape(title)}</h2>{content}</section>" if content else ""


def tile(name: str, value: str, own: bool = False) -> str:
    """One number with its name; ``value`` is HTML."""
    return f"<div{' class=own' if own else ''}><dt>{escape(name)}</dt><dd>{value}</dd></div>"


def number(value: float, name: str, digits: int = 4) -> str:
    """A rounded number that carries the exact one with it."""
    shown = "not a number" if math.isnan(value) else "∞" if math.isinf(value) else f"{value:,.{digits}f}"
    return f'<span class="number" data-name="{name}" data-value="{value!r}">{shown}</span>'


def ladder_of(data: ReportData) -> str:
    """The bars of bits per byte."""
    rungs = [Rung(line.name, line.bits_per_byte, line.role) for line in data.standings]
    said = ", ".join(f"{line.name} {line.bits_per_byte:.3f}" for line in data.standings)
    return inline_svg(baseline_ladder(rungs), "ladder", f"bits per byte: {said}")


def table_of(data: ReportData) -> str:
    """Every line of ``standings``."""
    rows = [
        f'<tr class="{line.role}"><td>{escape(line.name)}</td><td>{number(line.loss, "loss")}</td>'
        f"<td>{number(line.bits_per_byte, 'bits_per_byte')}</td><td>{number(line.perplexity, 'perplexity', 2)}</td>"
        f"<td>{escape(line.remark)}</td></tr>"
        for line in data.standings
    ]
    names = ("", "nats per token", "bits per byte", "perplexity", "")
    head = "".join(f"<th>{name}</th>" for name in names)
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'


def curves_of(data: ReportData) -> str:
    """The loss between baselines and floor, and the learning rate."""
    figures = ""
    if len(data.train.y) or len(data.validation.y):
        baselines = {line.name: line.loss for line in data.standings if line.role == "baseline"}
        floor = next((line.loss for line in data.standings if line.role == "floor"), None)
        curve = loss_curve(data.train, data.validation, baselines=baselines, floor=floor, x_label=data.x_label)
        figures += inline_svg(curve, "loss", f"training and validation loss by {data.x_label}")
    if data.learning_rates:
        schedule = schedule_figure(data.learning_rates, x_label=data.x_label)
        figures += inline_svg(schedule, "schedule", f"learning rate by {data.x_label}")
    for name, series in data.watched.items():
        figures += inline_svg(watched_curve(name, series, x_label=data.x_label), name, f"{name} by {data.x_label}")
    return figures


def sample_of(sample: Sample) -> str:
    """A text with the step it was written at."""
    prompt = f"<b>{escape(sample.prompt)}</b>" if sample.prompt else ""
    return f'<div class="sample"><span>step {sample.step:,}</span><p>{prompt}{escape(sample.text)}</p></div>'


def configuration_of(text: str) -> str:
    """The recipe, folded."""
    return f"<details><summary>the resolved recipe</summary><pre>{escape(text)}</pre></details>" if text else ""


def commands_of(commands: Iterable[str]) -> str:
    """Commands to copy."""
    lines = "\n".join(map(escape, commands))
    return f"<pre>{lines}</pre>" if lines else ""


def pairs_of(pairs: Mapping[str, str]) -> str:
    """Names and values."""
    lines = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in pairs.items())
    return f'<dl class="pairs">{lines}</dl>' if lines else ""
