"""Bytes that processes send each other for one step's gradients, counted in our own ring, beside the formula.

    python benchmarks/exchange.py [--parameters 1000003] [--processes 2 3 4]

Prints for each number of processes the bytes that one of them sent for an all-reduce (data parallel), and for a
reduce-scatter and an all-gather (sharded optimizer), beside 2 (n - 1) / n times the bytes of the gradients; and what
each process remembers for AdamW.
"""

from __future__ import annotations

import argparse
import os
import sys

import torch
from torch import nn

from hornbook.seeds import torch_generator
from hornbook.training.by_hand import Buckets, Ring, ShardedOptimizer, bytes_by_formula
from hornbook.training.world import joined, world_size
from hornbook.workflows.launching import launch


def counted(ring: Ring, parameters: int) -> tuple[int, int, int]:
    """Bytes sent for one step of either kind, and bytes that the sharded optimizer remembers here."""
    generator = torch_generator(1, "exchange", ring.world.rank)
    weights = [nn.Parameter(torch.zeros(size)) for size in (parameters // 3, parameters - parameters // 3)]
    Buckets(ring, weights, most=1 << 20)
    sum((weight * torch.rand(len(weight), generator=generator)).sum() for weight in weights).backward()  # type: ignore[union-attr]
    reduced = ring.sent
    ring.sent = 0
    optimizer = ShardedOptimizer(ring, weights, lambda own: torch.optim.AdamW(own))
    optimizer.step()
    return reduced, ring.sent, optimizer.remembered


def head(parameters: int) -> str:
    """What stands above the rows."""
    names = f"{'n':>3} {'all-reduce':>14} {'sharded':>14} {'2(n-1)/n S':>14} {'AdamW keeps':>14}"
    return f"{parameters:,} parameters in float32: {4 * parameters:,} bytes of gradients; a process sends\n{names}"


def row(ring: Ring, parameters: int) -> str:
    """What one of n processes sent and keeps."""
    reduced, sharded, remembered = counted(ring, parameters)
    formula = bytes_by_formula(4 * parameters, ring.world.size)
    return f"{ring.world.size:>3} {reduced:>14,} {sharded:>14,} {formula:>14,.0f} {remembered:>14,}"


def main() -> None:
    """Start as many processes as asked for; in each of them, count."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--parameters", type=int, default=1_000_003)
    parser.add_argument("--processes", type=int, nargs="+", default=[2, 3, 4])
    asked = parser.parse_args()
    if world_size() == 1:
        print(head(asked.parameters), flush=True)
        for processes in asked.processes:
            launch([sys.executable, *sys.argv], processes)
        return
    with joined(600, "cpu") as world:
        made = row(Ring(world), asked.parameters)
        if world.first:
            print(made, flush=True)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
