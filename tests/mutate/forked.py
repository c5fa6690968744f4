"""One run of pytest in a copy of the project, inside a process that was forked with its libraries already imported.

``run_pytest`` is all that happens there. What had been imported of this project is forgotten: the copy is what counts.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

LIBRARIES = ("torch", "numpy", "pytest", "hypothesis", "beartype", "jaxtyping", "tiktoken", "cyclopts")
"""What nearly every test imports and no mistake is planted in."""


def run_pytest(folder: Path, arguments: Sequence[str], environment: Mapping[str, str], output: Path) -> None:
    """Run pytest in a folder that has ``src`` and ``tests``, print into a file, and exit with pytest's code."""
    file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(file, stream)
    os.chdir(folder)
    os.environ.update(environment, PYTHONPATH=str(folder / "src"))
    for name in [name for name in sys.modules if name.partition(".")[0] in ("tests", "hornbook")]:
        del sys.modules[name]
    home = str(Path(__file__).resolve().parents[2])
    sys.path[:] = [
        str(folder / "src"),
        str(folder),
        *(path for path in sys.path if not path.startswith(home) or "site-packages" in path),
    ]
    import pytest

    sys.exit(int(pytest.main([*arguments])))
