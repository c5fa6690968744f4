"""Runs a command of a page, in this process where that can be, and says what came of it.

``perform`` is handed a command and its row; what the commands of a section leave behind stays in their folder.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from hornbook.cli.app import app, run
from tests.documents.furnishing import PROCESS, SMALL
from tests.documents.reading import Command
from tests.documents.rows import FILLED_IN, MOMENTS, Row

STOPPED = 130
"""What a command exits with that was interrupted."""
PATIENCE = 120.0
"""Seconds until a server has to answer."""


@dataclass
class Place:
    """A furnished folder, what reads the output of the process, and where a server listens."""

    folder: Path
    capture: pytest.CaptureFixture[str]
    patch: pytest.MonkeyPatch
    port: int = 0

    def said(self) -> str:
        """All that was printed since this was asked last."""
        found = self.capture.readouterr()
        return found.out + found.err


def perform(command: Command, row: Row, place: Place) -> str:
    """Run a command as its row says, and return what it printed; fails with the command and its output."""
    if row.way == "named":
        return named(command.text)
    texts = row.instead or (command.text,)
    every = "".join(perform_one(text, row, place, command.where) for text in texts)
    for line in command.shown:
        assert pattern_of(line).search(every), f"{command.where}: the page shows\n{line}\nand here it is\n{every}"
    return every


def perform_one(text: str, row: Row, place: Place, where: str) -> str:
    """Run one command line, in the words that stand here for those of the page."""
    place.said()
    words = short(text, row)
    line = shlex.join(words)
    started = time.monotonic()
    with small(place, row), printing(where, line, place) as output:
        code = WAYS[row.way](words, row, place)
        output.append(place.said())
    seconds = time.monotonic() - started
    told = f"{where}: {text}\nrun here as: {line} ({seconds:.1f} s)\n"
    expected = " or ".join(map(str, row.codes))
    assert code in row.codes, f"{told}exit code {code}, expected {expected}\n{output[0]}"
    assert output[0].strip(), f"{told}nothing was printed"
    return output[0]


def short(text: str, row: Row) -> list[str]:
    """The words of a command with what stands here for what a reader fills in, and for what takes long."""
    words: list[str] = []
    for word in [*shlex.split(text), *shlex.split(row.add)]:
        meant = shlex.split(row.swap[word]) if word in row.swap else [word]
        words += [FILLED_IN.get(each, each) for each in meant]
    for place, (flag, word) in enumerate(pairwise(words), 1):
        if flag in MOMENTS and re.fullmatch(r"[\d.,]+", word):
            words[place] = min(MOMENTS[flag], word, key=lambda number: float(number.split(",")[0]))
    return words


@contextlib.contextmanager
def small(place: Place, row: Row) -> Iterator[None]:
    """The folder and the environment of a command, its standard input, and nothing of it afterwards."""
    with place.patch.context() as patch:
        settings = PROCESS if row.large else {**PROCESS, **SMALL}
        settings = {name: value for name, value in settings.items() if not (row.letters and "VOCABULARY" in name)}
        for name, value in {**settings, "HORNBOOK_HOME": str(place.folder / "home")}.items():
            patch.setenv(name, value)
        patch.chdir(place.folder)
        patch.setattr(sys, "stdin", io.StringIO(row.stdin))
        yield


@contextlib.contextmanager
def printing(where: str, line: str, place: Place) -> Iterator[list[str]]:
    """What was printed before something unforeseen was raised, told with it."""
    output: list[str] = []
    try:
        yield output
    except BaseException as error:
        error.add_note(f"{where}: {line}\n{place.said()}")
        raise


def called(words: list[str], row: Row, place: Place) -> int:
    """Call the command in this process."""
    place.patch.setattr(sys, "argv", words)
    words = [word.replace(":8080", f":{place.port}") for word in words]
    try:
        return run(words[1:])
    except SystemExit as error:
        return int(error.code or 0)


def in_shell(words: list[str], row: Row, place: Place) -> int:
    """Let a shell run the line; ``hornbook`` and others are those of this interpreter."""
    modules = {"hornbook": "hornbook", "lm_eval": "lm_eval", "torchrun": "torch.distributed.run"}
    line = " ".join(word if word in (">", "&&") else shlex.quote(word) for word in words)
    for name, module in modules.items():
        line = re.sub(rf"^{name} ", f"{shlex.quote(sys.executable)} -m {module} ", line)
    line = line.replace(":8000", f":{place.port}")
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL)
    print(f"$ {line}\n{done.stdout}{done.stderr}")
    return done.returncode


def posted(words: list[str], row: Row, place: Place) -> int:
    """Send the request that a line of curl describes: its address, its headers (-H) and its body (-d)."""
    address, flags = words[1].replace(":8000", f":{place.port}"), words[2:]
    headers = dict(value.split(": ", 1) for flag, value in pairwise(flags) if flag == "-H")
    body = next(value for flag, value in pairwise(flags) if flag == "-d")
    with urllib.request.urlopen(urllib.request.Request(address, body.encode(), headers), timeout=60) as answer:
        print(answer.read().decode())
    return 0


def served(words: list[str], row: Row, place: Place) -> int:
    """Serve at a free port, ask whether all is well, and stop the server as Ctrl-C does."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    key = words[words.index("--api-key") + 1] if "--api-key" in words else ""
    found: list[str] = []
    ended = threading.Event()

    def visit() -> None:
        try:
            found.append(asked(f"http://127.0.0.1:{port}/health", key, ended))
        finally:
            if not ended.is_set():
                os.kill(os.getpid(), signal.SIGINT)

    visitor = threading.Thread(target=visit)
    visitor.start()
    try:
        code = called([*words, "--port", str(port)], row, place)
    finally:
        ended.set()
        visitor.join()
    if not any(found):
        return code or 1
    return 0 if code == STOPPED else code


def asked(address: str, key: str, ended: threading.Event) -> str:
    """The answer of a server, as soon as there is one; nothing of one that has ended before."""
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {key}"})
    until = time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return str(answer.read().decode())
        except urllib.error.URLError:
            if ended.is_set():
                return ""
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


WAYS = {"run": called, "shell": in_shell, "posted": posted, "served": served}


def named(text: str) -> str:
    """A command that is only named: there is one of this name."""
    found = app
    for word in text.split()[1:]:
        found = found[word]
    return str(found.name)


def only_named(command: Command) -> bool:
    """Whether a command in the text is only its name, without what it cannot do without."""
    words = command.text.split()
    if not command.in_text or not all(re.fullmatch(r"[a-z-]+", word) for word in words):
        return False
    import cyclopts

    try:
        app.parse_args(words[1:], print_error=False, exit_on_error=False)
    except cyclopts.MissingArgumentError:
        return True
    except cyclopts.CycloptsError:
        return False
    return False


def pattern_of(line: str) -> re.Pattern[str]:
    """A line that a page shows, to be looked for: blanks may be more or fewer, ``...`` is anything."""
    words = [r"\s+".join(map(re.escape, part.split())) for part in line.split("...")]
    return re.compile(r".*".join(words))
