"""A corpus to token files, beside the raw speed of tiktoken on the same documents.

    python benchmarks/preparing.py                       # the benchmark corpus, 30 MB, with GPT-2's vocabulary or ours
    python benchmarks/preparing.py --text FILE --runs 5
    python benchmarks/preparing.py --json

Ours is what `hornbook prepare` does: reading, splitting, encoding, writing token files and their hashes. The peer is
`tiktoken.Encoding.encode_ordinary_batch` on all cores, documents in memory, nothing written. Same vocabulary for both:
8,192 tokens learned from the text by our trainer, before the clock runs.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

from side_by_side import alternate, cores, machine, median, own_peak

from hornbook.corpus.reading import read_documents
from hornbook.corpus.sources import make_documents
from hornbook.data.config import DataConfig
from hornbook.data.prepare import prepare
from hornbook.tokenizers.build import build_tokenizer
from hornbook.tokenizers.config import BytePair


def main() -> None:
    """Run what the command line asks for, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--text", nargs="+", help="files to prepare instead")
    parser.add_argument("--bytes", type=int, default=30_000_000, help="size of the benchmark corpus")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files = asked.text or [written(Path(folder) / "corpus.txt", asked.bytes)]
        found = measure(Path(folder), files, asked.runs)
    if asked.json:
        print(json.dumps({"schema": 1, "machine": machine(), **found}, indent=2))
        return
    print("  ".join(f"{name}: {value}" for name, value in machine().items()))
    print(f"{found['megabytes']:.1f} MB, {found['tokens']:,} tokens of {found['vocabulary']:,}\n")
    print(f"{'way':<44} {'seconds':>8} {'MB/s':>7} {'of tiktoken':>12}")
    for way, seconds in found["seconds"].items():
        speed, peer = found["megabytes"] / median(seconds), found["megabytes"] / median(found["seconds"]["tiktoken"])
        print(f"{found['ways'][way]:<44} {median(seconds):>8.2f} {speed:>7.1f} {speed / peer:>12.2f}")
    print(f"\nmost memory of this process and its corpus: {found['peak'] / 1e6:.0f} MB")


def written(path: Path, size: int) -> str:
    """The benchmark corpus as a file."""
    texts = (document.text for document in make_documents("benchmark", None, size, 0))
    path.write_text("\n\n".join(texts), encoding="utf-8")
    return str(path)


def measure(folder: Path, files: list[str], runs: int) -> dict[str, Any]:
    """Both ways in turn."""
    documents = [document.text for document in read_documents(files)]
    tokenizer = build_tokenizer(BytePair(8192), documents)
    config, count = DataConfig(text=tuple(files)), iter(range(1 << 30))

    def ours() -> float:
        began = time.perf_counter()
        prepare(config, tokenizer, folder / f"data-{next(count)}", seed=0)
        return time.perf_counter() - began

    def theirs() -> float:
        began = time.perf_counter()
        tokenizer.encoding.encode_ordinary_batch(documents, num_threads=cores())
        return time.perf_counter() - began

    seconds = alternate({"hornbook": ours, "tiktoken": theirs}, runs)
    return {
        "megabytes": sum(len(text.encode()) for text in documents) / 1e6,
        "tokens": sum(len(each) for each in tokenizer.encoding.encode_ordinary_batch(documents)),
        "vocabulary": tokenizer.vocab_size,
        "seconds": seconds,
        "ways": {
            "hornbook": "hornbook prepare: read, split, encode, write",
            "tiktoken": "tiktoken, encode_ordinary_batch alone",
        },
        "peak": own_peak()["bytes"],
    }


if __name__ == "__main__":
    main()
