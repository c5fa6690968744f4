"""What the page's endpoints share: which runs there are, those that were opened, and what may be done.

The page opens runs for itself, a few at a time: where a part is switched off or watched, those who write notice
nothing of it.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from fastapi import Request

from hornbook.errors import MissingError
from hornbook.server.config import ServerConfig
from hornbook.server.desk import Desk
from hornbook.server.errors import ApiError
from hornbook.server.models import Models, Served, serve_one
from hornbook.server.page.traces import Traces
from hornbook.tokenizers.protocol import Tokenizer
from hornbook.training.run_folder import Run, runs_root
from hornbook.workflows.load import Loaded, load_run
from hornbook.workflows.watching.listing import find_run, runs_by_name
from hornbook.workflows.watching.trainings import Started, Trainings

Found = TypeVar("Found")

OPENED = 6
"""So many runs and checkpoints are kept open for looking into them, and so many for writing."""

EXAMINED = 4
"""So many runs are being examined or wait for it."""


@dataclass
class Shelf:
    """Runs at their checkpoints, the one asked for last at the end. Only the desk's thread comes here."""

    opened: OrderedDict[Path, Loaded] = field(default_factory=OrderedDict)

    def take(self, run: Run, checkpoint: str) -> Loaded:
        """A run at one of its checkpoints, loaded unless it still is.

        Raises:
            HornbookError: as ``load_run`` says.
        """
        path = chosen(run, checkpoint).resolve()
        if path not in self.opened:
            self.opened[path] = load_run(run.folder, path.name)
        self.opened.move_to_end(path)
        while len(self.opened) > OPENED:
            self.opened.popitem(last=False)
        return self.opened[path]


def chosen(run: Run, checkpoint: str) -> Path:
    """The folder of a checkpoint; of a run that was never evaluated the best is the latest."""
    return run.chosen("latest" if checkpoint == "best" and run.best is None else checkpoint)


@dataclass
class Page:
    """The page's side of a server. ``given`` are runs that it was started with, wherever they lie."""

    models: Models
    config: ServerConfig
    root: Path = field(default_factory=runs_root)
    given: Mapping[str, Path] = field(default_factory=dict)
    shelf: Shelf = field(default_factory=Shelf)
    trainings: Trainings = field(default_factory=Trainings)
    traces: Traces = field(default_factory=Traces)
    practice: Desk = field(default_factory=lambda: Desk(EXAMINED))  # where the doctor takes his time
    demo: Started | None = None
    tokenizers: dict[str, Tokenizer] = field(default_factory=dict)  # that were trained here, by name
    trained: int = 0

    @property
    def runs(self) -> dict[str, Path]:
        """Every run that may be asked for, the newest last."""
        return runs_by_name(self.root, self.given)

    @property
    def default(self) -> str | None:
        """The run that is meant where none is named: the first one given, or the newest that has learned something."""
        if self.given:
            return next(iter(self.given))
        ready = (name for name, folder in reversed(self.runs.items()) if (folder / "latest").exists())
        return next(ready, None)

    def run(self, name: str) -> Run:
        """The run of a name.

        Raises:
            MissingError: there is none.
        """
        return find_run((self.default or name) if name == "default" else name, self.runs)

    async def ask(self, name: str, checkpoint: str, question: Callable[[Loaded], Found]) -> Found:
        """Something about a run, in the thread that only reads."""
        run, checkpoint = self.named(name, checkpoint)
        return await self.models.desk.ask(lambda: question(self.shelf.take(run, checkpoint)))

    def named(self, name: str, checkpoint: str) -> tuple[Run, str]:
        """The run and the checkpoint that are meant; ``RUN@CHECKPOINT`` says both.

        Raises:
            MissingError: there is no such run, or this cannot be a checkpoint of it.
        """
        name, _, behind = name.partition("@")
        run, wanted = self.run(name), behind or checkpoint
        if not re.fullmatch(r"best|latest|step-\d{6,18}|\d{1,18}", wanted, re.ASCII):
            raise MissingError(f"{run.name} has no checkpoint {wanted[:60]!r}; they are called like step-000200")
        return run, wanted

    async def writer(self, name: str, checkpoint: str) -> Served:
        """A run at a checkpoint, ready to write, under the name ``RUN@CHECKPOINT`` from now on.

        Raises:
            SettingError: it writes no text from left to right.
        """
        run, checkpoint = self.named(name, checkpoint)
        path = chosen(run, checkpoint)
        served = self.models.at(path)
        if served is None:
            served = await self.models.desk.ask(
                lambda: serve_one(f"{run.name}@{path.name}", load_run(run.folder, path.name), self.config)
            )
            for gone in self.models.add(served, OPENED):
                await self.models.desk.ask(gone.stop)
        return served


def page_of(http: Request) -> Page:
    """The page's side of the server that was asked."""
    page: Page = http.app.state.page
    return page


def permitted(page: Page) -> None:
    """Refuse to start and stop trainings where that was not allowed (``ApiError`` 403)."""
    if not page.config.allow_train:
        raise ApiError(
            403,
            "this server may not start or stop trainings; start it with hornbook ui --allow-train",
            code="not_allowed",
        )
