"""Lesson 19, rewards. Read it here, as a notebook or with ``hornbook learn show 19``."""

# %% [markdown]
# # 19. Rewards: learning by trying
#
# **Question:** How can a model learn from "right" and "wrong" alone, without being shown an answer?
#
# **You need:** Lesson 13 (drawing tokens) and lesson 18 (how likely an answer is).
#
# **Minutes:** 18
#
# `23 + 456`: whoever answers 479 gets a point. Nobody shows how. The model draws answers, some get points, and those
# become likelier. This is how models learn to solve what can be *checked*: sums, programs, puzzles.
#
# ## The trick of REINFORCE
#
# We want more reward on average. The average is over the answers that the model *draws*, and one cannot take the
# derivative of a draw. But of its chance one can. For an answer o with chance p(o) and reward r(o):
#
#     d/dw Σ p(o) r(o)  =  Σ p(o) · r(o) · d/dw ln p(o)  =  the mean of  r(o) · d/dw ln p(o)  over drawn answers
#
# because dp = p · d ln p. So: draw, and push up the log-chance of each answer by its reward. Checked here with three
# answers whose rewards are known, where both sides can be computed.

# %%
from __future__ import annotations

import math

import torch
from torch import Tensor

from hornbook.batches import Questions
from hornbook.data.config import Reinforce
from hornbook.finetuning.reinforce import ADVANTAGES, ReinforceObjective, Rollout, answered, token_log_probabilities
from hornbook.finetuning.rewards import find_reward
from hornbook.model.config import ModelConfig
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder
from hornbook.seeds import torch_generator
from hornbook.tokenizers.characters import CharacterTokenizer
from hornbook.training.config import AdamW
from hornbook.training.loop import training_steps
from hornbook.training.optimizers import build_optimizer

points = torch.tensor([0.0, 1.0, 0.2])
logits = torch.tensor([0.5, -0.5, 0.0], requires_grad=True)
(logits.softmax(-1) * points).sum().backward()
exact = logits.grad
assert exact is not None

draws = torch.multinomial(logits.detach().softmax(-1), 20_000, replacement=True, generator=torch_generator(19, "draws"))
again = logits.detach().clone().requires_grad_()
(again.log_softmax(-1)[draws] * points[draws]).mean().backward()
print("exact gradient:    ", [round(each, 3) for each in exact.tolist()])
print("from drawn answers:", [round(each, 3) for each in again.grad.tolist()])
assert torch.allclose(again.grad, exact, atol=0.01)

# %% [markdown]
# ## A baseline
#
# If all rewards are between 9 and 10, every answer is pushed up, the good ones a little more. That works, but with much
# noise. Take off what is usual: reward minus mean. Now the worse half is pushed *down*. A constant taken off changes
# the mean gradient by nothing (the chances always sum to 1, so Σ p · d ln p = 0), and its spread by a lot.


# %%
def spread(rewards: Tensor) -> float:
    """The variance of single-draw gradients, summed over the three logits."""
    chances = logits.detach().softmax(-1)
    slopes = torch.eye(3) - chances  # d ln p(o) / d logits, a row for each o
    each = slopes * rewards[:, None]
    mean = (chances[:, None] * each).sum(0)
    return float((chances[:, None] * (each - mean).square()).sum())


with_ten, centred = points + 10, points - float((logits.detach().softmax(-1) * points).sum())
print(f"spread: rewards around 10 {spread(with_ten):.2f}, around 0 {spread(centred):.3f}")
assert spread(with_ten) > 100 * spread(centred)

# %% [markdown]
# **GRPO** (Shao et al. 2024) draws a *group* of answers to each question, and takes the group's own mean as the
# baseline. By hand: rewards 1, 0, 0, 1 have mean 0.5; the advantages are 0.5, -0.5, -0.5, 0.5, divided by their
# standard deviation 0.577: ±0.866. A group in which all are right, or all wrong, teaches nothing: all advantages are 0.

# %%
group = torch.tensor([[1.0, 0.0, 0.0, 1.0], [1.0, 1.0, 1.0, 1.0]])
advantages = ADVANTAGES["group"](group)
assert torch.allclose(advantages[0], torch.tensor([0.866, -0.866, -0.866, 0.866]), atol=1e-3)
assert bool((advantages[1] == 0).all())
assert torch.allclose(ADVANTAGES["centred"](group)[0], torch.tensor([0.5, -0.5, -0.5, 0.5]))

# %% [markdown]
# ## Not too far at once
#
# Drawing is dear, so one takes several steps with the same answers. But then the model is no longer the one that drew
# them. The ratio w = p(token) / p_then(token) says how far it has gone, and the loss is clipped:
#
#     loss = -min(w · A, clip(w, 0.8, 1.2) · A)
#
# By hand, A = 1: at w = 1 the loss is -1; at w = 1.5 it is -1.2, and flat: no more pull. With A = -1 and w = 1.5 it is
# +1.5, with full pull: what was bad and became likelier must come down.


# %%
def clipped(ratio: Tensor, advantage: float, clip: float = 0.2) -> Tensor:
    """PPO's clipped loss of a token."""
    return -torch.minimum(ratio * advantage, ratio.clamp(1 - clip, 1 + clip) * advantage)


ratio = torch.tensor([1.0, 1.5], requires_grad=True)
good = clipped(ratio, 1.0)
good.sum().backward()
assert torch.allclose(good, torch.tensor([-1.0, -1.2])) and ratio.grad.tolist() == [-1.0, 0.0]
bad = torch.tensor([1.5], requires_grad=True)
clipped(bad, -1.0).sum().backward()
assert bad.grad.tolist() == [1.0]

# %% [markdown]
# ## In full: a model learns by trying
#
# The questions are letters, and the right answer to each is the letter itself. The model starts knowing nothing. The
# reward is `exact`. Nobody shows an answer.

# %%
tokenizer = CharacterTokenizer.train(["abcdefg."])
end = tokenizer.ids["."]
config = ModelConfig(vocabulary=tokenizer.vocab_size, context=8, width=16, heads=2, depth=1)
model = Decoder(config)
initialise(model, config, seed=0)
letters = list("abcdefg")
task = Reinforce(reward="exact", group=16, max_tokens=2, advantage="group")
objective = ReinforceObjective(task, letters, tokenizer, end, seed=0)
assert find_reward("exact")("c ", "c") == 1.0 and find_reward("exact")("d", "c") == 0.0

# First the package's own loss, for one answer "b." to the question "c": what if it has become 1.5 times as likely?
one = [tokenizer.encode("c")]
texts = answered(one, [[*tokenizer.encode("b"), end]], torch.device("cpu"))
assert texts.targets.tolist() == [[*tokenizer.encode("b"), end]]  # both tokens of the answer are asked for
with torch.no_grad():
    nats, entropy, asked = token_log_probabilities(model, texts)
beginning = float(entropy.sum() / asked.sum())
assert abs(beginning - math.log(8)) < 0.1  # untrained: all eight characters are alike
for advantage, by_hand in ((1.0, -1.2), (-1.0, 1.5)):
    then = Rollout(texts, torch.full_like(nats, advantage), nats - math.log(1.5), None, {})
    objective.drawn[0, 2] = then  # round 0, row 2
    loss = objective(model, Questions(torch.tensor(one), torch.tensor([1]), torch.tensor([2]), torch.tensor(0)))
    assert math.isclose(float(loss.total.detach() / loss.count), by_hand, rel_tol=1e-5)
objective.drawn.clear()


def questions() -> object:
    """All seven letters, round after round."""
    tokens = torch.tensor([tokenizer.encode(letter) for letter in letters])
    for number in range(60):
        yield [Questions(tokens, torch.ones(7, dtype=torch.long), torch.arange(7), torch.tensor(number))]


optimizer = build_optimizer(AdamW(learning_rate=2e-2, weight_decay=0.0), model)
rewards = [update.notes["reward"] for update in training_steps(model, questions(), objective, optimizer)]
for step in (0, 19, 39, 59):
    print(f"round {step + 1:>2}: mean reward {rewards[step]:.2f}")
assert rewards[0] < 0.06  # a letter and the full stop, blindly: 1 in 64
assert sum(rewards[-5:]) / 5 > 0.6

# %% [markdown]
# At first hardly one in 64 answers is a right letter *and* the full stop that ends it: the reward is rare, and most
# groups teach nothing. This is the weak point of it all: what never happens cannot be rewarded. So one starts from a
# model that can do a little, or gives points for parts (the reward `places`).

# %%
assert find_reward("places")("475", "479") == find_reward("places")("79", "479") == 2 / 3  # counted from the end
nats, entropy, asked = token_log_probabilities(model.eval(), next(iter(objective.drawn.values())).texts)
sure = float(entropy.sum() / asked.sum())
print(f"entropy {sure:.2f} nats a token; it began at {beginning:.2f}, near ln 8 = {math.log(8):.2f}")
assert 0 <= sure < beginning

# %% [markdown]
# The entropy falls: the model has become sure, and tries less. Once it tries nothing new, learning ends.
#
# Try it: `hornbook finetune reinforce sums`.
#
# ## What people get wrong
#
# - **The sign.** Losses go down: it is *minus* advantage times log-chance.
# - **The mean over all questions as a baseline.** Easy questions then always win. Centre each group by itself.
# - **Letting gradients through the ratio's denominator.** `p_then` is a number, not a function: `detach()`.
# - **`max` for `min`** in the clipped loss: nothing holds the model back any more.
# - **A reward that can be cheated.** It will be. Read what is written when the reward rises suddenly.
# - **Judging with the answers used for learning.** Hold questions back.
#
# ## Exercises
#
# `hornbook learn start 19` writes the functions to fill in, `hornbook learn check 19` grades them.
#
# ### `group_advantages(rewards: Tensor) -> Tensor`
#
# From rewards `[Q, G]` (a row for each question) the advantages `[Q, G]`: reward minus the group's mean, divided by the
# group's standard deviation plus 0.0001.
#
# Hint: `rewards.std(dim=1, keepdim=True)`.
#
# ### `policy_loss(new: Tensor, old: Tensor, advantages: Tensor, clip: float) -> Tensor`
#
# The mean clipped loss, from log-chances of tokens now and then `[N]`, and advantages `[N]`.
#
# Hint: the ratio is `exp(new - old)`.
