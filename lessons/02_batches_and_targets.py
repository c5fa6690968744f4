"""Lesson 2, batches and targets. Read it here, as a notebook or with ``hornbook learn show 02``."""

# %% [markdown]
# # 02. Batches and targets
#
# **Question:** Where do the right answers come from, when nobody has labelled the text?
#
# **You need:** Lesson 1: a text is a list of ids.
#
# **Minutes:** 13
#
# To learn, a model needs questions with known answers. A text is full of them. Hide what follows "the cat", ask for it,
# and look: the answer stands in the text. No person has to label anything. Every place of every text is a question.

# %%
from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch

from hornbook.batches import IGNORED, NOTHING, Positions
from hornbook.data.order import RandomOrder, ShuffledOrder
from hornbook.data.windows import padded_pairs, sliding_windows

# %% [markdown]
# ## One window, many questions
#
# Take the ids `[5, 2, 9, 4, 7]`. Cut a window of 4 tokens as *input*. The *targets* are the same tokens, one place
# further on:
#
# | place | 0 | 1 | 2 | 3 |
# |---|---|---|---|---|
# | input | 5 | 2 | 9 | 4 |
# | target | 2 | 9 | 4 | 7 |
#
# At place 0 the model sees `5` and should say `2`. At place 1 it sees `5 2` and should say `9`. At place 3 it sees all
# four and should say `7`. So a window of T tokens holds T questions, with 1, 2, ..., T tokens to look at. They are all
# answered in one pass, because attention (lesson 4) hides from each place what comes after it.

# %%
ids = [5, 2, 9, 4, 7]
inputs, targets = ids[:-1], ids[1:]
for place in range(len(inputs)):
    print(f"seen {inputs[: place + 1]}: wanted {targets[place]}")
assert targets[0] == inputs[1] and targets[-1] == 7
assert len(inputs) == len(targets) == len(ids) - 1  # a window of 4 needs 5 tokens

# %% [markdown]
# ## Windows over a long text
#
# A model looks at no more than its *context*, here 4. A long text is cut into windows. Where the next window begins is
# the *stride*:
#
# - stride = context: windows lie end to end, each token is an input once;
# - stride 1: every possible window. Each token is then an input up to 4 times in an epoch, with other neighbours.

# %%
text = list(range(10, 22))  # 12 tokens: 10, 11, ..., 21


def windows(ids: list[int], context: int, stride: int) -> list[tuple[list[int], list[int]]]:
    """Every full window and its targets."""
    starts = range(0, len(ids) - context, stride)
    return [(ids[start : start + context], ids[start + 1 : start + context + 1]) for start in starts]


for stride in (4, 2, 1):
    ours = windows(text, 4, stride)
    x, y = sliding_windows(text, 4, stride)
    assert x.tolist() == [one for one, _ in ours] and y.tolist() == [other for _, other in ours]
    print(f"stride {stride}: {len(ours)} windows, the first two {x[:2].tolist()}")
assert [len(windows(text, 4, stride)) for stride in (4, 2, 1)] == [2, 4, 8]
x, y = sliding_windows(text, 4, 1)
assert torch.equal(x[:, 1:], y[:, :-1])  # inside a window each target is the next input

# %% [markdown]
# Why are there 2 windows at stride 4, and not 3? Three windows of 4 tokens fill all 12. But the last one would have no
# target for its last place. A window needs context + 1 tokens.
#
# ## Batches
#
# One window at a time would leave the processor idle, and one window is a bad sample of the language. So several are
# stacked into a *batch*: a table `[B, T]`, B rows of T tokens. Rows do not see each other.
#
# Which windows? If a model read a book from front to back, its weights would follow the chapters. So they are drawn at
# random. `RandomOrder` draws starting places anywhere, `ShuffledOrder` goes through all windows once before any comes
# again. That is called an *epoch*. In this package both are functions of the seed and the step and of nothing else: a
# run that was killed at step 700 asks for step 700 and gets the batch that it would have had.

# %%
order = ShuffledOrder(tokens=121, context=4, batch=5, seed=1, stride=4)
epoch = [int(start) for step in range(order.steps_per_epoch) for start in order.starts(step)][: order.windows]
print("windows in an epoch:", order.windows, "- the first steps begin at", epoch[:5], epoch[5:10])
assert len(set(epoch)) == order.windows  # none comes twice
assert sorted({(b - a) % 4 for a, b in pairwise(epoch)}) == [0]  # all on one grid
drawn = RandomOrder(tokens=121, context=4, batch=5, seed=1)
assert np.array_equal(drawn.starts(700), RandomOrder(121, 4, 5, 1).starts(700))
assert not np.array_equal(drawn.starts(700), drawn.starts(701))
everywhere = np.concatenate([drawn.starts(step) for step in range(400)])
assert everywhere.min() == 0 and everywhere.max() == 121 - 4 - 1  # the last window still has its target

# %% [markdown]
# ## Texts of different lengths
#
# A table has rows of one length; messages and sentences have not. Shorter ones are *padded*: filled up with a token
# that means nothing. Two things have to be said about padding:
#
# - no question is asked there: the target is a special number, `IGNORED` (-100), which the loss leaves out;
# - nobody may look there: the position is `NOTHING` (-1), which attention never sees.
#
# By hand: the texts `[3, 8]` and `[6]`, `0` ends a text and fills, 3 places. Each text is asked for its next tokens and
# for its end:
#
# | tokens | targets |
# |---|---|
# | 3 8 0 | 8 0 - |
# | 6 0 0 | 0 - - |

# %%
batch = padded_pairs([[3, 8], [6]], end=0, context=3)
print("tokens ", batch.tokens.tolist())
print("targets", batch.targets.tolist())
assert batch.tokens.tolist() == [[3, 8, 0], [6, 0, 0]]
assert batch.targets.tolist() == [[8, 0, IGNORED], [0, IGNORED, IGNORED]]
positions = Positions.lengths(torch.tensor([2, 1]), 3)
assert positions.index.tolist() == [[0, 1, NOTHING], [0, NOTHING, NOTHING]]

# %% [markdown]
# The mean must be taken over the questions that were asked, 3 here, and not over all 6 places. Else texts with much
# padding look easier than they are.

# %%
losses = torch.tensor([[2.0, 1.0, 0.0], [3.0, 0.0, 0.0]])  # what each place lost; 0 where nothing was asked
asked = batch.targets != IGNORED
mean = float(losses.sum() / asked.sum())
print("asked:", int(asked.sum()), "mean loss:", mean, "- over all places it would seem to be", float(losses.mean()))
assert mean == 2.0 and float(losses.mean()) == 1.0

# %% [markdown]
# ## Training and validation
#
# A model can learn a text by heart. To know whether it has learned the language, ask it about a text that it has never
# seen: the *validation* part, here the last tenth. Cut first, make windows then. If overlapping windows are made first
# and divided afterwards, almost every validation window shares tokens with one of training.

# %%
whole = list(range(100))
cut = int(len(whole) * 0.9)
clean = {token for row, _ in windows(whole[:cut], 4, 1) for token in row} & set(whole[cut:])
mixed = windows(whole, 4, 1)
leaked = {tuple(row) for row, _ in mixed[::2]}
shared = sum(any(set(row) & set(other) for other in leaked) for row, _ in mixed[1::2])
print(f"cut first: {len(clean)} tokens in common; windows divided: {shared} of {len(mixed[1::2])} windows share some")
assert len(clean) == 0 and shared == len(mixed[1::2])

# %% [markdown]
# ## What people get wrong
#
# - **Targets that are not shifted.** Asked for the token that it sees, a model reaches a loss of 0 and has learned to
#   copy. A loss that falls far too well is a warning.
# - **Shifting twice.** Once while making batches and once more in the loss: the model then learns to skip a token.
# - **The last window.** It needs context + 1 tokens.
# - **Counting padding** in the mean, or letting attention see it.
# - **Splitting after making windows**, or shuffling sentences of one article into both parts.
# - **Believing in epochs.** With stride 1 an "epoch" reads each token T times. Count tokens.
#
# ## Exercises
#
# `hornbook learn start 02` writes the functions to fill in, `hornbook learn check 02` grades them.
#
# ### `windows(ids: list[int], context: int, stride: int) -> list[tuple[list[int], list[int]]]`
#
# Every full window of `context` tokens and its targets, from the left, beginning every `stride` tokens.
#
# Hint: the last start is the last for which context + 1 tokens are left.
#
# ### `pad(texts: list[list[int]], length: int, filler: int, ignored: int) -> tuple[list[list[int]], list[list[int]]]`
#
# Tokens and targets of rows that are all `length` long. A text is filled up with `filler`; its targets are its next
# tokens. Of its last token nothing is asked, nor of the filling: `ignored`. Texts are not longer than `length`.
#
# Hint: the targets of `[3, 8, 4]` begin with `8, 4`; then comes `ignored`.
#
# ### `mean_loss(losses: list[float], targets: list[int], ignored: int) -> float`
#
# The mean loss of the places where something was asked.
#
# Hint: divide by the number of targets that are not `ignored`.
