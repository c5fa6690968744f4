"""Requests that come and go at every step, beside batches that wait for their longest text.

    python benchmarks/continuous_batching.py           # GPT-2 124M, bfloat16 weights, 64 requests; about five minutes
    python benchmarks/continuous_batching.py --small   # a model of 2 million parameters
    python benchmarks/continuous_batching.py --json

64 prompts of 32 tokens, and answers whose lengths are drawn log-uniformly from 16 to 256. The static way sorts them by
length and writes 8 at a time: all rows of a batch begin together, and the next batch begins when the longest text is
over. It is measured twice: with `transformers` (generate() with its growing cache, in an environment of its own), and
with our own engine, whose compiled step over paged memory is then the same for both ways; what differs is who may join
when, and how many rows there are, since with continuous batching more rows need no more waiting. Our static batches
even let a row go as soon as its text is over. Runs alternate; medians.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")  # as the command line does

import torch
from side_by_side import Side, alternate, machine, median

from hornbook.formats.huggingface import write_folder
from hornbook.generation.config import Sampling
from hornbook.generation.engine import Engine, Request
from hornbook.generation.pages import Pages
from hornbook.model.config import ModelConfig
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder
from hornbook.model.presets import PRESETS
from hornbook.training.devices import choose_threads

SMALL = ModelConfig(vocabulary=4096, context=512, width=192, heads=6, depth=4)
TRANSFORMERS, PEER = ("transformers==5.23.0",), "peers/transformers_decoding.py"
BATCH, PROMPT, LONGEST, SHORTEST, COUNT = 8, 32, 256, 16, 64

Ways = dict[str, Callable[[], float]]
"""What it is called, and what runs it and says the seconds."""


def main() -> None:
    """Run what the command line asks for, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--weights", default="bfloat16")
    parser.add_argument("--rows", type=int, nargs="+", default=[8, 32, 64])
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    choose_threads(None)
    config = SMALL if asked.small else PRESETS["gpt2"]
    model = Decoder(config)
    initialise(model, config, 0)
    requests = some_requests(config)
    engines = {
        rows: engine(model.to(asked.device).eval(), asked.weights, rows) for rows in sorted({BATCH, *asked.rows})
    }
    ways: Ways = {f"Hornbook, static batches of {BATCH}, sorted": lambda: static(engines[BATCH], requests)}
    ways |= {
        f"Hornbook, continuous, {rows} rows": lambda rows=rows: continuous(engines[rows], requests)
        for rows in asked.rows
    }
    with peer(model, requests, asked) as theirs:
        ways = theirs | ways
        for way in ways.values():
            way()
        times = alternate(ways, asked.runs)
    tokens = sum(request.sampling.max_tokens for request in requests)
    static_ways = [way for way in times if "static" in way]
    ratios = {way: [median(seconds) / median(times[each]) for each in static_ways] for way, seconds in times.items()}
    if asked.json:
        rows = [
            {"way": way, "seconds": seconds, "over": dict(zip(static_ways, ratios[way], strict=True))}
            for way, seconds in times.items()
        ]
        settings = {"machine": machine(), "weights": asked.weights, "tokens": tokens, "peers": list(TRANSFORMERS)}
        print(json.dumps({"schema": 1, **settings, "rows": rows}, indent=2))
        return
    print("  ".join(f"{name}: {value}" for name, value in machine().items()))
    print(f"{len(requests)} requests, {tokens:,} tokens, {asked.weights} weights\n")
    names = " ".join(f"{'of ' + way.partition(',')[0]:>17}" for way in static_ways)
    print(f"{'way':<42} {'seconds':>8} {'range':>12} {'tokens/s':>9} {names}")
    for way, seconds in times.items():
        span, middle = f"{min(seconds):.1f}-{max(seconds):.1f}", median(seconds)
        over = " ".join(f"{ratio:>17.2f}" for ratio in ratios[way])
        print(f"{way:<42} {middle:>8.2f} {span:>12} {tokens / middle:>9.0f} {over}")


def some_requests(config: ModelConfig) -> list[Request]:
    """Prompts that have nothing in common, lengths that are mostly short."""
    draw = torch.Generator().manual_seed(0)
    lengths = (torch.rand(COUNT, generator=draw) * math.log(LONGEST / SHORTEST)).exp() * SHORTEST
    prompts = torch.randint(config.vocabulary, (COUNT, PROMPT), generator=draw).tolist()
    return [
        Request(prompt=tuple(prompt), sampling=Sampling(max_tokens=round(float(length)), temperature=0.0))
        for prompt, length in zip(prompts, lengths, strict=True)
    ]


def engine(model: Decoder, weights: str, rows: int) -> Engine:
    """An engine whose step is compiled."""
    return Engine(model, weights=weights, rows=rows, page=32, prefill=1 << 20, compiled=True)


def continuous(serving: Engine, requests: list[Request]) -> float:
    """Everything at once; seconds."""
    return timed(serving, [requests])


@contextmanager
def peer(
    model: Decoder, requests: list[Request], asked: argparse.Namespace
) -> Iterator[dict[str, Callable[[], float]]]:
    """transformers with the same weights, writing static batches; nothing for the small model, which is no GPT-2."""
    if asked.small:
        yield {}
        return
    batches = [
        {"prompts": [each.prompt for each in batch], "tokens": [each.sampling.max_tokens for each in batch]}
        for batch in in_batches(requests)
    ]
    with tempfile.TemporaryDirectory() as folder, Side("transformers", PEER, TRANSFORMERS) as theirs:
        write_folder(Path(folder), model.cpu())
        theirs.ask(do="prepare", folder=folder, weights=asked.weights, compiled=False, device=asked.device)
        name = f"transformers, static batches of {BATCH}, sorted"
        yield {name: lambda: float(theirs.ask(do="write_batches", batches=batches)["seconds"])}


def in_batches(requests: list[Request]) -> list[list[Request]]:
    """Of ``BATCH`` each, alike in length."""
    ordered = sorted(requests, key=lambda request: request.sampling.max_tokens)
    return [ordered[place : place + BATCH] for place in range(0, len(ordered), BATCH)]


def static(serving: Engine, requests: list[Request]) -> float:
    """One batch after another, alike in length; seconds."""
    return timed(serving, in_batches(requests))


def timed(serving: Engine, batches: list[list[Any]]) -> float:
    """Seconds for all batches, none of which knows the prompts of the one before."""
    serving.pages = Pages(serving.pages.count, serving.pages.size)
    began = time.perf_counter()
    for batch in batches:
        serving.run(batch)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
