"""Lesson 22, beam search. Read it here, as a notebook or with ``hornbook learn show 22``."""

# %% [markdown]
# # 22. Beam search
#
# **Question:** If the likeliest token is taken each time, is that the likeliest text?
#
# **You need:** Lesson 13 (greedy and drawing) and lesson 18 (the chance of a text).
#
# **Minutes:** 12
#
# No. A good beginning may lead into a bad end. Suppose a model that knows a few words, and what may
# follow what:
#
#     start -> the 0.5, a 0.4, an 0.1
#     the   -> dog 0.4, cat 0.35, tree 0.25
#     a     -> cat 0.9, dog 0.1
#     an    -> tree 1.0
#
# Greedy takes `the` (0.5), then `dog` (0.4): together 0.2. But `a cat` has 0.4 · 0.9 = 0.36. Greedy cannot find it: it
# has thrown `a` away. **Beam search** keeps the k likeliest beginnings instead of one.
#
# By hand, k = 2. Step one keeps `the` (0.5) and `a` (0.4). Step two looks at all their continuations: the dog 0.2, the
# cat 0.175, the tree 0.125, a cat 0.36, a dog 0.04. The best two are `a cat` and `the dog`. Found.

# %%
from __future__ import annotations

import copy
import itertools
import math

import torch

from hornbook.generation.beam import best_continuations, ranked_by
from hornbook.generation.config import Beams, Sampling
from hornbook.generation.translate import continuations
from hornbook.model.config import AttentionConfig, BlockConfig, Dense, ModelConfig, NoNorm, NoPositionEncoding
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder

words = ["start", "the", "a", "an", "dog", "cat", "tree", "end"]
ids = {word: place for place, word in enumerate(words)}
follows = {
    "start": {"the": 0.5, "a": 0.4, "an": 0.1},
    "the": {"dog": 0.4, "cat": 0.35, "tree": 0.25},
    "a": {"cat": 0.9, "dog": 0.1},
    "an": {"tree": 1.0},
    "dog": {"end": 1.0},
    "cat": {"end": 1.0},
    "tree": {"end": 1.0},
    "end": {"end": 1.0},
}
table = torch.full((8, 8), 1e-9)  # [now, next]
for now, nexts in follows.items():
    for word, chance in nexts.items():
        table[ids[now], ids[word]] = chance

# %% [markdown]
# To use the package's own search, the table has to be a model. A decoder whose attention and feed-forward network do
# nothing passes the embedding through; with one-hot embeddings and the logarithms of the table as its head, it *is* the
# table.

# %%
block = BlockConfig(attention=AttentionConfig(bias=False), feed_forward=Dense(bias=False), norm=NoNorm())
config = ModelConfig(
    vocabulary=8, context=8, width=8, heads=1, depth=1, tied=False,
    pattern=(block,), position_encoding=NoPositionEncoding(),
)  # fmt: skip
model = Decoder(config).eval()
with torch.no_grad():
    for parameter in model.parameters():
        parameter.zero_()
    model.embedding.tokens.weight.copy_(torch.eye(8))
    model.embedding.head.weight.copy_(table.log().T)
    chances = model(torch.tensor([[ids["start"]]])).softmax(-1)[0, -1]
assert torch.allclose(chances, table[0] / table[0].sum(), atol=1e-6)


def search(beams: int, **more: object) -> list[tuple[str, float]]:
    """The best texts that follow ``start``, and their chances."""
    how = Beams(beams=beams, best=beams, max_tokens=4, length_penalty=0.0, **more)
    (found,) = continuations(model, [[ids["start"]]], ids["end"], how)
    return [(" ".join(words[token] for token in each.tokens), math.exp(each.log_probability)) for each in found]


greedy = continuations(model, [[0]], ids["end"], Sampling(temperature=0.0, max_tokens=4))[0][0]
print("greedy: ", " ".join(words[token] for token in greedy.tokens))
for beams in (1, 2, 4):
    print(f"{beams} beams:", ", ".join(f"{text} {chance:.3f}" for text, chance in search(beams)))
assert [words[token] for token in greedy.tokens] == ["the", "dog"]
assert search(1)[0] == ("the dog", search(1)[0][1]) and abs(search(1)[0][1] - 0.2) < 1e-3
assert search(2)[0][0] == "a cat" and abs(search(2)[0][1] - 0.36) < 1e-3

# %% [markdown]
# ## Written out
#
# One step: for each beam and each token, the chance of the beam times that of the token; take the best k of all k · V.
# Logarithms, so one adds.

# %%


def step(scores: list[float], nexts: torch.Tensor, k: int) -> list[tuple[float, int, int]]:
    """The k best (log-chance, beam, token) of all continuations; ``nexts [K, V]`` are log-chances of tokens."""
    every = [
        (score + float(nexts[beam, token]), beam, token)
        for beam, score in enumerate(scores)
        for token in range(nexts.shape[1])
    ]
    return sorted(every, reverse=True)[:k]


running = [math.log(0.5), math.log(0.4)]
nexts = table[[ids["the"], ids["a"]]].log()
by_hand = step(running, nexts, 2)
theirs = best_continuations((torch.tensor(running)[:, None] + nexts)[None], 2)
assert [(beam, words[token]) for _, beam, token in by_hand] == [(1, "cat"), (0, "dog")]
assert theirs.parents[0].tolist() == [1, 0] and [words[token] for token in theirs.tokens[0]] == ["cat", "dog"]

# %% [markdown]
# Is it the best there is? Here all texts can be tried. In general not: with 50,000 tokens and 20 places there are more
# texts than atoms. A beam search may miss the best one; more beams miss it less often.

# %%
everything = {}
for pair in itertools.product(words[1:7], repeat=2):
    everything[" ".join(pair)] = float(table[0, ids[pair[0]]] * table[ids[pair[0]], ids[pair[1]]])
best = max(everything, key=everything.__getitem__)
assert best == search(2)[0][0] == "a cat"
assert search(4)[0][1] >= search(2)[0][1] >= search(1)[0][1] - 1e-9

# %% [markdown]
# ## Long and short
#
# Each further token makes a text less likely: chances are at most 1. So a plain search prefers short texts, even empty
# ones. Remedy: divide the log-chance by length^penalty. With penalty 1 it is the mean log-chance of a token. By hand: 2
# tokens with log-chance -2.0, and 6 with -3.0. Penalty 0: -2.0 wins. Penalty 1: -1.0 against -0.5, the long one wins.
#
# A finished text leaves its place to one that goes on, and waits. By hand, k = 2, with other chances:
#
#     start -> the 0.7, tree 0.3
#     the   -> dog 0.6, cat 0.4
#     dog   -> tree 0.4, end 0.6
#
# In step two `tree` is over (0.3), so `the dog` (0.42) and `the cat` (0.28) go on. Step three ends `the cat`. By chance
# `tree` is first and `the cat` second. But `tree` has two tokens, its end among them, and `the cat` three: ln 0.3 / 2 =
# -0.602 and ln 0.28 / 3 = -0.424. By the mean `the cat` is first, and `the dog tree`, ln 0.168 / 4 = -0.446, second.


# %%
def ranked(log_chance: float, length: int, penalty: float) -> float:
    """What a finished text is ranked by."""
    return log_chance / length**penalty


assert ranked(-2.0, 2, 0.0) > ranked(-3.0, 6, 0.0)
assert ranked(-2.0, 2, 1.0) < ranked(-3.0, 6, 1.0)
assert all(ranked(-3.0, 6, penalty) == ranked_by(-3.0, 6, penalty) for penalty in (0.0, 0.5, 1.0))

other = {"start": {"the": 0.7, "tree": 0.3}, "the": {"dog": 0.6, "cat": 0.4}, "dog": {"tree": 0.4, "end": 0.6}}
uneven = copy.deepcopy(model)
with torch.no_grad():
    for now, nexts_of in other.items():
        chances = torch.tensor([nexts_of.get(word, 1e-9) for word in words])
        uneven.embedding.head.weight[:, ids[now]] = chances.log()
for penalty, expected in ((0.0, ["tree", "the cat"]), (1.0, ["the cat", "the dog tree"])):
    how = Beams(beams=2, best=2, max_tokens=4, length_penalty=penalty)
    (several,) = continuations(uneven, [[ids["start"]]], ids["end"], how)
    texts = [" ".join(words[token] for token in each.tokens) for each in several]
    print(f"penalty {penalty:.0f}:", dict(zip(texts, (round(each.score, 3) for each in several), strict=True)))
    assert texts == expected
    assert all(each.score == ranked(each.log_probability, len(each.tokens) + 1, penalty) for each in several)

# %% [markdown]
# ## Whose memory is it?
#
# A real model keeps keys and values of what it has read (lesson 23), a row for each beam. When a beam grows out of
# another, its row has to be a copy of the other's. Whether it is shows in the chances: that of a text that was found
# has to be the one that the model gives when it reads the text anew.

# %%
remembering = Decoder(ModelConfig(vocabulary=8, context=8, width=16, heads=2, depth=1)).eval()
initialise(remembering, remembering.config, seed=1)
with torch.no_grad():
    for parameter in remembering.parameters():
        parameter.mul_(20.0 if parameter.dim() > 1 else 1.0)  # so that what was read makes a difference
    how = Beams(beams=4, best=4, max_tokens=6, length_penalty=0.0)
    for each in continuations(remembering, [[ids["start"]]], None, how)[0]:
        anew = remembering(torch.tensor([[ids["start"], *each.tokens[:-1]]]))[0].log_softmax(-1)
        chance = sum(float(row[token]) for row, token in zip(anew, each.tokens, strict=True))
        assert abs(chance - each.log_probability) < 1e-4

# %% [markdown]
# ## When to use it
#
# For translating and for sums, where there is one right answer. For stories it is bad: the likeliest text is dull and
# goes in circles, and people do not write what is likeliest. And it costs: k beams are k times the work of one.

# %%
texts = [text for text, _ in search(4)]
assert len(set(texts)) == 4  # beams are different texts
drawn = continuations(model, [[0]] * 400, ids["end"], Sampling(temperature=1.0, max_tokens=4, seed=3))
likeliest = sum([words[token] for token in each[0].tokens] == ["a", "cat"] for each in drawn) / 400
print(f"drawn 400 times, the likeliest text comes {likeliest:.0%} of the time")
assert abs(likeliest - 0.36) < 0.08

# %% [markdown]
# Try it: `hornbook generate latest "three hundred" --beams 4` on a model that was trained to translate.
#
# ## What people get wrong
#
# - **The best k of each beam** instead of the best k of all: then the worst beam never dies.
# - **Forgetting whose cache it is.** After each step beams come from other beams; keys and values have to move with
#   them.
# - **Finished texts that go on** and take a beam's place.
# - **Comparing texts of different lengths** by their sum.
# - **Starting with k equal beams.** All then do the same. At first there is one.
# - **Adding chances, or multiplying logarithms.**
#
# ## Exercises
#
# `hornbook learn start 22` writes the functions to fill in, `hornbook learn check 22` grades them.
#
# ### `continue_beams(scores: Tensor, nexts: Tensor, k: int) -> tuple[Tensor, Tensor, Tensor]`
#
# From log-chances of beams `[K]` and of the next token after each `[K, V]` the `k` best continuations, best first:
# their log-chances, the beam each came from, and the token; `[k]` each.
#
# Hint: add, flatten, `topk`; divide the place by V for the beam, the rest is the token.
#
# ### `rank(log_chance: float, length: int, penalty: float) -> float`
#
# What a finished text is ranked by.
#
# Hint: the length to the power of the penalty.
