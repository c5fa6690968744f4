"""Lesson 23, speed. Read it here, as a notebook or with ``hornbook learn show 23``."""

# %% [markdown]
# # 23. Speed: the cache, flash attention, fewer bits
#
# **Question:** Where does a language model spend its time and memory, and what can be left out?
#
# **You need:** Lesson 4 (attention) and lesson 7 (writing token by token).
#
# **Minutes:** 18
#
# Clocks lie: another program runs, the processor is warm. Counts do not. This lesson counts multiplications, numbers
# kept and bytes; every count is checked. For seconds on your machine there is `hornbook bench ladder`.
#
# ## The cache
#
# To write token n+1 a model needs the keys and values of all n tokens before it. They have not changed since the last
# token: the mask lets no token see a later one. So keep them. Without a cache, writing n tokens reads 1 + 2 + ... + n =
# n(n+1)/2 tokens; with it, n. By hand: 100 tokens are 5,050 or 100 readings.
#
# Counted, by a hook on the first query matrix that sees every token go by:

# %%
from __future__ import annotations

import math

import torch
from torch import Tensor

from hornbook.batches import Positions
from hornbook.generation.config import Sampling
from hornbook.generation.generate import generate, recomputed, remembered
from hornbook.model.cache import make_cache
from hornbook.model.config import Causal, Dense, ModelConfig
from hornbook.model.count import count
from hornbook.model.flash import TILE, flash
from hornbook.model.initialise import initialise
from hornbook.model.kernels import KeysValues, Scoring, explicit
from hornbook.model.masks import Mask
from hornbook.model.models import Decoder
from hornbook.model.presets import PRESETS
from hornbook.model.weight_formats import Int4, Int8, with_weights
from hornbook.seeds import torch_generator

config = ModelConfig(vocabulary=64, context=48, width=64, heads=4, depth=2)
model = Decoder(config).eval()
initialise(model, config, seed=0)
seen: list[int] = []
model.stack.blocks[0].attention.query.register_forward_hook(lambda module, given, made: seen.append(given[0].shape[1]))

prompt, length = [1, 2, 3, 4], 20
written = {}
for way in (recomputed, remembered):
    seen.clear()
    steps = generate(model, prompt, Sampling(temperature=0.0, max_tokens=length), reading=way)
    written[way.__name__] = [tokens[0] for tokens in steps]
    print(f"{way.__name__:<11} {sum(seen):>4} tokens through the model")
    expected = sum(range(4, 24)) if way is recomputed else 4 + 19
    assert sum(seen) == expected
assert written["recomputed"] == written["remembered"]  # the same text
assert 100 * 101 // 2 == 5050

# %% [markdown]
# The same text might be luck. So compare all scores of all places, to the last slot of the cache: half of a text read
# at once, the rest token by token, against the whole text in one go.

# %%
with torch.no_grad():
    for parameter in model.parameters():
        parameter.mul_(4.0 if parameter.dim() > 1 else 1.0)  # as wide as trained weights are
    text = torch.randint(64, (1, 48), generator=torch_generator(23, "text"))
    kept_of = make_cache(config, batch=1)
    pieces = [model(piece, cache=kept_of) for piece in (text[:, :24], *text[:, 24:].split(1, dim=1))]
    assert torch.allclose(torch.cat(pieces, dim=1), model(text), atol=1e-4)

# %% [markdown]
# The price is memory: for each token, in each layer, a key and a value. Fewer key/value heads (*grouped-query
# attention*) need less of it.

# %%
cache = make_cache(config, batch=1)
held = sum(layer.keys[:, :, :-1].nbytes + layer.values[:, :, :-1].nbytes for layer in cache)
by_hand = 2 * config.depth * config.width * 4 * config.context  # key and value, layers, width, bytes, tokens
assert held == by_hand == count(config).cache_bytes_per_token() * config.context
gpt2 = count(PRESETS["gpt2"]).cache_bytes_per_token(bytes_per_number=2)
print(f"GPT-2 keeps {gpt2:,} bytes a token in 16 bits: {gpt2 * 1024 / 2**20:.0f} MiB for 1,024 tokens")
assert gpt2 == 2 * 12 * 768 * 2
grouped = ModelConfig(vocabulary=64, context=48, width=64, heads=4, kv_heads=1, depth=2)
assert count(config).cache_bytes_per_token() == 4 * count(grouped).cache_bytes_per_token()

# %% [markdown]
# ## Flash attention
#
# The scores of T queries and T keys are a table of T × T. For 8,192 tokens that is 67 million numbers for each head,
# written to memory and read back, though only a weighted mean is wanted. *FlashAttention* (Dao et al. 2022) goes
# through the keys tile by tile, and never holds the table.
#
# The difficulty is softmax: it divides by a sum over *all* keys, and for safety takes off the maximum of *all*. The
# trick is to carry a running maximum m, a running sum l and a running mean a, and to correct them when a higher
# maximum comes.
#
# By hand: scores 1, 3 with values 10, 20, one at a time. After the first: m = 1, l = 1, a = 10. The second has the
# higher maximum 3: what is carried shrinks by e^(1-3) = 0.135, so l = 0.135 + 1, a = 1.35 + 20 = 21.35, and the answer
# is 21.35 / 1.135 = 18.81. Directly: (e¹ · 10 + e³ · 20) / (e¹ + e³) = 18.81.


# %%
def online(scores: Tensor, values: Tensor, tile: int) -> Tensor:
    """softmax(scores [S]) values [S, D], a tile at a time."""
    highest, total, answer = torch.tensor(-torch.inf), torch.tensor(0.0), torch.zeros(values.shape[1])
    for begin in range(0, len(scores), tile):
        here = scores[begin : begin + tile]
        now = torch.maximum(highest, here.max())
        shrink, powers = torch.exp(highest - now), torch.exp(here - now)
        total = total * shrink + powers.sum()
        answer = answer * shrink + powers @ values[begin : begin + tile]
        highest = now
    return answer / total


small = online(torch.tensor([1.0, 3.0]), torch.tensor([[10.0], [20.0]]), tile=1)
print(f"one key at a time: {float(small):.2f}")
assert abs(float(small) - (math.e * 10 + math.e**3 * 20) / (math.e + math.e**3)) < 1e-5

draw = torch_generator(23, "lesson")
scores, values = 30 * torch.randn(50, generator=draw), torch.randn(50, 8, generator=draw)
for tile in (1, 7, 50):
    assert torch.allclose(online(scores, values, tile), scores.softmax(-1) @ values, atol=1e-5)

time = 2 * TILE
query, key, value = (torch.randn(1, 2, time, 16, generator=draw) for _ in range(3))
positions = Positions.counting(1, time)
arguments = (KeysValues(key, value, positions), Mask(Causal(), positions, positions), None, Scoring(0.25))
plain = explicit(query, *arguments, lambda weights: weights)
tiled = flash(query, *arguments, lambda weights: weights)
print(f"tiles of {TILE} and the whole table differ by {float((plain - tiled).abs().max()):.1e}")
assert torch.allclose(plain, tiled, atol=1e-5)
assert 8192 * 8192 > 67_000_000 and 128 * 128 == 16_384  # the table, and all that a tile holds of it

# %% [markdown]
# It is *exact*: no approximation, the same numbers up to rounding. The multiplications are the same too. What is
# saved is the traffic to memory, and that is what attention waits for.
#
# ## Fewer bits
#
# Writing one token reads every weight once. So half the bytes is about twice the speed, if the numbers stay good
# enough. *int8*: for each row the largest weight becomes 127, everything else a whole number in between. By hand: the
# row 0.5,
# -1.0, 0.26 has the scale 1/127 = 0.00787; the whole numbers are 64 (63.5), -127, 33. Back: 0.504, -1, 0.260. The error
# is at most half a scale.

# %%
row = torch.tensor([[0.5, -1.0, 0.26]])
kept = Int8(row)
assert kept.whole.tolist() == [[64, -127, 33]]
assert float((kept.dense() - row).abs().max()) <= 0.5 / 127 + 1e-7

matrix = torch.randn(64, 64, generator=draw)
eight, four = Int8(matrix), Int4(matrix)
errors = [
    float((each.dense() - matrix).square().mean().sqrt() / matrix.square().mean().sqrt()) for each in (eight, four)
]
size = sum(buffer.nbytes for buffer in eight.buffers()), sum(buffer.nbytes for buffer in four.buffers())
print(
    f"float32 {matrix.nbytes:,} bytes; int8 {size[0]:,}, error {errors[0]:.1%}; int4 {size[1]:,}, error {errors[1]:.1%}"
)
assert matrix.nbytes / size[0] > 3.5 and matrix.nbytes / size[1] > 6.5
assert errors[0] < 0.01 < errors[1] < 0.15
spoilt = matrix.clone()
spoilt[0, 0] = 100.0  # one large weight spoils its own row only, as every row has its own scale
assert torch.equal(Int8(spoilt).dense()[1:], eight.dense()[1:])

# %% [markdown]
# What matters is not the error of a weight but that of the answer. Compare distributions: the divergence (KL, in nats)
# between what the exact and the rounded model say.


# %%
def divergence(exact: Decoder, rounded: Decoder) -> float:
    """The mean KL divergence of the next token, over a text."""
    with torch.no_grad():
        p, q = exact(text).log_softmax(-1), rounded(text).log_softmax(-1)
    return float((p.exp() * (p - q)).sum(-1).mean())


found = {name: divergence(model, with_weights(model, name)) for name in ("int8", "int4")}
print("divergence:", {name: f"{nats:.1e}" for name, nats in found.items()})
assert 0 <= found["int8"] < found["int4"]
assert found["int8"] < 0.01

# %% [markdown]
# ## Counting a forward pass
#
# Each weight is multiplied once and added once: 2 operations. So a model of N weights needs about 2N operations for
# each token, and 6N when it learns (backwards costs twice as much as forwards).

# %%
wide = ModelConfig(vocabulary=64, context=16, width=64, heads=4, depth=2, pattern=config.pattern)
block_weights = 4 * 64 * 64 + 2 * 64 * 256  # attention and feed-forward network
weights = 2 * block_weights + 64 * 64  # and the head
assert count(wide).flops_per_token() == 2 * weights + 2 * 4 * 64 * 16  # layers, scores and values, width, keys
assert count(wide).training_flops_per_token() == 3 * count(wide).flops_per_token()
assert isinstance(config.pattern[0].feed_forward, Dense)

# %% [markdown]
# ## What people get wrong
#
# - **A cache without positions.** The fifth token stands at place 5 even if it is read alone.
# - **Cutting the left of a full cache** without regard to positions.
# - **Calling flash attention an approximation.**
# - **Forgetting to correct the running sum** when the maximum rises.
# - **Timing the first run**, or one run, or with a GPU that has not been waited for.
# - **One scale for a whole matrix.** A single large weight then spoils all rows.
# - **Expecting speed from int8 in training.** It helps where weights are read for one token at a time.
#
# ## Exercises
#
# `hornbook learn start 23` writes the functions to fill in, `hornbook learn check 23` grades them.
#
# ### `online_softmax(scores: Tensor, values: Tensor, tile: int) -> Tensor`
#
# softmax(scores `[S]`) · values `[S, D]`, looking at no more than `tile` scores at once. Scores of 1,000 must not give
# `nan`.
#
# Hint: when the maximum rises from m to m', multiply everything carried by exp(m - m').
#
# ### `to_int8(weight: Tensor) -> tuple[Tensor, Tensor]`
#
# From a matrix `[O, I]` whole numbers of type `torch.int8` and the scale of each row `[O]`; no row is all zeros.
#
# Hint: the largest absolute value of a row becomes 127. Round, do not cut off.
#
# ### `tokens_read(prompt: int, written: int, cached: bool) -> int`
#
# How many tokens go through the model to write `written` tokens after a prompt.
#
# Hint: the last token that is written is never read.
