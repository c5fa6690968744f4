"""A corpus to token files, beside the raw speed of tiktoken and of `tokenizers` on the same documents.

    python benchmarks/preparing.py                       # the benchmark corpus, 30 MB
    python benchmarks/preparing.py --text FILE ... --runs 5
    python benchmarks/preparing.py --json

Ours is what `hornbook prepare` does with a tokenizer that exists: reading, cleaning, splitting, encoding, writing token
files and their hashes, from a file to a folder. The peers have the documents in memory and write nothing:
`tiktoken.Encoding.encode_ordinary_batch`, and `encode_batch_fast` of `tokenizers` (an environment of its own; left out
where it cannot be made). All have the same vocabulary, learned from the text by our trainer before any clock runs, and
all cores; they take turns, each in its own process. Their numbers of tokens are compared.
"""

from __future__ import annotations

import argparse
import base64
import json
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from side_by_side import Side, alternate, cores, machine, median, peak_memory, spread

from hornbook.corpus.documents import write_documents
from hornbook.corpus.reading import read_documents
from hornbook.corpus.sources import make_documents
from hornbook.tokenizers.build import build_tokenizer
from hornbook.tokenizers.bytepair_tokenizer import BytePairTokenizer
from hornbook.tokenizers.config import BytePair

TOKENIZERS = ("tokenizers==0.23.3",)
WAYS = {
    "hornbook": "hornbook prepare: read, clean, split, encode, write",
    "tiktoken": "tiktoken, encode_ordinary_batch alone",
    "tokenizers": "tokenizers, encode_batch_fast alone",
}
AGREE = 1e-4
"""Sides whose numbers of tokens differ by a larger share did not do the same work."""


def main() -> None:
    """Run what the command line asks for, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--text", nargs="+", help="files to prepare instead")
    parser.add_argument("--bytes", type=int, default=30_000_000, help="size of the benchmark corpus")
    parser.add_argument("--vocab", type=int, default=8192)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--same-environment", action="store_true", help="do not make an environment for tokenizers")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), asked)
    if asked.json:
        print(json.dumps({"schema": 1, "machine": machine(), **found}, indent=2))
        return
    print("  ".join(f"{name}: {value}" for name, value in machine().items()))
    print("  ".join(f"{name}: {value}" for name, value in found["settings"].items()))
    print(f"{found['documents']:,} documents, {found['megabytes']:.1f} MB, vocabulary {found['vocabulary']:,}\n")
    print(f"{'way':<52} {'seconds (range)':>20} {'MB/s':>7} {'of tiktoken':>12} {'tokens':>12}")
    for side, times in found["seconds"].items():
        speed, ratio, count = found["speed"][side], found["of_tiktoken"][side], found["tokens"][side]
        print(f"{WAYS[side]:<52} {spread(times):>20} {speed:>7.1f} {ratio:>12.2f} {count:>12,}")
    print(f"\nmost memory of hornbook prepare: {found['peak'] / 1e6:.0f} MB, {found['before'] / 1e6:.0f} MB before it")


def measure(folder: Path, asked: argparse.Namespace) -> dict[str, Any]:
    """All sides in turns, after one round that is not counted; the figures."""
    files = asked.text or [written(folder / "corpus.txt", asked.bytes)]
    texts = [document.text for document in read_documents(files)]
    tokenizer = build_tokenizer(BytePair(asked.vocab), texts)
    lay_out(folder, texts, tokenizer)
    with ExitStack() as stack:
        sides = open_sides(stack, folder, tokenizer, asked.same_environment)
        questions = {side: {"do": "encode"} for side in sides}
        questions["hornbook"] = {"do": "make", "files": files, "out": str(folder / "data")}
        first = {name: side.ask(**questions[name]) for name, side in sides.items()}
        compare(first)
        before = sides["hornbook"].ask(do="forget_peak")["forgot"] and peak_memory(sides["hornbook"])
        turns = {name: lambda name=name: float(sides[name].ask(**questions[name])["seconds"]) for name in sides}
        seconds = alternate(turns, asked.runs)
        peak = peak_memory(sides["hornbook"])
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    return {
        "settings": {
            "threads on every side": cores(),
            "runs": asked.runs,
            "peers": " ".join(("tiktoken", *TOKENIZERS)),
        },
        "files": files if asked.text else ["benchmark"],
        "megabytes": megabytes,
        "documents": len(texts),
        "vocabulary": tokenizer.vocab_size,
        "tokens": {name: answer["tokens"] for name, answer in first.items()},
        "seconds": seconds,
        "speed": {name: megabytes / median(times) for name, times in seconds.items()},
        "of_tiktoken": {name: median(seconds["tiktoken"]) / median(times) for name, times in seconds.items()},
        "before": int(before),
        "peak": peak,
    }


def written(path: Path, size: int) -> str:
    """The benchmark corpus as `hornbook corpus make benchmark` writes it."""
    write_documents(make_documents("benchmark", None, size, 0), path)
    return str(path)


def lay_out(folder: Path, texts: list[str], tokenizer: BytePairTokenizer) -> None:
    """What the sides need, as files: the documents, and the vocabulary in each side's own form."""
    (folder / "documents.json").write_text(json.dumps(texts), encoding="utf-8")
    tokenizer.save(folder / "tokenizer")
    lines = (b"%b %d\n" % (base64.b64encode(token), rank) for token, rank in tokenizer.ranks.items())
    (folder / "ranks.tiktoken").write_bytes(b"".join(lines))


def open_sides(stack: ExitStack, folder: Path, tokenizer: BytePairTokenizer, same: bool) -> dict[str, Side]:
    """The processes, each with its documents or its tokenizer in memory."""
    documents = str(folder / "documents.json")
    ours = stack.enter_context(Side("hornbook", "sides/hornbook_preparing.py"))
    ours.ask(do="read", tokenizer=str(folder / "tokenizer"))
    raw = stack.enter_context(Side("tiktoken", "peers/tiktoken_encoding.py"))
    raw.ask(do="read", documents=documents, ranks=str(folder / "ranks.tiktoken"), pattern=tokenizer.pattern)
    sides = {"hornbook": ours, "tiktoken": raw}
    try:
        other = Side("tokenizers", "peers/tokenizers_bytepair.py", TOKENIZERS, same_environment=same)
    except subprocess.CalledProcessError:
        print("tokenizers is left out: no environment could be made for it", file=sys.stderr)
        return sides
    sides["tokenizers"] = stack.enter_context(other)
    other.ask(do="read", documents=documents)
    other.ask(do="open", file=str(folder / "tokenizer" / "tokenizer.json"))
    return sides


def compare(answers: dict[str, dict[str, Any]]) -> None:
    """Stop where the sides did not make the same tokens (ours may have dropped a document that occurs twice)."""
    expected = answers["tiktoken"]["tokens"]
    for name, answer in answers.items():
        if not answer.get("dropped") and abs(answer["tokens"] - expected) > 2 + AGREE * expected:
            raise SystemExit(f"{name} made {answer['tokens']:,} tokens, tiktoken {expected:,}: not the same work")


if __name__ == "__main__":
    main()
