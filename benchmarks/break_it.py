"""How well the doctor tells broken trainings from healthy ones: every fault, several seeds, and healthy runs beside.

    python benchmarks/break_it.py --seeds 11 12 13 --out break-it.jsonl
    python benchmarks/break_it.py --show --out break-it.jsonl

Every run is a training of some seconds on stories from the built-in world, letter by letter but where a recipe says
otherwise, and one visit to the doctor, who is given the run and no name. A line is written for each run, and a second
call goes on where the first stopped. A fault counts as found where there is any finding, as named where the finding
that belongs to it (``EXPECTED``) is among them.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

RECIPE = """
name = "break-it"
[data]
corpus = "stories"
documents = 400
split = "document"
validation_fraction = 0.05
[tokenizer]
kind = "characters"
[model]
context = 32
width = 64
heads = 4
depth = 2
dropout = 0.1
tied = true
position_encoding = "learned"
[training]
steps = 80
batch = 8
precision = "float32"
compile = "never"
threads = 1
evaluate_every = 0
save_every = 0
schedule = {kind = "cosine", warmup = 0.1}
optimizer = {kind = "adamw", learning_rate = 3e-3}
[samples]
prompts = []
"""

MODERN = (
    "model.position_encoding=rotary",
    "model.tied=false",
    (
        'model.pattern=[{norm = "rms", attention = {bias = false, query_key_norm = "rms"}, '
        'feed_forward = {activation = "relu_squared", bias = false}}]'
    ),
)
HEALTHY: dict[str, tuple[str, ...]] = {
    "as broken ones": (),
    "rotary, RMSNorm, QK-norm, relu squared": MODERN,
    "the same with Muon": (*MODERN, "training.optimizer.kind=muon", "training.optimizer.learning_rate=0.02",
                           "training.optimizer.adamw={learning_rate = 3e-3}"),
    "ALiBi, no dropout": ("model.position_encoding=alibi", "model.dropout=0.0"),
    "sinusoidal, post-norm": ("model.position_encoding=sinusoidal", 'model.pattern=[{placement = "post"}]',
                              "training.optimizer.learning_rate=1e-3"),
    "4 layers, 32 wide": ("model.depth=4", "model.width=32"),
    "1 layer, 128 wide, shuffled": ("model.depth=1", "model.width=128", "data.order=shuffled"),
    "packed documents": ("data.order=packed", "model.context=64"),
    "byte pairs": ("tokenizer.kind=bytepair", "tokenizer.vocabulary=512"),
    "4 micro-batches, no clipping": ("training.micro_batches=4", "training.clip=0.0"),
    "longer, trapezoid": ("training.steps=240", 'training.schedule={kind = "trapezoid", warmup = 0.05}'),
    "gated silu, shared keys": (
        'model.pattern=[{feed_forward = {activation = "silu", gated = true}}]', "model.kv_heads=2"),
}  # fmt: skip
"""Trainings that have nothing wrong with them."""

EXPECTED: dict[str, tuple[str, ...]] = {
    "no-causal-mask": ("causality",),
    "no-scale": ("scale of attention",),
    "softmax-wrong-axis": ("attention does not sum to 1",),
    "no-residual": ("residual stream",),
    "no-positions": ("order",),
    "dead-units": ("dead units",),
    "tied-table-lost": ("tied tables",),
    "weights-too-large": ("loss at start", "first weights"),
    "weights-too-small": ("first weights",),
    "frozen-block": ("weights that never moved",),
    "half-a-vocabulary": ("tokens that never learn",),
    "learning-rate-x100": ("learning rate",),
    "learning-rate-0": ("learning rate",),
    "idle-steps": ("steps that change nothing",),
    "no-warm-up": ("no warm-up",),
    "kept-gradients": ("gradients of other steps",),
    "weight-decay-too-high": ("weights shrink",),
    "clipped-away": ("gradients are clipped away",),
    "loss-summed": ("the loss is no mean",),
    "targets-not-shifted": ("targets",),
    "targets-one-too-far": ("targets",),
    "targets-shuffled": ("targets",),
    "padding-asked": ("padding is asked for",),
    "rows-alike": ("rows alike",),
    "one-batch": ("repeated batches",),
    "no-shuffling": ("no shuffling",),
    "first-page-only": ("little of the text is read",),
    "trains-on-validation": ("validation is trained on",),
    "dropout-in-evaluation": ("scores that differ",),
    "another-vocabulary": ("scores of another text",),
    "scored-on-training": ("scores of another text",),
    "mask-off-by-one": ("causality",),
    "tokens-shuffled": ("targets",),
    "four-times": ("repeated batches",),
    "endless-warm-up": ("learning rate",),
    "uphill": ("steps go uphill",),
}
"""The finding that says what is wrong; others beside it are consequences."""


def recipe_of(settings: Sequence[str], seed: int, folder: Path) -> Any:
    """The small recipe with these settings."""
    from hornbook.workflows.recipe import load_recipe

    (folder / "break-it.toml").write_text(RECIPE, encoding="utf-8")
    return load_recipe(folder / "break-it.toml", [*settings, f"seed={seed}"], {})


def examined(settings: Sequence[str], seed: int, fault: str | None, place: Path) -> tuple[list[str], dict[str, float]]:
    """Train once, visit the doctor once: the names of the findings, and the seconds both took."""
    from hornbook.data.prepare import prepare
    from hornbook.errors import HornbookError
    from hornbook.workflows.diagnose import diagnosis_of
    from hornbook.workflows.train import train

    recipe, run = recipe_of(settings, seed, place), place / "run"
    data = place / f"data-{seed}-{any('bytepair' in each for each in settings)}"
    if not data.exists():
        prepare(recipe.data, recipe.tokenizer, data, seed)
    began = time.perf_counter()
    try:
        train(recipe, run, data=data, fault=fault)
    except HornbookError as error:  # a loss that is no number ends a training
        print(f"    {str(error)[:100]}", file=sys.stderr)
    trained = time.perf_counter()
    diagnosis = diagnosis_of(run)
    assert diagnosis is not None
    shutil.rmtree(run)
    seconds = {"training": trained - began, "doctor": time.perf_counter() - trained}
    return [finding.name for finding in diagnosis.findings], seconds


def cases(seeds: Iterable[int], only: Sequence[str]) -> Iterable[tuple[str, str, int]]:
    """Every run there is to be made: broken or healthy, its name, its seed."""
    from hornbook.workflows.breaking.faults import FAULTS

    for seed in seeds:
        for kind, names in (("broken", FAULTS), ("healthy", HEALTHY)):
            yield from ((kind, name, seed) for name in names if not only or name in only)


def measure(out: Path, seeds: Sequence[int], only: Sequence[str]) -> None:
    """Make the runs that ``out`` does not have yet."""
    done = {(each["kind"], each["name"], each["seed"]) for each in read(out)}
    with tempfile.TemporaryDirectory() as folder, out.open("a", encoding="utf-8") as file:
        for kind, name, seed in cases(seeds, only):
            if (kind, name, seed) in done:
                continue
            settings, fault = (HEALTHY[name], None) if kind == "healthy" else ((), name)
            found, seconds = examined(settings, seed, fault, Path(folder))
            line = {"kind": kind, "name": name, "seed": seed, "found": found, "seconds": seconds}
            file.write(json.dumps(line) + "\n")
            file.flush()
            print(f"{kind:<8} {name:<40} {seed}  {', '.join(found) or '-'}", file=sys.stderr)


def read(out: Path) -> list[dict[str, Any]]:
    """The runs made so far."""
    return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()] if out.exists() else []


def show(runs: list[dict[str, Any]]) -> None:
    """The matrix and the two rates, as Markdown."""
    broken, healthy = ([each for each in runs if each["kind"] == kind] for kind in ("broken", "healthy"))
    from hornbook.workflows.breaking.faults import AFTERWARDS

    print("| training | runs | found | named | findings (runs) |\n|---|---|---|---|---|")
    for name in dict.fromkeys(each["name"] for each in (*broken, *healthy)):
        rows = [each for each in runs if each["name"] == name]
        counted = Counter(finding for each in rows for finding in dict.fromkeys(each["found"]))
        said = ", ".join(f"{finding} {count}" for finding, count in counted.most_common()) or "none"
        label = f"healthy: {name}" if rows[0]["kind"] == "healthy" else name
        right = sum(bool(set(EXPECTED.get(name, ())) & set(each["found"])) for each in rows)
        named = "" if rows[0]["kind"] == "healthy" else str(right)
        print(f"| {label} | {len(rows)} | {sum(bool(each['found']) for each in rows)} | {named} | {said} |")
    found = sum(bool(each["found"]) for each in broken)
    named = sum(bool(set(EXPECTED.get(each["name"], ())) & set(each["found"])) for each in broken)
    alarms = sum(bool(each["found"]) for each in healthy)
    print(f"\nBroken runs found: {found} of {len(broken)} ({found / max(1, len(broken)):.1%}); named: {named}.")
    later = [each for each in broken if each["name"] in {fault.name for fault in AFTERWARDS}]
    right = sum(bool(set(EXPECTED[each["name"]]) & set(each["found"])) for each in later)
    print(f"Of those, faults written when the doctor was finished: {right} of {len(later)} named.")
    print(f"Healthy runs with a finding: {alarms} of {len(healthy)} ({alarms / max(1, len(healthy)):.1%}).")
    for what in ("training", "doctor"):
        seconds = sorted(each["seconds"][what] for each in runs)
        print(f"Median seconds, {what}: {seconds[len(seconds) // 2]:.1f}")


def main() -> None:
    """Measure what is missing, then show everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="*", default=[11, 12, 13])
    parser.add_argument("--only", nargs="*", default=[], help="these faults and recipes only")
    parser.add_argument("--out", type=Path, default=Path("break-it.jsonl"))
    parser.add_argument("--show", action="store_true", help="only print what has been measured")
    asked = parser.parse_args()
    if not asked.show:
        measure(asked.out, asked.seeds, asked.only)
    show(read(asked.out))


if __name__ == "__main__":
    main()
