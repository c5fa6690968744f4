"""Where the time of a step goes, and how much of the machine it uses: a few steps of a run, watched.

The loop names its phases (``phase``); PyTorch's profiler counts them and every operator in them. Utilisation is the
operations that the model needs for the tokens it was trained on, over those that the machine could have made in the
time: its best product of large matrices, in the same arithmetic, on the same threads (Chowdhery et al. 2022, appendix
B). What the watching itself costs is in all of it.
"""

from __future__ import annotations

import gzip
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch.profiler import ProfilerActivity, profile, record_function

from hornbook.files import replacing, write_text

PHASES = ("waiting for a batch", "forward", "backward", "norm and clipping", "update")
"""What a step of the loop consists of."""

WARM, WATCHED = 4, 5
"""Steps before (the compiler is at work in the first), and steps that are watched."""

SHAPES = ((1024, 1024, 1024), (2048, 2048, 2048), (1024, 768, 3072))
"""Products among which the best is the peak: rows, inner, columns."""


@contextmanager
def phase(name: str) -> Iterator[None]:
    """Inside the block, the time is counted as this phase."""
    with record_function(f"hornbook: {name}"):
        yield


class Watch:
    """Told of every step by ``step``; after the last one it watches, the files are in ``folder``."""

    def __init__(self, folder: Path, operations: float, dtype: torch.dtype, device: torch.device) -> None:
        """``operations`` are those of the whole model for one token, forward and backward."""
        self.folder, self.operations, self.dtype, self.device = folder, operations, dtype, device
        activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if device.type == "cuda" else [])]
        self.profiler = profile(activities=activities)
        self.steps, self.began, self.tokens = 0, 0.0, 0

    def step(self, tokens: int) -> str | None:
        """A step of so many tokens was made; the report in a line, once it is there."""
        self.steps += 1
        if self.steps == WARM:
            self.profiler.start()
            self.began, self.tokens = time.perf_counter(), 0
        elif self.steps > WARM:
            self.tokens += tokens
            if self.steps == WARM + WATCHED:
                return self.finish()
        return None

    def finish(self) -> str:
        """Write ``table.txt`` and ``trace.json.gz``."""
        seconds = time.perf_counter() - self.began
        self.profiler.stop()
        with replacing(self.folder / "trace.json.gz") as partial:
            plain = partial.with_suffix(".json")
            self.profiler.export_chrome_trace(str(plain))
            with plain.open("rb") as source, gzip.open(partial, "wb") as target:
                shutil.copyfileobj(source, target)
            plain.unlink()
        averages = self.profiler.key_averages()
        whole = {each.key: each.cpu_time_total / 1e6 for each in averages}
        spent = {name: whole.get(f"hornbook: {name}", 0.0) for name in PHASES}
        speed, best = self.tokens / seconds, peak(self.dtype, self.device)
        used = speed * self.operations / best
        reached = f"{speed * self.operations / 1e9:,.0f} GFLOP/s of {best / 1e9:,.0f} that a large product reaches"
        lines = [
            f"{WATCHED} steps, {seconds / WATCHED * 1e3:.1f} ms each, {speed:,.0f} tokens/s",
            f"{reached} in {str(self.dtype).removeprefix('torch.')}: {used:.0%} utilisation",
            "",
            *(f"{name:<22} {value / seconds:>6.1%}" for name, value in spent.items()),
            f"{'between the steps':<22} {max(0.0, 1 - sum(spent.values()) / seconds):>6.1%}",
            "",
            averages.table(sort_by="self_cpu_time_total", row_limit=20, max_name_column_width=60),
        ]
        write_text(self.folder / "table.txt", "\n".join(lines) + "\n")
        largest = sorted(spent.items(), key=lambda each: -each[1])[:3]
        shares = ", ".join(f"{name} {value / seconds:.0%}" for name, value in largest)
        return f"profile: {shares}; {used:.0%} of the machine's peak; {self.folder / 'table.txt'}"


def utilisation(tokens_per_second: float, operations: float, dtype: torch.dtype, device: torch.device) -> float:
    """The part of the machine's measured peak that a training uses which needs so many operations for a token."""
    return tokens_per_second * operations / peak(dtype, device)


def peak(dtype: torch.dtype, device: torch.device) -> float:
    """The operations a second of the best of several large products."""
    found = []
    for rows, inner, columns in SHAPES:
        left = torch.ones(rows, inner, dtype=dtype, device=device)
        right = torch.ones(inner, columns, dtype=dtype, device=device)
        for _ in range(6):
            began = time.perf_counter()
            torch.mm(left, right)
            if device.type == "cuda":
                torch.cuda.synchronize()
            found.append(2 * rows * inner * columns / (time.perf_counter() - began))
    return max(found)
