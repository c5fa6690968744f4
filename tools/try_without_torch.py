"""The commands that need no torch, where there is none: each does its work, and the others say what is missing.

python tools/try_without_torch.py

Runs in the interpreter that it is called with, whichever version that is, in a temporary folder. An installed torch is
hidden: importing it fails as if it were not there. A line for each command; exit code 4 when one ends otherwise than it
should.
"""

from __future__ import annotations

import contextlib
import importlib.abc
import io
import os
import platform
import sys
import tempfile
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

FINE, MISSING, FAILED = 0, 3, 4
HIDDEN = "torch"

COMMANDS = (
    (FINE, "--help"),
    (FINE, "--version"),
    (FINE, "explain"),
    (FINE, "explain rotary"),
    (FINE, "explain learning_rate"),
    (FINE, "explain settings --json"),
    (FINE, "corpus list"),
    (FINE, "corpus make stories --documents 30 --out stories.txt"),
    (FINE, "corpus make numbers --documents 30 --out numbers.csv"),
    (FINE, "corpus clean stories.txt --out clean.txt"),
    (FINE, "corpus stats clean.txt"),
    (FINE, "corpus refine clean.txt --out refined"),
    (FINE, "tokenizer train clean.txt --out pairs --vocab 400"),
    (FINE, "tokenizer train clean.txt --out words --kind words"),
    (FINE, "tokenizer encode pairs Once"),
    (FINE, "tokenizer show pairs"),
    (FINE, "tokenizer compare pairs words --text clean.txt"),
    (FINE, "prepare clean.txt --tokenizer pairs --out prepared"),
    (FINE, "prepare refined/kept --tokenizer pairs --split document --shard 1/1 --out by-file"),
    (FINE, "cluster gpt2-xl --tokens 30e9"),
    (FINE, "learn"),
    (FINE, "learn next"),
    (FINE, "learn path practical"),
    (FINE, "learn show 04"),
    (FINE, "learn start 04"),
    (FINE, "learn notebook 04"),
    (FINE, "learn worksheet"),
    (MISSING, "quickstart"),
    (MISSING, "train own-text --text clean.txt"),
    (MISSING, "generate latest Once"),
    (MISSING, "evaluate latest"),
    (MISSING, "learn run 04"),
    (MISSING, "learn check 04"),
    (MISSING, "draw masks"),
    (MISSING, "serve latest"),
    (MISSING, "ui"),
    (FAILED, "doctor"),
)
"""Exit codes and command lines, in an order in which each finds what it reads."""


class Hidden(importlib.abc.MetaPathFinder):
    """Says of one package that it is not there."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Refuse the package and what is in it; leave all others to those who come next."""
        if fullname.partition(".")[0] == HIDDEN:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
        return None


def typed(line: str) -> tuple[int, str]:
    """The exit code of a command line, and the last line that it said on stderr."""
    from hornbook.cli.app import run

    output, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        try:
            code = run(line.split())
        except SystemExit as end:
            code = int(end.code or 0)
    if not code and not output.getvalue() and not errors.getvalue():
        return -1, "it printed nothing"
    return code, (errors.getvalue().strip().splitlines() or [""])[-1]


def main() -> int:
    """Type every command; 0 when each ended as it should."""
    sys.meta_path.insert(0, Hidden())
    wrong = 0
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        os.environ |= {"HORNBOOK_HOME": folder, "NO_COLOR": "1", "COLUMNS": "80"}
        for expected, line in COMMANDS:
            code, said = typed(line)
            right = code == expected and (code != MISSING or HIDDEN in said)
            wrong += not right
            print(f"{'as it should' if right else 'WRONG':<12}  {code}  hornbook {line}" + f"  {said}" * (not right))
    print(f"Python {platform.python_version()}: {len(COMMANDS) - wrong} of {len(COMMANDS)} commands as they should")
    return 0 if not wrong and HIDDEN not in sys.modules else 4


if __name__ == "__main__":
    sys.exit(main())
