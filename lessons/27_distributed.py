"""Lesson 27, distributed training. Read it here, as a notebook or with ``hornbook learn show 27``."""

# %% [markdown]
# # 27. Distributed training in a page
#
# **Question:** How do several machines train one model, and still get the same model?
#
# **You need:** Lesson 9 (the training loop) and lesson 11 (accumulation).
#
# **Minutes:** 12
#
# A large model is trained on thousands of processors. There are three ways to divide the work. They are often used
# together. All three rest on one fact: sums can be taken in parts.
#
# ## 1. Divide the batch (data parallel)
#
# Every worker has the whole model and a part of the rows. Each computes its gradient; then all gradients are
# averaged, and everyone makes the same step. So all models stay equal.
#
# By hand: rows with losses 1, 2, 3, 6 have the mean 3. Two workers have (1 + 2)/2 = 1.5 and (3 + 6)/2 = 4.5; the mean
# of these is 3. But if one worker has one row and the other three: 1 and 11/3, whose mean is 2.33: wrong. Parts have
# to be weighted by how much they hold. In language models it is the number of *asked tokens* that counts.

# %%
from __future__ import annotations

import copy
import queue
import threading
from collections.abc import Sequence

import torch
from torch import Tensor

from hornbook.batches import IGNORED, Texts
from hornbook.model.config import ModelConfig
from hornbook.model.count import count
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder
from hornbook.model.presets import PRESETS
from hornbook.seeds import torch_generator
from hornbook.training.by_hand import Ring, bytes_by_formula
from hornbook.training.distribution import rows_of
from hornbook.training.objectives import Loss, next_token
from hornbook.training.world import World

losses = [1.0, 2.0, 3.0, 6.0]
assert sum(losses) / 4 == (1.5 + 4.5) / 2 == 3.0
assert abs((1.0 + 11 / 3) / 2 - 2.333) < 1e-3
assert (1 * 1.0 + 3 * 11 / 3) / 4 == 3.0  # weighted by rows

config = ModelConfig(vocabulary=20, context=12, width=16, heads=2, depth=2)
model = Decoder(config).double()
initialise(model, config, seed=0)
tokens = torch.randint(20, (6, 13), generator=torch_generator(27, "text"))
targets = tokens[:, 1:].clone()
targets[0, :9] = IGNORED  # one conversation asks for little
batch = Texts(tokens[:, :-1], targets)


def gradients(model: Decoder, loss: Tensor) -> dict[str, Tensor]:
    """The derivative of ``loss`` by each parameter."""
    model.zero_grad()
    loss.backward()
    return {name: each.grad.clone() for name, each in model.named_parameters()}


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    """Are all gradients equal, but for rounding?"""
    return all(torch.allclose(one[name], other[name], rtol=1e-5, atol=1e-7) for name in one)


whole = next_token(model, batch)
alone = gradients(model, whole.total / whole.count)
workers = [copy.deepcopy(model) for _ in range(2)]
parts = [Texts(batch.tokens[rows], batch.targets[rows]) for rows in (slice(0, 2), slice(2, 6))]
found: list[Loss] = [next_token(worker, part) for worker, part in zip(workers, parts, strict=True)]
asked = sum(int(loss.count) for loss in found)  # the one number that has to be known to all before the division
shares = [gradients(worker, loss.total / asked) for worker, loss in zip(workers, found, strict=True)]
summed = {name: shares[0][name] + shares[1][name] for name in alone}
print(
    f"asked: {[int(loss.count) for loss in found]} tokens; summed gradients are those of one machine:",
    same(summed, alone),
)
assert same(summed, alone)
assert asked == 6 * 12 - 9  # all but those that are ignored

means = [
    gradients(worker, next_token(worker, part).total / int(loss.count))
    for worker, part, loss in zip(workers, parts, found, strict=True)
]
careless = {name: (means[0][name] + means[1][name]) / 2 for name in alone}
assert not same(careless, alone)  # the mean of means is another gradient

# %% [markdown]
# This is why a loss in this package is a *sum* and a *count* (`Loss`), and not a mean. And rows need not divide evenly:
# four workers deal six rows out as 1, 2, 1, 2, none twice and none left.

# %%
dealt = [rows_of(batch, World(rank=worker, size=4)) for worker in range(4)]
assert [len(part.tokens) for part in dealt] == [1, 2, 1, 2]
assert torch.equal(torch.cat([part.tokens for part in dealt]), batch.tokens)
assert torch.equal(torch.cat([part.targets for part in dealt]), batch.targets)

# %% [markdown]
# ## The ring
#
# How do N workers add up their gradients? If all send everything to one, that one has N times the traffic. In a
# *ring* each talks to its neighbour only. The gradient is cut into N pieces; in N - 1 rounds each piece travels round
# and is added up; in N - 1 more it is handed round. Each worker sends 2 (N - 1)/N of the gradient: hardly more than
# twice its size, however many there are.


# %%
def ring_sum(given: list[Tensor]) -> tuple[list[Tensor], int]:
    """The sum of all workers' vectors, at every worker; and how many numbers each has sent."""
    workers = len(given)
    pieces = [list(vector.clone().chunk(workers)) for vector in given]
    sent = 0
    for turn in range(workers - 1):  # add up: worker w sends piece w - turn to its neighbour
        moving = [pieces[worker][(worker - turn) % workers].clone() for worker in range(workers)]
        for worker, piece in enumerate(moving):
            pieces[(worker + 1) % workers][(worker - turn) % workers] += piece
        sent += moving[0].numel()
    for turn in range(workers - 1):  # hand round: the finished piece is w + 1
        moving = [pieces[worker][(worker + 1 - turn) % workers].clone() for worker in range(workers)]
        for worker, piece in enumerate(moving):
            pieces[(worker + 1) % workers][(worker + 1 - turn) % workers] = piece
        sent += moving[0].numel()
    return [torch.cat(each) for each in pieces], sent


for size in (2, 4, 8):
    vectors = [torch.randn(64, generator=torch_generator(27, "vector", worker)) for worker in range(size)]
    results, sent = ring_sum(vectors)
    print(f"{size} workers: each sends {sent} numbers for a gradient of 64")
    assert all(torch.allclose(each, torch.stack(vectors).sum(0), atol=1e-5) for each in results)
    assert sent == 2 * (size - 1) * 64 // size

# %% [markdown]
# The package has the same ring for processes that send messages. Here its workers are threads, and a message is put
# into the neighbour's box.


# %%
class Neighbours(Ring):
    """The package's ring, with a box for each worker in place of a network."""

    boxes: tuple[queue.Queue[Tensor], ...] = tuple(queue.Queue() for _ in range(4))

    def pass_on(self, slices: Sequence[Tensor], give: int, take: int, into: Tensor) -> None:
        """Give a slice to the right, take another from the left."""
        self.boxes[(self.world.rank + 1) % self.world.size].put(slices[give].clone())
        into.copy_(self.boxes[self.world.rank].get(timeout=5))
        self.sent += slices[give].nbytes


vectors = [torch.randn(64, generator=torch_generator(27, "vector", worker)) for worker in range(4)]
everywhere = [vector.clone() for vector in vectors]
ring = [Neighbours(World(rank=worker, size=4)) for worker in range(4)]
threads = [threading.Thread(target=one.all_reduce, args=(own,)) for one, own in zip(ring, everywhere, strict=True)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert all(torch.equal(each, everywhere[0]) for each in everywhere)  # the very same bits, or the models would part
assert torch.allclose(everywhere[0], ring_sum(vectors)[0][0], atol=1e-5)
assert all(one.sent == bytes_by_formula(64 * 4, 4) == 384 for one in ring)  # bytes: four for each number

# %% [markdown]
# ## 2. Divide the memory (sharding)
#
# With the batch divided, every worker still holds all weights, gradients and AdamW's two averages: 16 bytes for each
# parameter. But each needs the averages only for its own part of the step. *ZeRO* and *FSDP* give each worker 1/N of
# them. GPT-2 XL has 1.56 billion parameters: 25 GB alone, 3.1 GB with 8 workers.

# %%
xl = count(PRESETS["gpt2-xl"])
everything = 16 * xl.parameters
print(f"GPT-2 XL: {everything / 1e9:.1f} GB on one, {everything / 8e9:.1f} GB on each of 8")
assert xl.parameters == 1_557_611_200
assert round(everything / 1e9) == 25 and round(everything / 8e9, 1) == 3.1
kept = xl.training_memory(batch=1)
assert kept.weights + kept.gradients + kept.optimizer == everything

# %% [markdown]
# ## 3. Divide the matrices (tensor parallel)
#
# A matrix too large for one machine is cut. Columns or rows? In the feed-forward network both, so that only one sum is
# needed: the first matrix is cut by its outputs (each worker has some hidden features), the second by its inputs. Each
# worker computes its part of the answer, and the parts are added. GELU is taken feature by feature, so nobody has to
# ask.

# %%
network = model.stack.blocks[0].feed_forward
x = torch.randn(3, 16, dtype=torch.float64, generator=torch_generator(27, "x"))
up, down = network.up.weight, network.down.weight  # [64,16], [16,64]
answer = network.down.bias.clone()
for rows in (slice(0, 32), slice(32, 64)):  # two workers
    hidden = network.activation(x @ up[rows].T + network.up.bias[rows])
    answer = answer + hidden @ down[:, rows].T
assert torch.allclose(answer, network(x))

# %% [markdown]
# Attention is cut by heads, which do not talk to each other anyway. There is a fourth way: some layers here, the next
# layers there (*pipeline*); it needs many small batches on their way at once, or all but one wait.
#
# ## Where the time goes
#
# Sending takes time. If a step computes for 100 ms and its gradients take 40 ms to send, two workers are 2 · 100/140
# = 1.4 times as fast as one, not twice. Larger batches send less often; and one can send the last layers' gradients
# while the first are still being computed.

# %%
speed = {workers: workers * 100 / (100 + 40 * 2 * (workers - 1) / workers) for workers in (1, 2, 4, 8)}
print("times as fast:", {workers: round(times, 2) for workers, times in speed.items()})
assert round(speed[2], 2) == 1.43
assert all(speed[workers] <= workers for workers in speed)

# %% [markdown]
# ## What people get wrong
#
# - **The mean of means.** Weight by asked tokens.
# - **The same rows for all workers.** Each needs its own; and the same seed for everything else.
# - **Clipping before summing.** The norm is that of the whole gradient.
# - **Eight workers, eight times the batch, the old learning rate** and a comparison of losses by step.
# - **Everyone writes the checkpoint**, to the same file.
# - **Waiting for a worker that has died.** Without a time limit the others wait for ever.
#
# ## Exercises
#
# `hornbook learn start 27` writes the functions to fill in, `hornbook learn check 27` grades them.
#
# ### `combine(totals: list[float], counts: list[int]) -> float`
#
# The mean loss of the whole batch from each worker's sum of losses and number of asked tokens.
#
# Hint: add up both, then divide once.
#
# ### `rows_of(rows: int, worker: int, workers: int) -> list[int]`
#
# Which rows of a batch a worker reads: dealt out like cards, so that no two share one and none is left.
#
# Hint: `range` with a step.
#
# ### `bytes_per_worker(parameters: int, workers: int) -> int`
#
# Weights, gradients and AdamW's two averages in 32 bits, divided among workers; rounded up.
#
# Hint: four numbers of four bytes for each parameter.
