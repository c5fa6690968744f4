"""Lesson 9, the training loop. Read it here, as a notebook or with ``hornbook learn show 09``."""

# %% [markdown]
# # 09. The training loop from nothing
#
# **Question:** How does a table of random numbers become a model, and what does each line of the loop do?
#
# **You need:** Lessons 2 and 8: batches, targets, the loss.
#
# **Minutes:** 16
#
# All learning here is one idea. The loss is a function of the model's numbers. Its *gradient* says, for each number,
# how the loss changes when that number grows a little. Go a small step against it, and the loss becomes smaller. Again.
#
# We begin with the smallest language model there is: it looks at one token, and has a table `[V, V]` with a row of
# logits for each. Its text comes from a source whose entropy is known, so we shall see how close we get.

# %%
from __future__ import annotations

import math
import os

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hornbook.batches import Texts
from hornbook.corpus.markov import MarkovSource
from hornbook.data.windows import sliding_windows
from hornbook.model.config import ModelConfig
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder
from hornbook.seeds import numpy_generator, torch_generator
from hornbook.training.loop import training_steps
from hornbook.training.objectives import next_token
from hornbook.training.timer import BySteps

SMOKE = os.environ.get("HORNBOOK_SMOKE") == "1"
LETTERS = 6
source = MarkovSource(order=1, symbols=LETTERS, seed=9)
text = source.sample(6_000, numpy_generator(9, "text"))
inputs, targets = sliding_windows(text, context=16, stride=16)
floor = source.entropy_rate
print(f"uniform {math.log(LETTERS):.3f}, floor {floor:.3f}")

# %% [markdown]
# ## The gradient by hand
#
# For cross-entropy the gradient by the logits is wonderfully simple: *the chances, minus 1 at the target*. By hand: the
# chances are [0.5, 0.3, 0.2] and the target is token 1. The gradient is [0.5, -0.7, 0.2]. Against it: token 1 goes up,
# the others go down, the wrong ones most that were most believed. And it sums to 0: what one gains, the others lose.
#
# Why? The loss is ln(Σ e^z) - z[y]. The derivative of the first part by z[i] is e^z[i] / Σ e^z, the chance of i. That
# of the second is 1 for i = y.


# %%
def gradient_by_hand(logits: Tensor, targets: Tensor) -> Tensor:
    """d(mean loss) / d(logits), [N, V]: (chances - one-hot) / N."""
    gradient = logits.softmax(-1)
    gradient[torch.arange(len(targets)), targets] -= 1
    return gradient / len(targets)


believed = torch.tensor([[0.5, 0.3, 0.2]]).log()
by_hand = gradient_by_hand(believed, torch.tensor([1]))
print("gradient:", [round(number, 3) for number in by_hand[0].tolist()])
assert torch.allclose(by_hand, torch.tensor([[0.5, -0.7, 0.2]]), atol=1e-6)
logits = torch.randn(20, LETTERS, generator=torch_generator(9, "logits")).requires_grad_()
asked = targets[0].repeat(2)[:20]
F.cross_entropy(logits, asked).backward()  # PyTorch's autograd finds gradients by itself
assert logits.grad is not None
assert torch.allclose(logits.grad, gradient_by_hand(logits.detach(), asked), atol=1e-6)

# %% [markdown]
# Is it true? A derivative can always be asked: move one number a little, and see what the loss does.

# %%
with torch.no_grad():
    moved = logits.detach().double().clone()
    before = F.cross_entropy(moved, asked)
    moved[3, 2] += 1e-6
    slope = float(F.cross_entropy(moved, asked) - before) / 1e-6
assert abs(slope - float(logits.grad[3, 2])) < 1e-5

# %% [markdown]
# ## The loop
#
# Five lines, always the same:
#
# 1. a batch;
# 2. *forward*: logits, and the loss;
# 3. *backward*: the gradient of the loss by each number. PyTorch *adds* it to `.grad`;
# 4. *step*: each number goes against its gradient, by the learning rate;
# 5. *zero*: throw the gradients away, because of that "adds".

# %%
table = torch.zeros(LETTERS, LETTERS, requires_grad=True)
draw = torch_generator(9, "batches")
history = []
for _ in range(150):
    rows = torch.randint(len(inputs), (32,), generator=draw)
    loss = F.cross_entropy(table[inputs[rows]].flatten(0, 1), targets[rows].flatten())
    loss.backward()
    with torch.no_grad():
        assert table.grad is not None
        table -= 8.0 * table.grad
    table.grad = None
    history.append(loss.item())
end = sum(history[-20:]) / 20
print(f"loss {history[0]:.3f} at first, {end:.3f} at the end")
assert abs(history[0] - math.log(LETTERS)) < 1e-5  # a table of zeros is uniform
assert floor - 0.05 < end < floor + 0.15
truth = torch.from_numpy(source.transitions).float()
error = float((table.detach().softmax(-1) - truth).abs().mean())
print(
    f"the table's chances are {error:.3f} from the true ones, {float((1 / LETTERS - truth).abs().mean()):.3f} at first"
)
assert error < 0.5 * float((1 / LETTERS - truth).abs().mean())

# %% [markdown]
# ## What happens when a line is missing
#
# **Without zero**: gradients of all batches add up. The step points where the loss used to fall, more and more
# strongly. By hand: two backward passes give twice the gradient.

# %%
twice = torch.zeros(LETTERS, LETTERS, requires_grad=True)
for _ in range(2):
    F.cross_entropy(twice[inputs[0]], targets[0]).backward()
once = torch.zeros(LETTERS, LETTERS, requires_grad=True)
F.cross_entropy(once[inputs[0]], targets[0]).backward()
assert twice.grad is not None and once.grad is not None
assert torch.allclose(twice.grad, 2 * once.grad)

# %% [markdown]
# **A learning rate that is too high** jumps over the valley, further each time. Too low, and nothing happens. The
# simplest valley is x²: its gradient is 2x, and a step of size r makes (1 - 2r)·x of x. For r = 0.1 that is 0.8·x, and
# x shrinks; for r = 1.1 it is -1.2·x, and x grows:


# %%
def descend(rate: float, steps: int = 20) -> float:
    """Where x ends on the valley x², from 1."""
    x = 1.0
    for _ in range(steps):
        x -= rate * 2 * x
    return x


print(f"x after 20 steps: rate 0.1: {descend(0.1):.4f}, 0.001: {descend(0.001):.4f}, 1.1: {descend(1.1):.1f}")
assert abs(descend(0.1) - 0.8**20) < 1e-12 and descend(0.001) > 0.95 and abs(descend(1.1)) > 30

# %% [markdown]
# ## The package's loop
#
# `training_steps` is the same loop with what real runs need: several small batches for one step, a schedule, clipping,
# half precision, an end (lesson 11). It yields after each step, and whoever iterates decides what to print or save.
# With all of that switched off it does exactly what our five lines do, to the last bit:


# %%
def fresh() -> Decoder:
    """A small GPT, always the same at first."""
    config = ModelConfig(vocabulary=LETTERS, context=16, width=16, heads=2, depth=1)
    model = Decoder(config)
    initialise(model, config, seed=9)
    return model


def batches(count: int) -> list[list[Texts]]:
    """One batch for each step."""
    drawn = torch_generator(9, "gpt")
    rows = [torch.randint(len(inputs), (16,), generator=drawn) for _ in range(count)]
    return [[Texts(inputs[row], targets[row])] for row in rows]


ours, count = fresh(), 10
optimizer = torch.optim.SGD(ours.parameters(), lr=0.5)
losses = []
for (batch,) in batches(count):
    loss = F.cross_entropy(ours(batch.tokens).flatten(0, 1), batch.targets.flatten())
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    losses.append(loss.item())

theirs = fresh()
steps = training_steps(
    theirs, batches(count), next_token, torch.optim.SGD(theirs.parameters(), lr=0.5), length=BySteps(count),
    schedule=lambda step, fraction: 1.0, clip=0.0,
)  # fmt: skip
updates = list(steps)
assert [update.step for update in updates] == list(range(count)) and updates[-1].last
assert max(abs(update.loss - loss) for update, loss in zip(updates, losses, strict=True)) < 1e-5
far = max(float((a - b).detach().abs().max()) for a, b in zip(ours.parameters(), theirs.parameters(), strict=True))
print(f"after {count} steps the two models differ by at most {far:.1e}")
assert far < 1e-5

# %% [markdown]
# And does a GPT learn this text too? With a better optimizer (lesson 10) it comes as near the floor as the table does,
# though nobody told it that one letter back is enough. But not below. Note where the loss is measured: before the step.

# %%
model = fresh()
adamw = torch.optim.AdamW(model.parameters(), lr=3e-2)
length = BySteps(80 if SMOKE else 300)
training = training_steps(
    model, batches(length.steps or 0), next_token, adamw, length=length, schedule=lambda step, fraction: 1.0, clip=1.0
)
curve = [update.loss for update in training]
reached = sum(curve[-20:]) / 20
print(f"a GPT: {curve[0]:.3f} at first, {reached:.3f} at the end, floor {floor:.3f}")
assert abs(curve[0] - math.log(LETTERS)) < 0.1
assert floor - 0.1 < reached < curve[0] - 0.3
assert isinstance(model, nn.Module) and all(each.grad is None for each in model.parameters())

# %% [markdown]
# ## What people get wrong
#
# - **Forgetting to zero the gradients**, or zeroing them between backward and step.
# - **Adding the gradient** instead of taking it off.
# - **Keeping `loss` and not `loss.item()`** in a list: the whole graph behind it stays in memory.
# - **Measuring on the batch that was just learned** and calling it progress.
# - **`model.eval()` before measuring, and no `model.train()` after it.**
# - **Looking for a bug in the model first.** Overfit one batch: if the loss does not go to nearly 0, the loop is wrong.
#
# ## Exercises
#
# `hornbook learn start 09` writes the functions to fill in, `hornbook learn check 09` grades them.
#
# ### `loss_gradient(logits: Tensor, target: int) -> Tensor`
#
# The gradient of one loss by the logits `[V]`. Do not use autograd.
#
# Hint: chances, less 1 at the target.
#
# ### `sgd_step(weight: Tensor, gradient: Tensor, rate: float) -> Tensor`
#
# The weight after one step.
#
# Hint: against the gradient.
#
# ### `train(weight: Tensor, batches: list[Tensor], gradient_of: Gradient, rate: float) -> Tensor`
#
# The weight after one step for each batch. `gradient_of(weight, batch)` gives the gradient there, a tensor.
#
# Hint: each gradient is that of the weight as it is by then; nothing is left of the one before.
