"""Lesson 11, schedules, clipping, accumulation, precision. Read it here or with ``hornbook learn show 11``."""

# %% [markdown]
# # 11. Schedules, clipping, accumulation, precision
#
# **Question:** What keeps a long training from going wrong, and what lets it fit into the machine?
#
# **You need:** Lessons 9 and 10.
#
# **Minutes:** 17
#
# The loop of lesson 9 works. Four small things make it work for millions of steps: a learning rate that changes, a
# limit on the gradient, a batch that is larger than memory, and numbers with fewer bits.

# %%
from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from hornbook.batches import Texts
from hornbook.model.config import ModelConfig
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder
from hornbook.seeds import torch_generator
from hornbook.training.config import Cosine, Trapezoid
from hornbook.training.loop import training_steps
from hornbook.training.objectives import Loss, next_token
from hornbook.training.precision import LossScale
from hornbook.training.schedules import factor
from hornbook.training.timer import BySteps

# %% [markdown]
# ## The learning rate over time
#
# At first the model knows nothing, gradients are large and Adam's means are still empty: begin small and rise
# (*warm-up*). At the end, steps of full length only jump around the bottom of the valley: become small. Between the
# two, two shapes are usual:
#
# - *cosine*: half a wave from the peak down, rate = final + (1 - final) · (1 + cos(π · passed)) / 2;
# - *trapezoid*: stay at the peak, then a straight line down at the end. One can decide late how long to train.
#
# By hand, cosine to a final 0.1, no warm-up: at the beginning 1, in the middle 0.1 + 0.9 · 0.5 = 0.55, at the end 0.1.


# %%
def cosine(step: int, steps: int, warmup: int, final: float) -> float:
    """The learning rate as a part of its peak."""
    if step < warmup:
        return (step + 1) / (warmup + 1)
    passed = (step - warmup) / (steps - warmup)
    return final + (1 - final) * (1 + math.cos(math.pi * passed)) / 2


steps, shape = 100, Cosine(warmup=10, final=0.1)
ours = [cosine(step, steps, 10, 0.1) for step in range(steps)]
theirs = [factor(shape, step, step / steps, steps) for step in range(steps)]
assert max(abs(one - other) for one, other in zip(ours, theirs, strict=True)) < 1e-9
assert abs(cosine(50, 100, 0, 0.1) - 0.55) < 1e-12
assert ours.index(max(ours)) == 10 and ours[0] == 1 / 11 and ours[-1] < 0.102
flat = [factor(Trapezoid(warmup=10, decay=0.4), step, step / steps, steps) for step in range(steps)]
print("cosine:   ", [round(ours[step], 2) for step in (0, 5, 10, 40, 70, 99)])
print("trapezoid:", [round(flat[step], 2) for step in (0, 5, 10, 40, 70, 99)])
assert all(abs(each - 1) < 1e-9 for each in flat[10:60]) and 0 < flat[-1] < 0.05

# %% [markdown]
# Why does falling help? Near the bottom the noise of batches keeps the weights jumping, as far as the rate is long.
# Here is the valley x² with noisy gradients: a constant rate stays away from 0 by an amount that the rate decides; a
# falling one gets nearer.


# %%
def settle(schedule: bool, steps: int = 400) -> float:
    """The typical distance from the bottom at the end, over 200 noisy walks."""
    draw = torch_generator(11, "valley")
    x = torch.ones(200)
    for step in range(steps):
        rate = 0.2 * (cosine(step, steps, 0, 0.01) if schedule else 1.0)
        x = x - rate * (2 * x + torch.randn(200, generator=draw))
    return float(x.square().mean().sqrt())


constant, falling = settle(False), settle(True)
print(f"distance from the bottom: constant rate {constant:.3f}, falling {falling:.3f}")
assert falling < constant / 3

# %% [markdown]
# ## Clipping
#
# Now and then a batch has a monstrous gradient, and one step could destroy what a thousand have built. So the *norm* of
# the whole gradient (the root of the sum of all squares, over all tensors together) is limited: if it is above the
# limit, everything is scaled down by limit / norm. The direction stays.
#
# By hand: gradients [3] and [4] of two tensors have the norm √(9 + 16) = 5. With a limit of 1 they become [0.6], [0.8].


# %%
def clip(gradients: list[Tensor], limit: float) -> list[Tensor]:
    """The gradients, no longer than the limit together."""
    norm = math.sqrt(sum(float(each.square().sum()) for each in gradients))
    return [each * min(1.0, limit / norm) for each in gradients]


clipped = clip([torch.tensor([3.0]), torch.tensor([4.0])], 1.0)
print("clipped:", [round(float(each), 3) for each in clipped])
assert torch.allclose(torch.cat(clipped), torch.tensor([0.6, 0.8]))
assert torch.equal(clip([torch.tensor([0.3])], 1.0)[0], torch.tensor([0.3]))  # what is short stays as it is


class TwoNumbers(nn.Module):
    """The smallest model: two numbers, each a tensor of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Parameter(torch.zeros(1)), nn.Parameter(torch.zeros(1))


def pulled(model: TwoNumbers, batch: None) -> Loss:
    """A loss whose sum over two targets has the gradients 6 and 8: their mean has 3 and 4."""
    return Loss((6 * model.a + 8 * model.b).sum(), torch.tensor(2))


two = TwoNumbers()
(update,) = training_steps(
    two, [[None]], pulled, torch.optim.SGD(two.parameters(), lr=1.0), length=BySteps(1), clip=1.0
)
assert abs(update.gradient_norm - 5) < 1e-6  # the norm before clipping is what a log should show
assert torch.allclose(torch.cat([-two.a, -two.b]), torch.cat(clipped))  # how far they went

# %% [markdown]
# ## Accumulation
#
# A batch of 64 rows does not fit? Do 4 times 16, let the gradients add up (`backward` does that anyway), and step once.
# It is the same, *if* one divides by the number of all targets at the end. The mean of the means of parts is something
# else when parts ask for different numbers of tokens (lesson 8).


# %%
def gradients_of(parts: list[Texts]) -> dict[str, Tensor]:
    """The gradient of one step made of these parts: how far plain descent goes at a rate of 1."""
    config = ModelConfig(vocabulary=11, context=8, width=16, heads=2, depth=1)
    model = Decoder(config)
    initialise(model, config, seed=11)
    before = {name: each.detach().clone() for name, each in model.named_parameters()}
    descent = torch.optim.SGD(model.parameters(), lr=1.0)
    list(training_steps(model, [parts], next_token, descent, length=BySteps(1), clip=0.0))
    return {name: before[name] - each.detach() for name, each in model.named_parameters()}


draw = torch_generator(11, "batch")
tokens, targets = (torch.randint(11, (6, 8), generator=draw) for _ in range(2))
targets[0, 1:] = -100  # the first row asks for one token only
whole = gradients_of([Texts(tokens, targets)])
parts = gradients_of([Texts(tokens[rows], targets[rows]) for rows in (slice(0, 1), slice(1, 4), slice(4, 6))])
apart = max(float((whole[name] - parts[name]).abs().max()) for name in whole)
print(f"one batch of 6 or 1 + 3 + 2 rows: gradients differ by at most {apart:.1e}")
assert apart < 1e-6
alone = [gradients_of([Texts(tokens[rows], targets[rows])]) for rows in (slice(0, 1), slice(1, 4), slice(4, 6))]
name = "embedding.tokens.weight"
assert float((sum(each[name] for each in alone) / 3 - whole[name]).abs().max()) > 100 * apart  # means of means

# %% [markdown]
# ## Precision
#
# A float32 has 32 bits: 1 for the sign, 8 for the size (exponent), 23 for the digits. Half of the bits are half of the
# memory, and processors multiply them faster. There are two ways to halve:
#
# | | exponent | digits | largest | smallest normal | 1 + ? is more than 1 |
# |---|---|---|---|---|---|
# | float32 | 8 | 23 | 3.4e38 | 1.2e-38 | 1.2e-7 |
# | bfloat16 | 8 | 7 | 3.4e38 | 1.2e-38 | 0.0078 |
# | float16 | 5 | 10 | 65,504 | 6.1e-5 | 0.00098 |
#
# bfloat16 keeps the range and loses digits; float16 keeps more digits and loses range.

# %%
for kind, largest, step in ((torch.bfloat16, 3.3e38, 2**-7), (torch.float16, 65_504.0, 2**-10)):
    facts = torch.finfo(kind)
    assert facts.eps == step and facts.max >= largest
one = torch.tensor(1.0, dtype=torch.bfloat16)
assert one + 0.003 == one  # less than half a step is lost
assert torch.tensor(70_000.0).half().isinf() and torch.tensor(1e-8).half() == 0
assert torch.tensor(1e-8).bfloat16() > 0

# %% [markdown]
# So weights stay in float32: a step of 0.0001 on a weight of 1 would vanish in bfloat16, and the model would stand
# still. Only products are done with fewer bits ("mixed precision"). By hand: 1,000 steps of 0.001 should add up to 1.

# %%
sums = {}
for kind in (torch.float32, torch.bfloat16):
    weight = torch.ones((), dtype=kind)
    for _ in range(1_000):
        weight = weight + torch.tensor(0.001, dtype=kind)
    sums[kind] = float(weight)
print(f"1 + 1,000 times 0.001: float32 {sums[torch.float32]:.4f}, bfloat16 {sums[torch.bfloat16]:.4f}")
assert abs(sums[torch.float32] - 2) < 1e-4 and sums[torch.bfloat16] == 1.0

# %% [markdown]
# float16 has one more trouble: small gradients become 0. The remedy is to multiply the loss with a large number before
# the backward pass and to divide the gradients by it afterwards. If something overflows, that step is left out and the
# number halved. In bfloat16 none of this is needed.

# %%
tiny = torch.tensor(1e-8)
assert tiny.half() == 0
assert abs(float((tiny * 65_536).half().float() / 65_536) / 1e-8 - 1) < 1e-2
scale = LossScale(65_536.0, moving=True)
assert scale.update(finite=False) is False and scale.value == 32_768  # leave this step out, and be more careful
assert scale.update(finite=True) is True and scale.value == 32_768

# %% [markdown]
# ## What people get wrong
#
# - **A warm-up in epochs on another batch size.** Count steps or tokens.
# - **Clipping each tensor for itself.** That changes the direction.
# - **Logging the norm after clipping.** It is always the limit; trouble shows in the norm before.
# - **Clipping before unscaling**, in float16: the limit then means nothing.
# - **Dividing each part's loss by the number of parts**, though they ask for different numbers of tokens.
# - **Weights in bfloat16 with small steps.** Nothing moves, and nothing complains.
# - **A schedule to 0 that ends before the run does.**
#
# ## Exercises
#
# `hornbook learn start 11` writes the functions to fill in, `hornbook learn check 11` grades them.
#
# ### `learning_rate(step: int, steps: int, warmup: int, peak: float, final: float) -> float`
#
# The learning rate of a step (from 0): warm-up as (step + 1) / (warmup + 1), then a cosine down to `final` · `peak`.
#
# Hint: what has passed is counted from the end of the warm-up: 0 there, 1 at `steps`.
#
# ### `clip(gradients: list[Tensor], limit: float) -> list[Tensor]`
#
# All gradients scaled by one number, so that their norm together is at most `limit`.
#
# Hint: one norm over all of them; and nothing is scaled up.
#
# ### `accumulated(totals: list[Tensor], counts: list[int]) -> Tensor`
#
# The gradient of the mean loss of a batch, from the gradients of the *summed* losses of its parts and the numbers of
# their targets.
#
# Hint: add first, divide once.
