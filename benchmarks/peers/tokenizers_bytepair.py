"""The other side of the tokenizer benchmarks: `tokenizers` of Hugging Face, training and encoding on all cores."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import tokenizers
from side_by_side import serve
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

STATE: dict[str, Any] = {}


def read(documents: str) -> dict[str, Any]:
    """Hold the documents of a JSON file, a list of strings, in memory."""
    STATE["documents"] = json.loads(Path(documents).read_text(encoding="utf-8"))
    return {"documents": len(STATE["documents"]), "tokenizers": tokenizers.__version__}


def train(vocabulary: int) -> dict[str, Any]:
    """Seconds that a byte-level vocabulary of this size takes, with GPT-2's pattern."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary, min_frequency=2, initial_alphabet=alphabet, show_progress=False
    )
    began = time.perf_counter()
    tokenizer.train_from_iterator(STATE["documents"], trainer)
    STATE["trained"] = tokenizer
    return {"seconds": time.perf_counter() - began}


def tokens() -> dict[str, Any]:
    """The vocabulary trained last, in the visible spelling of its bytes."""
    return {"tokens": list(STATE["trained"].get_vocab())}


def open_tokenizer(file: str) -> dict[str, Any]:
    """Take over a tokenizer.json."""
    STATE["opened"] = Tokenizer.from_file(file)
    return {"vocabulary": STATE["opened"].get_vocab_size()}


def encode() -> dict[str, Any]:
    """Seconds that all documents take, without offsets (quicker than with them), and how many tokens they are."""
    began = time.perf_counter()
    encodings = STATE["opened"].encode_batch_fast(STATE["documents"], add_special_tokens=False)
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "tokens": sum(len(encoding) for encoding in encodings)}


if __name__ == "__main__":
    serve({"read": read, "train": train, "tokens": tokens, "open": open_tokenizer, "encode": encode})
