"""How long does it take to see inside a model, beyond the pass itself?

    python benchmarks/inside.py                # GPT-2's shape: 12 layers, 12 heads, 128 tokens
    python benchmarks/inside.py --tokens 512

In turns: a bare pass, a pass that keeps what it did, and all that the page is told of such a pass, made ready to be
sent (``workflows.watching.looking.look``, as JSON). Then over HTTP, from a ``hornbook serve`` in a process of its own:
the same (``POST /page/inside``) and all attention maps as bytes (``GET .../maps/attention``). ``after the pass`` is
what the page waits for when the pass is over: the rest of the look, and the maps. Medians, and the quickest.
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
        with served(run, "float32", 1, False, Path(folder) / "said") as (_, port):
            rounds = in_turns(run, port, tokens, asked.times)
    found = {
        name: {"median": statistics.median(each[name] for each in rounds), "least": min(each[name] for each in rounds)}
        for name in rounds[0]
    }
    if asked.json:
        print(json.dumps(found, indent=2))
        return
    print(f"12 layers, 12 heads, {asked.tokens} tokens; seconds of {asked.times} rounds")
    print(f"{'':<28}{'median':>8}{'least':>8}")
    for name, value in found.items():
        print(f"{name:<28}{value['median']:>8.3f}{value['least']:>8.3f}")


def in_turns(run: Path, port: int, tokens: list[int], times: int) -> list[dict[str, float]]:
    """The seconds of everything, round by round; a first round, which opens the run, is left out."""
    import torch

    from hornbook.evaluation.inside.observing import observe
    from hornbook.workflows.load import load_run
    from hornbook.workflows.watching import looking
    from hornbook.workflows.watching.given import Given, read_given

    loaded, row = load_run(run), torch.tensor([tokens])
    model, read = loaded.model, read_given(loaded, Given(tokens=tokens))

    def bare() -> None:
        with torch.inference_mode():
            model(row)

    rounds = []
    for _ in range(times + 1):
        trace: list[str] = []
        spent = {
            "bare pass": seconds(bare),
            "pass that keeps all it did": seconds(lambda: observe(model, row)),
            "look, with its pass": seconds(lambda: json.dumps(looking.look(loaded, read, 5)[1])),
            "POST /page/inside": seconds(lambda: trace.append(look(port, tokens))),  # noqa: B023 - called at once
            "GET maps": seconds(lambda: maps(port, trace[0], len(tokens))),  # noqa: B023
        }
        looked = spent["look, with its pass"] - spent["pass that keeps all it did"]
        rounds.append({**spent, "after the pass": looked + spent["GET maps"]})
    return rounds[1:]


def seconds(action: Callable[[], object]) -> float:
    """How long it takes."""
    began = time.perf_counter()
    action()
    return time.perf_counter() - began


def look(port: int, tokens: list[int]) -> str:
    """Look into a pass; the name of its trace."""
    return str(json.loads(request(port, "POST", "/page/inside", json.dumps({"tokens": tokens})))["trace"])


def maps(port: int, trace: str, tokens: int) -> None:
    """Fetch all maps of a trace."""
    found = request(port, "GET", f"/page/inside/{trace}/maps/attention", None)
    assert len(found) == 12 * 12 * tokens**2


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


if __name__ == "__main__":
    main()
