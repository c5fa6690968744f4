"""Trainings in processes of their own: started, listened to, stopped so that nothing is lost.

A process is one of ``hornbook train``: what it does to a run is what it would do in a terminal, and whoever started it
may go away. A stop is the signal that ends a training after its step, with a checkpoint (training/interrupts.py). The
first step may be a minute away, in which a text is prepared and code is compiled: whoever leaves then does not wait.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from hornbook.errors import BusyError, MissingError, SettingError, nearest
from hornbook.training.run_folder import Run, free_folder
from hornbook.workflows.recipe import load_recipe, recipe_names
from hornbook.workflows.watching.listing import is_live

LINES, TAIL = 20, 1 << 14
"""So many of the last lines are shown, from so many of the last bytes."""

OUTCOMES = {0: "finished", 130: "stopped", 143: "stopped"}


@dataclass
class Started:
    """A process that trains the run in ``folder``; ``log`` is what it has said, ``fresh`` whether it began the run.

    ``told``: to end after its step. ``given_up``: it was ended at once, and its folder is worth nothing.
    """

    folder: Path
    process: subprocess.Popen[bytes]
    log: IO[bytes]
    fresh: bool
    told: bool = False
    given_up: bool = False

    @property
    def state(self) -> str:
        """running, finished, stopped or failed."""
        code = self.process.poll()
        return "running" if code is None else OUTCOMES.get(code, "failed")

    @property
    def said(self) -> list[str]:
        """Its last lines."""
        size = os.fstat(self.log.fileno()).st_size
        text = os.pread(self.log.fileno(), TAIL, max(0, size - TAIL)).decode("utf-8", "replace")
        lines = (re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", line).rstrip() for line in re.split(r"[\r\n]+", text))
        return [line for line in lines if line.strip()][-LINES:]

    @property
    def learned(self) -> bool:
        """Whether something would be lost with it: a run that goes on had learned before, a new one has made a step."""
        metrics = Run(self.folder).metrics
        return not self.fresh or (metrics.exists() and metrics.stat().st_size > 0)

    def stop(self) -> None:
        """Let it finish its step, save, and end; said once, as a second signal would end it before that."""
        if self.process.poll() is None and not self.told:
            self.told = True
            self.process.send_signal(signal.SIGTERM)

    def leave(self) -> None:
        """End it: after its step or, where it has not made one, at once."""
        if self.learned:
            self.stop()
        elif self.process.poll() is None:
            self.given_up = True
            self.process.kill()

    def wait(self) -> None:
        """Until it has ended; of what was given up nothing is left."""
        self.process.wait()
        self.log.close()
        if self.given_up:
            Run(self.folder).discard()

    def about(self) -> dict[str, Any]:
        """As it is shown."""
        code = self.process.poll()
        return {"run": self.folder.name, "state": self.state, "exit_code": code, "said": self.said}


@dataclass
class Trainings:
    """Every process that was started here, by the name of its run.

    Those who ask come from several threads: between a look at what is there and what is done about it nobody else acts.
    """

    started: dict[str, Started] = field(default_factory=dict)
    one_at_a_time: threading.RLock = field(default_factory=threading.RLock)

    def start(self, recipe: str, overrides: Sequence[str], folder: Path | None, root: Path) -> Started:
        """Train a recipe of the package into a new folder (by default the next free one).

        Raises:
            SettingError: there is no such recipe or setting, or the folder is taken.
        """
        known = load_recipe(shipped(recipe), overrides)
        with self.one_at_a_time:
            folder = folder or root / free_folder(known.name).name
            if folder.exists() or self.runs(folder.name):
                raise SettingError(f"run: {folder.name} is there already; give another name")
            return self.begin(["train", recipe, *overrides, "--run", str(folder)], folder, fresh=True)

    def resume(self, run: Run) -> Started:
        """Go on with a run.

        Raises:
            BusyError: a process is at it.
        """
        with self.one_at_a_time:
            if not is_live(run) and self.runs(run.name) and self.started[run.name].told:
                self.started[run.name].process.wait()  # it has saved and is about to end
            if is_live(run) or self.runs(run.name):
                raise BusyError(f"{run.name} is being trained; wait for it or stop it first")
            return self.begin(["train", "--resume", str(run.folder)], run.folder, fresh=False)

    def begin(self, words: Sequence[str], folder: Path, fresh: bool) -> Started:
        """A process for these words of the command line."""
        log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process's entry
        environment = os.environ | {"PYTHONUNBUFFERED": "1", "NO_COLOR": "1", "TERM": "dumb"}
        process = subprocess.Popen(
            [sys.executable, "-m", "hornbook", *words],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=environment,
            start_new_session=True,  # a Ctrl-C that ends the server is not meant for it
        )
        self.started[folder.name] = Started(folder, process, log, fresh)
        return self.started[folder.name]

    def runs(self, name: str) -> bool:
        """Whether a process started here trains the run of this name now."""
        return name in self.started and self.started[name].state == "running"

    def find(self, name: str) -> Started:
        """The process of a run.

        Raises:
            MissingError: it was not started here.
        """
        if name not in self.started:
            raise MissingError(f"{name[:100]} was not started from here, and can only be stopped where it was")
        return self.started[name]

    def end(self, name: str) -> str:
        """End the training of a run: it is ``stopping`` after its step and saves, or ``discarded`` before its first.

        Raises:
            MissingError: it was not started here.
        """
        with self.one_at_a_time:
            training = self.find(name)
            training.leave()
            if not training.given_up:
                return "stopping"
            training.wait()
            del self.started[name]
            return "discarded"

    def leave(self) -> None:
        """Tell all of them to end, and do not wait: whoever watches them is told first."""
        for each in self.started.values():
            each.leave()

    def stop(self) -> None:
        """End all of them and wait for it: those that have made a step save first, of the others nothing is left."""
        self.leave()
        for each in self.started.values():
            each.wait()


def shipped(recipe: str) -> str:
    """The name of a recipe of the package, and nothing but such a name: no file is read for whoever asks.

    Raises:
        SettingError: there is none.
    """
    names = recipe_names()
    if recipe not in names:
        raise SettingError(f"recipe: there is no {recipe[:60]!r}{nearest(recipe[:60], names)}")
    return recipe
