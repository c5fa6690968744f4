"""Every benchmark that a GPU changes, one after another, and one table of what they found.

    python benchmarks/gpu.py                        # about half an hour; the table is printed as Markdown
    python benchmarks/gpu.py --write docs/gpu.md    # and written there, with the name of the device above it
    python benchmarks/gpu.py --only decoding        # or training, small, continuous, ladder, growth

Each is the command that stands in ``BENCHMARKS``, run by itself with ``--json``; this file only reads what it says.
Figures are tokens a second. A benchmark that fails is named under the table, and the others go on.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from side_by_side import machine, median

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Line:
    """A row of the table: ours, and what it is compared with."""

    what: str
    ours: float
    peer: str
    theirs: float
    note: str = ""

    def __str__(self) -> str:
        ratio = self.ours / self.theirs
        return f"| {self.what} | {short(self.ours)} | {self.peer} | {short(self.theirs)} | {ratio:.2f} | {self.note} |"


def short(speed: float) -> str:
    """Three digits of what is small, all digits of what is not."""
    return f"{speed:.3g}" if speed < 100 else f"{speed:,.0f}"


def trained(found: dict[str, Any]) -> Iterator[Line]:
    """Steps of training, beside transformers."""
    rows = {(row["case"], row["precision"], row["side"]): row for row in found["rows"]}
    for (case, precision, side), row in rows.items():
        if side == "hornbook":
            peer = rows[case, precision, "transformers"]
            used, memory = f"{row['utilisation']:.0%} of the best product", f"{row['peak_bytes'] / 1e9:.1f} GB"
            note = f"{used}; {memory}, theirs {peer['peak_bytes'] / 1e9:.1f} GB"
            what = f"training, {case}, {precision}"
            yield Line(what, row["tokens_per_second"], "transformers", peer["tokens_per_second"], note)


def written(found: dict[str, Any]) -> Iterator[Line]:
    """Writing, beside the faster way of transformers."""
    rows: list[dict[str, Any]] = found["rows"]
    for ours in (row for row in rows if row["side"] == "hornbook"):
        others = [row for row in rows if row["case"] == ours["case"] and row is not ours]
        best = max(others, key=lambda row: float(row["tokens_per_second"]))
        note = f"{ours['path']}; ready in {ours['ready']:.0f} s"
        what = f"writing, {ours['case']}"
        yield Line(what, ours["tokens_per_second"], best["side"], best["tokens_per_second"], note)


def served(found: dict[str, Any]) -> Iterator[Line]:
    """Requests that come and go, beside static batches."""
    static, *others = ({**row, "speed": found["tokens"] / median(row["seconds"])} for row in found["rows"])
    for row in others:
        yield Line(f"64 requests, {row['way']}", row["speed"], static["way"], static["speed"])


def climbed(found: dict[str, Any]) -> Iterator[Line]:
    """Each rung of the ladder, beside the one below it."""
    for name in ("training", "writing"):
        rows = found[name]
        for before, row in pairwise(rows):
            speeds = row["tokens_per_second"], before["tokens_per_second"]
            yield Line(f"ladder, {name}: {row['change']}", speeds[0], before["change"], speeds[1], row["note"])


def grown(found: dict[str, Any]) -> Iterator[Line]:
    """The largest of each series beside the smallest, in steps a second."""
    for series in found["series"]:
        first, last = series["points"][0], series["points"][-1]
        exponent, expected = series["exponents"]["seconds"], series["expected_seconds"]
        what = f"growth, {series['what']}: {last['size']:,} {series['axis']}"
        note = f"steps a second; exponent {exponent:.2f}, expected {expected}"
        yield Line(what, 1 / last["seconds"], f"{first['size']:,}", 1 / first["seconds"], note)


Reading = Callable[[dict[str, Any]], Iterator[Line]]

BENCHMARKS: dict[str, tuple[list[str], Reading]] = {
    "training": (["training.py", "--runs", "3"], trained),
    "small": (["training.py", "--small", "--runs", "3"], trained),
    "decoding": (["decoding.py", "--runs", "3"], written),
    "continuous": (["continuous_batching.py"], served),
    "ladder": (["-m", "hornbook", "bench", "ladder", "--size", "gpt2"], climbed),
    "growth": (["-m", "hornbook", "bench", "growth"], grown),
}


def main() -> None:
    """Run what the command line asks for, and print or write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=list(BENCHMARKS), default=list(BENCHMARKS))
    parser.add_argument("--device", choices=["cuda", "cpu"], default="cuda", help="cpu: to see whether all of it works")
    parser.add_argument("--write", type=Path)
    asked = parser.parse_args()
    if asked.device == "cuda" and not torch.cuda.is_available():
        sys.exit("PyTorch finds no GPU here; `make bench` measures on the processor")
    lines, failed = list[str](), list[str]()
    for name in asked.only:
        words, reading = BENCHMARKS[name]
        print(f"{name}: {' '.join(words)}", file=sys.stderr, flush=True)
        found = answer([*words, "--device", asked.device, "--json"])
        if found is None:
            failed.append(name)
        else:
            lines += map(str, reading(found))
            print("\n".join(lines[-12:]), file=sys.stderr, flush=True)
    text = table(asked.device, lines, failed)
    print(text)
    if asked.write:
        asked.write.write_text(text, encoding="utf-8")
    sys.exit(1 if failed else 0)


def answer(words: list[str]) -> dict[str, Any] | None:
    """What a command says; what it complains of goes to the terminal."""
    command = [sys.executable, *(str(HERE / word) if word.endswith(".py") else word for word in words)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        return None
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def table(device: str, lines: list[str], failed: list[str]) -> str:
    """A page with one table."""
    on = torch.cuda.get_device_name() if device == "cuda" else machine()["processor"]
    where = {"cuda": "a GPU", "cpu": "a processor, to see whether all of it works"}[device]
    head = [f"# Measured on {where}", "", f"{on}; PyTorch {torch.__version__}; `make bench-gpu`. Tokens a second.", ""]
    columns = ["| what | Hornbook | beside | it | ratio | |", "|---|---|---|---|---|---|"]
    tail = ["", f"Failed: {', '.join(failed)}."] if failed else []
    return "\n".join([*head, *columns, *lines, *tail]) + "\n"


if __name__ == "__main__":
    main()
