"""Faults injected into small trainings: does every run end with the right weights, or say what is wrong?

    python benchmarks/soak.py [--each 29] [--seed 20261130] [--out soak.jsonl] [--only KIND]
    python benchmarks/soak.py --show --out soak.jsonl

Each trial trains a small model in a process of its own (two processes for half of the kills and for those that hang),
hurts it at an instant drawn from the seed, and goes on with the run until it is finished or says why not. It ends in
one of three ways: ``same``, the SHA-256 of the weights is that of a run that nothing happened to; ``told``, it stopped
with an error of ours, in words, and no traceback; ``WRONG``, anything else. A line is written for each trial, and a
second call goes on where the first stopped.

Trainings are forked from this process, which has imported everything, so that a trial takes about a second; those whose
clock jumps are new processes, because libfaketime is loaded at the start (clocks.py). A full disk is a limit on the
size of files, set while the process runs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"

import torch
from clocks import LIBRARY, environment, follow, jump, set_clocks, time_of_day

from hornbook.errors import HornbookError
from hornbook.workflows.launching import free_port
from hornbook.workflows.recipe import Recipe, load_recipe
from hornbook.workflows.train import resume, train

STEPS, SAVE_EVERY, PATIENCE = 37, 3, 15
RECIPE = f"""
name = "soak"
[data]
text = ["text.txt"]
[tokenizer]
kind = "characters"
[model]
context = 13
width = 22
heads = 2
depth = 2
dropout = 0.1
[training]
steps = {STEPS}
batch = 6
micro_batches = 2
precision = "float32"
compile = "never"
threads = 1
evaluate_every = 0
save_every = {SAVE_EVERY}
keep = 2
optimizer = {{kind = "muon", adamw = {{learning_rate = 3e-3}}}}
distribution = {{kind = "data_parallel", patience = {PATIENCE}}}
[samples]
prompts = []
"""


CRASHED = 70
"""What a training exits with that could not even say what was wrong."""


class Spoken:
    """A watcher that writes what is said to standard error."""

    def said(self, line: str) -> None:
        """Something worth a line."""
        print(line, file=sys.stderr, flush=True)

    def updated(self, status: object) -> None:
        """Nothing."""

    def evaluated(self, step: int, score: object, best: bool) -> None:
        """Nothing."""


def begin(run: Path, recipe: Recipe, processes: int, said: Path, clock: dict[str, str]) -> list[int]:
    """Begin a run, or go on with it, in so many forked processes, new ones where a ``clock`` asks for it; their ids."""
    port, pids = str(free_port()), []
    for rank in range(processes):
        pid = os.fork()
        if pid == 0:
            os.environ.update(RANK=str(rank), LOCAL_RANK=str(rank), WORLD_SIZE=str(processes))
            os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=port)
            code = CRASHED
            try:
                if clock:
                    os.environ.update(clock)
                    os.execv(sys.executable, [sys.executable, __file__, "--train", str(run)])
                code = inside(run, recipe, said)
            finally:  # an error on its way out would remove the folder that all trials share
                os._exit(code)
        pids.append(pid)
    return pids


def inside(run: Path, recipe: Recipe, said: Path) -> int:
    """What a forked process does: train, and turn errors of ours into words and an exit code, as the command does."""
    follow(run.with_name("clock"))
    with said.open("ab", buffering=0) as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    try:
        begun = (run / "run.json").exists()
        return (resume(run, Spoken()) if begun else train(recipe, run, Spoken())).exit_code
    except HornbookError as error:
        print(f"error: {error}", file=sys.stderr, flush=True)
        return error.exit_code
    except BaseException:
        traceback.print_exc()
        return CRASHED


def ended(pids: Sequence[int], limit: float = 600.0) -> list[int]:
    """Wait for processes; their exit codes, 128 + signal for those that were killed.

    When one has failed, the others get time to notice; whoever is stopped is then killed, as ``hornbook train`` does.
    """
    codes: dict[int, int] = {}
    deadline = time.monotonic() + limit
    while len(codes) < len(pids):
        for pid in pids:
            if pid not in codes:
                done, status = os.waitpid(pid, os.WNOHANG)
                if done:
                    code = os.waitstatus_to_exitcode(status)
                    codes[pid] = code if code >= 0 else 128 - code
                    if codes[pid] not in (0, 130, 143):
                        deadline = min(deadline, time.monotonic() + 3 * PATIENCE)
        if time.monotonic() > deadline:
            for pid in set(pids) - set(codes):
                os.kill(pid, signal.SIGKILL)
            deadline = float("inf")
        time.sleep(0.01)
    return [codes[pid] for pid in pids]


def weights(run: Path) -> str:
    """The SHA-256 of the weights of a finished run; nothing where it is not finished."""
    file = run / f"checkpoints/step-{STEPS:06d}/model.safetensors"
    finished = (run / "latest").exists() and (run / "latest").read_text().strip() == f"step-{STEPS:06d}"
    return hashlib.sha256(file.read_bytes()).hexdigest() if finished and file.exists() else ""


def wait_for_step(run: Path, step: int, pids: Sequence[int]) -> bool:
    """Wait until a step is in the journal; whether the run was still going on then."""
    while True:
        try:
            if (run / "metrics.jsonl").read_bytes().count(b'"update"') >= step:
                return all(alive(pid) for pid in pids)
        except FileNotFoundError:
            if step == 0 and (run / "run.json").exists():
                return True
        if not all(alive(pid) for pid in pids):
            return False
        time.sleep(0.0005)


def alive(pid: int) -> bool:
    """Whether a child has not ended."""
    done = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    return done is None


# What is done to a run: each returns what it did, in words; the processes run while it does so ------------------------


def kill(draw: random.Random, run: Path, pids: list[int]) -> str:
    """One process ends without a word; half of the times while a checkpoint is written."""
    if draw.random() < 0.5:
        end = time.monotonic() + 2
        while time.monotonic() < end and not any((run / "checkpoints").glob(".step-*.partial-*")):
            if not all(alive(pid) for pid in pids):
                break
    victim = draw.randrange(len(pids))
    os.kill(pids[victim], signal.SIGKILL)
    return f"kill -9 of process {victim} of {len(pids)}"


def terminate(draw: random.Random, run: Path, pids: list[int]) -> str:
    """One process is asked to stop."""
    victim = draw.randrange(len(pids))
    os.kill(pids[victim], signal.SIGTERM)
    return f"SIGTERM to process {victim} of {len(pids)}"


def fill_disk(draw: random.Random, run: Path, pids: list[int]) -> str:
    """From now on no file can grow beyond a limit; what is said fits into it, for it goes to a file here, too."""
    limit = max(2_000, draw.randrange(0, 60_000))
    for pid in pids:
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    return f"no file beyond {limit} bytes"


def damage_checkpoint(draw: random.Random, run: Path, pids: list[int]) -> str:
    """The run is killed, and a file of its last checkpoint is cut off or has a bit flipped."""
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    ended(pids)
    pids.clear()
    checkpoints = sorted((run / "checkpoints").glob("step-*"))
    if not checkpoints:
        return "nothing there to damage yet"
    return hurt(draw, draw.choice(sorted(checkpoints[-1].iterdir())), draw.random() < 0.5)


def damage_tokens(draw: random.Random, run: Path, pids: list[int]) -> str:
    """A bit of the training tokens is flipped while they are read."""
    return hurt(draw, draw.choice(sorted((run / "data").glob("*.tokens"))), False)


def hurt(draw: random.Random, file: Path, cut: bool) -> str:
    """Cut a file off, or flip one bit in it, in place."""
    size = file.stat().st_size
    if cut:
        os.truncate(file, draw.randrange(size))
        return f"{file.name} cut off"
    place, bit = draw.randrange(size), 1 << draw.randrange(8)
    with file.open("r+b") as opened:
        opened.seek(place)
        old = opened.read(1)[0]
        opened.seek(place)
        opened.write(bytes([old ^ bit]))
    return f"{file.name} byte {place} ^ {bit}"


def jump_clocks(draw: random.Random, run: Path, pids: list[int]) -> str:
    """The time of day jumps by hours or more than a year."""
    return jump(draw, run.with_name("clock"), pids)


def hang(draw: random.Random, run: Path, pids: list[int]) -> str:
    """One of two processes stops without ending."""
    victim = draw.randrange(len(pids))
    os.kill(pids[victim], signal.SIGSTOP)
    return f"process {victim} of {len(pids)} hangs"


CLOCKS = "clock jump" if LIBRARY else "clock jump, Python's"

KINDS: dict[str, tuple[Callable[[random.Random, Path, list[int]], str], tuple[int, ...]]] = {
    "kill -9": (kill, (1, 2)),
    "SIGTERM": (terminate, (1, 2)),
    "disk full": (fill_disk, (1,)),
    "damaged checkpoint": (damage_checkpoint, (1,)),
    "damaged tokens": (damage_tokens, (1,)),
    CLOCKS: (jump_clocks, (1, 2)),
    "hung process": (hang, (2,)),
}
"""What is done, and to runs of how many processes, in turns."""


def trial(
    kind: str, number: int, seed: int, recipe: Recipe, expected: dict[int, str], place: Path
) -> dict[str, object]:
    """One run, hurt once; how it ended."""
    act, sizes = KINDS[kind]
    draw = random.Random(f"{seed} {kind} {number}")
    processes, run, said = sizes[number % len(sizes)], place / "run", place / "said.txt"
    clock = environment(run.with_name("clock")) if kind == CLOCKS else {}
    for draws in range(1, 21):  # noqa: B007 - a run that was quicker than its fault is no trial
        shutil.rmtree(run, ignore_errors=True)
        said.write_bytes(b"")
        set_clocks(run.with_name("clock"), 0)
        pids = begin(run, recipe, processes, said, clock)
        in_time = wait_for_step(run, draw.randrange(0, STEPS - 1), pids)
        time.sleep(draw.uniform(0, 0.005))
        if in_time and all(alive(pid) for pid in pids):
            break
        ended(pids)
    did = act(draw, run, pids)
    codes = ended(pids) if pids else []
    tries = 0
    while not weights(run) and tries < 3:
        codes = ended(begin(run, recipe, processes, said, clock))
        tries += 1
        if not any(codes):
            break
    words = said.read_text(errors="replace")
    same = weights(run) == expected[processes]
    told = not weights(run) and "error: " in words and any(codes)
    ending = "WRONG" if "Traceback" in words or not (same or told) else "same" if same else "told"
    lines = [line for line in words.splitlines() if line.startswith(("error: ", "warning: "))]
    warned = lines[-1][:300] if lines else ""
    row = {"kind": kind, "number": number, "did": did, "draws": draws, "ending": ending, "codes": codes}
    return row | {"said": warned}


def unbroken(recipe: Recipe, place: Path) -> dict[int, str]:
    """The weights of runs that nothing happens to, for one and for two processes."""
    found = {}
    for processes in (1, 2):
        run, said = place / f"unbroken-{processes}", place / "said.txt"
        codes = ended(begin(run, recipe, processes, said, {}))
        assert not any(codes), said.read_text()
        found[processes] = weights(run)
    return found


def show(file: Path) -> int:
    """The table; how many trials ended wrongly."""
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    print(f"{'':<20} {'faults':>7} {'same weights':>13} {'told':>6} {'WRONG':>6}")
    for kind in (*dict.fromkeys([*KINDS, *(row["kind"] for row in rows)]), "all"):
        counted = Counter(row["ending"] for row in rows if kind in (row["kind"], "all"))
        print(f"{kind:<20} {counted.total():>7} {counted['same']:>13} {counted['told']:>6} {counted['WRONG']:>6}")
    return sum(row["ending"] == "WRONG" for row in rows)


def main() -> None:
    """Make the trials that are missing, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--each", type=int, default=29)
    parser.add_argument("--seed", type=int, default=20_261_130)
    parser.add_argument("--out", type=Path, default=Path("soak.jsonl"))
    parser.add_argument("--only", choices=list(KINDS))
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--train", type=Path, metavar="RUN", help="what the new processes are called with")
    asked = parser.parse_args()
    if asked.train:
        sys.exit(inside(asked.train, load_recipe("soak.toml", []), asked.train.with_name("said.txt")))
    out = asked.out.resolve()
    if not asked.show:
        torch.set_num_threads(1)
        lines = out.read_text(encoding="utf-8").splitlines() if out.exists() else []
        done = {(row["kind"], row["number"]) for row in map(json.loads, lines)}
        print(f"seed {asked.seed}", flush=True)
        if LIBRARY is None:
            print(
                "no libfaketime here (Debian: apt-get install faketime): the clocks that jump are Python's", flush=True
            )
        with tempfile.TemporaryDirectory(prefix="hornbook-soak-") as folder:
            os.chdir(folder)
            make(asked, Path(folder), out, done)
    sys.exit(4 if show(out) else 0)


def make(asked: argparse.Namespace, place: Path, out: Path, done: set[tuple[str, int]]) -> None:
    """All trials that are not ``done``, one kind after the other in turns."""
    words = "the cat sat on a mat and saw the rat that ate the bat in a hat"
    text = "\n".join(f"{number} {words[number % 29 :]} {words[: number % 31]}" for number in range(120))
    Path("text.txt").write_text(text, encoding="utf-8")
    Path("soak.toml").write_text(RECIPE, encoding="utf-8")
    recipe = load_recipe("soak.toml", [])
    if LIBRARY:
        set_clocks(place / "clock", 10**8)
        assert time_of_day(place / "clock") > time.time() + 10**7, f"{LIBRARY} moves no clock here"
    expected = unbroken(recipe, place)
    for number in range(asked.each):
        for kind in [asked.only] if asked.only else KINDS:
            if (kind, number) not in done:
                row = trial(kind, number, asked.seed, recipe, expected, place)
                with out.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(row) + "\n")
                if row["ending"] == "WRONG":
                    print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
