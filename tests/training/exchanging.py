"""What each of several processes does in test_by_hand.py: our exchange of gradients and PyTorch's, side by side."""

from __future__ import annotations

import copy
import json
import sys
from pathlib import Path

import torch
from torch import nn

from hornbook.batches import Texts
from hornbook.seeds import torch_generator
from hornbook.training.by_hand import Buckets, Ring, ShardedOptimizer
from hornbook.training.config import DataParallel
from hornbook.training.distribution import data_parallel, rows_of
from hornbook.training.objectives import next_token
from hornbook.training.world import World, joined
from tests.training.small import a_batch, a_model, farthest

STEPS, RATE, MOST = 3, 1e-2, 4000


def adamw(parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
    """The same optimizer for all."""
    return torch.optim.AdamW(parameters, RATE, weight_decay=0.1)


def rows(step: int, world: World) -> Texts:
    """This process's rows of a step."""
    return rows_of(a_batch(step, rows=7, unasked=5), world)


def summed_vectors(world: World) -> dict[str, object]:
    """The sum of one vector for each process, in our ring and by PyTorch; bytes."""
    ring, size = Ring(world), 5 * world.size
    vector = torch.randn(size, generator=torch_generator(3, "vector", world.rank))
    ours, theirs = vector.clone(), vector.clone()
    ring.all_reduce(ours)
    world.sum(theirs)
    return {"ring": (ours - theirs).abs().max().item(), "sent": ring.sent, "size": size * 4}


def trained(world: World) -> dict[str, object]:
    """How far our ways end from DistributedDataParallel after some steps, and what they cost.

    In float64: AdamW divides a gradient near zero by its own size, so float32's rounding would move a weight visibly.
    """
    reference, bucketed, sliced = (a_model().double() for _ in range(3))
    share, ring, other = data_parallel(reference, DataParallel(), world, torch.float32), Ring(world), Ring(world)
    learned = [parameter for parameter in bucketed.parameters() if parameter.requires_grad]
    buckets = Buckets(ring, learned, MOST)
    optimizers = [adamw(list(reference.parameters())), adamw(learned)]
    sharded = ShardedOptimizer(other, list(sliced.parameters()), adamw)
    for step in range(STEPS):
        batch = rows(step, world)
        counts = [share.learn(next_token, batch), next_token(bucketed, batch), next_token(sliced, batch)]
        for loss in counts:
            loss.total.backward()
        all_counted = world.sum(counts[0].count.clone()).item()
        for model, optimizer in zip((reference, bucketed), optimizers, strict=True):
            for parameter in model.parameters():
                assert parameter.grad is not None
                parameter.grad.div_(all_counted)
            optimizer.step()
            model.zero_grad()
        sharded.step(1 / all_counted)
        sliced.zero_grad()
    moments = 2 * sum(parameter.numel() * parameter.element_size() for parameter in learned)
    return {
        "buckets": len(buckets.buckets),
        "bucketed": farthest(reference, bucketed),
        "sliced": farthest(reference, sliced),
        "moved": farthest(reference, a_model()),
        "sent": [ring.sent / STEPS, other.sent / STEPS],
        "gradients": moments // 2,
        "remembered": sharded.remembered,
        "moments": moments,
    }


def accumulated(world: World) -> dict[str, object]:
    """Gradients of two micro-batches: nothing is sent for the first."""
    ring, model, whole = Ring(world), a_model(), a_model()
    buckets = Buckets(ring, list(model.parameters()), MOST)
    before = copy.deepcopy(ring.sent)
    buckets.holding = True
    next_token(model, rows(0, world)).total.backward()
    held = ring.sent - before
    buckets.holding = False
    next_token(model, rows(1, world)).total.backward()
    for step in (0, 1):
        next_token(whole, a_batch(step, rows=7, unasked=5)).total.backward()
    pairs = zip(model.parameters(), whole.parameters(), strict=True)
    apart = max((a.grad - b.grad).abs().max().item() for a, b in pairs if a.grad is not None and b.grad is not None)
    return {"held": held, "apart": apart}


if __name__ == "__main__":
    with joined(600, "cpu") as here:
        found = {"vectors": summed_vectors(here), "trained": trained(here), "accumulated": accumulated(here)}
        if here.first:
            Path(sys.argv[1]).write_text(json.dumps(found), encoding="utf-8")
