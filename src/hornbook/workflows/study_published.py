"""``hornbook study published``: beside what earlier projects published, on texts anyone can have, by one protocol.

In: a folder of corpora. Out: a ``Found`` for each row, and in the study's folder the runs, ``published.json``,
``attempts.jsonl``, ``report.md`` and ``report.html``. Recipes are tuned on the last tenth of the training part
(``tune``); with that the recipes are frozen, and the last tenth of the file is scored once: a row that has been scored
is read, never trained again. Windows are consecutive, and Kneser-Ney is scored on the same tokens.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hornbook.errors import MissingError, SettingError, TextError
from hornbook.evaluation.comparison_page import Page, Part, Table, write_page
from hornbook.evaluation.contamination import contamination
from hornbook.files import read_json, read_text, write_json, write_text
from hornbook.model.count import count
from hornbook.training.checkpoints import read_progress
from hornbook.training.journal import Journal, read_journal
from hornbook.training.run_folder import Run
from hornbook.workflows.continuations import continuations
from hornbook.workflows.evaluate import Evaluation, evaluate_text
from hornbook.workflows.load import Loaded, load_prepared, load_run
from hornbook.workflows.names_kept import names_kept
from hornbook.workflows.published_rows import OF_GPT2, ROWS, Row
from hornbook.workflows.recipe import Recipe, load_recipe, to_toml
from hornbook.workflows.report import finish
from hornbook.workflows.study import StoppedError
from hornbook.workflows.train import resume, train
from hornbook.workflows.watchers import Watcher

SHARE = 0.1
"""The part of a text that is scored once, and the part of the rest that recipes are tuned on."""

ATTEMPTS = "attempts.jsonl"
"""Every tuning: what it reached on the last tenth of the training part, and its recipe."""

PROMPTS = 30
"""Continuations that BLEU and ROUGE are taken of."""

OZ = "oz"
"""The row on whose text and tokens a pretrained GPT-2 would be measured, too."""

STORIES = 100
"""Stories that are told from their first sentence on."""


@dataclass(frozen=True)
class Found:
    """One row as it was measured; losses in nats per token."""

    row: str
    aim: str
    published: str
    published_bits: float | None
    loss: float
    bits_per_byte: float
    kneser_ney: float
    kneser_ney_windows: float
    reached: bool
    minutes: float
    parameters: int
    tokens: int
    run: str
    attempts: int = 0
    remarks: tuple[str, ...] = ()

    @property
    def perplexity(self) -> float:
        """exp(loss)."""
        return math.exp(min(self.loss, 700.0))

    def cells(self) -> tuple[str, ...]:
        """For the table."""
        bits = "" if self.published_bits is None else f"; that perplexity is {self.published_bits:.3f} bits/byte here"
        return (
            self.row,
            f"{self.loss:.4f}",
            f"{self.bits_per_byte:.4f}",
            f"{self.perplexity:,.2f}",
            f"{self.kneser_ney:.4f}",
            f"{self.kneser_ney_windows:.4f}",
            f"{self.minutes:.1f}",
            f"{self.parameters:,}",
            self.aim,
            "reached" if self.reached else "MISSED",
            self.published + bits,
        )


HEADINGS = (
    "row",
    "nats/token",
    "bits/byte",
    "perplexity",
    "Kneser-Ney",
    "in windows",
    "minutes",
    "parameters",
    "aim",
    "",
    "published",
)


@dataclass(frozen=True)
class Asked:
    """Where the corpora lie, where the study goes, and whether this is tuning or the one score."""

    corpora: Path
    folder: Path
    seed: int = 1
    minutes: float | None = None
    """Instead of what the recipes say: to see that everything runs."""
    tune: bool = False

    def file(self, name: str) -> Path:
        """A text of the corpora.

        Raises:
            MissingError: it is not there.
        """
        path = (self.corpora / name).resolve()
        if not path.is_file():
            raise MissingError(f"{path} does not exist; --corpora names the folder that holds the texts")
        return path

    def text(self, row: Row) -> Path:
        """What a row is trained and scored on: when tuning, only what is no part of the score."""
        whole = self.file(row.text)
        if not self.tune or row.test:
            return whole
        text = read_text(whole)
        kept = self.folder / "tuning" / whole.name
        write_text(kept, text[: int((1 - SHARE) * len(text))])
        return kept

    def recipe(self, name: str, text: Sequence[Path], *settings: str) -> Recipe:
        """A recipe of the table on these texts."""
        clock = [] if self.minutes is None else [f"training.minutes={self.minutes}"]
        told = [f"data.text={[str(path) for path in text]}", "data.corpus=none", f"seed={self.seed}"]
        division = ["data.split=position", f"data.validation_fraction={SHARE}"]
        often = [f"training.evaluate_every={0.1 if self.tune else 0}"]
        return load_recipe(name, [*told, *division, *often, *clock, *settings])

    def place(self, row: Row) -> Path:
        """The folder of a row's run; every tuning begins a new one."""
        if not self.tune:
            return self.folder / row.name
        number = 1
        while (self.folder / "tuning" / f"{row.name}-{number}").exists():
            number += 1
        return self.folder / "tuning" / f"{row.name}-{number}"

    def before(self, row: Row, recipe: Recipe) -> Path:
        """The folder of what a row begins with, which all that begin with the same share."""
        key = hashlib.sha256(to_toml(recipe).encode()).hexdigest()[:8]
        return self.folder / "before" / f"{row.name}-{key}"


def measure(asked: Asked, rows: Sequence[Row], watcher: Watcher, gpt2: str | None = None) -> list[Found]:
    """Every row trained and scored, or read where it has been.

    Args:
        gpt2: a run of GPT-2 with its published weights, for the row that needs one.

    Raises:
        MissingError: a text is not there; SettingError: a row was scored with another recipe; StoppedError: a signal
        came, and the same call goes on later.
    """
    for row in rows:
        for name in (row.text, *row.others, *([row.test] if row.test else [])):
            asked.file(name)
    found = []
    for row in rows:
        found.append(one(asked, row, watcher))
        watcher.said(f"{row.name}: {found[-1].loss:.4f} nats/token, Kneser-Ney {found[-1].kneser_ney:.4f}")
    if gpt2 is not None:
        found.append(one(asked, OF_GPT2, watcher, base=str(Run.open(gpt2).folder.resolve())))
    if not asked.tune:
        write_down(asked, found)
    return found


def one(asked: Asked, row: Row, watcher: Watcher, base: str | None = None) -> Found:
    """One row."""
    before, seconds = None, 0.0
    if row.pretrained is not None:
        recipe = asked.recipe(row.pretrained, [asked.file(name) for name in row.others])
        before = trained(asked, recipe, asked.before(row, recipe), watcher)
        base, seconds = str(before.folder.resolve()), seconds_of(before)
    settings = [] if base is None else [f"base={base}"]
    run = trained(asked, asked.recipe(row.recipe, [asked.text(row)], *settings), asked.place(row), watcher)
    loaded = load_run(run.folder)
    result = scored(asked, row, run, loaded)
    told = found_of(asked, row, loaded, result, (seconds + seconds_of(run)) / 60, before)
    if asked.tune:
        with Journal(asked.folder / ATTEMPTS) as journal:
            journal.write({**vars(told), "recipe": to_toml(loaded.recipe)})
    return told


def trained(asked: Asked, recipe: Recipe, folder: Path, watcher: Watcher) -> Run:
    """The run of a recipe, from wherever it is to its end.

    Raises:
        SettingError: the folder holds a run of another recipe; StoppedError: a signal came.
    """
    if (folder / "run.json").exists():
        if read_text(folder / "config.toml") != to_toml(recipe):
            raise SettingError(
                f"{folder} holds a run of another recipe; a text is scored once. Tune with --tune, and give another "
                "--out to begin anew"
            )
        if not (folder / "evaluation.json").exists() and not ended(Run.open(folder)):
            outcome = resume(folder, watcher)
            if outcome.exit_code:
                raise StoppedError(asked.folder, outcome.exit_code)
    else:
        outcome = train(recipe, folder, watcher)
        if outcome.exit_code:
            raise StoppedError(asked.folder, outcome.exit_code)
    return Run.open(folder)


def ended(run: Run) -> bool:
    """Whether a run has made all its steps."""
    return run.latest is not None and float(read_progress(run.latest)["done"]) >= 1


def scored(asked: Asked, row: Row, run: Run, loaded: Loaded) -> dict[str, Any]:
    """The score of a row's run, as ``evaluation.json`` has it: measured once, and read ever after."""
    file = run.folder / "evaluation.json"
    if not file.exists():
        result = finish(run)
        assert isinstance(result, Evaluation)
    if row.test is None or asked.tune:
        return dict(read_json(file))
    tested = run.folder / "tested.json"
    if not tested.exists():
        write_json(tested, evaluate_text(loaded, load_prepared(run), [str(asked.file(row.test))]).as_json())
    return dict(read_json(tested))


def seconds_of(run: Run) -> float:
    """How long a run has trained, by its own clock."""
    return float(read_progress(run.latest)["seconds"]) if run.latest else 0.0


def found_of(
    asked: Asked, row: Row, loaded: Loaded, result: dict[str, Any], minutes: float, before: Run | None
) -> Found:
    """A row from its score."""
    loss, ngrams = float(result["val_loss"]), result["baselines"]["kneser_ney"]
    bits_per_byte = float(result["bits_per_byte"])
    return Found(
        row=row.name,
        aim=row.aim,
        published=row.published,
        published_bits=None if row.perplexity is None else in_bits(row.perplexity, loss, bits_per_byte),
        loss=loss,
        bits_per_byte=bits_per_byte,
        kneser_ney=float(ngrams["loss"]),
        kneser_ney_windows=float(ngrams["windows"]["loss"]),
        reached=row.reached(loss, float(ngrams["loss"]), minutes),
        minutes=minutes,
        parameters=count(loaded.model.config).parameters,
        tokens=int(result["tokens"]),
        run=str(loaded.run.folder),
        attempts=attempts_of(asked.folder, row),
        remarks=remarks_of(asked, row, loaded, before),
    )


def remarks_of(asked: Asked, row: Row, loaded: Loaded, before: Run | None) -> tuple[str, ...]:
    """What has to be said beside a row: overlap with what was read before, continuations beside their references."""
    said = [] if row.test is None or asked.tune else [f"Scored on the whole of {row.test}, which is for measuring."]
    if before is not None:
        overlap = contamination(load_prepared(before).train, load_prepared(loaded.run).validation)
        said.append(f"Overlap with the texts read before: {overlap}")
    if row.continued and not asked.tune:
        try:
            found = continuations(loaded, load_prepared(loaded.run), PROMPTS)
        except MissingError as error:
            return (*said, f"BLEU and ROUGE were not measured: {error}")
        own = found.rows[0]
        told = ", ".join(f"{name} {value:.3f}" for name, value in own.shared.items())
        said.append(f"{PROMPTS} continuations against their references ({own.name}): {told}.")
    if row.named and row.test and not asked.tune:
        try:
            said.append(str(names_kept(loaded, read_text(asked.file(row.test)), STORIES)))
        except TextError as error:
            said.append(f"Whether stories keep their names was not asked: {error}")
    return tuple(said)


def attempts_of(folder: Path, row: Row) -> int:
    """How often a row has been tuned."""
    file = folder / ATTEMPTS
    return sum(entry["row"] == row.name for entry in (read_journal(file) if file.exists() else ()))


def table(found: Sequence[Found], places: Sequence[int] = (0, 1, 2, 3, 4, 5, 6, 7, 9)) -> Table:
    """A row for each; what it was to reach, and what had been published, are sentences (``aims``)."""
    return Table([HEADINGS[place] for place in places], [[each.cells()[place] for place in places] for each in found])


def narrow(found: Sequence[Found]) -> Table:
    """What of the table fits into a terminal."""
    return table(found, (0, 1, 2, 3, 4, 6, 9))


def aims(found: Sequence[Found]) -> list[str]:
    """What each row was to reach, and what had been published."""
    return [f"{each.row}: {each.aim}. Published: {each.cells()[-1]}." for each in found]


def remarks(found: Sequence[Found], asked: Asked) -> list[str]:
    """The protocol, what was missed, and what was not run."""
    part = "the last tenth of the training part" if asked.tune else "the last tenth of the file, scored once"
    said = [f"Consecutive windows of the recipe's context; {part}. Kneser-Ney with full history, and in such windows."]
    missed = [each for each in found if not each.reached]
    said += [f"{each.row}: missed after {each.attempts} logged attempts at tuning." for each in missed]
    said += [f"{each.row}: {remark}" for each in found for remark in each.remarks]
    if asked.minutes is not None:
        said.append(f"With {asked.minutes:g} minutes for each run instead of the recipes': this shows that it runs.")
    if all(each.row != OF_GPT2.name for each in found):
        said.append("A pretrained GPT-2 on Oz was not run: it needs published weights (--gpt2 RUN, an imported run).")
        for oz in (each for each in found if each.row == OZ):
            bits = in_bits(OF_GPT2.perplexity or math.nan, oz.loss, oz.bits_per_byte)
            said.append(f"Its published {OF_GPT2.published} would be {bits:.3f} bits/byte there.")
    return said


def in_bits(perplexity: float, loss: float, bits_per_byte: float) -> float:
    """The bits per byte that a perplexity means, in the tokens and on the text of a score of so many nats per token."""
    return math.log(perplexity) * bits_per_byte / loss


def write_down(asked: Asked, found: Sequence[Found]) -> None:
    """``published.json`` and the report."""
    write_json(asked.folder / "published.json", {"schema": 1, "rows": [vars(each) for each in found]})
    reached = sum(each.reached for each in found)
    some = "" if len(found) >= len(ROWS) else f" --rows {','.join(each.row for each in found)}"
    page = Page(
        title="Beside what was published",
        verdict=f"{reached} of {len(found)} rows reach what they were to reach.",
        parts=(Part("Row by row", table(found), [*aims(found), *remarks(found, asked)]),),
        reproduce=[f"hornbook study published --corpora {asked.corpora} --seed {asked.seed}{some}"],
        footer="Nats per token of the last checkpoint, in 32 bits; bits per byte compare across tokenizers.",
    )
    write_page(page, asked.folder)
