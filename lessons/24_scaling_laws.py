"""Lesson 24, scaling laws. Read it here, as a notebook or with ``hornbook learn show 24``."""

# %% [markdown]
# # 24. Scaling laws
#
# **Question:** How much better does a model get with ten times the data, the parameters, or the time?
#
# **You need:** Lesson 8 (the loss and its floor). Logarithms.
#
# **Minutes:** 15
#
# Train models of many sizes, draw their losses, and something surprising shows: on paper with logarithms on both axes,
# the points lie on a line. Such a line is a *power law*:
#
#     loss = floor + factor · size^-exponent
#
# The floor is what no model gets below: the chance in the source itself (lesson 8). What is above it shrinks by the
# same share each time the size doubles.
#
# ## Reading a line
#
# By hand: the excess above the floor is 0.8 at 1,000 tokens and 0.4 at 4,000. Four times the data halves it. So
# 4^-exponent = 1/2, and the exponent is ln 2 / ln 4 = 0.5. At 16,000 tokens expect 0.2.

# %%
from __future__ import annotations

import math

import numpy as np

from hornbook.corpus.markov import MarkovSource
from hornbook.figures.scaling import Law
from hornbook.model.config import ModelConfig
from hornbook.model.count import count
from hornbook.model.presets import PRESETS
from hornbook.seeds import numpy_generator

exponent = math.log(0.8 / 0.4) / math.log(4000 / 1000)
assert math.isclose(exponent, 0.5)
factor = 0.8 * 1000**exponent
assert math.isclose(factor * 16_000**-exponent, 0.2)

# %% [markdown]
# ## A law that one can measure in a second
#
# Text from a source whose floor is known: letters, each drawn by the one before (a Markov chain of order 1, eight
# letters). The learner counts pairs and adds one to each count. It has 8 · 7 = 56 numbers to find. How does its loss
# fall with the length of the text?

# %%
source = MarkovSource(order=1, symbols=8, seed=24)
sizes = [500, 1000, 2000, 4000, 8000, 16000, 32000]
test = source.sample(200_000, numpy_generator(24, "test"))


def loss_after(size: int, seed: int) -> float:
    """Mean -ln p on the test text, of a learner that has counted pairs in ``size`` letters."""
    text = source.sample(size, numpy_generator(24, "train", size, seed))
    counts = np.ones((8, 8))
    np.add.at(counts, (text[:-1], text[1:]), 1)
    chances = counts / counts.sum(1, keepdims=True)
    return float(-np.log(chances[test[:-1], test[1:]]).mean())


own = float(-np.log(source.transitions[test[:-1], test[1:]]).mean())  # what the source itself gets on this text
losses = [float(np.mean([loss_after(size, seed) for seed in range(8)])) for size in sizes]
print(f"floor: {source.entropy_rate:.4f} nats a letter (on this text {own:.4f})")
for size, loss in zip(sizes, losses, strict=True):
    print(f"{size:>6} letters: {loss:.4f}, {loss - own:.4f} above")
assert abs(own - source.entropy_rate) < 0.01
assert losses == sorted(losses, reverse=True) and losses[-1] > own

# %% [markdown]
# ## Fitting
#
# Take logarithms of both sides: ln(loss - floor) = ln factor - exponent · ln size. A straight line; least squares finds
# it. Statistics knows the answer for counting: each of the P free numbers costs 1/(2N), so the excess is P / (2N), with
# exponent 1 and factor 56/2 = 28.


# %%
def fit(sizes: list[int], losses: list[float], floor: float) -> Law:
    """The power law through the points above a known floor."""
    slope, start = np.polyfit(np.log(sizes), np.log(np.array(losses) - floor), 1)
    return Law(float(np.exp(start)), float(-slope), floor)


law = fit(sizes, losses, own)
print("fitted:", law)
assert abs(law.exponent - 1) < 0.15
assert 0.5 < law.factor / (8 * 7 / 2) < 2.5

# %% [markdown]
# A law is worth something only if it says what has not been tried. Fit the first five, and ask for the last:

# %%
early = fit(sizes[:5], losses[:5], own)
foretold = float(early.at(np.array([float(sizes[-1])]))[0])
print(f"foretold for {sizes[-1]:,}: {foretold:.4f}, measured {losses[-1]:.4f}")
assert 0.6 < (foretold - own) / (losses[-1] - own) < 1.6  # what counts is what is above the floor

without = fit(sizes, losses, 0.0)  # a floor that is not known, taken as 0
bent = [abs(float(without.at(np.array([float(size)]))[0]) - loss) for size, loss in zip(sizes, losses, strict=True)]
straight = [abs(float(law.at(np.array([float(size)]))[0]) - loss) for size, loss in zip(sizes, losses, strict=True)]
assert max(bent) > 3 * max(straight)  # without the floor the line is no line

# %% [markdown]
# ## Language models
#
# For Transformers the exponents are small, and there are two sizes: parameters N and tokens D. Hoffmann et al. (2022,
# "Chinchilla") fitted
#
#     loss = 1.69 + 406.4 · N^-0.34 + 410.7 · D^-0.28
#
# An exponent of 0.34 means: to halve that term, N must grow by 2^(1/0.34) = 7.7. Progress is dear.
#
# Given so much arithmetic C, how to divide it? Training costs about 6 operations for each parameter and token: C = 6
# N D. A large model that reads little is as bad as a small one that reads for ever. Try all divisions:

# %%
assert round(2 ** (1 / 0.34), 1) == 7.7


def expected(parameters: float, tokens: float) -> float:
    """The loss by Hoffmann et al. 2022, section 3.3."""
    return 1.69 + 406.4 * parameters**-0.34 + 410.7 * tokens**-0.28


def best_size(operations: float) -> float:
    """The number of parameters with the lowest loss for so much arithmetic, by trying."""
    tried = np.geomspace(1e6, 1e12, 4001)
    return float(tried[np.argmin(expected(tried, operations / (6 * tried)))])


for operations in (1e19, 1e21, 1e23):
    size = best_size(operations)
    tokens = operations / (6 * size)
    print(f"C = {operations:.0e}: {size:.2e} parameters, {tokens:.2e} tokens, loss {expected(size, tokens):.3f}")
    # by calculus: at the best size, N and D pull alike
    assert abs(0.34 * 406.4 * size**-0.34 / (0.28 * 410.7 * (operations / (6 * size)) ** -0.28) - 1) < 0.01
growth = math.log(best_size(1e23) / best_size(1e21)) / math.log(100)
assert abs(growth - 0.28 / (0.34 + 0.28)) < 0.01  # N grows as C^0.45: by calculus, b / (a + b)
one = best_size(1e21)
assert expected(one, 1e21 / 6 / one) < min(expected(one / 4, 4e21 / 6 / one), expected(4 * one, 1e21 / 24 / one))

# %% [markdown]
# ## Counting without building
#
# A block of width C has four C × C matrices in attention and two of C × 4C in the network: 12 C². With L blocks: 12 L
# C². GPT-2 small: 12 · 12 · 768² = 84.9 million; with norms, biases and tables 124 million.

# %%
gpt2 = count(PRESETS["gpt2"])
rule = 12 * 12 * 768**2
print(f"12 L C² = {rule:,}; the layers of GPT-2 have {gpt2.non_embedding_parameters:,}")
assert abs(gpt2.non_embedding_parameters / rule - 1) < 0.01
small = count(ModelConfig(vocabulary=50257, context=256, width=64, heads=4, depth=2))
assert small.embedding_parameters > 30 * small.non_embedding_parameters  # small models are nearly all table
assert abs(gpt2.training_flops_per_token(1) / (6 * gpt2.active_parameters) - 1) < 0.01

# %% [markdown]
# Before a long training: `hornbook plan RECIPE` counts parameters, memory and time.
#
# ## What people get wrong
#
# - **Fitting without a floor.** The line bends, and what it foretells is too good.
# - **Foretelling far.** Twice or ten times the largest size, not a thousand times.
# - **Small models with schedules made for large ones.** Each size needs its own learning rate and a finished schedule.
# - **Taking a loss from the middle of a long run** as that of a short one.
# - **Other people's constants on other texts and tokenizers.** Exponents travel, factors and floors do not.
# - **Counting the table of tokens** in small models: use the layers' parameters.
# - **Epochs.** Text that is read for the tenth time is worth less than new text.
#
# ## Exercises
#
# `hornbook learn start 24` writes the functions to fill in, `hornbook learn check 24` grades them.
#
# ### `fit_power_law(sizes: list[float], losses: list[float], floor: float) -> tuple[float, float]`
#
# Factor and exponent of loss = floor + factor · size^-exponent through the points.
#
# Hint: a straight line through ln(size) and ln(loss - floor); the exponent is minus its slope.
#
# ### `layer_parameters(depth: int, width: int) -> int`
#
# The parameters of all blocks by the rule, matrices only: four of attention, two of a network four times as wide.
#
# Hint: 12 width² a block.
#
# ### `training_operations(parameters: float, tokens: float) -> float`
#
# How much arithmetic a training costs.
#
# Hint: 2 forwards and 4 backwards, for each parameter and token.
