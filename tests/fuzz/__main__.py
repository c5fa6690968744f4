"""Inputs that are wrong in all ways we could think of, for everything that is read: accepted, or refused in words?

    python -m tests.fuzz [--inputs 100000] [--seed 1] [--only recipes] [--out fuzz.jsonl]
    python -m tests.fuzz --only recipes --number 4711        # one input again, with its traceback
    python -m tests.fuzz --show --out fuzz.jsonl

Every input is a pure function of (seed, target, number). Most are mutations of valid files whose checksum was put right
(mutating.py), so that they reach what lies behind it. Branches are counted apart, over the first inputs of each target,
where the ``coverage`` package is there. A second call goes on with the targets that ``--out`` does not have. Exit
code 4: something failed.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.fuzz.branches import counted
from tests.fuzz.running import Tally as Tally
from tests.fuzz.running import keep, read_once, run, watched
from tests.fuzz.target import Target, generator
from tests.fuzz.targets import TARGETS

SAMPLE = 3000
"""Over so many inputs branches are counted."""


def main(words: Sequence[str] | None = None) -> int:
    """Fuzz what was asked for; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--inputs", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", choices=list(TARGETS))
    parser.add_argument("--number", type=int)
    parser.add_argument("--sample", type=int, default=SAMPLE)
    parser.add_argument("--out", type=Path, default=Path("fuzz.jsonl"))
    parser.add_argument("--failures", type=Path, default=Path("fuzz-failures"))
    parser.add_argument("--show", action="store_true")
    asked = parser.parse_args(words)
    names = [asked.only] if asked.only else list(TARGETS)
    with tempfile.TemporaryDirectory(prefix="hornbook-fuzz-", dir=memory_disk()) as folder:
        if asked.number is not None:
            return again(TARGETS[names[0]](Path(folder)), asked.seed, asked.number, asked.failures)
        done = {row["target"] for row in rows_of(asked.out)}
        for name in [] if asked.show else [name for name in names if name not in done]:
            place = Path(folder) / name.replace(" ", "-")
            place.mkdir()
            target = TARGETS[name](place)
            tally = run(target, iter(range(asked.inputs)), asked.seed, asked.failures)
            share = counted(name, asked.seed, min(asked.sample, asked.inputs)) if asked.sample else None
            with asked.out.open("a", encoding="utf-8") as file:
                file.write(json.dumps({**tally.row(), "seed": asked.seed, "branches": share}) + "\n")
    return show(rows_of(asked.out))


def memory_disk() -> str | None:
    """A folder that is no disk, where the system has one: files are written and read hundreds of thousands of times."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def rows_of(out: Path) -> list[dict[str, object]]:
    """What has been done, a line for each target."""
    return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()] if out.exists() else []


def again(target: Target, seed: int, number: int, failures: Path) -> int:
    """One input once more."""
    given = target.make(generator(seed, target.name, number))
    keep(failures / f"{target.name.replace(' ', '-')}-{seed}-{number}", given, "")
    tally = Tally(target.name)
    with watched():
        wrong, took = read_once(target, given, tally)
    sys.stdout.reconfigure(errors="backslashreplace")  # what was made may be no text
    print(given.note)
    print(wrong or ("accepted" if tally.accepted else "refused"), f"in {took:.3f} s")
    return 4 if wrong else 0


def show(rows: list[dict[str, object]]) -> int:
    """The table; 4 if anything failed."""
    head = ("", "inputs", "put right", "accepted", "refused", "failed", "work", "longest", "memory", "branches")
    print("{:<16}{:>9}{:>11}{:>10}{:>9}{:>8}{:>8}{:>10}{:>9}{:>10}".format(*head))
    for row in rows:
        failed = row["failed"]
        assert isinstance(failed, list)
        branches = "-" if row["branches"] is None else f"{row['branches']:.1f} %"
        print(
            f"{row['target']:<16}{row['inputs']:>9,}{row['right']:>11,}{row['accepted']:>10,}{row['refused']:>9,}"
            f"{len(failed):>8}{row['work']:>6.2f} s{row['longest']:>8.2f} s{row['megabytes']:>6.0f} MB{branches:>10}"
        )
    for row in rows:
        for number in list(row["failed"])[:20]:  # type: ignore[call-overload]
            print(f"  python -m tests.fuzz --only '{row['target']}' --seed {row['seed']} --number {number}")
    return 4 if any(row["failed"] for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
