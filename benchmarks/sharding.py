"""Memory of each process, measured beside what should be: one model, shared out in different ways.

    python benchmarks/sharding.py [--width 512] [--depth 8] [--processes 1 2 4] [--steps 2]

``held`` are the bytes of weights, gradients and AdamW's moments that the first process has after a step, counted tensor
by tensor; ``formula`` is 16 bytes a parameter, over n where everything is in slices. ``grown`` is how far the process's
largest resident size lies above what it was before the model was built: activations, buffers and gathered blocks too.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
import torch.distributed.fsdp
import torch.distributed.tensor.parallel
from torch import Tensor

from hornbook.batches import Texts
from hornbook.model.config import BlockConfig, Dense, ModelConfig
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder
from hornbook.seeds import torch_generator
from hornbook.training.config import AdamW, DataParallel, DistributionConfig, FullySharded, TensorParallel
from hornbook.training.distribution import rows_of, shared_out
from hornbook.training.loop import training_steps
from hornbook.training.objectives import next_token
from hornbook.training.optimizers import build_optimizer
from hornbook.training.shards import local_of
from hornbook.training.world import World, joined, world_size
from hornbook.workflows.launching import launch

WAYS: dict[str, DistributionConfig] = {
    "data_parallel": DataParallel(),
    "fully_sharded": FullySharded(),
    "tensor_parallel": TensorParallel(),
}


def resident(line: str) -> int:
    """Bytes that the system counts for this process: ``VmRSS`` now, ``VmHWM`` at most so far."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(row.split()[1]) * 1024 for row in status.splitlines() if row.startswith(line))


def bytes_of(tensors: list[Tensor]) -> int:
    """What lies in this process."""
    return sum(local_of(tensor).numel() * tensor.element_size() for tensor in tensors)


def described(width: int, depth: int) -> ModelConfig:
    """The model that is shared out."""
    block = BlockConfig(feed_forward=Dense(hidden=4 * width))
    return ModelConfig(vocabulary=4096, context=64, width=width, heads=8, depth=depth, pattern=(block,))


def measured(way: str, width: int, depth: int, steps: int, world: World) -> tuple[int, int, int]:
    """Parameters of the model, bytes held after some steps, growth of the process."""
    before = resident("VmRSS")
    model = Decoder(described(width, depth))
    initialise(model, model.config, 1)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    share = shared_out(model, WAYS[way], world)
    optimizer = build_optimizer(AdamW(), model)
    tokens = torch.randint(4096, (4, 65), generator=torch_generator(1, "sharding"))
    batch = Texts(tokens[:, :-1], tokens[:, 1:])
    part = batch if way == "tensor_parallel" else rows_of(batch, world)
    held = 0

    class Watched:
        """The optimizer, and what is held just before it is done."""

        param_groups, state = optimizer.param_groups, optimizer.state

        def step(self) -> None:
            nonlocal held
            optimizer.step()
            gradients = [parameter.grad for parameter in model.parameters() if parameter.grad is not None]
            moments = [value for state in optimizer.state.values() for value in state.values() if value.dim()]
            held = bytes_of([*model.parameters(), *gradients, *moments])

    for _ in training_steps(model, [[part]] * steps, next_token, Watched(), share=share):
        pass
    return parameters, held, resident("VmHWM") - before


def main() -> None:
    """Start the processes; in each of them, measure."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--width", type=int, default=512)
    parser.add_argument("--depth", type=int, default=8)
    parser.add_argument("--steps", type=int, default=2)
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--way", choices=list(WAYS))
    asked = parser.parse_args()
    if asked.way is None:
        print(f"{'':<16} {'n':>2} {'parameters':>12} {'held MB':>9} {'formula MB':>11} {'grown MB':>9}", flush=True)
        for way in WAYS:
            for processes in asked.processes:
                if processes > 1 or way == "data_parallel":
                    launch([sys.executable, *sys.argv, "--way", way], processes)
        return
    with joined(600, "cpu") as world:
        measured(asked.way, 32, 1, 1, world)  # what has to be imported and set up is no part of the model
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak is counted from here
        parameters, held, grown = measured(asked.way, asked.width, asked.depth, asked.steps, world)
        expected = 16 * parameters / (world_size() if asked.way == "fully_sharded" else 1)
        if world.first:
            numbers = f"{held / 1e6:>9.1f} {expected / 1e6:>11.1f} {grown / 1e6:>9.1f}"
            print(f"{asked.way:<16} {world.size:>2} {parameters:>12,} {numbers}", flush=True)


if __name__ == "__main__":
    main()
