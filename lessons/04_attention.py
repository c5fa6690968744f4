"""Lesson 4, attention in four steps. Read it here, as a notebook or with ``hornbook learn show 04``."""

# %% [markdown]
# # 04. Attention in four steps
#
# **Question:** How can a token take from the tokens before it exactly what it needs?
#
# **You need:** Lesson 3: a token is a row of numbers (a vector). Matrix products: `A @ B` multiplies rows with columns.
#
# **Minutes:** 20
#
# "The trophy did not fit into the suitcase because *it* was too big." What is *it*? To know that, a model has to look
# back: to `trophy`, to `suitcase`, to `big`. Attention is how it looks back. Every token asks a question; every token
# before it has an answer ready; the better an answer fits the question, the more of it is taken.
#
# We build it in four steps: a weighted average; trained queries, keys and values; the mask and dropout; many heads.
# Shapes are written behind the lines: `B` batch, `T` time (tokens), `C` width, `H` heads, `D` width of a head.

# %%
from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from hornbook.batches import Positions
from hornbook.model.attention import Attention
from hornbook.model.config import AttentionConfig, Causal, Sizes
from hornbook.model.kernels import KeysValues, Scoring, explicit
from hornbook.model.masks import Mask
from hornbook.model.position_encodings import Order, PositionEncoding
from hornbook.seeds import torch_generator

# %% [markdown]
# ## Step 1. A weighted average
#
# How alike are two vectors? Multiply them number by number and add up: the *dot product*. It is large when they point
# the same way, 0 at right angles, negative when they point apart.
#
# By hand. Three tokens, two numbers each: `[1, 0]`, `[0, 1]`, `[1, 1]`. The third asks. Its dot products are:
#
# - with the first 1·1 + 1·0 = 1,
# - with the second 1·0 + 1·1 = 1,
# - with itself 1·1 + 1·1 = 2.
#
# These are *scores*. To average we need *weights* that are positive and sum to 1. *Softmax* makes them: raise e to each
# score, and divide by the sum. e¹ = 2.718 and e² = 7.389, their sum is 12.825, so the weights are 0.212, 0.212, 0.576.
# The answer is 0.212·[1, 0] + 0.212·[0, 1] + 0.576·[1, 1] = [0.788, 0.788].


# %%
def softmax(scores: Tensor) -> Tensor:
    """exp(score) / sum of all, in the last axis; the highest score is taken off first, so that exp cannot overflow."""
    powers = torch.exp(scores - scores.amax(-1, keepdim=True))
    return powers / powers.sum(-1, keepdim=True)


tokens = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])  # [T,C]
scores = tokens @ tokens.T  # [T,T]: row i holds what token i finds
weights = softmax(scores)
answer = weights @ tokens  # [T,C]
print("weights of the third token:", weights[2].tolist())
print("what it takes:             ", answer[2].tolist())
assert scores[2].tolist() == [1, 1, 2]
assert torch.allclose(weights[2], torch.tensor([0.2119, 0.2119, 0.5761]), atol=1e-4)
assert torch.allclose(answer[2], torch.tensor([0.7881, 0.7881]), atol=1e-4)
assert torch.allclose(weights.sum(-1), torch.ones(3))
assert torch.allclose(softmax(torch.tensor([1000.0, 1001.0])), torch.tensor([1.0, 2.0]).softmax(0))  # no overflow

# %% [markdown]
# ## Step 2. Queries, keys, values
#
# So far a token finds what is like itself. That is not what `it` wants: a pronoun looks for a noun. So each token gets
# three roles, each made by a matrix of its own that is learned:
#
# - the **query**: what I am looking for,
# - the **key**: what I can be found by,
# - the **value**: what I give to whoever finds me.
#
# Scores are queries times keys, and values are what is averaged. And scores are divided by √D, where D is the width of
# queries and keys. Why?
#
# ### Why divide by √D
#
# Let the numbers of a query and a key be independent, with mean 0 and variance 1. One product q·k has the mean 0·0 = 0
# and the variance 1·1 = 1. A dot product adds D of them. Variances of independent numbers add up, so it has variance D,
# and standard deviation √D. With D = 64 scores of 8, 16 or -20 are common. Softmax of such scores is almost always all
# or nothing, and where softmax is flat, no gradient comes through: nothing is learned. Divided by √D the variance is 1
# again, whatever D is. This is checked here with 5,000 drawn pairs for each width:

# %%
draw = torch_generator(1, "lesson 4")
for width in (4, 64, 256):
    queries, keys = torch.randn(5_000, width, generator=draw), torch.randn(5_000, width, generator=draw)
    products = (queries * keys).sum(-1)
    scaled = products / math.sqrt(width)
    print(f"D = {width:>3}: variance {products.var():7.2f}, divided by √D {scaled.var():.3f}")
    assert abs(float(products.var()) / width - 1) < 0.1
    assert abs(float(scaled.var()) - 1) < 0.1

# %% [markdown]
# And what happens to the gradient? Take 16 keys. How much does the answer still change when the scores change a little?

# %%


def gradient_through(scale: float, width: int = 256) -> float:
    """How much the largest weight changes with the scores, for the middle one of 200 drawn queries."""
    query, key = torch.randn(200, 1, width, generator=draw), torch.randn(200, 16, width, generator=draw)
    scores = ((query @ key.mT).squeeze(1) * scale).requires_grad_()
    softmax(scores).amax(-1).sum().backward()
    assert scores.grad is not None
    return float(scores.grad.abs().amax(-1).median())


unscaled, divided = gradient_through(1.0), gradient_through(256**-0.5)
print(f"derivative: unscaled {unscaled:.5f}, divided by √D {divided:.5f}")
assert divided > 5 * unscaled

# %% [markdown]
# ## Step 3. The mask, and dropout
#
# A language model guesses the next token. During training the whole text lies before it, so a token could simply look
# at the next one. It must not. The *causal mask* sets the scores of all later tokens to minus infinity *before* the
# softmax: e to the minus infinity is 0, and the weights of the rest still sum to 1.
#
# By hand: scores `[1, 1, 2]` for the second of three tokens. It may see the first two: `[1, 1, -∞]`, so the weights are
# 0.5, 0.5, 0.
#
# *Dropout* sets random weights to 0 while training, and scales the others up by 1/(1 - p), so that the mean stays. No
# token can then rely on one single other token. In use there is no dropout.


# %%
def attend(query: Tensor, key: Tensor, value: Tensor, dropout: float = 0.0) -> Tensor:
    """softmax(Q Kᵀ / √D, the future left out) V: [..., T, D] each, the same back."""
    time, width = query.shape[-2:]
    scores = query @ key.mT / math.sqrt(width)  # [...,T,T]
    future = torch.ones(time, time, dtype=torch.bool).triu(1)  # True above the diagonal
    weights = softmax(scores.masked_fill(future, -torch.inf))
    return torch.dropout(weights, dropout, train=dropout > 0) @ value


masked = softmax(torch.tensor([1.0, 1.0, -torch.inf]))
assert masked.tolist() == [0.5, 0.5, 0.0]

query, key, value = (torch.randn(2, 1, 5, 8, generator=draw) for _ in range(3))  # [B,H,T,D]
ours = attend(query, key, value)
positions = Positions.counting(2, 5)
seen, mask = KeysValues(key, value, positions), Mask(Causal(), positions, positions)
watched: list[Tensor] = []


def watch(weights: Tensor) -> Tensor:
    """Keep the weights that the package's kernel has made."""
    watched.append(weights)
    return weights


theirs = explicit(query, seen, mask, None, Scoring(8**-0.5), watch)
assert torch.allclose(ours, theirs, atol=1e-6)  # written out, and the package's own
assert torch.equal(mask.dense()[0, 0], torch.ones(5, 5, dtype=torch.bool).tril())
assert bool((watched[0].triu(1) == 0).all()) and torch.allclose(watched[0].sum(-1), torch.ones(2, 1, 5))

# %% [markdown]
# Is the future really hidden? Change the last token, and see who notices. Nobody but itself:

# %%
other = value.clone()
other[:, :, -1] += 10
changed = (attend(query, key, other) - ours).abs().amax(dim=(0, 1, 3))
print("change at each place:", [round(number, 3) for number in changed.tolist()])
assert changed[:-1].max() == 0 and changed[-1] > 0

# %% [markdown]
# ## Step 4. Many heads
#
# One softmax has one focus. But `it` may want the noun *and* the verb. So the width C is cut into H heads of C/H
# numbers. Each attends for itself, all at once; their answers are put side by side, and one last matrix mixes them. It
# costs no more than one wide head: the same numbers, only cut differently.
#
# Cutting is a matter of shapes, and it is where most mistakes happen: `[B, T, C]` first becomes `[B, T, H, D]` (each
# token's numbers are cut), and only then `[B, H, T, D]` (heads come before time).


# %%
class Heads(nn.Module):
    """Causal attention with many heads, written out."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.output = (nn.Linear(width, width) for _ in range(4))

    def cut(self, features: Tensor) -> Tensor:
        """[B, T, C] to [B, H, T, D]."""
        batch, time, width = features.shape
        return features.view(batch, time, self.heads, width // self.heads).transpose(1, 2)

    def forward(self, hidden: Tensor) -> Tensor:
        """[B, T, C] to [B, T, C]."""
        heads = attend(self.cut(self.query(hidden)), self.cut(self.key(hidden)), self.cut(self.value(hidden)))
        return self.output(heads.transpose(1, 2).flatten(2))  # side by side again


heads = Heads(width=12, heads=3)
sizes = Sizes(width=12, heads=3, kv_heads=3, head_width=4, context=5, dropout=0.0)
package = Attention(AttentionConfig(), sizes)
package.load_state_dict(heads.state_dict())  # the same four matrices, by the same names
hidden = torch.randn(2, 5, 12, generator=draw)
order = Order.of(PositionEncoding(), positions)
with torch.no_grad():
    expected = package(hidden, order, package.keys_and_values(hidden, order))
    found = heads(hidden)
print("largest difference from hornbook.model.attention:", float((found - expected).abs().max()))
assert torch.allclose(found, expected, atol=1e-6)
assert sum(each.numel() for each in heads.parameters()) == 4 * (12 * 12 + 12)

# %% [markdown]
# What does it cost? The scores are a table of T x T for every head: twice the text, four times the table. This is why
# long contexts are expensive. And one thing is missing: nothing here knows *where* a token stands. Swap two earlier
# tokens, and the answer at the last place is the same. That is what positions are for (lesson 3).

# %%
swapped = hidden[:, [1, 0, 2, 3, 4]]
with torch.no_grad():
    assert torch.allclose(heads(swapped)[:, -1], heads(hidden)[:, -1], atol=1e-6)

# %% [markdown]
# ## What people get wrong
#
# - **Masking after the softmax.** Zeros in the weights leave rows that sum to less than 1. And the future still had its
#   say in the sum they were divided by.
# - **Softmax over the wrong axis.** Each *row* (a query) must sum to 1: `dim=-1`. Over columns it trains, but badly.
# - **The mask one place off.** With `triu(0)` a token does not see itself, and the first one sees nothing: `nan`.
# - **Forgetting √D.** Small models still learn, which hides it. Wide ones hardly do.
# - **Dividing by √C instead of √D.** D is the width of one head.
# - **`view` without `transpose`.** `[B, T, C]` viewed as `[B, H, T, D]` has the right shape, and mixes tokens.
# - **Dropout left on** while measuring or writing: call `model.eval()`.
# - **Reading attention maps as explanations.** They say where values came from, not what was done with them.
#
# ## Exercises
#
# `hornbook learn start 04` writes the functions to fill in, `hornbook learn check 04` grades them.
#
# ### `softmax(scores: Tensor) -> Tensor`
#
# Weights in the last axis, from scores of any shape `[..., S]`. Scores as large as 1,000 must not give `nan`. Do not
# call PyTorch's own.
#
# Hint: a constant taken off every score of a row changes nothing; take off the largest.
#
# ### `causal_mask(time: int) -> Tensor`
#
# A table `[T, T]` of booleans: `True` where the token of the row may look at the token of the column.
#
# Hint: a token sees itself: the diagonal is `True`.
#
# ### `attention(query: Tensor, key: Tensor, value: Tensor) -> Tensor`
#
# Causal attention for `[..., T, D]` each.
#
# Hint: scores, scale, mask, softmax, average, in this order.
#
# ### `split_heads(hidden: Tensor, heads: int) -> Tensor`
#
# `[B, T, C]` to `[B, H, T, D]`: head 0 has the first D numbers of every token.
#
# Hint: first cut the last axis in two, then exchange two axes.
