"""Lesson 17, LoRA. Read it here, as a notebook or with ``hornbook learn show 17``."""

# %% [markdown]
# # 17. LoRA: learning beside a frozen matrix
#
# **Question:** How can a large model learn something new when only one number in a hundred may change?
#
# **You need:** Lesson 10 (AdamW keeps two numbers for each weight) and lesson 16.
#
# **Minutes:** 15
#
# To train a weight one needs the weight, its gradient, and AdamW's two averages: four numbers. A model that just fits
# into memory cannot be trained there. And ten tasks would be ten whole models on the disk. LoRA (Hu et al. 2022) leaves
# every matrix W as it is, and puts beside it a product of two narrow matrices that learns:
#
#     h = W x  +  (alpha / rank) · B (A x)          A is [rank, in], B is [out, rank]
#
# ## Narrow means few numbers
#
# By hand: W is 4 × 4, which is 16 numbers. With rank 1, A is 1 × 4 and B is 4 × 1: 8 numbers. For 768 × 768 and rank 8
# it is 12,288 instead of 589,824: 2 %. What is given up: B A can only be a matrix of *rank* 1 (or 8), in which all rows
# are multiples of one row (or mixtures of 8). Fine-tuning seldom needs more.

# %%
from __future__ import annotations

import torch
from torch import nn

from hornbook.batches import Texts
from hornbook.finetuning.adapting import adapt, trained_share
from hornbook.finetuning.config import LowRank
from hornbook.finetuning.low_rank import LowRankLinear, merge
from hornbook.model.config import ModelConfig
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder
from hornbook.seeds import torch_generator
from hornbook.training.config import AdamW
from hornbook.training.loop import training_steps
from hornbook.training.objectives import next_token
from hornbook.training.optimizers import build_optimizer

draw = torch_generator(17, "lesson")
up, down = torch.tensor([[1.0], [2.0], [0.0], [-1.0]]), torch.tensor([[1.0, 0.0, 3.0, 1.0]])  # B [4,1], A [1,4]
product = up @ down
print("B A =", product.tolist())
assert torch.linalg.matrix_rank(product) == 1
assert product[1].tolist() == [2.0, 0.0, 6.0, 2.0]  # twice the first row
assert 768 * 768 == 589_824 and 8 * (768 + 768) == 12_288

# %% [markdown]
# ## At first nothing changes
#
# A begins at random, B at zero. So B A = 0, and the model begins as exactly the model that it was. If both began at
# zero, both gradients would be zero for ever (each is multiplied with the other). If both began at random, the first
# step would start from a damaged model.

# %%
linear = nn.Linear(6, 5)
lora = LowRankLinear(linear, LowRank(rank=2, alpha=4.0), draw)
x = torch.randn(3, 6, generator=draw)
assert torch.equal(lora(x), linear(x))
assert bool((lora.up == 0).all()) and bool((lora.down != 0).all())

lora(x).square().sum().backward()
assert lora.up.grad is not None and lora.down.grad is not None
assert bool((lora.up.grad != 0).any())  # B learns from the first step on ...
assert bool((lora.down.grad == 0).all())  # ... A from the second, when B is no longer zero

# %% [markdown]
# Written out, and compared with the package's own, once B is not zero. The scale alpha / rank keeps the size of the
# change when the rank is changed; people set alpha once (16 is usual) and leave it.

# %%
with torch.no_grad():
    lora.up.copy_(torch.randn(5, 2, generator=draw))
    written_out = x @ linear.weight.T + linear.bias + (4.0 / 2) * (x @ lora.down.T) @ lora.up.T
    assert torch.allclose(lora(x), written_out, atol=1e-6)
    narrow_first, wide_first = (x @ lora.down.T) @ lora.up.T, x @ (lora.up @ lora.down).T
    assert torch.allclose(narrow_first, wide_first, atol=1e-5)  # the same, but the first never makes a [5,6] matrix

# %% [markdown]
# ## Merged, it costs nothing
#
# After training add the product to the matrix: W' = W + (alpha / rank) · B A. One matrix, the same function, no slower
# than before.

# %%
merged = lora.merged()
assert torch.allclose(merged(x), lora(x), atol=1e-5)
assert torch.allclose(merged.weight, linear.weight + 2.0 * lora.up @ lora.down)

# %% [markdown]
# ## In a whole model
#
# `adapt` freezes a model and puts products beside the matrices that are named. Queries and values are the usual choice.
# Here a small model learns one sentence that it has never seen. Only the products move.

# %%
config = ModelConfig(vocabulary=20, context=16, width=32, heads=4, depth=2)
model = Decoder(config)
initialise(model, config, seed=0)
before = {name: each.clone() for name, each in model.state_dict().items()}
adapt(model, LowRank(rank=4, alpha=8.0, targets=("query", "value", "up", "down")), seed=1)
trained, all_of_them = trained_share(model)
print(f"{trained:,} of {all_of_them:,} numbers are trained: {trained / all_of_them:.1%}")
by_hand = 2 * (2 * 4 * (32 + 32) + 2 * 4 * (32 + 128))  # layers · (query, value · rank · (in + out) + up, down ...)
assert trained == by_hand == 3_584 and all_of_them == 30_208

sentence = torch.tensor([[3, 14, 15, 9, 2, 6, 5, 3, 5, 8, 9, 7]])
batch = Texts(sentence[:, :-1], sentence[:, 1:])
optimizer = build_optimizer(AdamW(learning_rate=2e-2, weight_decay=0.0), model)
losses = [update.loss for update in training_steps(model, ([batch] for _ in range(40)), next_token, optimizer)]
print(f"loss: {losses[0]:.2f} -> {losses[-1]:.2f}")
assert losses[-1] < 0.8 * losses[0]
for name, parameter in model.named_parameters():
    if not parameter.requires_grad:
        assert torch.equal(parameter, before[name.replace(".base.", ".")])  # frozen means frozen

with torch.no_grad():
    answer = model.eval()(batch.tokens)
    assert torch.allclose(merge(model)(batch.tokens), answer, atol=1e-4)
assert not any(isinstance(module, LowRankLinear) for module in model.modules())

# %% [markdown]
# Try it: `hornbook finetune instruct story-tasks 'adapting={kind="low_rank", rank=4}'`.
#
# ## What people get wrong
#
# - **Both matrices random** (the model begins damaged) **or both zero** (it never learns).
# - **Forgetting the scale**, or dividing by the width instead of the rank.
# - **A and B exchanged.** `x Aᵀ` comes first: it is the narrow one.
# - **Merging twice.** Each merge adds the product again.
# - **An optimizer made before freezing.** It still holds, and decays, all weights.
# - **Too small a learning rate.** So few weights need ten times the rate of full fine-tuning.
# - **Merging into weights kept in 4 bits.** Widen them first, or the change is rounded away.
#
# ## Exercises
#
# `hornbook learn start 17` writes the functions to fill in, `hornbook learn check 17` grades them.
#
# ### `lora(x: Tensor, weight: Tensor, down: Tensor, up: Tensor, alpha: float) -> Tensor`
#
# The layer for `x [B, I]`: `weight [O, I]`, `down` (A) `[R, I]`, `up` (B) `[O, R]`; no bias.
#
# Hint: the rank is the number of rows of `down`.
#
# ### `merged(weight: Tensor, down: Tensor, up: Tensor, alpha: float) -> Tensor`
#
# One matrix `[O, I]` that does the same.
#
# Hint: `up @ down` has the shape of `weight`.
#
# ### `trained_numbers(inputs: int, outputs: int, rank: int) -> int`
#
# How many numbers LoRA trains beside one matrix of this size.
#
# Hint: A and B, nothing else.
