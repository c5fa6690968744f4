"""Byte-pair training beside the `tokenizers` library: the same documents, alternating runs, medians.

    python benchmarks/bytepair_training.py                  # the benchmark corpus, 30 MB, and the smaller texts
    python benchmarks/bytepair_training.py --text FILE ...  # files of one's own
    python benchmarks/bytepair_training.py --json

The benchmark corpus is what `hornbook corpus make benchmark --bytes 30000000` writes; its SHA-256 is printed. Smaller
texts come from the folder HORNBOOK_TEST_DATA, by default `shared` beside the checkout, and are left out without it.
Both sides train byte-level tokenizers with GPT-2's pattern and the same number of tokens, on all cores. The peer
runs in
an environment of its own, and is left out where that cannot be made.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from side_by_side import Side, alternate, machine, median

from hornbook.cores import available_cores
from hornbook.corpus.reading import read_documents
from hornbook.corpus.sources import make_documents
from hornbook.tokenizers.byte_alphabet import read_visible
from hornbook.tokenizers.bytepair import vocabulary_of
from hornbook.tokenizers.bytepair_training import Training, train_bytepair
from hornbook.tokenizers.config import BYTES

PEER = ("tokenizers==0.23.3",)


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
    parser.add_argument("--same-environment", action="store_true", help="do not make an environment for the peer")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if arguments.text:
        cases = [(" ".join(arguments.text), [d.text for d in read_documents(arguments.text)], arguments.vocab)]
    else:
        corpus = [document.text for document in make_documents("benchmark", None, arguments.bytes, 0)]
        cases = [*small_texts(), ("benchmark", corpus, arguments.vocab)]
    peer = opened_peer(arguments.same_environment)
    rows = [row for name, texts, sizes in cases for row in measure(name, texts, sizes, arguments.runs, peer)]
    if peer:
        peer.close()
    if arguments.json:
        print(json.dumps({"schema": 1, "settings": settings(), "rows": [asdict(row) for row in rows]}, indent=2))
        return
    for name, value in settings().items():
        print(f"{name}: {value}")
    print_table(rows)


def print_table(rows: list[Row]) -> None:
    """One line for each text and size of vocabulary."""
    headings = ("MB", "vocab", "ours s", "(count", "merge)", "theirs", "ratio", "same")
    print(f"\n{'text':<16} {' '.join(f'{heading:>7}' for heading in headings)}")
    for row in rows:
        theirs = (
            f"{row.tokenizers_seconds:7.2f} {row.ratio:7.2f} {row.same_tokens:7.3f}" if row.ratio else "    left out"
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


def opened_peer(same_environment: bool) -> Side | None:
    """The process that trains with `tokenizers`, or None where no environment can be made for it."""
    try:
        return Side("tokenizers", "peers/tokenizers_bytepair.py", PEER, same_environment=same_environment)
    except subprocess.CalledProcessError:
        print("tokenizers is left out: no environment could be made for it", file=sys.stderr)
        return None


def measure(name: str, texts: list[str], sizes: list[int], runs: int, peer: Side | None) -> list[Row]:
    """One text to vocabularies of several sizes, which the peer is handed once."""
    if peer:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "documents.json"
            path.write_text(json.dumps(texts), encoding="utf-8")
            peer.ask(do="read", documents=str(path))
    return [measure_size(name, texts, size, runs, peer) for size in sizes]


def measure_size(name: str, texts: list[str], vocabulary: int, runs: int, peer: Side | None) -> Row:
    """Both sides in turns, ``runs`` times."""
    trainings: list[Training] = []

    def ours() -> float:
        began = time.perf_counter()
        trainings.append(train_bytepair(texts, vocabulary - BYTES))
        return time.perf_counter() - began

    def theirs() -> float:
        return float(peer.ask(do="train", vocabulary=vocabulary)["seconds"])

    seconds = alternate({"hornbook": ours} | ({"tokenizers": theirs} if peer else {}), runs)
    total = median(seconds["hornbook"])
    their_seconds = median(seconds["tokenizers"]) if peer else None
    our_tokens = set(vocabulary_of(trainings[-1].merges))
    their_tokens = set(map(read_visible, peer.ask(do="tokens")["tokens"])) if peer else set()
    return Row(
        text=name,
        megabytes=sum(len(text.encode()) for text in texts) / 1e6,
        sha256=hashlib.sha256("".join(texts).encode()).hexdigest(),
        vocabulary=vocabulary,
        hornbook_seconds=total,
        hornbook_counting_seconds=median([training.counting_seconds for training in trainings]),
        hornbook_merging_seconds=median([training.merging_seconds for training in trainings]),
        tokenizers_seconds=their_seconds,
        ratio=total / their_seconds if their_seconds else None,
        same_tokens=len(our_tokens & their_tokens) / len(our_tokens) if peer else None,
    )


def settings() -> dict[str, str]:
    """What both sides ran with."""
    import numpy
    import regex

    ours = f"numpy {numpy.__version__}, regex {regex.__version__}, {available_cores()} worker processes for large texts"
    peer = f"{' '.join(PEER)}, train_from_iterator, parallel, an environment of its own"
    return machine() | {"hornbook": ours, "peer": peer}


if __name__ == "__main__":
    main()
