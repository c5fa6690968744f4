"""The models that are served, by the names that clients may call them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from hornbook.data.chat_templates import ChatTemplate
from hornbook.errors import SettingError
from hornbook.finetuning.low_rank import merge
from hornbook.finetuning.peft_files import read_adapter
from hornbook.generation.engine import Engine
from hornbook.model.models import Decoder, Encoder
from hornbook.server.config import ServerConfig
from hornbook.server.desk import Desk
from hornbook.server.errors import ApiError
from hornbook.server.worker import Worker
from hornbook.workflows.load import Loaded, load_run


@dataclass
class Served:
    """A run under a name; one that writes has a ``worker``, one that was taught to answer a ``template``."""

    name: str
    loaded: Loaded
    worker: Worker | None
    template: ChatTemplate | None
    plain: bool = True  # the run as it is, and not with an adapter
    created: int = field(default_factory=lambda: int(time.time()))

    @property
    def context(self) -> int:
        """How many tokens it can look at."""
        return int(self.loaded.model.config.context)

    @property
    def fingerprint(self) -> str:
        """What tells these weights from others: the checkpoint's name."""
        return f"fp_{self.loaded.checkpoint.name}"

    @cached_property
    def writer(self) -> Worker:
        """The worker (``ApiError`` where the model writes no text)."""
        if self.worker is None:
            raise ApiError(
                400, f"model: {self.name} reads texts and writes none; ask it at /v1/embeddings", param="model"
            )
        return self.worker

    @property
    def does(self) -> str:
        """What can be asked of it."""
        if self.worker is None:
            return "embeddings"
        return "completions and chats" if self.template else "completions"

    @property
    def busy(self) -> bool:
        """Whether it is writing, or somebody waits for it."""
        return self.worker is not None and bool(self.worker.live or self.worker.asked)

    def stop(self) -> None:
        """End its thread."""
        if self.worker is not None:
            self.worker.stop()

    def about(self) -> dict[str, Any]:
        """As ``/v1/models`` lists it."""
        kind = type(self.loaded.model).__name__.lower()
        return {
            "id": self.name,
            "object": "model",
            "created": self.created,
            "owned_by": "hornbook",
            "max_model_len": self.context,
            "architecture": kind,
            "chat": self.template is not None,
        }


class Models:
    """All that is served; the first is the one that is meant by ``default``. More may be opened for a while."""

    def __init__(self, served: Sequence[Served], desk: Desk) -> None:
        self.by_name = {each.name: each for each in served}
        self.opened: dict[str, Served] = {}  # by name, the one asked for last at the end
        self.desk = desk

    @property
    def all(self) -> dict[str, Served]:
        """Everything that answers now, by name."""
        return self.by_name | self.opened

    @property
    def first(self) -> Served:
        """The one that is meant by ``default`` (``ApiError`` 404 where nothing is served yet)."""
        for served in self.all.values():
            return served
        raise ApiError(404, "nothing is served yet: no run has a checkpoint", param="model", code="model_not_found")

    def at(self, checkpoint: Path) -> Served | None:
        """What serves the weights in this folder, if anything does."""
        there = (each for each in self.all.values() if each.loaded.checkpoint.resolve() == checkpoint.resolve())
        return next((each for each in there if each.plain), None)

    def add(self, served: Served, most: int) -> list[Served]:
        """Serve one more, and no more than ``most`` of those that were added; who had to go, to be stopped."""
        self.opened[served.name] = served
        idle = [each for each in self.opened.values() if each is not served and not each.busy]
        gone = idle[: max(0, len(self.opened) - most)]
        for each in gone:
            del self.opened[each.name]
        return gone

    def find(self, name: str) -> Served:
        """The model of a name: its own, that of its folder, or ``default`` (``ApiError`` 404 for any other)."""
        if name == "default":
            return self.first
        if name in self.opened:
            self.opened[name] = self.opened.pop(name)
        found = self.all.get(name) or self.by_name.get(Path(name).name)
        if found is None:
            raise ApiError(
                404,
                f"model: {name[:100]!r} is not served here; there are {', '.join(self.all)}",
                param="model",
                code="model_not_found",
            )
        return found

    def stop(self) -> None:
        """End all that works."""
        self.desk.stop()
        for each in self.all.values():
            each.stop()


def open_models(runs: Sequence[str], adapters: Mapping[str, Path], config: ServerConfig) -> Models:
    """Load runs, and for each adapter (a folder of PEFT) the first run with it, under the adapter's name.

    Raises:
        MissingError: a run or folder is not there. SettingError: two have one name, or one can neither write nor read.
    """
    opened = [(loaded.run.name, loaded) for loaded in map(load_run, runs)]
    for name, folder in adapters.items():
        loaded = load_run(runs[0])
        read_adapter(folder, loaded.model)
        merge(loaded.model)
        opened.append((name, loaded))
    names = [name for name, _ in opened]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise SettingError(f"runs: two are called {twice!r}; rename one of the folders")
    served = [serve_one(name, loaded, config) for name, loaded in opened]
    for each in served[len(runs) :]:
        each.plain = False
    return Models(served, Desk(config.queue + 1))


def serve_one(name: str, loaded: Loaded, config: ServerConfig) -> Served:
    """A run, ready to be asked."""
    if not isinstance(loaded.model, Decoder | Encoder):
        raise SettingError(
            f"{loaded.run.folder}: a {type(loaded.model).__name__} cannot be served; decoders write, encoders embed"
        )
    if isinstance(loaded.model, Encoder):
        return Served(name, loaded, None, None)
    engine = Engine(loaded.model, weights=config.weights, rows=config.rows, compiled=config.compiled)
    template = loaded.run.info.get("template")
    return Served(name, loaded, Worker(engine, config.queue), ChatTemplate(str(template)) if template else None)
