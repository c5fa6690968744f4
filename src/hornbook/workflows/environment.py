"""What this machine can do, checked and measured: what ``hornbook doctor`` prints.

Each check is a small function of what it judges (a version, some bytes, a folder), so that it can be asked about
machines one does not have; ``examine`` asks them all about this one.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

import torch

from hornbook.cores import available_cores
from hornbook.files import home
from hornbook.model.arithmetic import processor_flags
from hornbook.training.precision import choose_precision

GIGA = 1024**3
OLDEST_PYTHON = (3, 11)
OLDEST_TORCH = (2, 6)
BFLOAT16_FLAGS = {"avx512_bf16", "amx_bf16", "bf16"}
EXTRAS = {
    "parquet": ("pyarrow", "reads .parquet corpora such as TinyStories"),
    "tensorboard": ("tensorboard", "writes curves for TensorBoard"),
    "gguf": ("gguf", "writes models for llama.cpp (hornbook export --to gguf)"),
    "metrics": ("sacrebleu", "BLEU of generated texts (hornbook evaluate --continuations)"),
}
"""Optional parts by the name of their extra: the package that makes them work, and what for."""

State = Literal["ok", "warn", "fail"]


@dataclass(frozen=True)
class Finding:
    """One line of the doctor: what was looked at, how it is, what was found, and what to do about it."""

    name: str
    state: State
    found: str
    advice: str = ""


@dataclass(frozen=True)
class Environment:
    """Everything the doctor found, what training would choose here, and how fast the processor multiplies matrices."""

    findings: tuple[Finding, ...]
    choices: dict[str, str]
    gigaflops: dict[str, float]

    @property
    def failed(self) -> tuple[Finding, ...]:
        """The findings that keep Hornbook from working."""
        return tuple(finding for finding in self.findings if finding.state == "fail")


def examine(seconds: float = 1.0) -> Environment:
    """Check this machine and measure for about ``seconds`` of wall-clock; asks nothing of the network."""
    speeds = gigaflops(seconds)
    compiler = check_compiler()
    choices = choose(speeds, compiler.state == "ok")
    here, cache = Path.cwd(), home()
    findings = (
        check_python(sys.version_info[:3]),
        check_torch(torch.__version__),
        check_processor(usable_cores(), torch.get_num_threads()),
        check_products(speeds),
        compiler,
        check_memory(available_memory()),
        check_disk("disk, this folder", here, free_bytes(here)),
        check_disk("disk, cache", cache, free_bytes(cache)),
        *(check_extra(name) for name in EXTRAS),
        check_accelerator(),
        Finding("training would use", "ok", ", ".join(f"{name} {value}" for name, value in choices.items())),
    )
    return Environment(findings, choices, speeds)


def check_python(found: tuple[int, ...]) -> Finding:
    """Is Python new enough?"""
    text = f"{'.'.join(map(str, found))} at {sys.executable}"
    if found[:2] < OLDEST_PYTHON:
        return Finding("Python", "fail", text, "install Python 3.11 or newer and make the environment anew")
    return Finding("Python", "ok", text)


def check_torch(found: str) -> Finding:
    """Is PyTorch new enough, and what was it built for?"""
    number = tuple(int(part) for part in found.partition("+")[0].split(".")[:2] if part.isdigit())
    kind = f"CUDA {torch.version.cuda}" if torch.version.cuda else "CPU build"
    text = f"{found} ({kind})"
    if number < OLDEST_TORCH:
        oldest = ".".join(map(str, OLDEST_TORCH))
        return Finding("PyTorch", "fail", text, f"install torch {oldest} or newer: pip install 'torch>={oldest}'")
    return Finding("PyTorch", "ok", text)


def check_processor(cores: float, threads: int) -> Finding:
    """Does PyTorch use the cores that this process may use?"""
    text = f"{processor_name()}, {cores:g} cores usable, {threads} threads"
    if threads < int(cores):
        return Finding("processor", "warn", text, "OMP_NUM_THREADS keeps PyTorch from using every core; unset it")
    if threads > max(1, cores) + 0.5:
        return Finding(
            "processor",
            "warn",
            text,
            f"more threads than cores slow each other down: OMP_NUM_THREADS={max(1, int(cores))}",
        )
    return Finding("processor", "ok", text)


def check_products(speeds: dict[str, float]) -> Finding:
    """Is the arithmetic that ``auto`` chooses the faster one, as measured?"""
    found = ", ".join(sorted(processor_flags() & BFLOAT16_FLAGS)) or "no instructions for bfloat16"
    text = f"float32 {speeds['float32']:.0f}, bfloat16 {speeds['bfloat16']:.0f} GFLOP/s ({found})"
    chosen = choose_precision("auto", torch.device("cpu")).name
    faster = max(speeds, key=lambda name: speeds[name])
    if speeds[faster] > 1.5 * speeds[chosen]:
        advice = f"'auto' chooses {chosen} here, but {faster} was faster; try training.precision={faster}"
        return Finding("matrix products", "warn", text, advice)
    return Finding("matrix products", "ok", text)


def check_compiler() -> Finding:
    """Can ``torch.compile`` build its kernels: a C++ compiler, OpenMP, and Python's headers?"""
    name = os.environ.get("CXX") or next(filter(None, map(shutil.which, ("g++", "clang++", "c++"))), "")
    without = "training works without it, only slower"
    if not name:
        return Finding(
            "C++ compiler", "warn", "none found", f"apt-get install g++ (or Xcode's command line tools); {without}"
        )
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "try.cpp")
        source.write_text(
            "#include <Python.h>\n#include <vector>\nint main() { return std::vector<int>{0}[0]; }\n", encoding="utf-8"
        )
        command = [name, "-std=c++17", "-fsyntax-only", f"-I{sysconfig.get_paths()['include']}", str(source)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        except (OSError, subprocess.TimeoutExpired) as error:
            return Finding("C++ compiler", "warn", f"{name} does not run: {error}", without)
    if "Python.h" in done.stderr:
        return Finding(
            "C++ compiler", "warn", f"{name}, but no Python headers", f"apt-get install python3-dev; {without}"
        )
    if done.returncode:
        reason = next(iter(done.stderr.strip().splitlines()), "no message")
        return Finding("C++ compiler", "warn", f"{name} fails: {reason}", without)
    return Finding("C++ compiler", "ok", f"{name}, with Python's headers (torch.compile works)")


def check_memory(available: int | None) -> Finding:
    """Is there room for the demo (about 1.5 GiB), and for models of some size?"""
    if available is None:
        return Finding("memory", "ok", "unknown on this system")
    text = f"{available / GIGA:.1f} GiB available"
    if available < GIGA:
        return Finding("memory", "fail", text, "the demo needs about 1.5 GiB; close something, or use a larger machine")
    if available < 4 * GIGA:
        return Finding("memory", "warn", text, "enough for small models; --dry-run tells what a recipe needs")
    return Finding("memory", "ok", text)


def check_disk(name: str, folder: Path, free: int | None) -> Finding:
    """Can something be written there, and is there room for it?"""
    existing = nearest_existing(folder)
    if free is None or not existing.is_dir() or not os.access(existing, os.W_OK):
        return Finding(
            name, "fail", f"{folder} cannot be written", "choose another folder, or set HORNBOOK_HOME for the cache"
        )
    text = f"{free / GIGA:.1f} GiB free in {folder}"
    if free < GIGA // 4:
        return Finding(name, "fail", text, "a run needs at least 0.25 GiB; free some space or choose another folder")
    if free < 2 * GIGA:
        return Finding(name, "warn", text, "a model of 100 million parameters needs about 1.1 GiB for each checkpoint")
    return Finding(name, "ok", text)


def check_extra(name: str) -> Finding:
    """Is an optional part installed? It is no fault when it is not."""
    package, purpose = EXTRAS[name]
    if importlib.util.find_spec(package) is None:
        return Finding(f"extra: {name}", "ok", f"not installed; {purpose}", f"pip install 'hornbook[{name}]'")
    try:
        return Finding(f"extra: {name}", "ok", f"{package} {version(package)}")
    except PackageNotFoundError:
        return Finding(f"extra: {name}", "ok", package)


def check_accelerator() -> Finding:
    """Is there a GPU that this build of PyTorch can use?"""
    if torch.cuda.is_available():
        properties = torch.cuda.get_device_properties(0)
        return Finding("accelerator", "ok", f"{properties.name}, {properties.total_memory / GIGA:.0f} GiB")
    if torch.backends.mps.is_available():
        return Finding("accelerator", "ok", "Apple GPU (mps)")
    if shutil.which("nvidia-smi"):
        advice = "install a CUDA build of torch to use it: see pytorch.org/get-started"
        return Finding("accelerator", "warn", "an NVIDIA driver, but this torch cannot use it", advice)
    return Finding("accelerator", "ok", "none; everything works on the processor")


def choose(speeds: dict[str, float], compiles: bool) -> dict[str, str]:
    """What ``auto`` means on this machine: the device, the precision, whether to compile, and the threads."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return {
        "device": device,
        "precision": choose_precision("auto", torch.device(device)).name,
        "compile": "when the run is long enough" if compiles else "never",
        "threads": str(torch.get_num_threads()),
    }


def gigaflops(seconds: float = 1.0, size: int = 1024) -> dict[str, float]:
    """How many billion operations a second a product of square matrices reaches, in float32 and in bfloat16."""
    speeds = {}
    for name, kind in (("float32", torch.float32), ("bfloat16", torch.bfloat16)):
        matrix = torch.linspace(-1, 1, size * size).view(size, size).to(kind)
        torch.mm(matrix, matrix)
        start, count, spent = time.perf_counter(), 0, 0.0
        while spent < seconds / 2:
            torch.mm(matrix, matrix)
            count, spent = count + 1, time.perf_counter() - start
        speeds[name] = 2 * size**3 * count / spent / 1e9
    return speeds


def processor_name() -> str:
    """What the processor calls itself."""
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def usable_cores() -> float:
    """The cores this process may use: its affinity, and the quota of its control group."""
    cores = float(available_cores())
    quota, _, period = first_line("/sys/fs/cgroup/cpu.max").partition(" ")
    return min(cores, int(quota) / int(period)) if quota.isdigit() and period.isdigit() else cores


def available_memory() -> int | None:
    """Bytes that a new process could use: what the system calls available, within the limit of its control group."""
    lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines() if Path("/proc/meminfo").exists() else []
    available = next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), None)
    limit, used = first_line("/sys/fs/cgroup/memory.max"), first_line("/sys/fs/cgroup/memory.current")
    if available is not None and limit.isdigit() and used.isdigit():
        return min(available, max(0, int(limit) - int(used)))
    return available


def free_bytes(folder: Path) -> int | None:
    """Bytes free for us where ``folder`` is or would be made."""
    try:
        return shutil.disk_usage(nearest_existing(folder)).free
    except OSError:
        return None


def nearest_existing(path: Path) -> Path:
    """The path itself, or the nearest one above it that exists: where a new folder would be made."""
    return next(each for each in (path.absolute(), *path.absolute().parents) if each.exists())


def first_line(path: str) -> str:
    """The first line of a small system file, or "" where there is none."""
    try:
        return Path(path).read_text(encoding="ascii").partition("\n")[0].strip()
    except OSError:
        return ""
