"""The targets by name: everything that the project reads and did not write itself a moment ago."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path

from tests.fuzz.target import Target


def later(module: str, kind: str) -> Callable[[Path], Target]:
    """A target's class, imported when it is asked for: branches can be counted only of what was not imported before."""

    def made(place: Path) -> Target:
        target: Target = getattr(importlib.import_module(f"tests.fuzz.{module}"), kind)(place)
        return target

    return made


TARGETS: dict[str, Callable[[Path], Target]] = {
    "tokenizer files": later("tokenizer_files", "TokenizerFiles"),
    "token files": later("token_files", "TokenFiles"),
    "checkpoints": later("checkpoints", "Checkpoints"),
    "recipes": later("recipes", "Recipes"),
    "chat templates": later("chat_templates", "ChatTemplates"),
    "HTTP bodies": later("http_bodies", "HttpBodies"),
}
"""Each is made in an empty folder of its own."""
