"""Training beside Hugging Face `transformers`: the same weights, batches, threads and updates, in turns.

    python benchmarks/training.py                 # GPT-2 124M, 2 x 512 tokens: float32 and bfloat16, about 15 minutes
    python benchmarks/training.py --small         # 4 layers of 128, 65 characters: 12 x 64 and 64 x 256; 5 minutes
    python benchmarks/training.py --device cuda   # GPT-2 124M, 16 x 1,024 tokens on a GPU, in 8 bits too
    python benchmarks/training.py --json

A step is forward, loss, backward, clipping to 1, an AdamW update. Ours is what `hornbook train` runs; theirs is
GPT2LMHeadModel with scaled_dot_product_attention, torch.compile, autocast for bfloat16 and PyTorch's fused AdamW, in a
plain loop and in an environment of its own; "memory kept" is that with the C library told to keep what is freed, as our
loop tells it. All tell their first losses, which have to agree. Utilisation counts
6 N operations a token, N without tables that are only looked up, and 12 · layers · width · context for attention
(Chowdhery et al. 2022, appendix B), against the best product of large matrices in the same process.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict, dataclass
from typing import Any

from side_by_side import Side, alternate, machine, median, peak_memory

PEER = ("transformers==5.23.0",)
KEPT = {
    "THP_MEM_ALLOC_ENABLE": "1",
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": "2000000000",
    "MALLOC_ARENA_MAX": "1",
}
"""What our loop sets for itself, handed to transformers too, whose documentation does not speak of it."""

LARGE = {"vocabulary": 50257, "context": 512, "width": 768, "heads": 12, "depth": 12}
SMALL = {"vocabulary": 65, "width": 128, "heads": 4, "depth": 4}
CASES = {
    "gpt2": [("GPT-2 124M, 2 x 512", LARGE, 2, 5)],
    "small": [
        ("4 x 128, 12 x 64", SMALL | {"context": 64}, 12, 100),
        ("4 x 128, 64 x 256", SMALL | {"context": 256}, 64, 8),
    ],
    "cuda": [("GPT-2 124M, 16 x 1,024", LARGE | {"context": 1024}, 16, 20)],
}
PRECISIONS = {"cpu": ["float32", "bfloat16"], "cuda": ["float32", "bfloat16", "float8"]}
THEIRS = {"float8": "bfloat16"}
"""Where the peer has no such arithmetic, its fastest."""


@dataclass(frozen=True)
class Turn:
    """What one process found: seconds of a step and of the warm-up, the first losses, the most bytes held."""

    seconds: float
    warm_up: float
    losses: list[float]
    peak_bytes: int


@dataclass(frozen=True)
class Row:
    """One way to train one model; seconds are medians of a step."""

    case: str
    side: str
    precision: str
    compiled: bool
    seconds: float
    fastest: float
    slowest: float
    tokens_per_second: float
    warm_up: float
    peak_bytes: int
    utilisation: float | None = None
    over_products: float | None = None


def main() -> None:
    """Run what the command line asks for, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true", help="the small models")
    parser.add_argument("--device", choices=list(PRECISIONS), default="cpu")
    parser.add_argument("--precision", nargs="+")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--same-environment", action="store_true", help="do not make an environment for the peer")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    asked.precision = asked.precision or PRECISIONS[asked.device]
    rows: list[Row] = []
    for case in CASES["small" if asked.small else "cuda" if asked.device == "cuda" else "gpt2"]:
        rows += measure(case, asked)
    if asked.json:
        print(
            json.dumps(
                {"schema": 1, "machine": machine(), "peer": PEER, "rows": [asdict(row) for row in rows]}, indent=2
            )
        )
        return
    print("  ".join(f"{name}: {value}" for name, value in machine().items()))
    print(f"peer: {' '.join(PEER)}, sdpa, torch.compile, autocast, fused AdamW; ours: the loop of hornbook train\n")
    print_table(rows)


def measure(case: tuple[str, dict[str, int], int, int], asked: argparse.Namespace) -> list[Row]:
    """All ways to train one model, in pairs that take turns."""
    name, sizes, batch, steps = case
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        with Side("hornbook", "sides/hornbook_training.py") as writer:
            parameters = writer.ask(do="write", folder=folder, sizes=sizes)["parameters"]
            formats = sorted({THEIRS.get(each, each) for each in asked.precision})
            best = writer.ask(do="peak", device=asked.device, formats=formats)
            question = {"sizes": sizes, "rows": batch, "device": asked.device}
            alone = {each: writer.ask(do="products", precision=each, **question)["seconds"] for each in asked.precision}
        operations = 6 * (parameters - sizes["context"] * sizes["width"])
        operations += 12 * sizes["depth"] * sizes["width"] * sizes["context"]
        for precision in asked.precision:
            for side, turns in pair(folder, sizes, batch, steps, precision, asked).items():
                times = [each.seconds for each in turns]
                speed = batch * sizes["context"] / median(times)
                ours = side == "hornbook"
                rows.append(
                    Row(
                        case=name,
                        side=side,
                        precision=precision,
                        compiled=True,
                        seconds=median(times),
                        fastest=min(times),
                        slowest=max(times),
                        tokens_per_second=speed,
                        warm_up=turns[-1].warm_up,
                        peak_bytes=max(each.peak_bytes for each in turns),
                        utilisation=speed * operations / best[THEIRS.get(precision, precision)],
                        over_products=median(times) / alone[precision] if ours else None,
                    )
                )
        told = ", ".join(f"{each} {speed / 1e9:.0f} GFLOP/s" for each, speed in best.items())
        print(f"{name}: best product {told}", file=sys.stderr if asked.json else sys.stdout)
    return rows


def pair(
    folder: str, sizes: dict[str, int], batch: int, steps: int, precision: str, asked: argparse.Namespace
) -> dict[str, list[Turn]]:
    """Both sides in one arithmetic, in turns. Each turn is a process of its own, alone on the machine: a process that
    waits loses its large pages to some kernels, and would begin its next turn slower than it ended the last."""
    question = {"sizes": sizes, "rows": batch, "device": asked.device}

    def ours() -> Turn:
        with Side("hornbook", "sides/hornbook_training.py") as side:
            return turn(side, steps, precision=precision, **question)

    def theirs(variables: dict[str, str]) -> Turn:
        same = asked.same_environment
        script = "peers/transformers_training.py"
        with Side("transformers", script, PEER, same_environment=same, variables=variables) as side:
            return turn(side, steps, folder=folder, precision=THEIRS.get(precision, precision), **question)

    found = alternate(
        {"hornbook": ours, "transformers": lambda: theirs({}), "memory kept": lambda: theirs(KEPT)}, asked.runs
    )
    first = {side: turns[0].losses for side, turns in found.items()}
    for one, other in zip(first["hornbook"], first["transformers"], strict=True):
        if abs(one - other) > (1e-3 if precision == "float32" and asked.device == "cpu" else 0.05):
            raise SystemExit(f"{precision}: the sides do not do the same: losses {first}")
    return found


def turn(side: Side, steps: int, **question: Any) -> Turn:
    """The first steps, in which the compiler is at work or finds what it made before; then those that count."""
    ready = side.ask(do="prepare", **question)
    side.ask(do="forget_peak")  # what the compiler held is not what training holds
    return Turn(side.ask(do="step", count=steps)["seconds"], ready["seconds"], ready["losses"], peak_memory(side))


def print_table(rows: list[Row]) -> None:
    """One line for each way, with how many times faster it is than theirs in the same and in float32 arithmetic."""
    columns = ("ms a step", "range", "tokens/s", "ratio", "to fp32", "of peak", "x products", "memory GB", "warm-up s")
    print(f"{'model':<20} {'side':<13} {'arithmetic':<9} " + " ".join(f"{each:>12}" for each in columns))
    for row in rows:
        same = next(o for o in rows if (o.case, o.side, o.precision) == (row.case, "transformers", row.precision))
        plain = [o for o in rows if (o.case, o.side, o.precision) == (row.case, "transformers", "float32")]
        cells = (
            f"{row.seconds * 1e3:.1f}",
            f"{row.fastest * 1e3:.1f}-{row.slowest * 1e3:.1f}",
            f"{row.tokens_per_second:.0f}",
            f"{same.seconds / row.seconds:.2f}",
            f"{plain[0].seconds / row.seconds:.2f}" if plain else "",
            f"{row.utilisation:.0%}" if row.utilisation else "",
            f"{row.over_products:.2f}" if row.over_products else "",
            f"{row.peak_bytes / 1e9:.2f}",
            f"{row.warm_up:.0f}",
        )
        print(f"{row.case:<20} {row.side:<13} {row.precision:<9} " + " ".join(f"{cell:>12}" for cell in cells))


if __name__ == "__main__":
    main()
