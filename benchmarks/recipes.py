"""What a recipe reaches in a given time: several seeds of the real command, one after another, and their medians.

    python benchmarks/recipes.py tinyshakespeare-char --minutes 0.33 --seeds 1 2 3 --text tinyshakespeare.txt
    python benchmarks/recipes.py quickstart --seeds 1 2 3

The clock includes compiling (with an empty compiler cache for the first seed) and leaves out preparing and evaluating.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any


def trained(arguments: argparse.Namespace, seed: int, folder: Path) -> dict[str, Any]:
    """What ``hornbook train --json`` prints for one seed."""
    command = [sys.executable, "-m", "hornbook", "train", arguments.recipe, "--seed", str(seed), "--json"]
    command += ["--run", str(folder / f"seed-{seed}")]
    command += ["--minutes", str(arguments.minutes)] if arguments.minutes else []
    command += ["--text", arguments.text] if arguments.text else []
    environment = os.environ | {"TORCHINDUCTOR_CACHE_DIR": str(folder / "compiled")}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        sys.exit(done.stderr)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def main() -> None:
    """Train every seed and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recipe")
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--text")
    arguments = parser.parse_args()
    print(f"{arguments.recipe}{f', {arguments.minutes} minutes' if arguments.minutes else ''}")
    print(f"{'seed':>6} {'steps':>7} {'nats/token':>11} {'bits/byte':>10} {'floor x':>8}")
    with tempfile.TemporaryDirectory(prefix="hornbook-") as folder:
        results = [report(trained(arguments, seed, Path(folder)), seed) for seed in arguments.seeds]
    losses, bits = ([result[name] for result in results] for name in ("val_loss", "bits_per_byte"))
    print(f"{'median':>6} {'':>7} {statistics.median(losses):>11.4f} {statistics.median(bits):>10.4f}")
    ladder = results[0]["baselines"]
    print(f"Kneser-Ney {ladder['kneser_ney']['loss']:.4f}, in windows {ladder['kneser_ney']['windows']['loss']:.4f}")


def report(result: dict[str, Any], seed: int) -> dict[str, Any]:
    """Print the line of a seed."""
    against = result.get("against_floor")
    ratio = f"{against['ratio']:.3f}" if isinstance(against, dict) else "-"
    line = f"{seed:>6} {result['steps']:>7,} {result['val_loss']:>11.4f} {result['bits_per_byte']:>10.4f} {ratio:>8}"
    print(line, flush=True)
    return result


if __name__ == "__main__":
    main()
