"""`hornbook --help` is where everybody starts: it must not keep them waiting."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"torch", "numpy", "matplotlib", "pyarrow", "tiktoken", "safetensors", "tensorboard", "jaxtyping", "pooch"}
MODULES = """
import contextlib, io, json, sys
from hornbook.cli.app import main
sys.argv = ["hornbook", *sys.argv[1:]]
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    main()
print(json.dumps(sorted(sys.modules)))
"""
SECONDS = 0.5


def loaded(*arguments: str) -> set[str]:
    """The modules that a command has imported when it is done."""
    done = subprocess.run([sys.executable, "-c", MODULES, *arguments], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def test_help_imports_no_torch_and_no_other_heavy_library() -> None:
    modules = loaded("--help")
    assert "hornbook.cli.app" in modules
    assert not HEAVY & modules


def test_version_imports_no_torch_and_no_other_heavy_library() -> None:
    assert not HEAVY & loaded("--version")


@pytest.mark.slow
def test_what_only_reads_a_run_imports_neither_the_compiler_nor_matplotlib(tmp_path: Path) -> None:
    modules = loaded("runs", "list", str(tmp_path)) | loaded("generate", str(tmp_path), "Once")
    assert "hornbook.workflows.load" in modules and "torch" in modules
    assert not {"torch._dynamo", "sympy", "matplotlib"} & modules, "they take as long as torch itself"


def test_help_answers_in_under_half_a_second() -> None:
    """Processor time of the quickest of five, so that neighbours on this machine cannot spoil it."""

    def seconds() -> float:
        before = os.times()
        subprocess.run([sys.executable, "-m", "hornbook", "--help"], check=True, capture_output=True)
        after = os.times()
        return after.children_user + after.children_system - before.children_user - before.children_system

    assert min(seconds() for _ in range(5)) < SECONDS
