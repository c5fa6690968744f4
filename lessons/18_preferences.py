"""Lesson 18, preferences. Read it here, as a notebook or with ``hornbook learn show 18``."""

# %% [markdown]
# # 18. Preferences: this answer rather than that one
#
# **Question:** How does a model learn from "A is better than B", when nobody can say what the perfect answer is?
#
# **You need:** Lesson 16 (asking for the answer only).
#
# **Minutes:** 15
#
# It is hard to write the best answer to "Cheer me up", and easy to say which of two is better. From such pairs a model
# can learn. The oldest way trains a second model that gives points, and then a third against it. **DPO** (Rafailov et
# al. 2023) does it in one line of loss.
#
# ## How likely is an answer?
#
# The chance of a text is the product of the chances of its tokens. Products of small numbers vanish, so one adds
# logarithms. By hand: an answer of two tokens with chances 0.5 and 0.25 has 0.125; in logarithms -0.693 - 1.386 =
# -2.079. Only the tokens of the *answer* count, not those of the question.

# %%
from __future__ import annotations

import math

import torch

from hornbook.batches import IGNORED, Preferences, Texts
from hornbook.data.config import DPO
from hornbook.finetuning.preferences import PreferenceObjective, answer_log_probabilities, dpo, side_by_side
from hornbook.model.config import ModelConfig
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder
from hornbook.training.config import AdamW
from hornbook.training.loop import training_steps
from hornbook.training.optimizers import build_optimizer

assert math.isclose(math.log(0.5) + math.log(0.25), math.log(0.125))
assert abs(math.log(0.125) - -2.079) < 1e-3

config = ModelConfig(vocabulary=12, context=8, width=16, heads=2, depth=1)
model = Decoder(config)
initialise(model, config, seed=0)


def pair(answer: list[int]) -> Texts:
    """The question 1 2 3 and an answer; the answer and nothing else is asked."""
    text = [1, 2, 3, *answer]
    targets = [IGNORED, IGNORED, *text[3:]]
    return Texts(torch.tensor([text[:-1]]), torch.tensor([targets]))


chosen, rejected = pair([4, 5, 0]), pair([6, 7, 8, 0])
with torch.no_grad():
    nats, counts = answer_log_probabilities(model, chosen)
    chances = model(chosen.tokens).log_softmax(-1)[0]
    by_hand = chances[2, 4] + chances[3, 5] + chances[4, 0]  # the last question token answers for the first of these
assert int(counts) == 3 and torch.allclose(nats[0], by_hand)
assert abs(float(nats) / 3 + math.log(12)) < 0.3  # untrained: about ln 12 a token

# %% [markdown]
# ## The loss
#
# Let c and r be the log-chances of the better (chosen) and the worse (rejected) answer under the model that learns, and
# c₀, r₀ those under a copy that does not (the *reference*). DPO looks at how far the model has moved away from it:
#
#     margin = (c - c₀) - (r - r₀)          loss = -ln sigmoid(beta · margin)
#
# By hand, with beta = 0.1. At first model and reference are the same: margin 0, sigmoid 0.5, loss ln 2 = 0.693. If the
# better answer has gained 2 and the worse lost 3, the margin is 5: sigmoid(0.5) = 0.622, loss 0.474. The larger the
# margin, the smaller the loss, and the smaller its slope: pairs that are won already no longer pull.
#
# Why the reference? Without it the cheapest way to win a pair is to make *both* answers unlikely, the worse one more
# so. And the answers' own lengths and oddities would count. With it, only the change counts.

# %%


def loss_by_hand(c: float, r: float, c0: float, r0: float, beta: float) -> float:
    """DPO's loss of a pair, written out."""
    margin = (c - c0) - (r - r0)
    return -math.log(1 / (1 + math.exp(-beta * margin)))


assert math.isclose(loss_by_hand(-5, -9, -5, -9, 0.1), math.log(2))
assert abs(loss_by_hand(-3, -12, -5, -9, 0.1) - 0.474) < 1e-3
theirs = dpo(DPO(beta=0.1), torch.tensor([-3.0 - -5.0]), torch.tensor([-12.0 - -9.0]))  # log-ratios go in
assert math.isclose(float(theirs), loss_by_hand(-3, -12, -5, -9, 0.1), rel_tol=1e-5)

# %% [markdown]
# What does the gradient do? The derivative of -ln sigmoid(z) is -(1 - sigmoid(z)). So each pair pulls with the weight
# beta · (1 - sigmoid(beta · margin)): half of beta at the beginning, near 0 once the pair is won. Checked by autograd:

# %%
gained = torch.tensor([0.0, 5.0, 40.0], requires_grad=True)
dpo(DPO(beta=0.1), gained, torch.zeros(3)).sum().backward()
assert gained.grad is not None
assert torch.allclose(-gained.grad, 0.1 * (1 - torch.sigmoid(0.1 * gained.detach())))
print("pull of a pair with margin 0, 5, 40:", [round(-pull, 4) for pull in gained.grad.tolist()])

# %% [markdown]
# ## Training
#
# One pair, a few steps. Watch all three numbers: the margin must grow; and look whether the better answer became
# likelier, or the worse one only less likely. The latter is common, and no secret: DPO asks for the difference.


# %%
def both() -> torch.Tensor:
    """The log-chances of the better and of the worse answer, each read by itself."""
    with torch.no_grad():
        return torch.cat([answer_log_probabilities(model.eval(), texts)[0] for texts in (chosen, rejected)])


before = both()
with torch.no_grad():  # in one batch the shorter one is filled up, and nothing of that is asked
    together, _ = answer_log_probabilities(model, side_by_side(Preferences(chosen, rejected)))
assert torch.allclose(together, before, atol=1e-5)
batch = Preferences(chosen, rejected, reference=before[None])  # the reference: the model as it is now
objective = PreferenceObjective(DPO(beta=0.1))
first = objective(model, batch)
assert math.isclose(float(first.total.detach() / first.count), math.log(2), rel_tol=1e-5)

optimizer = build_optimizer(AdamW(learning_rate=3e-3, weight_decay=0.0), model)
losses = [update.loss for update in training_steps(model, ([batch] for _ in range(20)), objective, optimizer)]
moved = both() - before
margin = float(moved[0] - moved[1])
print(f"loss {losses[0]:.3f} -> {losses[-1]:.3f}; chosen {moved[0]:+.2f}, rejected {moved[1]:+.2f} nats")
assert losses[-1] < 0.9 * losses[0]
assert margin > 0 and float(moved[1]) < 0

# %% [markdown]
# beta says how far the model may go for it. Small beta: a large margin is needed before a pair counts as won, so the
# model moves far. Large beta: it is content soon.

# %%
needed = {beta: math.log(0.9 / 0.1) / beta for beta in (0.05, 0.1, 0.5)}  # margin at which sigmoid is 0.9
print("margin that counts as won to 90 %:", {beta: round(nats, 1) for beta, nats in needed.items()})
assert math.isclose(needed[0.05], 10 * needed[0.5])
assert math.isclose(1 / (1 + math.exp(-0.1 * needed[0.1])), 0.9)

# %% [markdown]
# Try it: `hornbook finetune prefer story-tastes`.
#
# ## What people get wrong
#
# - **The mean over tokens instead of the sum.** Then it is another loss (near SimPO); lengths count differently.
# - **Counting the question.** It is the same on both sides, but its log-chances then move for no reason.
# - **The sign.** It is chosen minus rejected, and the reference is subtracted on each side.
# - **A reference that learns along.** It has to be frozen: compute its numbers once.
# - **Dropout on in the reference.** Then its numbers are noise.
# - **The rate of ordinary fine-tuning.** DPO wants a tenth of it, or the model forgets to write.
# - **Watching the loss only.** If both answers become unlikely, texts fall apart while the loss falls.
#
# ## Exercises
#
# `hornbook learn start 18` writes the functions to fill in, `hornbook learn check 18` grades them.
#
# ### `answer_log_probability(logits: Tensor, targets: Tensor) -> Tensor`
#
# From logits `[B, T, V]` and targets `[B, T]` (-100 where nothing is asked) the log-chance of each answer, `[B]`.
#
# Hint: `log_softmax`, `gather` at the targets (clamped to 0 or more), and leave out what is not asked before summing.
#
# ### `dpo_loss(chosen: Tensor, rejected: Tensor, chosen_ref: Tensor, rejected_ref: Tensor, beta: float) -> Tensor`
#
# The mean loss of B pairs, from log-chances `[B]` each; `_ref`: under the reference.
#
# Hint: `torch.nn.functional.logsigmoid` is exact where `log(sigmoid(x))` becomes minus infinity.
