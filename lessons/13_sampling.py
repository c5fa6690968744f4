"""Lesson 13, choosing the next token. Read it here, as a notebook or with ``hornbook learn show 13``."""

# %% [markdown]
# # 13. Choosing the next token
#
# **Question:** A model gives every token a score. Which one should be written?
#
# **You need:** Lesson 7 (writing token by token) and softmax from lesson 4.
#
# **Minutes:** 15
#
# A model does not say "the next word is *mat*". It says: *mat* 64 %, *sofa* 24 %, *moon* 9 %, *of* 3 %. What is written
# is decided afterwards, by a few lines that know nothing of language. They decide whether a text is dull, good or mad.
#
# ## From scores to chances
#
# Say the scores (logits) of four tokens are 2, 1, 0 and -1. Softmax raises e to each of them: 7.389, 2.718, 1, 0.368.
# Their sum is 11.475, so the chances are 0.644, 0.237, 0.087 and 0.032. Each is e = 2.718 times the next.

# %%
from __future__ import annotations

import math

import torch
from torch import Tensor

from hornbook.generation.config import Sampling
from hornbook.generation.sampling import chooser, draw, greedy, min_p, repetition_penalty, temperature, top_k, top_p
from hornbook.seeds import torch_generator

logits = torch.tensor([[2.0, 1.0, 0.0, -1.0]])  # [B,V]: one row, four tokens
chances = logits.softmax(-1)
print("chances:", [round(chance, 3) for chance in chances[0].tolist()])
assert torch.allclose(chances, torch.tensor([[0.6439, 0.2369, 0.0871, 0.0321]]), atol=1e-4)
assert math.isclose(float(chances[0, 0] / chances[0, 1]), math.e, rel_tol=1e-5)

# %% [markdown]
# **Greedy** writes the likeliest token, always. The text is the same every time and soon goes in circles. The opposite
# is to **draw**: *mat* 64 times of 100, *of* 3 times. This is what the model has learned, and so it is the honest way;
# but 3 % nonsense at each token is a lot of nonsense in a text of 200 tokens. Everything in between takes a little off
# the bottom, or makes high chances higher.
#
# Drawing by hand: lay the chances end to end on a line from 0 to 1 (their running sums: 0.644, 0.881, 0.968, 1), throw
# a dart at it, and take the token it lands in. 0.5 is *mat*, 0.9 is *moon*.


# %%
def take(chances: Tensor, dart: float) -> int:
    """The first token whose running sum is above the dart."""
    return int((chances.cumsum(-1) > dart).int().argmax())


assert take(chances[0], 0.5) == 0 and take(chances[0], 0.7) == 1 and take(chances[0], 0.9) == 2

generators = [torch_generator(13, "dart", place) for place in range(4000)]
drawn = draw(logits.expand(4000, -1), generators)  # the package's own, 4,000 darts
found = torch.bincount(drawn, minlength=4) / 4000
print("drawn:  ", [round(share, 3) for share in found.tolist()])
assert torch.allclose(found, chances[0], atol=0.03)
assert int(drawn[7]) == take(
    chances[0].double(), float(torch.rand((), generator=torch_generator(13, "dart", 7), dtype=torch.float64))
)

# %% [markdown]
# ## Temperature
#
# Divide all scores by T before the softmax. At T = 0.5 they become 4, 2, 0, -2: the distances double, and the likeliest
# token gets 0.865. At T = 2 they shrink to 1, 0.5, 0, -0.5, and it gets 0.455. T near 0 is greedy; a very large T makes
# all tokens alike. The order of the tokens never changes.
#
# How uncertain a choice is can be said in a number, the *entropy*: the mean of -log p. 0 is certain, log 4 = 1.386 is
# the most that four tokens can have.


# %%
def entropy(logits: Tensor) -> float:
    """The mean of -log p under p, in nats."""
    log_chances = logits.log_softmax(-1)
    return float(-(log_chances.exp() * log_chances).sum())


cold, warm = temperature(logits, 0.5), temperature(logits, 2.0)
for degree in (0.25, 0.5, 1.0, 2.0, 8.0):
    changed = temperature(logits, degree)
    print(f"T = {degree:<4}  likeliest {float(changed.softmax(-1).max()):.3f}  entropy {entropy(changed):.3f}")
assert torch.equal(cold, logits / 0.5)
assert abs(float(cold.softmax(-1)[0, 0]) - 0.865) < 1e-3 and abs(float(warm.softmax(-1)[0, 0]) - 0.455) < 1e-3
assert entropy(cold) < entropy(logits) < entropy(warm) < math.log(4)
assert torch.equal(temperature(logits, 0.0), greedy(logits))
assert greedy(logits)[0].isfinite().tolist() == [True, False, False, False]

# %% [markdown]
# ## Cutting off the tail
#
# With 50,000 tokens the tail matters: 49,000 hopeless tokens of 0.001 % each are together drawn one time in two. Three
# ways to cut it:
#
# - **top-k** keeps the k likeliest tokens. Simple, but k = 50 is too many after "New York is a big", where one token is
#   right, and too few after "My name is".
# - **top-p** (nucleus) keeps the smallest set of likeliest tokens that together reach the mass p. Sure: few tokens.
#   Unsure: many. By hand, p = 0.8: *mat* alone has 0.644 < 0.8, with *sofa* it is 0.881 ≥ 0.8, so two are kept. The
#   token that crosses the line is kept.
# - **min-p** keeps tokens with at least a share of the likeliest one's chance. With 0.1: 0.0644 or more, so three.
#
# What is cut off gets the score minus infinity, and what is left shares the whole chance.


# %%
def nucleus(logits: Tensor, mass: float) -> Tensor:
    """top-p of one row, written out."""
    chances = logits.softmax(-1)
    kept: list[int] = []
    for token in chances.argsort(descending=True).tolist():
        kept.append(token)
        if float(chances[kept].sum()) >= mass:
            break
    cut = torch.full_like(logits, -torch.inf)
    cut[kept] = logits[kept]
    return cut


for mass in (0.5, 0.8, 0.9, 0.999):
    assert torch.equal(top_p(logits, mass)[0], nucleus(logits[0], mass))
assert top_p(logits, 0.8)[0].isfinite().tolist() == [True, True, False, False]
assert top_k(logits, 3)[0].isfinite().tolist() == [True, True, True, False]
assert min_p(logits, 0.1)[0].isfinite().tolist() == [True, True, True, False]
mixed = logits[:, [3, 1, 0, 2]]  # the same scores in another order: what is kept goes with its token
for cut in (top_p(mixed, 0.8), top_k(mixed, 2), min_p(mixed, 0.3)):
    assert cut.tolist() == [[-math.inf, 1.0, 2.0, -math.inf]]
left = top_p(logits, 0.8).softmax(-1)
print("after top-p 0.8:", [round(chance, 3) for chance in left[0].tolist()])
assert abs(float(left[0, 0]) - 0.6439 / (0.6439 + 0.2369)) < 1e-3  # 0.731: what is left is shared out again

assert math.isclose(49_000 * 0.001 / 100, 0.49)  # the tail: one time in two
sure, unsure = torch.tensor([[9.0, 1.0, 0.9, 0.8, 0.7]]), torch.tensor([[1.0, 1.0, 0.9, 0.8, 0.7]])
assert int(top_p(sure, 0.9).isfinite().sum()) == 1 and int(top_p(unsure, 0.9).isfinite().sum()) == 5

# %% [markdown]
# ## Against repeating
#
# A **repetition penalty** makes what has been written less likely: positive scores are divided by it, negative ones
# multiplied. It is crude (it also punishes "the"), so keep it small: 1.1, not 2.

# %%
written = torch.tensor([[0, 3]])  # tokens 0 and 3 stand in the text already
penalised = repetition_penalty(logits, written, 1.25)
assert torch.allclose(penalised, torch.tensor([[1.6, 1.0, 0.0, -1.25]]))

# All together, one after the other. At T = 0.7 top-k leaves 0.770, 0.185 and 0.044, so 0.95 is reached by two tokens.
together = chooser(Sampling(temperature=0.7, top_k=3, top_p=0.95))
tokens = together(logits.expand(200, -1), written.expand(200, -1), generators[:200])
assert set(tokens.tolist()) == {0, 1}
assert torch.equal(chooser(Sampling(temperature=0.0))(logits, written, generators[:1]), logits.argmax(-1))
tired = chooser(Sampling(temperature=0.0, repetition_penalty=2.5))(logits, written, generators[:1])
assert tired.tolist() == [1]  # 2 / 2.5 = 0.8 is less than 1: what has been written is no longer the likeliest

# %% [markdown]
# Which to use? For facts and code: temperature 0 to 0.3. For stories: 0.7 to 1 with top-p 0.9. Try it on a model of
# yours: `hornbook generate latest "Once" --temperature 0.8 --top-p 0.9 -n 5`.
#
# ## What people get wrong
#
# - **Multiplying by the temperature.** Then 0.5 makes texts wilder. Divide the *scores*, not the chances.
# - **Dropping the token that crosses the line** in top-p. With a sure model nothing would be left.
# - **Setting cut scores to 0.** e to the 0 is 1: such tokens are drawn. It has to be minus infinity.
# - **Cutting after the softmax** and not making the rest sum to 1 again.
# - **Top-p on unsorted tokens.** The running sum has to go from the likeliest down.
# - **Judging a model by one sample.** Draw ten, and keep the seed.
# - **Temperature 0 as "no randomness, so the best text".** The likeliest *token* each time is not the likeliest *text*
#   (lesson 22).
#
# ## Exercises
#
# `hornbook learn start 13` writes the functions to fill in, `hornbook learn check 13` grades them.
#
# ### `with_temperature(logits: Tensor, degree: float) -> Tensor`
#
# The chances of all tokens, from scores `[V]`, at a temperature above 0.
#
# Hint: divide first, then softmax.
#
# ### `keep_top_k(logits: Tensor, k: int) -> Tensor`
#
# The scores `[V]` with all but the `k` highest set to minus infinity. No two scores are equal.
#
# Hint: the smallest score that stays is the last of `logits.topk(k).values`.
#
# ### `nucleus(logits: Tensor, mass: float) -> Tensor`
#
# top-p of scores `[V]`: all but the smallest set of likeliest tokens whose chances reach `mass` set to minus infinity.
#
# Hint: sort the chances from the highest down and take the running sum; a token stays if the sum *before* it is below
# `mass`.
