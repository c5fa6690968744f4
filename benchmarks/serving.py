"""Many clients at once: does the server hold, is it fair, and how much faster is it than one after another?

    python benchmarks/serving.py RUN                      # a run of yours
    python benchmarks/serving.py --gpt2 --seconds 60      # GPT-2's shape (124M), weights drawn at random, bfloat16

``hornbook serve`` runs in a process of its own. One client streams alone for a while; then ``--streams`` clients stream
at once, each beginning anew as soon as its text is over, until the time is up. All ask for texts of one length. Printed
are errors, streams that were stuck, tokens per second beside those of the one client, the slowest text beside the
median, and how the server's memory grew in the last half.
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
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PROMPTS = ("Once upon a time", "The old mill", "In the morning", "Nobody knew why", "A small bird", "Far away")


@dataclass
class Load:
    """What the clients saw: tokens, seconds of each whole text, errors; and the server's memory along the way."""

    tokens: int = 0
    texts: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def speed(self) -> float:
        """Tokens per second of all clients together."""
        return self.tokens / self.seconds


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
    with tempfile.TemporaryDirectory() as folder:
        run = Path(asked.run) if asked.run else random_gpt2(Path(folder) / "gpt2")
        weights = asked.weights or ("bfloat16" if asked.gpt2 else "float32")
        process, port = served(run, weights, asked.streams, asked.compile)
        try:
            alone = asyncio.run(load(port, process.pid, 1, min(10.0, asked.seconds), asked.tokens))
            many = asyncio.run(load(port, process.pid, asked.streams, asked.seconds, asked.tokens))
        finally:
            process.terminate()
            process.wait()
    show(alone, many, asked, weights)


def show(alone: Load, many: Load, asked: argparse.Namespace, weights: str) -> None:
    """What was found."""
    half = many.memory[len(many.memory) // 2 :]
    found: dict[str, Any] = {
        "streams": asked.streams,
        "seconds": round(many.seconds, 1),
        "weights": weights,
        "texts": len(many.texts),
        "errors": len(many.errors),
        "tokens_per_second": many.speed,
        "tokens_per_second_alone": alone.speed,
        "times_one_stream": many.speed / alone.speed,
        "median_text_seconds": statistics.median(many.texts),
        "slowest_over_median": max(many.texts) / statistics.median(many.texts),
        "memory_growth_in_last_half": max(half) / half[0] - 1,
        "memory_bytes": half[-1],
    }
    if asked.json:
        print(json.dumps(found, indent=2))
        return
    for name, value in found.items():
        print(f"{name.replace('_', ' '):<28} {value:,.3f}" if isinstance(value, float) else f"{name:<28} {value}")
    for error in many.errors[:5]:
        print(f"error: {error}")


def served(run: Path, weights: str, rows: int, compiled: bool) -> tuple[subprocess.Popen[str], int]:
    """The server, listening."""
    command = [sys.executable, "-m", "hornbook", "serve", str(run), "--port", "0", "--weights", weights]
    command += ["--rows", str(rows), "--queue", str(rows), *(["--compile"] if compiled else [])]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    for line in process.stderr:
        if found := re.search(r":(\d+)/v1", line):
            return process, int(found.group(1))
    raise SystemExit(f"the server ended with {process.wait()}")


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
        began = time.perf_counter()
        try:
            written = await asyncio.wait_for(stream(port, json.dumps(body).encode()), timeout=300)
        except (TimeoutError, OSError, ValueError) as error:
            found.errors.append(f"{type(error).__name__}: {error}")
            continue
        found.tokens += written
        found.texts.append(time.perf_counter() - began)


async def stream(port: int, body: bytes) -> int:
    """One streamed completion; how many tokens its usage tells (``ValueError`` where it did not end as it should)."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
    head = "POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n"
    writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
    await writer.drain()
    last, status, done = "", b"", False
    async for line in reader:
        status = status or line
        if line.startswith(b"data: [DONE]"):
            done = True
        elif line.startswith(b"data: "):
            last = line[6:].decode()
    writer.close()
    if not done:
        raise ValueError(f"{status.decode().strip()}: {last[:200]}")
    return int(json.loads(last)["usage"]["completion_tokens"])


async def watch(server: int, found: Load) -> None:
    """The memory of the server, twice a second (0 where the system does not tell)."""
    status = Path(f"/proc/{server}/statm")
    while True:
        pages = int(status.read_text().split()[1]) if status.exists() else 0
        found.memory.append(pages * os.sysconf("SC_PAGE_SIZE"))
        await asyncio.sleep(0.5)


def random_gpt2(folder: Path) -> Path:
    """A run of GPT-2's shape that was never trained; its tokens are learned from the source of Python's library."""
    from hornbook.corpus.sources import read_standard_library
    from hornbook.model.initialise import initialise
    from hornbook.model.models import build_model
    from hornbook.model.presets import PRESETS
    from hornbook.tokenizers.build import build_tokenizer
    from hornbook.tokenizers.config import BytePair
    from hornbook.tokenizers.saved import fingerprint
    from hornbook.training.config import TrainingConfig
    from hornbook.training.run_folder import Run
    from hornbook.workflows.recipe import Recipe, to_toml

    config, learned = PRESETS["gpt2"], BytePair(vocabulary=PRESETS["gpt2"].vocabulary)
    tokenizer = build_tokenizer(learned, (document.text for document in read_standard_library()))
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
