"""Command lines in processes of their own, without the seconds that importing PyTorch takes each of them.

One process imports everything and then waits. For every command it makes a copy of itself (``fork``), which gets the
command's arguments, folder, environment and files, runs ``hornbook.cli.app.main`` and ends. A command that changes the
environment of Python itself, not only settings of ours, starts from nothing instead, and so does every command where a
process with PyTorch in it may not be copied (macOS). What starting takes is tested in tests/gates/test_start.py.

    python -m tests.commands FD     # what the fixture ``hornbook`` starts (conftest.py)
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn, TextIO

OURS = ("HORNBOOK_", "PYTEST_")
"""Names of the environment that nothing reads while it is imported."""

LEFT_OUT = ("hornbook.__main__", "hornbook.model.triton")
"""Not imported beforehand: the one runs when it is imported, the others bring Triton, which few commands want."""


class Commands:
    """The waiting process, and how it is asked; one command after another."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Start it; ``environment`` is that of all commands, but for names of ours."""
        self.environment = others(environment)
        self.asking = threading.Lock()
        ours, theirs = socket.socketpair()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.commands", str(theirs.fileno())],
            cwd=Path(__file__).resolve().parent.parent, env=dict(environment), pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        theirs.close()
        self.answers = ours.makefile("rw", encoding="utf-8")

    def serves(self, environment: Mapping[str, str]) -> bool:
        """Whether a command in this environment may begin as a copy."""
        return sys.platform == "linux" and others(environment) == self.environment

    def run(
        self, arguments: Sequence[str], cwd: Path, environment: Mapping[str, str], stdin: str, timeout: float
    ) -> subprocess.CompletedProcess[str]:
        """What ``subprocess.run`` would return; ``TimeoutExpired`` where it lasts too long."""
        with self.asking, tempfile.TemporaryDirectory() as folder:
            files = [Path(folder) / name for name in ("stdin", "stdout", "stderr")]
            files[0].write_text(stdin, encoding="utf-8")
            asked = {"arguments": [*arguments], "cwd": str(cwd), "env": dict(environment), "files": [*map(str, files)]}
            number = int(self.ask(json.dumps(asked)))
            clock = threading.Timer(timeout, os.killpg, (number, signal.SIGKILL))
            clock.start()
            code = int(self.ask("wait"))
            late = not clock.is_alive()
            clock.cancel()
            said = [path.read_text(encoding="utf-8") for path in files[1:]]
        words = ["hornbook", *arguments]
        if late:
            raise subprocess.TimeoutExpired(words, timeout, *said)
        return subprocess.CompletedProcess(words, code, *said)

    def ask(self, line: str) -> str:
        """A line there, a line back."""
        self.answers.write(line + "\n")
        self.answers.flush()
        answer = self.answers.readline()
        assert answer, "the process that commands are copied from has ended; what it said stands above"
        return answer

    def close(self) -> None:
        """Let the waiting process end."""
        self.answers.close()
        self.process.wait()


def others(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without names of ours."""
    return {name: value for name, value in environment.items() if not name.startswith(OURS)}


def import_everything() -> None:
    """All modules of the package, so that no command waits for them."""
    package = import_module("hornbook")
    for found in pkgutil.walk_packages(package.__path__, "hornbook."):
        if not found.name.startswith(LEFT_OUT):
            import_module(found.name)


def wait(asked: TextIO) -> None:
    """Start commands until nobody asks any more."""
    for line in iter(asked.readline, ""):
        order: dict[str, Any] = json.loads(line)
        number = os.fork()
        if not number:
            become(order)
        asked.write(f"{number}\n")
        asked.flush()
        asked.readline()  # "wait"
        asked.write(f"{os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])}\n")
        asked.flush()


def become(order: Mapping[str, Any]) -> None:
    """Be that command, to its end."""
    os.setsid()
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["env"])
    for descriptor, path in enumerate(order["files"]):
        flags = os.O_WRONLY | os.O_CREAT if descriptor else os.O_RDONLY
        os.dup2(os.open(path, flags, 0o600), descriptor)
    sys.argv = ["hornbook", *order["arguments"]]
    sys.path[0] = order["cwd"]  # as with python -m

    from hornbook.cli.app import main

    code = 1
    try:
        main()
    except SystemExit as ended:
        code = int(ended.code or 0)
    except BaseException:
        traceback.print_exc()
    leave(code)


def leave(code: int) -> NoReturn:
    """End as an interpreter ends, but for taking apart, object by object, all that was imported."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)


if __name__ == "__main__":
    channel = socket.socket(fileno=int(sys.argv[1]))
    import_everything()
    gc.freeze()  # a copy that looks for rubbish among all that would copy all of it
    wait(channel.makefile("rw", encoding="utf-8"))
    leave(0)
