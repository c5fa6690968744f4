"""Lesson 3, embeddings and positions. Read it here, as a notebook or with ``hornbook learn show 03``."""

# %% [markdown]
# # 03. Embeddings, and why positions
#
# **Question:** What does a model compute with, and how does it know that "dog bites man" is not "man bites dog"?
#
# **You need:** Lesson 1. A vector is a list of numbers. Sine and cosine go up and down between -1 and 1.
#
# **Minutes:** 17
#
# An id is only a name. Token 300 is not three times token 100. So the first thing a model does is to replace each id by
# a *vector*: a row of a table, as wide as the model. That row is learned, and it comes to mean something.

# %%
from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from hornbook.batches import Positions
from hornbook.errors import TextError
from hornbook.model.config import ModelConfig
from hornbook.model.models import Embedding
from hornbook.model.position_encodings import LearnedEncoding, SinusoidalEncoding
from hornbook.seeds import torch_generator

draw = torch_generator(3, "lesson 3")

# %% [markdown]
# ## A table, and what looking up means
#
# A vocabulary of 4 tokens and a width of 3 make a table of 4 rows. The text `[2, 0]` becomes row 2, then row 0.
#
# The same can be said as a matrix product. Write token 2 as `[0, 0, 1, 0]`: a 1 at its place and 0 elsewhere
# (*one-hot*). `[0, 0, 1, 0] @ table` adds 0 times row 0, 0 times row 1, 1 times row 2, 0 times row 3: it *is* row 2. So
# an embedding is a linear layer whose input is almost all zeros, and looking up only leaves out the zeros. That is why
# it can be learned as any other matrix.

# %%
table = torch.tensor([[0.1, 0.2, 0.3], [1.0, 1.1, 1.2], [2.0, 2.1, 2.2], [3.0, 3.1, 3.2]])
tokens = torch.tensor([2, 0])
one_hot = torch.tensor([[0.0, 0.0, 1.0, 0.0], [1.0, 0.0, 0.0, 0.0]])
print("rows:", table[tokens].tolist())
assert torch.equal(table[tokens], one_hot @ table)

embedding = Embedding(ModelConfig(vocabulary=4, width=3, heads=1))
with torch.no_grad():
    embedding.tokens.weight.copy_(table)
assert torch.equal(embedding.read(tokens[None]), table[tokens][None])  # [B,T] in, [B,T,C] out

# %% [markdown]
# Learning moves only the rows that were looked up. A word that never comes keeps the random numbers it began with:

# %%
embedding.read(torch.tensor([[2, 2, 0]])).sum().backward()
gradient = embedding.tokens.weight.grad
assert gradient is not None
print("gradient of each row:", gradient[:, 0].tolist())
assert gradient[:, 0].tolist() == [1, 0, 2, 0]  # row 2 was used twice, rows 1 and 3 never

# %% [markdown]
# ## Why positions
#
# Rows say *which* token stands somewhere, and not *where*. And attention (lesson 4) takes a weighted average of all
# tokens, for which order makes no difference, as 2 + 3 and 3 + 2 are the same. Here is the simplest average:

# %%
words = {"dog": 0, "bites": 1, "man": 2}
dog_bites_man = torch.tensor([words[word] for word in ("dog", "bites", "man")])
man_bites_dog = dog_bites_man.flip(0)
assert torch.allclose(table[dog_bites_man].mean(0), table[man_bites_dog].mean(0))  # no difference at all

# %% [markdown]
# So the place has to be written into the vector. The usual way: make a vector for each place, and add it. What should a
# good code for places be like? Four things:
#
# 1. **Unique**: two places never have the same code.
# 2. **Consistent distance**: from place 3 to 5 is the same as from 13 to 15.
# 3. **Bounded**: place 1,000 must not have numbers a thousand times as large; they would drown the word.
# 4. **Deterministic**: the same place has the same code in every text, however long it is.
#
# Try the obvious ones. *The number itself*, 0, 1, 2, ...: unique, but not bounded. *The number divided by the length of
# the text*: bounded, but place 1 is 0.5 in a text of 2 and 0.001 in one of 1,000: neither deterministic nor of
# consistent distance. *The binary digits* 000, 001, 010, 011, ...: unique, bounded, deterministic. But from 3 (011) to
# 4 (100) three digits change, and from 4 to 5 only one: distances jump. And digits are hard steps, while a model likes
# smooth ones.
#
# ## Waves
#
# Binary digits are waves: the last digit goes up and down every 2 places, the one before every 4, then every 8. Replace
# the hard steps by sines and cosines, and you have the code of the 2017 Transformer. A pair of features (a sine and a
# cosine) turns like the hand of a clock. The first pair turns fast, each later one more slowly:
#
# speed of pair i = 1 / 10000^(2i / C), wavelength = 2π / speed
#
# By hand, for C = 4: pair 0 has speed 1, and so a wavelength of 2π = 6.28 places; pair 1 has speed 1 / 100 and a
# wavelength of 628. Place 1 has the code [sin 1, cos 1, sin 0.01, cos 0.01] = [0.841, 0.540, 0.010, 1.000].


# %%
def waves(places: int, width: int) -> Tensor:
    """The code of each place: sin and cos of place / 10000^(2i/C), side by side, [T, C]."""
    speed = 10_000.0 ** (-torch.arange(0, width, 2) / width)
    angle = torch.arange(places)[:, None] * speed
    return torch.stack([angle.sin(), angle.cos()], dim=-1).flatten(1)


small = waves(2, 4)
print("place 1:", [round(number, 3) for number in small[1].tolist()])
assert torch.allclose(small[1], torch.tensor([0.8415, 0.5403, 0.0100, 1.0000]), atol=1e-4)
code = waves(200, 32)
package = SinusoidalEncoding().embed(torch.ones(1, 200, 32), Positions.counting(1, 200))[0] - 1  # words of ones
assert torch.allclose(code, package, atol=1e-5)
speeds = 10_000.0 ** (-torch.arange(0, 32, 2) / 32)
wavelengths = 2 * math.pi / speeds
print(f"wavelengths: {wavelengths[0]:.2f}, {wavelengths[1]:.2f}, ..., {wavelengths[-1]:.0f} places")
assert abs(float(wavelengths[0]) - 6.2832) < 1e-3
assert torch.allclose(wavelengths[1:] / wavelengths[:-1], torch.full((15,), 10_000 ** (1 / 16)), rtol=1e-4)

# %% [markdown]
# Now the four criteria, one by one, as numbers:

# %%
distances = torch.cdist(code.double(), code.double())
apart = distances + torch.eye(200) * 9
print(f"unique: the two nearest of 200 places are {apart.min():.2f} apart")
assert apart.min() > 0.5
for step in (1, 5, 40):
    same = distances.diagonal(step)  # the distance from every place t to t + step
    assert (same.max() - same.min()) < 1e-4, step
print(f"consistent: 5 places are {distances[0, 5]:.3f} apart, from 3 as from 103")
assert code.abs().max() <= 1 and torch.allclose(code.norm(dim=1), torch.full((200,), math.sqrt(16)))
assert torch.equal(waves(50, 32), code[:50])  # a longer text changes nothing
numbers, fractions = torch.arange(200.0), torch.arange(200) / 200
assert numbers.max() == 199 and fractions[1] != (torch.arange(50) / 50)[1]  # not bounded; not deterministic

# %% [markdown]
# Why are distances consistent? sin² + cos² = 1, and cos(a)·cos(b) + sin(a)·sin(b) = cos(a - b). So the dot product of
# two codes is a sum of cos(speed · distance): nothing but the distance is left. And a step of k places turns each pair
# by a fixed angle. So "k places back" is one fixed matrix, the same everywhere, which a model can learn:

# %%
k = 7
turn = torch.zeros(32, 32)
for pair, angle in enumerate((k * speeds).tolist()):
    turn[2 * pair : 2 * pair + 2, 2 * pair : 2 * pair + 2] = torch.tensor(
        [[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]
    )
assert torch.allclose(code[:-k] @ turn, code[k:], atol=1e-4)

# %% [markdown]
# Another way is a second table with one learned row for each place (GPT-2). It is simple and good. But a place beyond
# the table has no row at all, and rows are not tied by any rule: each has to be seen in training. Rotary codes, which
# most models use today, turn queries and keys by these angles instead of adding anything (`hornbook explain rotary`).

# %%
learned = LearnedEncoding(context=8, width=32)
with torch.no_grad():
    added = learned.embed(torch.ones(1, 5, 32), Positions.counting(1, 5))
assert torch.equal(added[0], 1 + learned.table.weight[:5])
try:
    learned.embed(torch.ones(1, 9, 32), Positions.counting(1, 9))
except TextError as error:
    print("place 9 of 8:", str(error).partition(":")[0])
else:
    raise AssertionError("a place beyond the table was let in")

# %% [markdown]
# ## Sum, or side by side?
#
# Adding place to word sounds like mixing up two things. Would it not be cleaner to put them side by side? Let the next
# matrix be W. Side by side, its columns are cut in two: `[word, place] @ [A; B] = word @ A + place @ B`. Adding gives
# `(word + place) @ W = word @ W + place @ W`. So the sum is the case in which both parts share one matrix, and it costs
# no width. And it does not mix them up: in a wide space two random directions are almost at right angles, so a matrix
# can still tell one part from the other. The cosine between random vectors shrinks as 1/√C:

# %%
word, place = torch.randn(6, 16, generator=draw), torch.randn(6, 16, generator=draw)
a, b = torch.randn(16, 8, generator=draw), torch.randn(16, 8, generator=draw)
assert torch.allclose(torch.cat([word, place], dim=1) @ torch.cat([a, b]), word @ a + place @ b, atol=1e-4)
assert torch.allclose((word + place) @ a, word @ a + place @ a, atol=1e-4)
for width in (4, 64, 1024):
    one, other = torch.randn(4_000, width, generator=draw), torch.randn(4_000, width, generator=draw)
    typical = float(nn.functional.cosine_similarity(one, other).square().mean().sqrt())
    print(f"width {width:>4}: typical cosine {typical:.3f}, 1/√C {1 / math.sqrt(width):.3f}")
    assert abs(typical * math.sqrt(width) - 1) < 0.05

# %% [markdown]
# ## What people get wrong
#
# - **Leaving positions out.** The model still learns a bag of words, and the loss still falls. It only falls less far.
# - **Positions that count through the batch**, or that go on through padding: every text begins at 0.
# - **A code much larger than the words.** Fresh embeddings have numbers of about 0.02 and waves reach 1. Scale the
#   words up, or the waves drown them.
# - **A context longer than the table** of learned positions. There is no row: an error is right, wrapping round is not.
# - **Thinking that similar ids are similar words.** Ids are names.
#
# ## Exercises
#
# `hornbook learn start 03` writes the functions to fill in, `hornbook learn check 03` grades them.
#
# ### `lookup(table: Tensor, tokens: Tensor) -> Tensor`
#
# The rows of the tokens by a matrix product: one-hot vectors times the table. `table` `[V, C]`, `tokens` `[T]`, giving
# `[T, C]`. Do not index the table.
#
# Hint: compare `tokens[:, None]` with `torch.arange(V)`; a comparison gives booleans, and a product wants numbers.
#
# ### `position_waves(places: int, width: int) -> Tensor`
#
# The code of places 0 to `places - 1`, `[T, C]`: sine and cosine of each pair side by side; `width` is even.
#
# Hint: sin in columns 0, 2, 4, ... and cos in columns 1, 3, 5, ...; both of a pair turn at one speed.
#
# ### `wavelength(pair: int, width: int) -> float`
#
# After how many places has pair `pair` turned once?
#
# Hint: a full turn is 2π; the speed is 1 / 10000^(2 · pair / width) for each place.
