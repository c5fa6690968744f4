"""Lesson 25, looking inside. Read it here, as a notebook or with ``hornbook learn show 25``."""

# %% [markdown]
# # 25. Looking inside
#
# **Question:** A trained model gives the right answer. How can one find out how?
#
# **You need:** Lessons 4 to 6 (attention, the stream, the block).
#
# **Minutes:** 15
#
# We train a model on a task whose solution we know, and then look for that solution inside. The task: eight different
# letters, and the same eight again. In the second half every letter can be known: find the same letter earlier, and say
# what came after it. In this text that is seven places back. By hand: `c a f b c a`: the last `a` stood at place 1
# before, and after it came `f`.

# %%
from __future__ import annotations

import math

import torch
from torch import Tensor

from hornbook.batches import IGNORED, Texts
from hornbook.evaluation.inside.ablation import ablate, read_part, switched_off
from hornbook.evaluation.inside.head_scores import head_scores
from hornbook.evaluation.inside.lens import lens_chances
from hornbook.evaluation.inside.observing import observe
from hornbook.model.config import ModelConfig
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder
from hornbook.seeds import torch_generator
from hornbook.training.config import AdamW
from hornbook.training.loop import training_steps
from hornbook.training.objectives import next_token
from hornbook.training.optimizers import build_optimizer

LETTERS, HALF = 16, 8
draw = torch_generator(25, "texts")


def twice(rows: int) -> Texts:
    """Texts of eight different letters, and the same again; asked is what can be known."""
    order = torch.rand(rows, LETTERS, generator=draw).argsort(1)[:, :HALF]
    text = torch.cat([order, order], dim=1)
    targets = text[:, 1:].clone()
    targets[:, : HALF - 1] = IGNORED
    targets[:, HALF - 1] = IGNORED  # the first letter of the second half: nobody knows yet that it begins anew
    return Texts(text[:, :-1], targets)


config = ModelConfig(vocabulary=LETTERS, context=16, width=32, heads=4, depth=2)
model = Decoder(config)
initialise(model, config, seed=0)
optimizer = build_optimizer(AdamW(learning_rate=1e-2, weight_decay=0.0), model)
losses = [update.loss for update in training_steps(model, ([twice(32)] for _ in range(120)), next_token, optimizer)]
model.eval()
test = twice(1)
tokens, answer = test.tokens, int(test.targets[0, -1])
print(f"loss {losses[0]:.2f} -> {losses[-1]:.3f}")
assert losses[-1] < 0.05
assert int(model(tokens)[0, -1].argmax()) == answer

# %% [markdown]
# ## Attention maps
#
# First question: who looks where? `observe` runs the model once and keeps everything. A row of a map is a token that
# looks; its weights sum to 1. Four numbers for each head help to find the interesting ones; `induction` is the weight
# on what followed the same letter earlier.

# %%
seen = observe(model, tokens)
assert torch.allclose(seen.logits, model(tokens), atol=1e-5)
for layer, each in enumerate(seen.layers):
    for head, scores in enumerate(head_scores(each.looked["attention"].weights[0], tokens[0])):
        print(f"head {layer}.{head}: " + ", ".join(f"{name} {value:.2f}" for name, value in scores.items()))
maps = [each.looked["attention"].weights[0] for each in seen.layers]  # [H,T,T] for each layer
assert torch.allclose(maps[0].sum(-1), torch.ones(4, 15), atol=1e-5)
assert float(maps[0].triu(1).max()) == 0.0  # causal
induction = torch.stack([weights[:, 8:].diagonal(1, -2, -1)[..., :7].mean(-1) for weights in maps])
strongest = float(induction.max())
best = divmod(int(induction.argmax()), 4)
scores = head_scores(maps[best[0]], tokens[0])[best[1]]
print(f"head {best[0]}.{best[1]} looks seven places back with weight {strongest:.2f}")
assert strongest > 0.5
assert abs(scores["induction"] - strongest) < 1e-4  # the same number, written out

# %% [markdown]
# A map shows where values came from, not what became of them. It is a hint, no proof.
#
# ## The logit lens
#
# Second question: *when* is the answer there? After each layer the stream has the width of the last one. So read it
# as if it were the last: last norm, then the table. By hand this is one line; and after the last layer it is the
# model itself.


# %%
def lens(model: Decoder, stream: Tensor) -> Tensor:
    """Chances of the next token, read off a stream [B, T, C]."""
    return model.write(model.stack.norm(stream)).softmax(-1)


with torch.no_grad():
    through = [seen.layers[0].before, *(layer.after for layer in seen.layers)]
    found = torch.stack([lens(model, stream)[0] for stream in through])  # [L+1,T,V]
    assert torch.allclose(found, lens_chances(model, tokens), atol=1e-6)
    assert torch.allclose(found[-1], model(tokens)[0].softmax(-1), atol=1e-5)
along = [float(each[-1, answer]) for each in found]
print("chance of the right letter before the first layer and after each:", [round(chance, 3) for chance in along])
assert along[0] < 0.1 and along[-1] > 0.9

# %% [markdown]
# Before the first layer the stream knows nothing but its own letter and place. The answer arrives with attention.
#
# ## Ablation
#
# Third question, and the only proof of the three: what happens *without* a part? Switch it off, and see how far the
# answer moves (KL divergence, in bits).

# %%
moved = {}
for part in (
    "layer:0",
    "layer:1",
    "mlp:0",
    "mlp:1",
    *(f"head:{layer}.{head}" for layer in (0, 1) for head in range(4)),
):
    moved[part] = ablate(model, read_part(part), tokens).divergence
for part, bits in sorted(moved.items(), key=lambda each: -each[1])[:5]:
    print(f"without {part:<9} the answer moves by {bits:.2f} bits")
most = max(moved, key=moved.__getitem__)
assert moved[most] > 1.0
assert min(moved.values()) > 0.0  # no part of a trained model does nothing at all
with torch.no_grad():
    before = model(tokens)[0, -1].log_softmax(-1)
    with switched_off(model, read_part(most)):
        after = model(tokens)[0, -1].log_softmax(-1)
by_hand = float((before.exp() * (before - after)).sum()) / math.log(2)  # KL(before ‖ after); / ln 2 makes bits of nats
assert abs(by_hand / moved[most] - 1) < 1e-3
heads = [bits for part, bits in moved.items() if part.startswith(f"head:{best[0]}")]
assert max(heads) < 0.5 and moved[f"layer:{best[0]}"] > 5  # one head off is less than all of them

with torch.no_grad(), switched_off(model, read_part(f"layer:{best[0]}")):
    batch = twice(100)
    asked = batch.targets != IGNORED
    without = float((model(batch.tokens).argmax(-1) == batch.targets)[asked].float().mean())
with torch.no_grad():
    whole = float((model(batch.tokens).argmax(-1) == batch.targets)[asked].float().mean())
print(f"right: {whole:.0%} with everything, {without:.0%} without layer {best[0]}")
assert whole > 0.97 and without < 0.5

# %% [markdown]
# Heads stand in for each other: several have learned the same, and one of them off changes little. So "this head does
# it" is seldom the whole truth. And look whether the part that looked important in the maps is important in the
# ablation.
#
# On a model of yours: `hornbook trace latest "Once upon"` prints every tensor of one pass; more in docs/inside.md.
#
# ## What people get wrong
#
# - **Taking a map for an explanation.** Ablate before you believe.
# - **One example.** Average over many texts.
# - **Forgetting the last norm** in the logit lens. The numbers are then of another size.
# - **Setting a head to zero when its mean is far from zero.** The model then sees something it never saw; use the mean.
# - **Dropout on while looking.**
# - **Stories about neurons.** Try to be wrong: look for texts that contradict.
#
# ## Exercises
#
# `hornbook learn start 25` writes the functions to fill in, `hornbook learn check 25` grades them.
#
# ### `read_lens(stream: Tensor, scale: Tensor, shift: Tensor, table: Tensor) -> Tensor`
#
# Chances `[T, V]` from a stream `[T, C]`: the last LayerNorm (with scale and shift `[C]`, epsilon 0.00001), then the
# table `[V, C]`, then softmax.
#
# Hint: `torch.nn.functional.layer_norm`.
#
# ### `divergence(before: Tensor, after: Tensor) -> Tensor`
#
# KL(before ‖ after) in bits, from logits `[V]` each.
#
# Hint: the mean under p of ln p - ln q; divide by ln 2.
#
# ### `looks_back(weights: Tensor, distance: int) -> Tensor`
#
# From attention maps `[H, T, T]` the mean weight of each head `[H]` on the token `distance` places back, over the
# places that have one.
#
# Hint: `weights.diagonal(-distance, -2, -1)`.
