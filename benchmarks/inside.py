"""How long does it take to see inside a model, beyond the pass itself?

    python benchmarks/inside.py                # GPT-2's shape: 12 layers, 12 heads, 128 tokens
    python benchmarks/inside.py --tokens 512

``hornbook serve`` runs in a process of its own. Its page is asked to look into one pass (``POST /page/inside``) and for
all attention maps (``GET .../maps/attention``), over HTTP, as a browser does. Printed are the seconds of both, those of
the bare pass in this process with as many threads, and what is left: what looking costs. Medians.
"""

from __future__ import annotations

import argparse
import http.client
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from serving import random_gpt2, served


def main() -> None:
    """Serve, look, and print a table or JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run = random_gpt2(Path(folder) / "gpt2")
        tokens = list(range(1000, 1000 + asked.tokens))
        process, port = served(run, "float32", 1, False)
        try:
            found = looked(port, tokens, asked.times)
        finally:
            process.terminate()
            process.wait()
        found["bare pass"] = median(bare_pass(run, tokens), asked.times)
    found["beyond the pass"] = found["look"] + found["maps"] - found["bare pass"]
    if asked.json:
        print(json.dumps(found, indent=2))
        return
    print(f"12 layers, 12 heads, {asked.tokens} tokens; seconds, medians of {asked.times}")
    for name, value in found.items():
        print(f"{name:<18} {value:,.3f}" if isinstance(value, float) else f"{name:<18} {value:,}")


def looked(port: int, tokens: list[int], times: int) -> dict[str, Any]:
    """Seconds of the look and of fetching its maps; the first look, which opens the run, is left out."""
    looks, fetches, size = [], [], 0
    for number in range(times + 1):
        began = time.perf_counter()
        answer = json.loads(request(port, "POST", "/page/inside", json.dumps({"tokens": tokens})))
        seen = time.perf_counter()
        maps = request(port, "GET", f"/page/inside/{answer['trace']}/maps/attention", None)
        assert len(maps) == 12 * 12 * len(tokens) ** 2
        if number:
            looks.append(seen - began)
            fetches.append(time.perf_counter() - seen)
            size = len(maps)
    return {"look": statistics.median(looks), "maps": statistics.median(fetches), "bytes of maps": size}


def request(port: int, method: str, path: str, body: str | None) -> bytes:
    """The body of an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    connection.request(method, path, body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    found = answer.read()
    connection.close()
    if answer.status != 200:
        raise SystemExit(f"{path}: {answer.status} {found[:300]!r}")
    return found


def bare_pass(run: Path, tokens: list[int]) -> Callable[[], object]:
    """One forward pass that nobody watches, as it is served."""
    import torch

    from hornbook.workflows.load import load_run

    model, row = load_run(run).model, torch.tensor([tokens])

    def forward() -> object:
        with torch.inference_mode():
            return model(row)

    return forward


def median(action: Callable[[], object], times: int) -> float:
    """Seconds of an action, done once before."""
    action()
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        action()
        spent.append(time.perf_counter() - began)
    return statistics.median(spent)


if __name__ == "__main__":
    main()
