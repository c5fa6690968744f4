"""Lesson 5, norms, feed-forward and residuals. Read it here, as a notebook or with ``hornbook learn show 05``."""

# %% [markdown]
# # 05. Norms, feed-forward and residuals
#
# **Question:** Why can a network be a hundred layers deep, and still learn?
#
# **You need:** Lesson 4. A derivative says how much a result changes when an input changes a little; the *gradient* is
# all derivatives together.
#
# **Minutes:** 18
#
# Attention lets tokens look at each other. Three more parts make a layer of it: one that thinks (feed-forward), one
# that keeps numbers in bounds (the norm), and one that is not even a part, but a plus sign (the residual). The plus
# sign is the most important of them.

# %%
from __future__ import annotations

import math

import torch
from torch import Tensor

from hornbook.model.config import RMS, Dense, Layer, Sizes
from hornbook.model.feed_forward import ACTIVATIONS, FeedForward
from hornbook.model.norms import LayerNorm, Residual, RMSNorm, layer_norm, rms_norm
from hornbook.seeds import torch_generator

draw = torch_generator(5, "lesson 5")

# %% [markdown]
# ## Layer norm
#
# Every layer multiplies. If each makes numbers 10 % larger, 50 layers make them 117 times as large; if each makes them
# 10 % smaller, 1/200 is left. *Layer norm* brings each token's vector to mean 0 and variance 1, whatever it was.
#
# By hand, for the token `[1, 2, 3, 6]`: the mean is 12 / 4 = 3. Less the mean: `[-2, -1, 0, 3]`. The variance is the
# mean of the squares, (4 + 1 + 0 + 9) / 4 = 3.5, its root is 1.871. The result is `[-1.069, -0.535, 0, 1.604]`.
#
# Two more things. A tiny number, epsilon, is added to the variance, so that a vector of equal numbers is not divided by
# 0. And afterwards each feature is multiplied by a learned *scale* (1 at first) and moved by a learned *shift* (0).


# %%
def norm(hidden: Tensor, scale: Tensor, shift: Tensor, epsilon: float = 1e-5) -> Tensor:
    """(x - mean) / sqrt(variance + epsilon) · scale + shift, over the features of each token."""
    mean = hidden.mean(-1, keepdim=True)
    variance = (hidden - mean).square().mean(-1, keepdim=True)
    return (hidden - mean) / torch.sqrt(variance + epsilon) * scale + shift


token = torch.tensor([1.0, 2.0, 3.0, 6.0])
plain = norm(token, torch.ones(4), torch.zeros(4))
print("layer norm:", [round(number, 3) for number in plain.tolist()])
assert torch.allclose(plain, torch.tensor([-1.069, -0.535, 0.0, 1.604]), atol=1e-3)
hidden, scale, shift = (torch.randn(*shape, generator=draw) for shape in ((2, 3, 8), (8,), (8,)))
assert torch.allclose(norm(hidden, scale, shift), layer_norm(hidden, scale, shift, 1e-5), atol=1e-6)
assert torch.allclose(LayerNorm(Layer(), 8)(hidden), norm(hidden, torch.ones(8), torch.zeros(8)), atol=1e-5)
assert torch.allclose(norm(hidden * 100, scale, shift), norm(hidden, scale, shift), atol=1e-3)  # size does not matter
assert torch.isfinite(norm(torch.ones(4), torch.ones(4), torch.zeros(4))).all()  # thanks to epsilon
assert abs(1.1**50 - 117) < 1 and abs(0.9**50 - 1 / 194) < 1e-4

# %% [markdown]
# Each token is normed for itself, over its features, never over other tokens or rows of the batch. So the answer for a
# text does not depend on what else is in the batch. *RMS norm* leaves out the mean and the shift, and only divides by
# the root of the mean square. It does as well and costs less; most models use it today.

# %%
together, alone = norm(hidden, scale, shift), norm(hidden[1:2], scale, shift)
assert torch.allclose(together[1], alone[0], atol=1e-6)
root = hidden.square().mean(-1, keepdim=True).add(1e-6).sqrt()
assert torch.allclose(hidden / root * scale, rms_norm(hidden, scale, 1e-6), atol=1e-5)
assert torch.allclose(RMSNorm(RMS(epsilon=1e-6), 8)(hidden), hidden / root, atol=1e-5)

# %% [markdown]
# ## GELU, and why there has to be a bend
#
# Two matrices one after the other are one matrix: `(x @ A) @ B = x @ (A @ B)`. A hundred linear layers can do no more
# than one. Between them something has to bend. *ReLU* is the simplest bend: what is negative becomes 0. *GELU* is its
# smooth relative: x times the share of a normal distribution that lies below x.
#
# By hand: GELU(0) = 0. Below 1 lie 84.1 % of a normal distribution, so GELU(1) = 0.841. Below -1 lie 15.9 %, so
# GELU(-1) = -0.159. ReLU has slope 0 for every negative number: a neuron that is always negative learns nothing any
# more. GELU still has a little slope there.


# %%
def gelu(x: Tensor) -> Tensor:
    """x · Φ(x), where Φ is the share of a normal distribution below x."""
    return x * (1 + torch.erf(x / math.sqrt(2))) / 2


points = torch.tensor([-1.0, 0.0, 1.0])
print("gelu of -1, 0, 1:", [round(number, 3) for number in gelu(points).tolist()])
assert torch.allclose(gelu(points), torch.tensor([-0.1587, 0.0, 0.8413]), atol=1e-4)
assert torch.allclose(gelu(hidden), ACTIVATIONS["gelu"](hidden), atol=1e-6)
near = torch.linspace(-4, 4, 801)
approximation = ACTIVATIONS["gelu_tanh"](near)
assert 1e-5 < float((approximation - gelu(near)).abs().max()) < 1e-3  # GPT-2's tanh is near, and not the same
one, two = torch.randn(8, 16, generator=draw), torch.randn(16, 8, generator=draw)
assert torch.allclose((hidden @ one) @ two, hidden @ (one @ two), atol=1e-4)  # no bend: one matrix
slope = torch.tensor(-1.0, requires_grad=True)
gelu(slope).backward()
assert slope.grad is not None and slope.grad.abs() > 0.05

# %% [markdown]
# ## Feed-forward
#
# Attention moves information between tokens. Then each token is worked on alone: up to four times the width, GELU, down
# again. Two thirds of a layer's parameters lie here: 8·C² against 4·C² of attention.

# %%
sizes = Sizes(width=8, heads=2, kv_heads=2, head_width=4, context=16, dropout=0.0)
think = FeedForward(Dense(activation="gelu"), sizes)
by_hand = gelu(hidden @ think.up.weight.T + think.up.bias) @ think.down.weight.T + think.down.bias
assert torch.allclose(think(hidden), by_hand, atol=1e-6)
weights = think.up.weight.numel() + think.down.weight.numel()
assert think.up.out_features == 4 * 8 and weights == 8 * 8**2 == 2 * (4 * 8**2)
other = hidden.clone()
other[:, 0] += 1
assert torch.equal(think(other)[:, 1:], think(hidden)[:, 1:])  # nobody hears of what happens at another place

# %% [markdown]
# ## Residuals
#
# A deep network multiplies. The gradient of the first layer is a product of the slopes of all layers behind it. With 30
# slopes of 0.5, that is 0.5³⁰ = one billionth: the first layer learns nothing. With slopes of 2 it explodes.
#
# The *residual* changes one thing: a layer does not replace its input, it *adds* to it: `x + f(x)`. The slope is then 1
# + f'. And a product of terms (1 + small) does not vanish: whatever happens inside f, there is a path on which the
# gradient arrives untouched, along the plus signs. The x that is handed on is called the *stream*.
#
# Let us measure it: 30 layers, once with the plus and once without. The gradient is 1 at the end of the stream. How
# much of it arrives at its beginning?


# %%
def arriving(plus: bool, normed: bool = False, depth: int = 30, width: int = 32) -> float:
    """How long the gradient is at the beginning of the stream, for one of length 1 at its end."""
    first = torch_generator(6, "layers")
    layers = [torch.randn(width, width, generator=first) * 0.5 / math.sqrt(width) for _ in range(depth)]
    beginning = torch.randn(width, generator=first).requires_grad_()
    stream = beginning
    for layer in layers:
        inner = gelu((norm(stream, torch.ones(width), torch.zeros(width)) if normed else stream) @ layer)
        stream = stream + inner if plus else inner
    (stream.sum() / math.sqrt(width)).backward()
    assert beginning.grad is not None
    return float(beginning.grad.norm())


without, with_plus, with_both = arriving(False), arriving(True), arriving(True, normed=True)
print(
    f"gradient at the beginning: without residuals {without:.1e}, with {with_plus:.2f}, with norms too {with_both:.2f}"
)
assert without < 1e-10
assert with_plus > 10 and 0.1 < with_both < 10
assert abs(0.5**30 - 9.3e-10) < 1e-11

# %% [markdown]
# Without the plus nothing arrives. With it all arrives, and even too much: the stream grows from layer to layer, and so
# does the gradient. Norms keep that in bounds, and so the two belong together.
#
# The package puts norm and plus into one small class, `Residual`: `x + f(norm(x))`. The norm stands *before* f and
# beside the stream, not on it ("pre-norm", GPT-2). The 2017 Transformer normed the sum, `norm(x + f(x))` ("post-norm").
# Then no path is untouched any more, and deep stacks need a careful warm-up.

# %%
around = Residual(8, Layer(), "pre", dropout=0.0)
assert torch.allclose(around(hidden, think), hidden + think(norm(hidden, torch.ones(8), torch.zeros(8))), atol=1e-5)
after = Residual(8, Layer(), "post", dropout=0.0)
assert torch.allclose(after(hidden, think), norm(hidden + think(hidden), torch.ones(8), torch.zeros(8)), atol=1e-5)
assert torch.equal(around(hidden, torch.zeros_like), hidden)  # a part that says nothing changes nothing

# %% [markdown]
# ## What people get wrong
#
# - **Norming over the wrong axis**: over tokens or over the batch. Then rows change each other, and the future leaks.
# - **Dividing by C - 1.** PyTorch's `var` does so unless told otherwise (`correction=0`). The norm uses the mean
#   square.
# - **Epsilon outside the root**, or left out: a vector of equal numbers gives `nan`.
# - **Norming the stream itself** in a pre-norm model: `norm(x) + f(norm(x))` cuts the untouched path.
# - **Dropout on the stream** instead of on what is added to it.
# - **No bend between two matrices.** It trains, and can do no more than one matrix.
# - **Forgetting the last norm** of a pre-norm model: the stream grows with every layer and reaches the head as it is.
#
# ## Exercises
#
# `hornbook learn start 05` writes the functions to fill in, `hornbook learn check 05` grades them.
#
# ### `layer_norm(hidden: Tensor, scale: Tensor, shift: Tensor, epsilon: float) -> Tensor`
#
# Each token of `[..., C]` brought to mean 0 and variance 1 over its features, then scaled and shifted.
#
# Hint: `keepdim=True` keeps the axis, so that `[..., 1]` is taken from `[..., C]`.
#
# ### `gelu(x: Tensor) -> Tensor`
#
# The exact one, with `torch.erf`: Φ(x) = (1 + erf(x / √2)) / 2.
#
# Hint: x times Φ(x), and not Φ(x) alone.
#
# ### `residual(hidden: Tensor, branch: Callable[[Tensor], Tensor], norm: Callable[[Tensor], Tensor]) -> Tensor`
#
# The stream after a branch with a pre-norm.
#
# Hint: the norm is for the branch; the stream is added as it came.
