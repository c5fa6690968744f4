"""How many of the branches of a target's loaders its inputs take: counted in a process of its own, which is slow.

    python -m tests.fuzz.branches recipes 1 3000

prints them for each loader, and from which line to which nobody went.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "hornbook"


def counted(name: str, seed: int, inputs: int) -> float | None:
    """Percent of the branches; nothing where the ``coverage`` package is missing."""
    if importlib.util.find_spec("coverage") is None:
        return None
    command = [sys.executable, "-m", "tests.fuzz.branches", name, str(seed), str(inputs)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {done.returncode}")
    return float(done.stdout.splitlines()[-1].split()[-2])


def main(name: str, seed: int, inputs: int) -> None:
    """Read the first inputs of a target under ``coverage``; a line for each loader, and one for all."""
    from coverage import Coverage

    with tempfile.TemporaryDirectory(prefix="hornbook-fuzz-branches-") as data:
        watch = Coverage(branch=True, data_file=str(Path(data) / "here"), source=["hornbook"], messages=False)
        watch.start()
        loaders = read_watched(name, seed, inputs, Path(data))
        watch.stop()
        watch.save()
        watch.combine([data])
        report = Path(data) / "report.json"
        watch.json_report([str(SOURCE / loader) for loader in loaders], outfile=str(report))
        files = json.loads(report.read_text(encoding="utf-8"))["files"]
    for file, found in files.items():
        numbers = found["summary"]
        lost = " ".join(f"{start}->{end}" for start, end in found["missing_branches"])
        print(f"{file:<55}{numbers['covered_branches']:>5} of {numbers['num_branches']:<5}{lost}")
    taken, branches = (sum(each["summary"][n] for each in files.values()) for n in ("covered_branches", "num_branches"))
    print(f"{name}: {taken} of {branches} branches, {100 * taken / max(1, branches):.1f} %")


def read_watched(name: str, seed: int, inputs: int, data: Path) -> tuple[str, ...]:
    """Read inputs; the process that fills templates counts its own branches. The target's loaders."""
    from hornbook.data import template_process
    from tests.fuzz.__main__ import memory_disk
    from tests.fuzz.running import run
    from tests.fuzz.targets import TARGETS

    python, *_, program = template_process.COMMAND
    counting = ["-m", "coverage", "run", "--branch", "-p", f"--data-file={data / 'here'}"]
    template_process.COMMAND[:] = [python, "-P", *counting, program]
    with tempfile.TemporaryDirectory(prefix="hornbook-fuzz-", dir=memory_disk()) as folder:
        target = TARGETS[name](Path(folder))
        run(target, iter(range(inputs)), seed, Path(folder) / "failures")
        template_process.RENDERER.close()
        os.chdir(ROOT)
    return target.loaders


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
