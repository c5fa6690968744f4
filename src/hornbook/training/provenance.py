"""Where a run comes from: versions, machine and source, as plain data for ``run.json``. No names of people or hosts."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path
from typing import Any

import torch

from hornbook.cores import available_cores


def versions() -> dict[str, str]:
    """The versions of Hornbook and of what it computes with."""
    found = {"python": platform.python_version()}
    for name in ("hornbook", "torch", "numpy", "safetensors", "tiktoken"):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "unknown"
    return found


def machine() -> dict[str, Any]:
    """The kind of machine: system, processor, cores, memory in bytes, GPUs."""
    description: dict[str, Any] = {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": processor(),
        "cores": available_cores(),
        "gpus": [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())],
    }
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        description["memory"] = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return description


def processor() -> str:
    """The processor's model name."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def git_state(folder: Path) -> dict[str, Any] | None:
    """The commit that ``folder`` is at and whether files differ from it; ``None`` outside a repository."""
    commit = git(folder, "rev-parse", "HEAD")
    if not commit:
        return None
    return {"commit": commit, "changed": bool(git(folder, "status", "--porcelain", "--untracked-files=no"))}


def git(folder: Path, *arguments: str) -> str:
    """What a git command says, or nothing if it fails or there is no git."""
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
