"""Lesson 8, the loss. Read it here, as a notebook or with ``hornbook learn show 08``."""

# %% [markdown]
# # 08. The loss, and what it can never be
#
# **Question:** How good is a guess, in one number, and how good could it be at best?
#
# **You need:** Lesson 2. Logarithms: ln(a·b) = ln a + ln b, and ln of a number below 1 is negative.
#
# **Minutes:** 18
#
# A model gives each token a chance. Then the true token is uncovered. If it had chance 1, the guess was perfect. If it
# had 0.01, it was a bad surprise. The *loss* measures the surprise: -ln of the chance of the true token.
#
# By hand: three places, where the true tokens had chances 0.5, 0.25 and 0.25. The losses are -ln 0.5 = 0.693, -ln 0.25
# = 1.386, 1.386; their mean is 1.155. This is called *cross-entropy*, in *nats* for each token.

# %%
from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from hornbook.batches import IGNORED
from hornbook.corpus.markov import MarkovSource
from hornbook.evaluation.baselines import baselines
from hornbook.evaluation.loss import Measured
from hornbook.seeds import numpy_generator, torch_generator
from hornbook.training.objectives import token_loss

chances = [0.5, 0.25, 0.25]
losses = [-math.log(chance) for chance in chances]
mean = sum(losses) / 3
print("losses:", [round(loss, 3) for loss in losses], "mean:", round(mean, 3))
assert abs(mean - 1.155) < 1e-3
assert -math.log(1.0) == 0 and -math.log(1e-6) > 13  # certain and right; certain and wrong

# %% [markdown]
# Why a logarithm? The chance of a whole text is the product of the chances of its tokens: 0.5 · 0.25 · 0.25 = 1/32. The
# logarithm makes a sum of the product, and a sum can be split over batches and machines.

# %%
assert abs(math.exp(-sum(losses)) - 1 / 32) < 1e-12

# %% [markdown]
# ## From logits
#
# A model gives logits, not chances. -ln softmax(z)[y] = ln(Σ e^z) - z[y]. Written so, with the largest logit taken off,
# nothing can overflow. This is what every library computes. The package returns a *sum* and a *count*: two halves of a
# batch then add up to exactly what the whole gives, even when one half has more padding.


# %%
def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """-ln chance of each target, from logits [N, V]."""
    largest = logits.amax(-1, keepdim=True)
    everything = largest[:, 0] + (logits - largest).exp().sum(-1).log()
    return everything - logits.gather(1, targets[:, None])[:, 0]


draw = torch_generator(8, "lesson 8")
logits, targets = torch.randn(2, 5, 7, generator=draw), torch.randint(7, (2, 5), generator=draw)
each = cross_entropy(logits.flatten(0, 1), targets.flatten())
assert torch.allclose(each, F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none"), atol=1e-5)
whole = token_loss(logits, targets)
assert torch.allclose(whole.total, each.sum(), atol=1e-5) and int(whole.count) == 10
huge = cross_entropy(torch.tensor([[1000.0, 0.0]]), torch.tensor([1]))
assert float(huge) == 1000  # and not infinity

# %% [markdown]
# Where nothing is asked (padding, prompts), the target is `IGNORED`. Look at the mean of two halves of a batch, one of
# which asks one question and the other five:

# %%
targets[0, 1:] = IGNORED
halves = [token_loss(logits[row : row + 1], targets[row : row + 1]) for row in range(2)]
together = token_loss(logits, targets)
right = float(sum(half.total for half in halves) / sum(half.count for half in halves))
of_means = sum(float(half.total / half.count) for half in halves) / 2
print(f"mean of all six: {right:.4f}, mean of the two means: {of_means:.4f}")
assert int(together.count) == 6 and abs(right - float(together.total / 6)) < 1e-6
assert abs(right - of_means) > 0.01  # the single question would count as much as the other five

# %% [markdown]
# ## Perplexity
#
# e to the mean loss is *perplexity*: the model is as unsure as if it chose among so many equally likely tokens. In our
# example e^1.155 = 3.17. A model that knows nothing finds all V tokens equally likely: its loss is ln V, its perplexity
# V.

# %%
assert abs(math.exp(mean) - 3.1748) < 1e-3
nothing = token_loss(torch.zeros(1, 5, 4096), torch.zeros(1, 5, dtype=torch.long))
assert abs(float(nothing.total / nothing.count) - math.log(4096)) < 1e-4

# %% [markdown]
# ## Bits per byte
#
# Two models with different tokenizers cannot be compared by loss per token: long tokens are harder to guess, and there
# are fewer of them. By hand: a text of 1,000 bytes. Model A cuts it into 1,000 characters and loses 1.0 nat on each.
# Model B cuts it into 250 tokens and loses 3.0 nats on each. Per token B looks three times as bad. For the text, A
# loses 1,000 nats and B 750: B is better. So divide by bytes, which do not depend on the cut, and by ln 2 = 0.693,
# which turns nats into bits:
#
# bits per byte = total nats / ln 2 / bytes
#
# It is also what a perfect compressor would need: B could store the text in 1.08 bits for each byte, 135 bytes in all.

# %%
a, b = Measured(total=1000.0, tokens=1000, bytes=1000), Measured(total=750.0, tokens=250, bytes=1000)
print(f"A: {a.loss:.1f} nats/token, {a.bits_per_byte:.3f} bits/byte; B: {b.loss:.1f}, {b.bits_per_byte:.3f}")
assert a.loss < b.loss and a.bits_per_byte > b.bits_per_byte
assert abs(b.bits_per_byte - 750 / math.log(2) / 1000) < 1e-12
assert abs(b.perplexity - math.exp(3.0)) < 1e-9
assert round(b.bits_per_byte * 1000 / 8) == 135

# %% [markdown]
# ## The floor
#
# Why does the loss not go to 0? Because text is not determined by its past. After "my name is" nobody can know what
# comes. The part that nobody can know is the *entropy* of the source: the mean of -ln of the *true* chances. No model
# can have a lower loss in the long run. Its loss is entropy plus what it does not know:
#
# cross-entropy = entropy + divergence, and the divergence is never below 0.
#
# By hand: a coin that shows heads in 3 of 4 throws. Entropy: -0.75·ln 0.75 - 0.25·ln 0.25 = 0.562. A model that says
# 50:50 loses ln 2 = 0.693. One that says 90:10 loses -0.75·ln 0.9 - 0.25·ln 0.1 = 0.655. None can go below 0.562.


# %%
def expected_loss(truth: list[float], model: list[float]) -> float:
    """The mean loss of a model's chances where the truth draws the tokens."""
    return -sum(p * math.log(q) for p, q in zip(truth, model, strict=True))


coin = [0.75, 0.25]
entropy = expected_loss(coin, coin)
tried = [expected_loss(coin, [q, 1 - q]) for q in np.linspace(0.01, 0.99, 99)]
print(f"entropy {entropy:.3f}, best of 99 models {min(tried):.3f}, 50:50 loses {expected_loss(coin, [0.5, 0.5]):.3f}")
assert abs(entropy - 0.5623) < 1e-3 and abs(expected_loss(coin, [0.9, 0.1]) - 0.6547) < 1e-3
assert min(tried) >= entropy - 1e-12

# %% [markdown]
# For natural text nobody knows the floor. For text that a known machine has written, it can be computed. The package
# has such sources. Here: letters, of which each depends on the one before, with known chances. A model that counts
# pairs comes near the floor as it reads more, and never gets below it:

# %%
source = MarkovSource(order=1, symbols=5, seed=8)
rows = source.transitions
by_hand = float(-(source.stationary[:, None] * rows * np.log(rows)).sum())
assert abs(by_hand - source.entropy_rate) < 1e-9
validation = source.sample(20_000, numpy_generator(8, "validation"))
floor = -source.log_probability(validation) / len(validation)
found = {}
for size in (50, 1_000, 40_000):
    train = source.sample(size, numpy_generator(8, "training"))
    counts = np.ones((5, 5))  # each pair is counted once too often, so that none has chance 0
    np.add.at(counts, (train[:-1], train[1:]), 1)
    guess = counts / counts.sum(1, keepdims=True)
    found[size] = float(-np.log(guess[validation[:-1], validation[1:]]).mean())
print(f"floor {floor:.4f};", ", ".join(f"{size:,} letters: {loss:.4f}" for size, loss in found.items()))
assert found[50] > found[1_000] > found[40_000] > floor - 1e-3
assert abs(floor - source.entropy_rate) < 0.02  # the realised floor of this text, and that of all texts

# %% [markdown]
# ## The ladder
#
# So a loss is read between two marks. Below, what it has to beat: *uniform* (ln V), *unigram* (how frequent each token
# is), and the best *n-gram* model (Kneser-Ney), which is hard to beat on little text. Above, the floor. The package
# prints this ladder for every model (`hornbook evaluate`):

# %%
train = source.sample(5_000, numpy_generator(8, "training"))
ladder = baselines(train, validation, vocab_size=5, bytes=len(validation), context=None, orders=(1, 2, 3))
print(
    f"uniform {ladder.uniform:.3f}, unigram {ladder.unigram:.3f}, n-gram {ladder.kneser_ney.loss:.3f}",
    f"floor {floor:.3f}",
)
assert ladder.uniform > ladder.unigram > ladder.kneser_ney.loss > floor
assert abs(ladder.uniform - math.log(5)) < 1e-9
assert ladder.kneser_ney.order == 2  # it found that one letter back is all there is to know

# %% [markdown]
# ## What people get wrong
#
# - **Comparing loss or perplexity across tokenizers.** Use bits per byte.
# - **A mean of means.** Sum first, divide once.
# - **Softmax before the loss.** The loss wants logits.
# - **Reading the training loss.** It says what is known by heart. Only text that was never seen counts.
# - **Rejoicing at a very low loss.** Below the floor there is no skill, only a leak: the model sees what it should
#   guess.
# - **No baseline.** "Loss 4.2" means nothing without what counting reaches.
#
# ## Exercises
#
# `hornbook learn start 08` writes the functions to fill in, `hornbook learn check 08` grades them.
#
# ### `cross_entropy(logits: Tensor, targets: Tensor) -> Tensor`
#
# The mean of -ln of the chance of each target, from logits `[N, V]`; targets of -100 are left out. Logits of 1,000 must
# not give `inf`. Do not call PyTorch's own.
#
# Hint: `log_softmax` is logits less ln(Σ e^logits); take the largest off before raising e to it.
#
# ### `bits_per_byte(loss: float, tokens: int, text: str) -> float`
#
# From the mean loss in nats per token, for a text that was cut into so many tokens.
#
# Hint: bytes are not characters: `text.encode()`.
#
# ### `entropy(chances: list[float]) -> float`
#
# The mean surprise, in nats, of who knows these chances.
#
# Hint: what never happens surprises nobody: 0 · ln 0 counts as 0.
