"""Writing beside `transformers` and llama.cpp: GPT-2 124M, the same weights and prompts, greedy, in turns.

    python benchmarks/decoding.py                  # one text: float32, bfloat16, int8; then 32 texts at once
    python benchmarks/decoding.py --only int8      # or float32, bfloat16, many
    python benchmarks/decoding.py --device cuda    # on a GPU, beside transformers alone
    python benchmarks/decoding.py --json

A prompt of 32 tokens and 128 new ones; what is timed are the tokens after the first. Ours is what
`hornbook generate --weights FORMAT --compile always` runs, and for many texts the engine. transformers writes with
generate(), once with a growing cache and once with a static cache and a compiled forward, and the faster counts; it has
no int8 of its own on a CPU, so its fastest format stands there. llama.cpp reads a GGUF file in F32, BF16 or Q8_0, with
and without its flash attention, and the faster counts. Bytes per token are the weights that each token makes a machine
read, the output head among them.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from side_by_side import Side, alternate, machine, median

TRANSFORMERS, LLAMA_CPP = ("transformers==5.23.0",), ("xllamacpp==2026.10.11549",)
TOKENS, PROMPT, MANY = 128, 32, 32
KINDS = {"float32": "F32", "bfloat16": "BF16", "int8": "Q8_0"}


def main() -> None:
    """Run what the command line asks for, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--only", nargs="+", default=[*KINDS, "many"])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--same-environment", action="store_true", help="do not make environments for the peers")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder, Side("hornbook", "sides/hornbook_decoding.py") as writer:
        writer.ask(do="write", folder=folder)
        bandwidth = writer.ask(do="bandwidth", device=asked.device)["bytes"]
        for kind in (each for each in KINDS if each in asked.only):
            rows += one_text(folder, kind, asked)
        if "many" in asked.only:
            rows += many_texts(folder, asked)
    if asked.json:
        settings = {"machine": machine(), "bandwidth": bandwidth, "peers": [*TRANSFORMERS, *LLAMA_CPP]}
        print(json.dumps({"schema": 1, **settings, "rows": rows}, indent=2))
        return
    print("  ".join(f"{name}: {value}" for name, value in machine().items()))
    print(f"reading memory: {bandwidth / 1e9:.0f} GB/s; peers: {', '.join((*TRANSFORMERS, *LLAMA_CPP))}\n")
    print_table(rows)


@contextmanager
def peers(folder: str, kind: str, asked: argparse.Namespace) -> Iterator[dict[str, Side]]:
    """A process for every way to write, ready."""
    same = {"same_environment": asked.same_environment}
    number_format = "bfloat16" if kind == "int8" else kind
    theirs = {name: Side("transformers", "peers/transformers_decoding.py", TRANSFORMERS, **same) for name in WAYS}
    ways = FLASH if asked.device == "cpu" else {}
    cpp = {name: Side("llama.cpp", "peers/llamacpp_decoding.py", LLAMA_CPP, **same) for name in ways}
    question = {"folder": f"{folder}/huggingface", "weights": number_format, "device": asked.device}
    try:
        for name, compiled in WAYS.items():
            theirs[name].ask(do="prepare", compiled=compiled, **question)
        for name, flash in ways.items():
            cpp[name].ask(do="prepare", file=f"{folder}/{KINDS[kind]}.gguf", flash=flash)
        yield theirs | cpp
    finally:
        for side in (theirs | cpp).values():
            side.process.kill()


WAYS = {"transformers": False, "transformers, static": True}
FLASH = {"llama.cpp": False, "llama.cpp, flash": True}


def one_text(folder: str, kind: str, asked: argparse.Namespace) -> list[dict[str, Any]]:
    """One sequence in one format."""
    prompt = [[(7 * place + 11) % 256 for place in range(PROMPT)]]
    with peers(folder, kind, asked) as sides, Side("hornbook", "sides/hornbook_decoding.py") as ours:
        ready = ours.ask(do="prepare", folder=folder, weights=kind, rows=1, device=asked.device)
        sides = {"hornbook": ours, **sides}
        answers = {name: write(side, prompt, TOKENS) for name, side in sides.items()}  # warms up
        check(answers, kind)
        times = alternate({name: timer(side, prompt) for name, side in sides.items()}, asked.runs)
    found = []
    for name, seconds in times.items():
        speed = (TOKENS - 1) / median(seconds)
        extra = {"ready": ready["seconds"], "path": ready["path"], "bytes_per_token": ready["bytes"]}
        found.append(
            {"case": f"one text, {kind}", "side": name, "tokens_per_second": speed, "seconds": seconds}
            | (extra if name == "hornbook" else {})
        )
    return found


def many_texts(folder: str, asked: argparse.Namespace) -> list[dict[str, Any]]:
    """Many sequences of equal length at once, in both number formats that transformers has."""
    prompts = [[(7 * place + 11 + 3 * row) % 256 for place in range(PROMPT)] for row in range(MANY)]
    found = []
    for kind in ("bfloat16", "float32"):
        with Side("hornbook", "sides/hornbook_decoding.py") as ours:
            ready = ours.ask(do="prepare", folder=folder, weights=kind, rows=MANY, device=asked.device)
            sides = {"hornbook": ours}
            same = {"same_environment": asked.same_environment}
            question = {"folder": f"{folder}/huggingface", "weights": kind, "device": asked.device}
            for name, compiled in WAYS.items():
                sides[name] = Side("transformers", "peers/transformers_decoding.py", TRANSFORMERS, **same)
                sides[name].ask(do="prepare", compiled=compiled, **question)
            for side in sides.values():
                write(side, prompts, TOKENS)
            times = alternate({name: timer(side, prompts) for name, side in sides.items()}, max(2, asked.runs // 2))
            for side in sides.values():
                side.close()
        for name, seconds in times.items():
            speed = MANY * (TOKENS - 1) / median(seconds)
            extra = {"ready": ready["seconds"], "path": ready["path"], "bytes_per_token": ready["bytes"]}
            found.append(
                {"case": f"{MANY} texts, {kind}", "side": name, "tokens_per_second": speed, "seconds": seconds}
                | (extra if name == "hornbook" else {})
            )
    return found


def write(side: Side, prompts: list[list[int]], tokens: int) -> dict[str, Any]:
    """Ask a side to write."""
    return side.ask(do="write_texts", prompts=prompts, tokens=tokens)


def timer(side: Side, prompts: list[list[int]]) -> Any:
    """Seconds of the tokens after the first."""
    return lambda: float(write(side, prompts, TOKENS)["seconds"])


def check(answers: dict[str, dict[str, Any]], kind: str) -> None:
    """In float32 we and transformers have to write the same: the proof that both do the same work."""
    ours, theirs = answers["hornbook"]["tokens"][0], answers["transformers"]["tokens"][0]
    same = next((place for place, (a, b) in enumerate(zip(ours, theirs, strict=True)) if a != b), len(ours))
    said = f"{kind}: the first {same} of {len(ours)} tokens are those of transformers, {len(set(ours))} different ones"
    print(said, file=sys.stderr)
    if kind == "float32" and same < 64:
        raise SystemExit(f"the sides do not do the same:\n{ours}\n{theirs}")


def print_table(rows: list[dict[str, Any]]) -> None:
    """One line for each way; ratios are ours over the faster way of each peer."""
    print(f"{'case':<22} {'side':<22} {'tokens/s':>9} {'slowest-fastest':>16} {'ours over it':>13}   notes")
    for row in rows:
        ours = next(each for each in rows if each["case"] == row["case"] and each["side"] == "hornbook")
        count = row["tokens_per_second"] * median(row["seconds"])
        span = f"{count / max(row['seconds']):.0f}-{count / min(row['seconds']):.0f}"
        ratio = ours["tokens_per_second"] / row["tokens_per_second"]
        notes = ""
        if row is ours:
            notes = f"{row['bytes_per_token'] / 1e6:.0f} MB per step, {row['path']}, ready in {row['ready']:.1f} s"
        print(
            f"{row['case']:<22} {row['side']:<22} {row['tokens_per_second']:>9.1f} {span:>16} {ratio:>13.2f}   {notes}"
        )


if __name__ == "__main__":
    main()
