"""Lesson 10, AdamW by hand. Read it here, as a notebook or with ``hornbook learn show 10``."""

# %% [markdown]
# # 10. AdamW by hand
#
# **Question:** Why is the plain gradient a bad guide, and what do the four settings of AdamW do about it?
#
# **You need:** Lesson 9: a step goes against the gradient, times the learning rate.
#
# **Minutes:** 16
#
# Plain descent has two troubles. The gradient of one batch is noisy: it points about the right way, and jitters. And
# different numbers of a model have gradients of very different size: a rate that suits one is far too high for another.
# AdamW repairs both, with two running means.

# %%
from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from hornbook.model.config import ModelConfig
from hornbook.model.models import Decoder
from hornbook.seeds import torch_generator
from hornbook.training.adamw import ExplicitAdamW
from hornbook.training.config import AdamW
from hornbook.training.optimizers import build_optimizer, parameter_groups

# %% [markdown]
# ## A running mean
#
# m ← 0.9·m + 0.1·g: keep nine tenths of the old mean, take in a tenth of the new gradient. Noise with changing sign
# cancels; what stays the same adds up. It looks back over about 1/(1 - 0.9) = 10 steps.
#
# By hand, gradients 1, 1, 1 from m = 0: m = 0.1, then 0.19, then 0.271. But the mean of three ones is 1! Because m
# began at 0, it is too small. How much too small is known: after t steps the weights of the gradients sum to 1 - 0.9^t.
# So divide by that: 0.1 / 0.1 = 1, 0.19 / 0.19 = 1, 0.271 / 0.271 = 1. This is the *bias correction*.

# %%
mean, corrected = 0.0, []
for step in range(1, 4):
    mean = 0.9 * mean + 0.1 * 1.0
    corrected.append(mean / (1 - 0.9**step))
print(f"mean after three ones: {mean:.3f}, corrected: {corrected[-1]:.3f}")
assert abs(mean - 0.271) < 1e-12 and all(abs(each - 1) < 1e-12 for each in corrected)
draw = torch_generator(10, "lesson 10")
noisy = 1.0 + 3.0 * torch.randn(4_000, generator=draw)  # a true gradient of 1 under noise three times as large
smooth, kept = 0.0, []
for gradient in noisy.tolist():
    smooth = 0.9 * smooth + 0.1 * gradient
    kept.append(smooth)
spread = float(torch.tensor(kept[100:]).std())
print(f"noise of 3.0 becomes {spread:.2f}; the formula says {3 * math.sqrt(0.1 / 1.9):.2f}")
assert abs(spread - 3 * math.sqrt(0.1 / 1.9)) < 0.1  # √((1-β)/(1+β)) of it

# %% [markdown]
# ## A running mean of squares
#
# A second mean keeps the *squares* of the gradient: v ← 0.999·v + 0.001·g². Its root says how large gradients of this
# number usually are. The step is the first mean divided by that root:
#
# step = rate · m / (√v + ε)
#
# If the gradient is steady, m is g and √v is |g|: the step is rate · ±1, *whatever the size of the gradient*. If it
# changes sign all the time, m is small and √v is not: the step is small. So the learning rate of Adam is a length: it
# says how far each number may move in one step. ε (10⁻⁸) only keeps 0/0 away.
#
# By hand, the first step with g = 4: m = 0.4, corrected 4. v = 0.016, corrected 16, root 4. Step: rate · 4/4 = rate.
# For g = 0.001 it is rate as well.


# %%
def adamw_step(
    weight: float, gradient: float, mean: float, square: float, step: int, rate: float, decay: float
) -> tuple[float, float, float]:
    """One step for one number: the new weight, mean and mean square; ``step`` counts from 1."""
    mean = 0.9 * mean + 0.1 * gradient
    square = 0.999 * square + 0.001 * gradient**2
    towards = (mean / (1 - 0.9**step)) / (math.sqrt(square / (1 - 0.999**step)) + 1e-8)
    weight = weight * (1 - rate * decay)
    return weight - rate * towards, mean, square


for gradient in (4.0, 0.001, -50.0):
    after, *_ = adamw_step(1.0, gradient, 0.0, 0.0, 1, rate=0.01, decay=0.0)
    print(f"gradient {gradient:>7}: the first step is {after - 1.0:+.5f}")
    assert abs((after - 1.0) + math.copysign(0.01, gradient)) < 1e-6
uncorrected = [(1 - 0.9**step) / math.sqrt(1 - 0.999**step) for step in range(1, 1_000)]  # how long steps would be
print(f"without correction: {uncorrected[0]:.2f} times as long at first, {max(uncorrected):.2f} at most")
assert abs(uncorrected[0] - 3.16) < 0.01 and 6.5 < max(uncorrected) < 6.6

# %% [markdown]
# ## Weight decay, and the W
#
# Decay pulls every weight a little towards 0: w ← w · (1 - rate · decay). What is not needed fades.
#
# One might add decay · w to the gradient instead (*L2*). For plain descent that is the same. For Adam it is not: the
# added part is divided by √v too, so that numbers with large gradients hardly decay. AdamW decays apart from the
# gradient ("decoupled"): that is the W. Two weights of 1 with gradients of different size show it:

# %%
decayed, with_l2 = [], []
for size in (0.01, 10.0):
    signs = [size if step % 2 else -size for step in range(400)]  # no direction, only size
    w, m, v = 1.0, 0.0, 0.0
    l2, m2, v2 = 1.0, 0.0, 0.0
    for step, gradient in enumerate(signs, 1):
        w, m, v = adamw_step(w, gradient, m, v, step, rate=0.01, decay=0.1)
        l2, m2, v2 = adamw_step(l2, gradient + 0.1 * l2, m2, v2, step, rate=0.01, decay=0.0)
    decayed.append(w)
    with_l2.append(l2)
print("AdamW leaves", [round(each, 3) for each in decayed], "- L2 leaves", [round(each, 3) for each in with_l2])
assert abs(decayed[0] - decayed[1]) < 0.02 and abs(decayed[0] - (1 - 0.001) ** 400) < 0.02
assert abs(with_l2[0] - with_l2[1]) > 0.3  # the one with large gradients hardly decays

# %% [markdown]
# ## The same for tensors
#
# `ExplicitAdamW` in the package is the same, for whole tensors. Compare twenty steps with ours, number by number, and
# with PyTorch's:

# %%
start, gradients = torch.randn(5, generator=draw), torch.randn(20, 5, generator=draw)


def run(make: type[torch.optim.Optimizer]) -> Tensor:
    """Where the five numbers are after twenty steps."""
    parameter = nn.Parameter(start.clone())
    optimizer = make([parameter], lr=0.01, betas=(0.9, 0.999), weight_decay=0.1)  # type: ignore[call-arg]
    for gradient in gradients:
        parameter.grad = gradient.clone()
        optimizer.step()
    return parameter.detach()


by_hand = []
for place in range(5):
    w, m, v = float(start[place]), 0.0, 0.0
    for step, gradient in enumerate(gradients[:, place].tolist(), 1):
        w, m, v = adamw_step(w, gradient, m, v, step, rate=0.01, decay=0.1)
    by_hand.append(w)
assert torch.allclose(run(ExplicitAdamW), torch.tensor(by_hand), atol=1e-5)
assert torch.allclose(run(ExplicitAdamW), run(torch.optim.AdamW), atol=1e-6)
moved = (run(ExplicitAdamW) - start).abs().max()
print(f"after 20 steps of 0.01 nothing has moved further than {moved:.3f}")
assert moved < 0.25

# %% [markdown]
# ## A valley that is steep one way
#
# The loss (100·x² + y²) / 2 is a hundred times as steep in x as in y. Plain descent has to go so slowly for x that y
# hardly moves: its rate must stay below 2/100. Adam walks both alike:

# %%


def walk(make: type[torch.optim.Optimizer], rate: float, steps: int) -> Tensor:
    """Where we are after some steps from (1, 1)."""
    place = nn.Parameter(torch.ones(2))
    optimizer = make([place], lr=rate)  # type: ignore[call-arg]
    for _ in range(steps):
        optimizer.zero_grad()
        (torch.tensor([50.0, 0.5]) * place.square()).sum().backward()
        optimizer.step()
    return place.detach()


slow, wild, adam = walk(torch.optim.SGD, 0.01, 50), walk(torch.optim.SGD, 0.021, 50), walk(ExplicitAdamW, 0.02, 50)
print("plain, 0.01:", slow.tolist(), "- 0.021:", wild.tolist(), "- Adam:", [round(each, 3) for each in adam.tolist()])
assert abs(float(slow[1]) - 0.99**50) < 1e-4  # y is still at 0.6
assert abs(float(wild[0])) > 100  # (1 - 2.1)^50
assert adam.abs().max() < 0.35

# %% [markdown]
# ## What decays, and what it costs
#
# Decay is meant for the matrices that are multiplied with. The package leaves out norms, biases and the tables of
# tokens and places: their numbers are sizes and offsets, not connections. And Adam remembers two numbers for each
# weight: with the weight and its gradient that is 16 bytes for each parameter in float32.

# %%
model = Decoder(ModelConfig(vocabulary=20, context=8, width=16, heads=2, depth=2))
groups = {group.name: group for group in parameter_groups(AdamW(weight_decay=0.1), model)}
print({name: (group.size, group.weight_decay) for name, group in groups.items()})
assert {name: group.weight_decay for name, group in groups.items()} == {
    "matrices": 0.1, "embeddings": 0.0, "vectors": 0.0
}  # fmt: skip
optimizer = build_optimizer(AdamW(kernel="explicit"), model)
for parameter in model.parameters():
    parameter.grad = torch.zeros_like(parameter)
optimizer.step()
total = sum(each.numel() for each in model.parameters())
remembered = sum(v.numel() for state in optimizer.state.values() for v in state.values() if v.dim())
assert remembered == 2 * total
assert 4 * 4 * 124_439_808 > 1.9e9  # GPT-2 takes 2 GB before the first activation

# %% [markdown]
# ## What people get wrong
#
# - **Leaving out the bias correction.** With a steady gradient the steps are then 3 times too long at first, and over 6
#   times a little later (the numbers are in the first cell on the step).
# - **Counting steps from 0.** 1 - β⁰ = 0, and 0/0 is `nan`. The first step is 1.
# - **√(v + ε) for √v + ε.** For tiny gradients that is another step.
# - **L2 in place of decay**, and decaying norms and biases.
# - **Using SGD's learning rate for Adam.** Adam's is a length: 0.1 moves every number by 0.1 in each step.
# - **Throwing the state away when resuming.** Both means begin at 0 again, and the loss jumps.
#
# ## Exercises
#
# `hornbook learn start 10` writes the functions to fill in, `hornbook learn check 10` grades them.
#
# ### `running_mean(values: list[float], beta: float) -> float`
#
# The running mean after all values, from 0, with bias correction.
#
# Hint: m ← β·m + (1 - β)·value; at the end divide by 1 - β^(number of values).
#
# ### `adam_direction(mean: float, square: float, step: int, beta1: float, beta2: float, epsilon: float) -> float`
#
# What is multiplied with the learning rate: from the uncorrected means and the number of steps made, this one among
# them.
#
# Hint: correct both means, each with its own β; the root is taken of the corrected square.
#
# ### `adamw(weight: Tensor, gradients: list[Tensor], rate: float, decay: float) -> Tensor`
#
# The weight after one step for each gradient, with β₁ = 0.9, β₂ = 0.999, ε = 1e-8.
#
# Hint: decay first, by 1 - rate · decay; then the step.
