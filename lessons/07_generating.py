"""Lesson 7, generating. Read it here, as a notebook or with ``hornbook learn show 07``."""

# %% [markdown]
# # 07. Generating
#
# **Question:** A model only ever guesses one token. How does it write a text?
#
# **You need:** Lesson 6: ids go in, and for each place logits of the next token come out.
#
# **Minutes:** 14
#
# By doing it again. Guess the next token, put it behind the text, and ask anew with the longer text. That is all:
# everything that a chat program says was written one token at a time.
#
# To have something that can write, we first train a very small model on two sentences, character by character. How
# training works is the subject of lessons 8 to 11; take it as it is here.

# %%
from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from hornbook.data.windows import sliding_windows
from hornbook.generation.config import Sampling
from hornbook.generation.generate import generate, recomputed, remembered, window_start
from hornbook.generation.sampling import draw, temperature
from hornbook.model.config import ModelConfig
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder
from hornbook.seeds import torch_generator
from hornbook.tokenizers.characters import CharacterTokenizer

SMOKE = os.environ.get("HORNBOOK_SMOKE") == "1"
TEXT = "the cat sat on a mat. one dog ran to its hut. " * 4
tokenizer = CharacterTokenizer.train([TEXT])
config = ModelConfig(vocabulary=tokenizer.vocab_size, context=32, width=32, heads=2, depth=2)
model = Decoder(config)
initialise(model, config, seed=7)
inputs, targets = sliding_windows(tokenizer.encode(TEXT), 32, 1)
optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
torch.manual_seed(7)
for _ in range(100 if SMOKE else 200):
    rows = torch.randint(len(inputs), (16,))
    loss = F.cross_entropy(model(inputs[rows]).flatten(0, 1), targets[rows].flatten())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
model.eval()
print(f"trained: loss {loss.item():.3f}")

# %% [markdown]
# ## The loop
#
# Only the *last* place is of interest: it has seen the whole text. All other places guess tokens that we know already.
# How a token is chosen from the logits is left to a function. The simplest choice is *greedy*: the likeliest.


# %%
def write(prompt: list[int], count: int, choose: Callable[[Tensor], int]) -> list[int]:
    """``count`` more tokens, one at a time."""
    text = list(prompt)
    for _ in range(count):
        with torch.no_grad():
            logits = model(torch.tensor([text[-config.context :]]))  # [1,T,V]
        text.append(choose(logits[0, -1]))
    return text[len(prompt) :]


def greedy(logits: Tensor) -> int:
    """The likeliest token."""
    return int(logits.argmax())


prompt = tokenizer.encode("the cat ")
ours = write(prompt, 20, greedy)
print("greedy:", repr(tokenizer.decode(ours)))
assert tokenizer.decode(ours) == "sat on a mat. one do"
theirs = [step[0] for step in generate(model, prompt, Sampling(max_tokens=20, temperature=0.0))]
assert ours == theirs  # the package's generator, written for speed, chooses the same
assert write(prompt, 20, greedy) == ours  # and greedy has no chance in it

# %% [markdown]
# ## Drawing, and temperature
#
# Greedy text is safe and often dull: large models fall into loops. The other way is to *draw*: each token as often as
# its chance says. *Temperature* T divides the logits before the softmax. Below 1 the likely become likelier; above 1
# all become more alike; towards 0 it is greedy.
#
# By hand, for logits `[2, 1, 0]`: at T = 1 the powers of e are 7.389, 2.718, 1, and the chances 0.665, 0.245, 0.090. At
# T = 0.5 the logits become `[4, 2, 0]`, and the chances 0.867, 0.117, 0.016. At T = 2: 0.506, 0.307, 0.186.

# %%
logits = torch.tensor([[2.0, 1.0, 0.0]])
for degree, expected in ((1.0, [0.665, 0.245, 0.090]), (0.5, [0.867, 0.117, 0.016]), (2.0, [0.506, 0.307, 0.186])):
    chances = (logits / degree).softmax(-1)
    assert torch.allclose(chances, torch.tensor([expected]), atol=1e-3)
    assert torch.allclose(chances, temperature(logits, degree).softmax(-1))
assert temperature(logits, 0.0).softmax(-1).tolist() == [[1.0, 0.0, 0.0]]

# %% [markdown]
# How does one draw? Lay the chances end to end: token 0 has the line from 0 to 0.665, token 1 from there to 0.910,
# token 2 the rest. A uniform random number between 0 and 1 points somewhere on the line, and the token there is drawn.


# %%
def draw_by_hand(chances: list[float], uniform: float) -> int:
    """The token on whose piece of the line the number falls."""
    reached = 0.0
    for token, chance in enumerate(chances):
        reached += chance
        if uniform < reached:
            return token
    return len(chances) - 1


chances = logits[0].double().softmax(-1).tolist()
assert [draw_by_hand(chances, number) for number in (0.0, 0.66, 0.67, 0.9, 0.92, 0.999)] == [0, 0, 1, 1, 2, 2]
same = torch_generator(7, "draw")
numbers = [float(torch.rand((), generator=same, dtype=torch.float64)) for _ in range(2_000)]
again = torch_generator(7, "draw")
drawn = [int(draw(logits, [again])) for _ in range(2_000)]
assert drawn == [draw_by_hand(chances, number) for number in numbers]  # the package draws just so
shares = [drawn.count(token) / len(drawn) for token in range(3)]
print("drawn:", shares, "chances:", [round(chance, 3) for chance in chances])
assert max(abs(share - chance) for share, chance in zip(shares, chances, strict=True)) < 0.04

# %% [markdown]
# Each random number comes from a generator with a seed. The same seed writes the same text:


# %%
def text_of(seed: int, degree: float) -> str:
    """Twenty drawn characters."""
    steps = generate(model, prompt, Sampling(max_tokens=20, temperature=degree, seed=seed))
    return tokenizer.decode([step[0] for step in steps if step[0] is not None])


print("hot:   ", repr(text_of(1, 3.0)))
assert text_of(1, 3.0) == text_of(1, 3.0) != text_of(2, 3.0)
assert text_of(1, 0.05) == tokenizer.decode(ours)  # cold is almost greedy

# %% [markdown]
# ## Do not compute twice
#
# Our loop sends the whole text through the model for each new token. With a prompt of 100 tokens and 100 new ones that
# is 100 + 101 + ... + 199 = 14,950 tokens of work. But keys and values of earlier tokens never change, as nothing later
# can be seen from there. Keep them (the *key/value cache*), and each token goes through the model once: 199. Nothing
# else changes, not one chosen token:

# %%
work, once = sum(range(100, 200)), 100 + 99
print(f"tokens through the model: {work:,} without a cache, {once} with one")
assert work == 14_950 and work / once > 75
plain, cached = (
    [step[0] for step in generate(model, prompt, Sampling(max_tokens=24, seed=3), reading=way)]
    for way in (recomputed, remembered)
)
assert plain == cached

# %% [markdown]
# ## When the text is longer than the context
#
# A model has a context, here 32 tokens. Beyond it, only the end of the text can be looked at. Our loop takes the last
# 32 tokens, so the window moves by one token each time, all places shift, and a cache would be worthless. The package
# lets the window jump by half a context when it is full, and then fills the cache anew:

# %%
assert [window_start(length, 32) for length in (1, 32, 33, 48, 49)] == [0, 0, 16, 16, 32]
assert all(16 <= length - window_start(length, 32) <= 32 for length in range(32, 500))

# %% [markdown]
# ## Dropout has to be off
#
# Dropout (lesson 4) makes a model guess badly on purpose while it learns. `model.eval()` switches it off; the package's
# generator does so itself, and afterwards leaves the model as it was.

# %%
forgetful = Decoder(replace(config, dropout=0.1))
forgetful.load_state_dict(model.state_dict())
tokens = torch.tensor([prompt])
with torch.no_grad():
    assert not torch.equal(forgetful(tokens), forgetful(tokens))  # in training, the same question has two answers
    assert [step[0] for step in generate(forgetful, prompt, Sampling(max_tokens=20, temperature=0.0))] == ours
assert forgetful.training

# %% [markdown]
# ## What people get wrong
#
# - **Taking the wrong place.** Logits are `[B, T, V]`; the next token comes from the last place, `[:, -1]`.
# - **Forgetting `model.eval()`** and `torch.no_grad()`: random answers, and memory that grows with each token.
# - **Multiplying by the temperature** instead of dividing.
# - **Softmax first, then temperature.** It acts on logits.
# - **A text longer than the context**, cut at its end instead of its beginning.
# - **A random number without a seed**, and a bug that nobody can show again.
# - **Judging a model by one drawn text.** Draw many, or measure the loss.
#
# ## Exercises
#
# `hornbook learn start 07` writes the functions to fill in, `hornbook learn check 07` grades them.
#
# ### `chances(logits: Tensor, degree: float) -> Tensor`
#
# The chances of each token at temperature `degree`, from logits `[V]`; at 0 the likeliest has chance 1.
#
# Hint: dividing by 0 gives nan: treat 0 on its own.
#
# ### `pick(chances: list[float], uniform: float) -> int`
#
# The token that a uniform number (0 to below 1) draws.
#
# Hint: add up the chances, and stop as soon as the sum is above the number.
#
# ### `write(model: Callable[[list[int]], list[float]], prompt: list[int], count: int, context: int) -> list[int]`
#
# `count` new tokens, greedy. `model` takes at most `context` ids and returns logits of the token that follows the last.
#
# Hint: give the model the last `context` ids of prompt and new tokens together.
