"""Byte-pair training beside the `tokenizers` library: the same documents, alternating runs, medians.

    python benchmarks/bytepair_training.py                  # the benchmark corpus, 30 MB, and the smaller texts
    python benchmarks/bytepair_training.py --text FILE ...  # files of one's own
    python benchmarks/bytepair_training.py --json

The benchmark corpus is what `hornbook corpus make benchmark --bytes 30000000` writes; its SHA-256 is printed. Smaller
texts come from the folder HORNBOOK_TEST_DATA, by default `shared` beside the checkout, and are left out without it.
Both sides train byte-level tokenizers with GPT-2's pattern and the same number of tokens, on all cores.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from hornbook.corpus.reading import read_documents
from hornbook.corpus.sources import make_documents
from hornbook.tokenizers.byte_alphabet import read_visible
from hornbook.tokenizers.bytepair import vocabulary_of
from hornbook.tokenizers.bytepair_training import train_bytepair
from hornbook.tokenizers.config import BYTES
from hornbook.tokenizers.counting import available_cores


@dataclass(frozen=True)
class Row:
    """One text and vocabulary; seconds are medians."""

    text: str
    megabytes: float
    sha256: str
    vocabulary: int
    hornbook_seconds: float
    hornbook_counting_seconds: float
    hornbook_merging_seconds: float
    tokenizers_seconds: float | None
    ratio: float | None
    """Our time over theirs: below 1 is faster."""
    same_tokens: float | None
    """The share of tokens both have; ties are broken by other ids there, so it is a little below 1."""


def main() -> None:
    """Run what the command line asks for, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--text", nargs="+", help="files to train on instead")
    parser.add_argument("--bytes", type=int, default=30_000_000, help="size of the benchmark corpus")
    parser.add_argument("--vocab", type=int, nargs="+", default=[8192, 32768])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if arguments.text:
        cases = [(" ".join(arguments.text), [d.text for d in read_documents(arguments.text)], arguments.vocab)]
    else:
        corpus = [document.text for document in make_documents("benchmark", None, arguments.bytes, 0)]
        cases = [*small_texts(), ("benchmark", corpus, arguments.vocab)]
    rows = [measure(name, texts, size, arguments.runs) for name, texts, sizes in cases for size in sizes]
    if arguments.json:
        print(json.dumps({"schema": 1, "settings": settings(), "rows": [asdict(row) for row in rows]}, indent=2))
        return
    for name, value in settings().items():
        print(f"{name}: {value}")
    headings = ("MB", "vocab", "ours s", "(count", "merge)", "theirs", "ratio", "same")
    print(f"\n{'text':<16} {' '.join(f'{heading:>7}' for heading in headings)}")
    for row in rows:
        theirs = (
            f"{row.tokenizers_seconds:7.2f} {row.ratio:7.2f} {row.same_tokens:7.3f}"
            if row.ratio
            else "    not installed"
        )
        ours = f"{row.hornbook_seconds:7.2f} {row.hornbook_counting_seconds:7.2f} {row.hornbook_merging_seconds:7.2f}"
        print(f"{row.text:<16.16} {row.megabytes:7.2f} {row.vocabulary:7} {ours} {theirs}   sha256 {row.sha256[:16]}")


def small_texts() -> list[tuple[str, list[str], list[int]]]:
    """130 KB of prose to 500 tokens, and tinyshakespeare to 8,192, where they are at hand."""
    beside = Path(__file__).resolve().parents[2] / "shared"
    path = Path(os.environ.get("HORNBOOK_TEST_DATA") or beside) / "corpora" / "tinyshakespeare.txt"
    if not path.is_file():
        return []
    text = path.read_text(encoding="utf-8")
    return [("prose", [text[:130_000]], [500]), ("tinyshakespeare", [text], [8192])]


def measure(name: str, texts: list[str], vocabulary: int, runs: int) -> Row:
    """Both sides in turn, ours first, ``runs`` times."""
    ours, theirs = [], []
    peer = tokenizers_trainer()
    their_tokens: set[bytes] = set()
    for _ in range(runs):
        begin = time.perf_counter()
        training = train_bytepair(texts, vocabulary - BYTES)
        ours.append((time.perf_counter() - begin, training.counting_seconds, training.merging_seconds))
        if peer:
            begin = time.perf_counter()
            their_tokens = peer(texts, vocabulary)
            theirs.append(time.perf_counter() - begin)
    our_tokens = set(vocabulary_of(training.merges))
    total, counting, merging = (statistics.median(column) for column in zip(*ours, strict=True))
    their_seconds = statistics.median(theirs) if theirs else None
    digest = hashlib.sha256("".join(texts).encode())
    return Row(
        text=name,
        megabytes=sum(len(text.encode()) for text in texts) / 1e6,
        sha256=digest.hexdigest(),
        vocabulary=vocabulary,
        hornbook_seconds=total,
        hornbook_counting_seconds=counting,
        hornbook_merging_seconds=merging,
        tokenizers_seconds=their_seconds,
        ratio=total / their_seconds if their_seconds else None,
        same_tokens=len(our_tokens & their_tokens) / len(our_tokens) if theirs else None,
    )


def tokenizers_trainer() -> Callable[[list[str], int], set[bytes]] | None:
    """Training with the peer, or None where it is not installed; what it returns is its vocabulary as bytes."""
    try:
        from tokenizers import Tokenizer, models, pre_tokenizers, trainers
    except ImportError:
        return None

    def train(texts: list[str], vocabulary: int) -> set[bytes]:
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        alphabet = pre_tokenizers.ByteLevel.alphabet()
        trainer = trainers.BpeTrainer(
            vocab_size=vocabulary, min_frequency=2, initial_alphabet=alphabet, show_progress=False
        )
        tokenizer.train_from_iterator(texts, trainer)
        return {read_visible(token) for token in tokenizer.get_vocab()}

    return train


def settings() -> dict[str, str]:
    """What both sides ran with."""
    import numpy
    import regex

    try:
        import tokenizers

        peer = f"tokenizers {tokenizers.__version__}, train_from_iterator, parallel"
    except ImportError:
        peer = "tokenizers is not installed"
    ours = f"numpy {numpy.__version__}, regex {regex.__version__}, {available_cores()} worker processes for large texts"
    return {"python": sys.version.split()[0], "cores": str(available_cores()), "hornbook": ours, "peer": peer}


if __name__ == "__main__":
    main()
