"""The commands of the pages that are not run here, why, and what is checked of each instead.

Everything else is run: ``rows.py``. A row here that no page needs any more fails a test.
"""

from __future__ import annotations

import argparse
import re
import runpy
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from hornbook.cli.app import app
from tests.documents.reading import ROOT


def made(words: list[str]) -> None:
    """The target stands in the Makefile, and ``make`` knows how to come to it."""
    done = subprocess.run(["make", "-n", *words[1:]], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stdout.strip(), done.stderr


class Parsed(Exception):
    """The arguments were accepted, and nothing more is wanted."""


def measured(words: list[str]) -> None:
    """The benchmark is there, everything it imports too, and its own parser takes these arguments."""
    with pytest.MonkeyPatch.context() as patch:
        parse = argparse.ArgumentParser.parse_args

        def stop(parser: argparse.ArgumentParser) -> None:
            parse(parser)
            raise Parsed

        patch.setattr(argparse.ArgumentParser, "parse_args", stop)
        patch.setattr(sys, "argv", words[1:])
        patch.syspath_prepend(str(ROOT / "benchmarks"))
        with pytest.raises(Parsed):
            runpy.run_path(str(ROOT / words[1]), run_name="__main__")


def there(words: list[str]) -> None:
    """The program is there, and is Python."""
    compile((ROOT / words[1]).read_text(encoding="utf-8"), words[1], "exec")


def activated(words: list[str]) -> None:
    """``make demo`` makes the environment of this name."""
    assert f"VENV := {words[1].removesuffix('/bin/activate')}\n" in (ROOT / "Makefile").read_text(encoding="utf-8")


def fuzzed(words: list[str]) -> None:
    """The one input is made again, and ends as it should."""
    with tempfile.TemporaryDirectory() as failures:
        command = [sys.executable, *words[1:], "--failures", failures]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0 and done.stdout.strip(), done.stderr


def bound(words: list[str]) -> None:
    """The command exists and takes these arguments, as far as that can be said without calling it."""
    app.parse_args(words[1:], print_error=False, exit_on_error=False)


def launched(words: list[str]) -> None:
    """PyTorch's launcher takes what is said to it, and what it would start takes the rest."""
    from torch.distributed.run import get_args_parser

    numbers = {"$SLURM_NNODES": "2", "$FIRST:29400": "localhost:29400"}
    words = [numbers.get(word, word) for word in words[words.index("torchrun") :]]
    cut = words.index("--")
    parsed = get_args_parser().parse_args(words[1:])
    assert parsed.module and parsed.training_script == "hornbook"
    assert parsed.training_script_args == words[cut + 2 :]
    bound(["hornbook", *parsed.training_script_args])


@dataclass(frozen=True)
class NotRun:
    """A command that is not run, the reason, and what is checked of it."""

    command: str
    reason: str
    check: Callable[[list[str]], None]

    def fits(self, command: str) -> bool:
        """Whether this row is about a command."""
        return re.fullmatch(re.escape(self.command).replace(r"\*", ".*"), command) is not None

    def apply(self, command: str) -> None:
        """Check what can be checked."""
        self.check(shlex.split(command))


EXCEPTIONS = (
    NotRun("make *", "sets up .venv or runs the tests, this one among them", made),
    NotRun(
        "python benchmarks/*",
        "measures for minutes to an hour, most of them beside programs that are fetched",
        measured,
    ),
    NotRun("python -m tests.fuzz *", "is a program of the checkout, found in its folder only; it is run there", fuzzed),
    NotRun("source .venv/bin/activate", "is for a shell that a person types into", activated),
    NotRun("python tools/draw_rooms.py", "writes a file of the checkout, which another test holds to it", there),
    NotRun("torchrun --nnodes 2 *", "needs two machines of eight GPUs", launched),
    NotRun("srun torchrun *", "needs SLURM", launched),
    NotRun("hornbook bench ladder", "compiles a model eight times, which takes minutes, whatever its flags say", bound),
)
