"""Many clients at once: does the server hold, is it fair, and how much faster is it than one after another?

    python benchmarks/serving.py RUN                      # a run of yours
    python benchmarks/serving.py --gpt2 --seconds 60      # GPT-2's shape (124M), weights drawn at random, bfloat16

``hornbook serve`` runs in a process of its own; the clients share its cores. After one text that nobody counts, one
client streams alone for a while; then ``--streams`` clients stream at once, each beginning anew as soon as its text is
over, until the time is up and the last text is whole; then one alone again, so that a machine that became slower on
the way is not taken for a slower server. All ask for texts of one length; a text that the model ended before that is no
equal request, and does not count where the slowest is held beside the median. Printed is every figure with its bound;
the exit code is 4 where one is not met.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from side_by_side import machine

PROMPTS = ("Once upon a time", "The old mill", "In the morning", "Nobody knew why", "A small bird", "Far away")
STUCK = 10.0
"""Seconds without an event after which a stream counts as stuck."""
GIVEN_UP = 60.0
"""Seconds without an event after which its client goes away, which is an error."""
BOUNDS = {
    "errors": lambda value: value == 0,
    "stuck": lambda value: value == 0,
    "memory_growth_in_last_half": lambda value: value is not None and value < 0.05,
    "slowest_over_median": lambda value: value < 2,
    "times_one_stream": lambda value: value >= 5,
}
"""What each figure has to be."""


@dataclass(frozen=True)
class Text:
    """A text that came whole: its tokens, the seconds from the request to its end, and the longest silence in it."""

    tokens: int
    seconds: float
    silence: float


@dataclass
class Load:
    """What the clients saw: whole texts and errors; and the bytes of the server's memory, twice a second."""

    texts: list[Text] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def speed(self) -> float:
        """Tokens per second of all clients together, until the last text was over."""
        return sum(text.tokens for text in self.texts) / self.seconds


def main() -> None:
    """Serve, ask, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", nargs="?", help="a run that continues texts")
    parser.add_argument("--gpt2", action="store_true", help="GPT-2's shape instead, with random weights")
    parser.add_argument("--weights", default=None, help="float32, bfloat16, int8 or int4")
    parser.add_argument("--streams", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--tokens", type=int, default=64, help="new tokens of each text")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if bool(asked.run) == asked.gpt2:
        parser.error("give a run, or --gpt2")
    asked.weights = asked.weights or ("bfloat16" if asked.gpt2 else "float32")
    with tempfile.TemporaryDirectory() as folder:
        run = Path(asked.run) if asked.run else random_gpt2(Path(folder) / "gpt2")
        with served(run, asked.weights, asked.streams, asked.compile, Path(folder) / "said") as (server, port):
            asyncio.run(load(port, server, 1, 0.001, asked.tokens))
            before = asyncio.run(load(port, server, 1, min(5.0, asked.seconds), asked.tokens))
            many = asyncio.run(load(port, server, asked.streams, asked.seconds, asked.tokens))
            after = asyncio.run(load(port, server, 1, min(5.0, asked.seconds), asked.tokens))
    found = figures(before, many, after, asked)
    show(found, many.errors, asked.json)
    raise SystemExit(0 if all(met(found[name]) for name, met in BOUNDS.items()) else 4)


def figures(before: Load, many: Load, after: Load, asked: argparse.Namespace) -> dict[str, Any]:
    """What was found. ``None``: the system does not tell, or no text came whole."""
    half = many.memory[len(many.memory) // 2 :]
    third, last = half[: len(half) // 2], half[len(half) // 2 :]
    times = [text.seconds for text in many.texts if text.tokens == asked.tokens]
    median = statistics.median(times) if times else float("inf")
    alone = (before.speed + after.speed) / 2
    return {
        **machine(),
        "streams": asked.streams,
        "seconds": many.seconds,
        "weights": asked.weights,
        "compiled": asked.compile,
        "texts": len(many.texts),
        "texts_ended_early": len(many.texts) - len(times),
        "errors": len(many.errors) + len(before.errors) + len(after.errors),
        "stuck": sum(text.silence > STUCK for text in many.texts),
        "longest_silence_seconds": max((text.silence for text in many.texts), default=float("inf")),
        "tokens_per_second": many.speed,
        "tokens_per_second_alone_before": before.speed,
        "tokens_per_second_alone_after": after.speed,
        "times_one_stream": many.speed / alone if alone else 0.0,
        "median_text_seconds": median,
        "slowest_over_median": max(times) / median if times else float("inf"),
        "memory_bytes": half[-1] if half else None,
        # What a step takes and gives back is no growth: the most of the last quarter, beside that of the one before.
        "memory_growth_in_last_half": max(last) / max(third) - 1 if third and last else None,
    }


def show(found: dict[str, Any], errors: list[str], as_json: bool) -> None:
    """Every figure, those with a bound with whether it is met."""
    if as_json:
        print(json.dumps(found, indent=2))
        return
    for name, value in found.items():
        said = f"{value:,.3f}" if isinstance(value, float) else str(value)
        bound = "" if name not in BOUNDS else "met" if BOUNDS[name](value) else "NOT MET"
        print(f"{name.replace('_', ' '):<32} {said:<24} {bound}".rstrip())
    for error in errors[:5]:
        print(f"error: {error}")


@contextmanager
def served(run: Path, weights: str, rows: int, compiled: bool, said: Path) -> Iterator[tuple[int, int]]:
    """The server, listening: its process and port. What it says goes to a file: nobody reads along, and a pipe would
    fill up."""
    command = [sys.executable, "-m", "hornbook", "serve", str(run), "--port", "0", "--weights", weights]
    command += ["--rows", str(rows), "--queue", str(rows), *(["--compile"] if compiled else [])]
    with said.open("wb") as log:
        process = subprocess.Popen(command, stderr=log)
    try:
        while not (found := re.search(r":(\d+)/v1", said.read_text(encoding="utf-8"))):
            if process.poll() is not None:
                raise SystemExit(f"the server ended with {process.returncode}:\n{said.read_text(encoding='utf-8')}")
            time.sleep(0.1)
        yield process.pid, int(found.group(1))
    finally:
        process.terminate()
        process.wait(timeout=60)


async def load(port: int, server: int, streams: int, seconds: float, tokens: int) -> Load:
    """So many clients for so long; texts that were begun are finished."""
    found, began = Load(), time.perf_counter()
    clients = [client(port, found, number, began + seconds, tokens) for number in range(streams)]
    watching = asyncio.create_task(watch(server, found))
    await asyncio.gather(*clients)
    found.seconds = time.perf_counter() - began
    watching.cancel()
    return found


async def client(port: int, found: Load, number: int, until: float, tokens: int) -> None:
    """One text after another."""
    turn = 0
    while time.perf_counter() < until:
        turn += 1
        body = {
            "model": "default",
            "prompt": PROMPTS[(number + turn) % len(PROMPTS)],
            "max_tokens": tokens,
            "seed": 1000 * number + turn,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        try:
            found.texts.append(await stream(port, json.dumps(body).encode()))
        except (TimeoutError, OSError, ValueError, KeyError) as error:
            found.errors.append(f"{type(error).__name__}: {error}")
            await asyncio.sleep(0.5)


async def stream(port: int, body: bytes) -> Text:
    """One streamed completion.

    Raises:
        OSError: there is no connection. TimeoutError: nothing came for too long. ValueError, KeyError: it did not end
        as it should.
    """
    began = last = time.perf_counter()
    silence, status, event, done = 0.0, b"", b"", False
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    head = "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n"
    try:
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        clock = asyncio.get_running_loop().time
        async with asyncio.timeout(GIVEN_UP) as limit:
            async for line in reader:
                status = status or line
                if not line.startswith(b"data: "):  # a header, a chunk's length, or a comment: no sign of a token
                    continue
                now = time.perf_counter()
                silence, last = max(silence, now - last), now
                limit.reschedule(clock() + GIVEN_UP)
                if line.startswith(b"data: [DONE]"):
                    done = True
                else:
                    event = line
    finally:
        writer.close()
    if not done:
        raise ValueError(f"{status.decode().strip()}: {event.decode()[:200]}")
    return Text(int(json.loads(event[6:])["usage"]["completion_tokens"]), time.perf_counter() - began, silence)


async def watch(server: int, found: Load) -> None:
    """The memory of the server, twice a second, where the system tells."""
    status = Path(f"/proc/{server}/statm")
    while status.exists():
        found.memory.append(int(status.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE"))
        await asyncio.sleep(0.5)


def random_gpt2(folder: Path) -> Path:
    """A run of GPT-2's shape that was never trained. Its tokens are two or four letters: no text has to be learned
    from, which for so many tokens would have to be a large one."""
    from itertools import islice, product

    from hornbook.model.initialise import initialise
    from hornbook.model.models import build_model
    from hornbook.model.presets import PRESETS
    from hornbook.tokenizers.bytepair_tokenizer import BytePairTokenizer
    from hornbook.tokenizers.config import BYTES, BytePair
    from hornbook.tokenizers.patterns import pattern_named
    from hornbook.tokenizers.saved import fingerprint
    from hornbook.training.config import TrainingConfig
    from hornbook.training.run_folder import Run
    from hornbook.workflows.recipe import Recipe, to_toml

    config, learned = PRESETS["gpt2"], BytePair(vocabulary=PRESETS["gpt2"].vocabulary)
    twos = list(product(b" abcdefghijklmnopqrstuvwxyz", repeat=2))
    fours = product(range(BYTES, BYTES + len(twos)), repeat=2)
    merges = [*twos, *islice(fours, config.vocabulary - BYTES - len(twos) - 1)]
    tokenizer = BytePairTokenizer.from_merges(merges, pattern_named(learned.pattern))
    recipe = Recipe(tokenizer=learned, model=config, training=TrainingConfig(steps=1))
    made = Run.create(folder, to_toml(recipe), {})
    tokenizer.save(made.tokenizer)
    model = build_model(config)
    initialise(model, config, 0)
    vocabulary = {"fingerprint": fingerprint(tokenizer), "size": tokenizer.vocab_size}
    made.save(model, None, {"step": 1, "vocabulary": vocabulary}, best=True)
    return folder


if __name__ == "__main__":
    main()
