"""Hornbook: language models from scratch, to read, run, change and measure.

Text flows through the package in one direction, and a room imports only what stands before it::

    errors < settings | seeds | files < batches < model | tokenizers | corpus | figures
           < data | generation | formats < training < evaluation | finetuning < workflows < course < server < cli

Start reading at ``model/attention.py``, then ``training/loop.py``, then ``workflows/train.py``.

Without the command line::

    import hornbook

    model = hornbook.train("quickstart", minutes=1.5)       # or hornbook.load("runs/quickstart-1")
    print(model.generate("Once upon a time", max_tokens=60)[0])

The names in ``PUBLIC`` stay; everything else may change between versions.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hornbook.model.config import ModelConfig as ModelConfig
    from hornbook.tokenizers.protocol import Tokenizer as Tokenizer
    from hornbook.workflows.api import load as load
    from hornbook.workflows.api import train as train

__version__ = "0.1.0"

PUBLIC = {
    "load": "hornbook.workflows.api",
    "train": "hornbook.workflows.api",
    "Tokenizer": "hornbook.tokenizers.protocol",
    "ModelConfig": "hornbook.model.config",
}
"""Where each public name lives: it is imported when it is asked for, so that ``import hornbook`` costs nothing."""


def __getattr__(name: str) -> Any:
    """A public name, from its room."""
    if name not in PUBLIC:
        raise AttributeError(f"module 'hornbook' has no attribute {name!r}; public are {', '.join(PUBLIC)}")
    return getattr(importlib.import_module(PUBLIC[name]), name)


def __dir__() -> list[str]:
    """The public names, for completion."""
    return [*globals(), *PUBLIC]
