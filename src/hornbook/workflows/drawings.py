"""Every picture that ``hornbook draw`` knows: its name, what it shows, what it needs, and who gathers its numbers.

A picture of parts needs nothing: its numbers are computed by the code that models use. One of a run is handed the run,
opened, and a text to look at. New ones are a function in ``hornbook.figures``, one here in workflows that computes what
is in it, and a row of the table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from hornbook.errors import HornbookError, SettingError, nearest
from hornbook.figures.style import save
from hornbook.workflows import draw_architecture, draw_parts, draw_runs, draw_tokens
from hornbook.workflows.draw_runs import Subject
from hornbook.workflows.load import Loaded, load_run

ALL = "all"
RUN = "a run"


@dataclass(frozen=True)
class Drawing:
    """One row: ``draw`` is handed nothing, or where ``needs`` names something, a ``Subject``."""

    name: str
    sentence: str
    draw: Callable[..., Figure]
    needs: str = ""


@dataclass(frozen=True)
class Drawn:
    """A picture that was written as ``path`` with .svg and .png behind it, or why it was not."""

    drawing: Drawing
    path: Path | None = None
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        """As plain data."""
        if self.path is None:
            return {"name": self.drawing.name, "skipped": self.reason}
        return {"name": self.drawing.name, "svg": f"{self.path}.svg", "png": f"{self.path}.png"}


DRAWINGS = (
    Drawing("sinusoidal", "The waves that are added to positions, all of them and five alone.", draw_parts.sinusoidal),
    Drawing("rotary", "Pairs of features turned like the hands of clocks, and how a product fades.", draw_parts.rotary),
    Drawing("alibi", "Scores lowered by distance, in each head at another rate.", draw_parts.alibi),
    Drawing("masks", "Who may look at whom: causal, padding, windows, packed documents, a cache.", draw_parts.masks),
    Drawing("complexity", "Operations of full, local and linear attention, by formula and counted.",
            draw_parts.attention_costs),
    Drawing("activations", "Every activation function with its derivative.", draw_parts.activations),
    Drawing("schedules", "The learning-rate schedules side by side.", draw_parts.schedules),
    Drawing("decoder", "GPT-2 as boxes and arrows, with shapes and parameters.", draw_architecture.decoder),
    Drawing("encoder", "BERT as boxes and arrows, with shapes and parameters.", draw_architecture.encoder),
    Drawing("encoder-decoder", "The Transformer of 2017 as boxes and arrows, with shapes and parameters.",
            draw_architecture.encoder_decoder),
    Drawing("depth-width", "Presets between deep and wide, on lines of equal size.", draw_parts.depth_and_width),
    Drawing("architecture", "The run's model as boxes and arrows, with shapes and parameters.",
            lambda subject: draw_architecture.diagram(subject.loaded.model.config, subject.loaded.run.name), RUN),
    Drawing("loss", "The losses of the run between its baselines and its floor.", draw_runs.loss, RUN),
    Drawing("ladder", "Bits per byte of the run's model among its baselines.", draw_runs.ladder, RUN),
    Drawing("loss-by-position", "What a token costs by how much stands before it.", draw_runs.loss_at_positions, RUN),
    Drawing("token-loss", "A text, every token on a ground as dark as it surprised.", draw_runs.token_loss, RUN),
    Drawing("attention", "Where every head of every layer looks.", draw_runs.attention, RUN),
    Drawing("logit-lens", "What the model would say after each of its layers.", draw_runs.lens, RUN),
    Drawing("embeddings", "Where tokens lie on the two widest axes of the embedding.", draw_runs.embeddings, RUN),
    Drawing("sampling", "One distribution over next tokens through every filter.", draw_runs.sampling, RUN),
    Drawing("spectrum", "Singular values of low-rank products beside those of their matrices.", draw_runs.spectrum,
            "a run with low-rank adapting"),
    Drawing("zipf", "How often tokens come, over their rank.", draw_tokens.frequencies, RUN),
    Drawing("token-lengths", "How long tokens are, in the vocabulary and in the text.", draw_tokens.lengths, RUN),
    Drawing("merges", "The family tree of a token, down to bytes.", draw_tokens.merges, RUN),
)  # fmt: skip


def chosen(name: str) -> tuple[Drawing, ...]:
    """The row of that name, or all rows.

    Raises:
        SettingError: there is none; the message names the nearest.
    """
    found = DRAWINGS if name == ALL else tuple(row for row in DRAWINGS if row.name == name)
    if not found:
        names = [row.name for row in DRAWINGS]
        raise SettingError(
            f"name: {name!r} is no picture{nearest(name, [*names, ALL, 'list'])}; there are {', '.join(names)}, and all"
        )
    return found


def draw(name: str, run: str | None = None, out: Path | None = None, text: str | None = None) -> Iterator[Drawn]:
    """Draw one picture, or ``all`` that can be drawn, and write them as SVG and PNG; one is handed on as soon as it is.

    They go to ``out``: else to the figures of the run, or without a run to a folder ``figures`` here.

    Raises:
        SettingError: there is no such picture, or it needs what was not given.
        MissingError: there is no such run.
    """
    rows = chosen(name)
    loaded = None if run is None else load_run(run)
    folder = out or (Path("figures") if loaded is None else loaded.run.figures)
    for row in rows:
        try:
            yield Drawn(row, written(row, loaded, folder, text))
        except HornbookError as error:
            if name != ALL:
                raise
            yield Drawn(row, reason=str(error).partition("\n")[0])


def written(row: Drawing, loaded: Loaded | None, folder: Path, text: str | None) -> Path:
    """Draw one picture and write it."""
    if not row.needs:
        figure = row.draw()
    elif loaded is None:
        raise SettingError(f"{row.name} is a picture of {row.needs}; name one: hornbook draw {row.name} RUN")
    else:
        figure = row.draw(Subject(loaded, text))
    folder.mkdir(parents=True, exist_ok=True)
    save(figure, folder / row.name)
    return folder / row.name
