"""Our side of `preparing.py`: what `hornbook prepare` calls, on files, into a folder."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

from side_by_side import serve

from hornbook.data.config import DataConfig
from hornbook.data.prepare import prepare
from hornbook.tokenizers.build import open_tokenizer
from hornbook.tokenizers.protocol import Tokenizer

STATE: dict[str, Tokenizer] = {}


def read(tokenizer: str) -> dict[str, Any]:
    """Open a saved tokenizer."""
    STATE["tokenizer"] = open_tokenizer(tokenizer)
    return {"vocabulary": STATE["tokenizer"].vocab_size}


def make(files: list[str], out: str) -> dict[str, Any]:
    """Seconds from the files to a new prepared folder, and what is in it."""
    shutil.rmtree(out, ignore_errors=True)
    began = time.perf_counter()
    ready = prepare(DataConfig(text=tuple(files)), STATE["tokenizer"], Path(out), seed=0)
    seconds = time.perf_counter() - began
    parts = (ready.train, ready.validation)
    return {
        "seconds": seconds,
        "tokens": sum(int((part.tokens != part.end).sum()) for part in parts),
        "dropped": ready.info["duplicates_dropped"],
    }


if __name__ == "__main__":
    serve({"read": read, "make": make})
