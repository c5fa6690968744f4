"""Ours and theirs on one machine: each side is a process with an interpreter of its own, and they take turns.

    ours = Side("hornbook", "sides/hornbook_training.py")
    theirs = Side("transformers", "peers/transformers_training.py", packages=("transformers==5.23.0",))
    theirs.ask(do="prepare", folder="...")              # a JSON object there, one back
    times = alternate({"hornbook": lambda: ours.ask(do="step")["seconds"], ...}, runs=5)

A side with ``packages`` gets an environment of its own under benchmarks/.peers/, made once, from the package index,
with the PyTorch that constraints.txt pins. ``same_environment=True`` takes our own interpreter for it: quicker to try
things with, and not what the committed figures were made with. A side's script ends in
``serve({"prepare": prepare, ...})``: each handler takes the question's fields and returns a dictionary.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import statistics
import subprocess
import sys
import traceback
import venv
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn

HERE = Path(__file__).resolve().parent
PEERS = HERE / ".peers"
CONSTRAINTS = HERE.parent / "constraints.txt"


class Side:
    """A process that answers questions, one at a time; while it waits it uses no processor time."""

    def __init__(
        self,
        name: str,
        script: str,
        packages: tuple[str, ...] | None = None,
        threads: int | None = None,
        same_environment: bool = False,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        """``script`` is a path below benchmarks/; without ``packages`` our own interpreter runs it. ``variables`` are
        added to its environment."""
        own = packages is None or same_environment
        python = Path(sys.executable) if own else environment(name, packages or ())
        self.name, self.threads = name, threads or cores()
        settings = {"OMP_NUM_THREADS": str(self.threads), "TOKENIZERS_PARALLELISM": "true", "HF_HUB_OFFLINE": "1"}
        paths = {"PYTHONPATH": os.pathsep.join([str(HERE), *([str(HERE.parent / "src")] if own else [])])}
        answers, theirs = os.pipe()  # not stdout: libraries print there
        self.answers = os.fdopen(answers, encoding="utf-8")
        self.process = subprocess.Popen(
            [str(python), str(HERE / script)],
            stdin=subprocess.PIPE,
            stdout=sys.stderr,
            env=os.environ | settings | paths | {"HORNBOOK_ANSWERS": str(theirs), **(variables or {})},
            pass_fds=(theirs,),
            text=True,
        )
        os.close(theirs)

    def ask(self, **question: Any) -> dict[str, Any]:
        """Send a question (``do`` names the handler) and wait for its answer; a failure over there is one here."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        line = self.answers.readline()
        if not line:
            raise SystemExit(f"{self.name} ended with {self.process.wait()} while it was asked to {question.get('do')}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise SystemExit(f"{self.name} failed at {question.get('do')}:\n{answer['error']}")
        return answer

    def close(self) -> None:
        """End the process."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.process.wait()

    def __enter__(self) -> Side:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def serve(handlers: Mapping[str, Callable[..., dict[str, Any]]]) -> NoReturn:
    """The script's half: answer questions until there are no more."""
    answers = os.fdopen(int(os.environ["HORNBOOK_ANSWERS"]), "w", encoding="utf-8")
    every = {"peak_memory": own_peak, "forget_peak": forget_peak, **handlers}
    for line in sys.stdin:
        question = json.loads(line)
        try:
            answer = every[question.pop("do")](**question)
        except Exception:
            answer = {"error": traceback.format_exc()}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
    sys.exit(0)


# Environments of their own --------------------------------------------------------------------------------------------


def environment(name: str, packages: tuple[str, ...]) -> Path:
    """The interpreter of an environment that holds these packages, made where it is not there yet."""
    pinned = [line for line in CONSTRAINTS.read_text(encoding="utf-8").splitlines() if line.startswith("torch==")]
    wanted = [*packages, *pinned, "numpy"]
    mark = hashlib.sha256("\n".join([sys.version, *wanted]).encode()).hexdigest()[:12]
    folder = PEERS / f"{name}-{mark}"
    python, finished = folder / "bin" / "python", folder / "finished"
    if not finished.exists():
        print(f"making an environment for {name}: {', '.join(wanted)}", file=sys.stderr)
        venv.create(folder, with_pip=True, clear=True)
        flags = os.environ.get("PIP_FLAGS", "").split()
        command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *flags, *wanted]
        subprocess.run(command, check=True, stdout=sys.stderr)
        finished.write_text("\n".join(wanted) + "\n", encoding="utf-8")
    return python


# Measuring ------------------------------------------------------------------------------------------------------------


def alternate(sides: Mapping[str, Callable[[], float]], runs: int) -> dict[str, list[float]]:
    """What each side returns (seconds, usually), ``runs`` times, in turns; every other round in reverse order."""
    found: dict[str, list[float]] = {name: [] for name in sides}
    for round_ in range(runs):
        for name in list(sides)[:: -1 if round_ % 2 else 1]:
            found[name].append(sides[name]())
    return found


def median(values: list[float]) -> float:
    """The middle one."""
    return statistics.median(values)


def spread(values: list[float]) -> str:
    """The median, and in brackets the lowest and the highest."""
    return f"{median(values):.3g} ({min(values):.3g}-{max(values):.3g})"


def peak_memory(side: Side) -> int:
    """The most bytes of main memory that a side has held since ``forget_peak`` was asked of it, or since it began."""
    return int(side.ask(do="peak_memory")["bytes"])


def own_peak() -> dict[str, Any]:
    """The most bytes this process has held (``VmHWM``; -1 where the system does not tell)."""
    status = Path("/proc/self/status")
    lines = status.read_text(encoding="ascii", errors="replace").splitlines() if status.exists() else []
    found = [int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")]
    return {"bytes": found[0] if found else -1}


def forget_peak() -> dict[str, Any]:
    """Begin to count the peak anew."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return {"forgot": False}
    return {"forgot": True}


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def machine() -> dict[str, str]:
    """What the figures were measured on."""
    found = Path("/proc/cpuinfo")
    lines = found.read_text(encoding="utf-8", errors="replace").splitlines() if found.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    flags = {word for line in lines if line.startswith("flags") for word in line.split()}
    wide = [flag for flag in ("avx2", "avx512f", "avx512_bf16", "avx512_vnni", "amx_bf16", "amx_int8") if flag in flags]
    return {
        "processor": names[0] if names else platform.processor() or platform.machine(),
        "instructions": " ".join(wide) or "unknown",
        "cores": str(cores()),
        "python": platform.python_version(),
        "system": platform.system(),
    }
