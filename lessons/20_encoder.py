"""Lesson 20, the encoder. Read it here, as a notebook or with ``hornbook learn show 20``."""

# %% [markdown]
# # 20. The encoder, and guessing masked words
#
# **Question:** What can a model learn that may look in both directions?
#
# **You need:** Lesson 4 (the causal mask) and lesson 2 (targets).
#
# **Minutes:** 15
#
# A GPT reads from left to right, because it has to write that way. To *understand* a finished text one may look at all
# of it: in "The bank of the river", the word that explains *bank* comes later. An **encoder** (BERT, Devlin et al.
# 2019) is the same stack of blocks without the causal mask.
#
# ## Seeing both ways
#
# Change one token and see which places notice. In a decoder: itself and those after it. In an encoder: all.

# %%
from __future__ import annotations

import numpy as np
import torch

from hornbook.batches import IGNORED, NOTHING, Positions, Texts
from hornbook.data.masking import MASK, Masking, by_tokens, masked
from hornbook.model.config import DecoderOnly, EncoderOnly, ModelConfig
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder, Encoder, build_model
from hornbook.seeds import numpy_generator
from hornbook.training.config import AdamW
from hornbook.training.loop import training_steps
from hornbook.training.objectives import masked_token, next_token
from hornbook.training.optimizers import build_optimizer


def noticing(model: Decoder | Encoder, place: int) -> list[bool]:
    """At which places the logits change when the token at ``place`` does."""
    tokens = torch.tensor([[3, 4, 5, 6, 7]])
    other = tokens.clone()
    other[0, place] = 9
    with torch.no_grad():
        change = (model.eval()(tokens) - model(other)).abs().amax(-1)[0]
    return (change > 1e-7).tolist()


sizes = {"vocabulary": 12, "context": 12, "width": 32, "heads": 4, "depth": 1}
models = {kind: build_model(ModelConfig(architecture=kind(), **sizes)) for kind in (DecoderOnly, EncoderOnly)}
for model in models.values():
    initialise(model, model.config, seed=0)
decoder, encoder = models[DecoderOnly], models[EncoderOnly]
print("decoder:", noticing(decoder, 2), "\nencoder:", noticing(encoder, 2))
assert noticing(decoder, 2) == [False, False, True, True, True]
assert noticing(encoder, 2) == [True] * 5
assert decoder.state_dict().keys() == encoder.state_dict().keys()  # the same parts; only who sees whom differs

# %% [markdown]
# ## But then what is there to guess?
#
# "The next token" is no task any more: it lies open. So some tokens are hidden, and the model has to say what stood
# there. This is *masked language modelling*: about 15 % of the tokens are chosen, and of these
#
# - 80 % are replaced by `<|mask|>`,
# - 10 % by any other token,
# - 10 % stay as they are.
#
# Why not always the mask? In use there are no masks. If unmasked tokens were never asked for, the model would not need
# to understand them. So it must never know which of the visible ones may be wrong.
#
# By hand: 100 tokens, 15 chosen: about 12 become masks, 1 or 2 something else, 1 or 2 stay. Targets are -100 except at
# the 15, and there they are the token that *stood* there, not the next one.

# %%
mask, ordinary = 11, np.arange(11)
masking = Masking(0.15, mask, np.array([mask]), ordinary)
draw = numpy_generator(20, "masks")
tokens = torch.from_numpy(draw.integers(0, 11, (400, 100)))
hidden = masked(Texts(tokens, tokens), masking, draw)
asked = hidden.targets != IGNORED
became_mask = hidden.tokens[asked] == mask
stayed = hidden.tokens[asked] == tokens[asked]
print(
    f"asked {asked.float().mean():.1%}: masks {became_mask.float().mean():.1%}, unchanged {stayed.float().mean():.1%}"
)
assert asked.float().mean() == 0.15
assert abs(float(became_mask.float().mean()) - 0.8) < 0.02
assert abs(float(stayed.float().mean()) - (0.1 + 0.1 / 11)) < 0.02  # "any token" is sometimes the same
assert torch.equal(hidden.targets[asked], tokens[asked])  # what stood there
assert torch.equal(hidden.tokens[~asked], tokens[~asked])  # all else is untouched
by_place = asked.float().mean(0)  # any place may be chosen, wherever it stands
assert float(by_place.min()) > 0.08 and float(by_place.max()) < 0.25

# Special tokens (say 0 is one) and padding (say all from place 50 on) are neither chosen nor put in for others.
sparing = Masking(0.15, mask, np.array([0, mask]), np.arange(1, 11))
padding = Positions.lengths(torch.full((400,), 50), 100)
careful = masked(Texts(tokens, tokens, padding), sparing, numpy_generator(20, "careful"))
chosen = careful.targets != IGNORED
assert bool(chosen.any(1).all()) and not bool(chosen[:, 50:].any())
assert bool((tokens[chosen] != 0).all()) and bool((careful.tokens[chosen] != 0).all())

# %% [markdown]
# In words that are cut into several tokens, guessing a missing middle is too easy (`hip-[MASK]-tamus`). *Whole-word
# masking* chooses all tokens of a word together.
#
# ## A task that needs both directions
#
# Texts of nine letters that read the same backwards: `a c d b e b d c a`. To a decoder the first five are pure chance:
# it can guess the last four, at best. An encoder finds any hidden letter in the mirror.


# %%
def palindromes(rows: int) -> torch.Tensor:
    """Texts [rows, 9] of tokens 0 to 10."""
    half = draw.integers(0, 11, (rows, 5))
    return torch.from_numpy(np.concatenate([half, half[:, 3::-1]], axis=1))


def hiding() -> object:
    """Batches for the encoder."""
    for _ in range(150):
        tokens = palindromes(32)
        yield [masked(Texts(tokens, tokens), masking, draw)]


def train(model: Decoder | Encoder, batches: object, objective: object) -> list[float]:
    """The losses."""
    optimizer = build_optimizer(AdamW(learning_rate=1e-2, weight_decay=0.0), model)
    return [update.loss for update in training_steps(model, batches, objective, optimizer)]


losses = train(encoder, hiding(), masked_token)
print(f"encoder: loss {losses[0]:.2f} -> {np.mean(losses[-10:]):.2f} nats")
assert losses[0] > 2.2  # about ln 12 = 2.48
assert np.mean(losses[-10:]) < 0.8

test = palindromes(200)
question = test.clone()
question[:, 1] = mask  # hide the second letter: its mirror is the eighth
with torch.no_grad():
    guesses = encoder.eval()(question)[:, 1].argmax(-1)
right = float((guesses == test[:, 1]).float().mean())
print(f"the hidden second letter is found in {right:.0%} of {len(test)} texts")
assert right > 0.9

# %% [markdown]
# A decoder at the same place has seen one letter, and that one says nothing about the second. It can do no better than
# chance, which is 1 in 11, however long it trains. Its loss over the whole text has a floor: of the eight letters
# that it is asked for, four are chance (ln 11 = 2.40 each) and four can be known.

# %%
windows = ([Texts(text[:, :-1], text[:, 1:])] for text in (palindromes(32) for _ in range(150)))
causal = train(decoder, windows, next_token)
floor = 4 / 8 * float(np.log(11))
print(f"decoder: loss {np.mean(causal[-10:]):.2f} nats; no better than {floor:.2f} is possible")
assert np.mean(causal[-10:]) > 0.9 * floor
with torch.no_grad():
    blind = decoder.eval()(test[:, :-1])[:, 0].argmax(-1)
assert float((blind == test[:, 1]).float().mean()) < 0.25

# %% [markdown]
# ## Padding
#
# Now that all see all, padding must be hidden from everyone. `Positions` says where nothing stands (-1), and what
# stands there changes nothing:

# %%
padded = torch.tensor([[3, 4, 5, 0, 0]])
noise = torch.tensor([[3, 4, 5, 8, 9]])
where = Positions.lengths(torch.tensor([3]), 5)
with torch.no_grad():
    alone = encoder(torch.tensor([[3, 4, 5]]))
    assert where.index.tolist() == [[0, 1, 2, NOTHING, NOTHING]]
    assert torch.allclose(encoder(padded, where)[:, :3], alone, atol=1e-5)
    assert torch.allclose(encoder(noise, where)[:, :3], alone, atol=1e-5)
    assert not torch.allclose(encoder(noise)[:, :3], alone, atol=1e-3)
assert by_tokens([b"a", b"b"]).of(np.array([0, 1])).tolist() == [True, True] and MASK == "<|mask|>"

# %% [markdown]
# What is it good for? For everything that reads: classes (lesson 15), search, names in a text. It cannot write: it has
# never been asked for a token whose right side is missing.
#
# ## What people get wrong
#
# - **A causal mask left in the encoder.** It trains, and is worse than it should be.
# - **Targets one place on**, as for a decoder. Here they stand where the token stood.
# - **Asking for all tokens.** The visible ones are copied, and the loss looks wonderful.
# - **Masking padding or special tokens.**
# - **The same masks in every epoch.** Draw anew. For evaluation: keep them fixed.
# - **Comparing its loss with a decoder's.** It has more to look at, and is asked at 15 % of the places.
#
# ## Exercises
#
# `hornbook learn start 20` writes the functions to fill in, `hornbook learn check 20` grades them.
#
# ### `hide(tokens: Tensor, chosen: Tensor, fate: Tensor, other: Tensor, mask: int) -> tuple[Tensor, Tensor]`
#
# What is shown and what is asked (targets), both `[T]`. `chosen` says which tokens are asked, `fate` is a number from 0
# to 1 for each: below 0.8 it becomes `mask`, below 0.9 the token in `other`, else it stays.
#
# Hint: three nested `torch.where`, and -100 where nothing is asked.
#
# ### `may_see(lengths: Tensor, time: int) -> Tensor`
#
# The encoder's mask `[B, T, T]` of booleans for texts of these lengths `[B]`: True where a token that exists may look
# at a token that exists.
#
# Hint: `there = torch.arange(time) < lengths[:, None]`, then combine `there[:, :, None]` and `there[:, None, :]`.
