"""Lesson 21, the encoder-decoder. Read it here, as a notebook or with ``hornbook learn show 21``."""

# %% [markdown]
# # 21. The encoder-decoder: from numbers to words
#
# **Question:** How does a model read one text and write another?
#
# **You need:** Lesson 4 (attention) and lesson 20 (the encoder).
#
# **Minutes:** 18
#
# `342` becomes `three hundred forty-two`. The first Transformer (Vaswani et al. 2017) was made for this: translating.
# It has two halves. The **encoder** reads the source, both ways. The **decoder** writes the answer, from left to
# right, and in every block it has a second attention that looks at the encoder's output: *cross-attention*. Queries
# come from the answer, keys and values from the source.
#
# ## Cross-attention has no mask of its own
#
# The source lies open from the beginning, so every token of the answer may see all of it. Only padding is hidden. The
# table of scores is not square: 5 answer tokens and 3 source tokens make 5 × 3.

# %%
from __future__ import annotations

import numpy as np
import torch

from hornbook.batches import IGNORED, Pairs, Positions, Texts
from hornbook.corpus.numbers.english import in_english
from hornbook.evaluation.attention_maps import cross_attention
from hornbook.generation.config import Sampling
from hornbook.generation.translate import answers
from hornbook.model.config import EncoderAndDecoder, ModelConfig
from hornbook.model.initialise import initialise
from hornbook.model.models import EncoderDecoder
from hornbook.seeds import numpy_generator
from hornbook.training.config import AdamW
from hornbook.training.loop import training_steps
from hornbook.training.objectives import SequenceToSequence
from hornbook.training.optimizers import build_optimizer

assert in_english(342) == "three hundred forty-two"
words = sorted({word for number in range(100, 1000) for word in in_english(number).replace("-", " ").split()})
vocabulary = [*"0123456789", *words, "<start>", "<end>"]
ids = {token: place for place, token in enumerate(vocabulary)}
start, end = ids["<start>"], ids["<end>"]


def source_of(number: int) -> list[int]:
    """The digits."""
    return [ids[digit] for digit in str(number)]


def answer_of(number: int) -> list[int]:
    """The words; a hyphen is left out."""
    return [ids[word] for word in in_english(number).replace("-", " ").split()]


assert len(words) == 28 and len(answer_of(342)) == 4

# %% [markdown]
# ## Teacher forcing
#
# While training, the decoder is *given* the right answer, moved one to the right:
#
#     it reads   <start>  three    hundred  forty  two
#     asked      three    hundred  forty    two    <end>
#
# So all places are trained at once, whatever the model itself would have written. It is as if a teacher corrected every
# word before the next is said. That is quick. Its price comes below.


# %%
def rows(texts: list[list[int]], filling: int) -> torch.Tensor:
    """Padded on the right."""
    width = max(map(len, texts))
    return torch.tensor([text + [filling] * (width - len(text)) for text in texts])


def lengths(texts: list[list[int]]) -> Positions:
    """Where they stand."""
    return Positions.lengths(torch.tensor([len(text) for text in texts]), max(map(len, texts)))


def batch_of(numbers: list[int]) -> Pairs:
    """Numbers and their words."""
    sources, right = [source_of(number) for number in numbers], [answer_of(number) for number in numbers]
    seen, asked = [[start, *text] for text in right], [[*text, end] for text in right]
    target = Texts(rows(seen, 0), rows(asked, IGNORED), lengths(seen))
    return Pairs(rows(sources, 0), lengths(sources), target)


example = batch_of([342])
assert example.target.tokens[0].tolist() == [start, *answer_of(342)]
assert example.target.targets[0].tolist() == [*answer_of(342), end]

sizes = {"vocabulary": len(vocabulary), "context": 8, "width": 64, "heads": 4, "depth": 1}
config = ModelConfig(architecture=EncoderAndDecoder(), tied=False, embedding_scale=True, **sizes)
model = EncoderDecoder(config)
initialise(model, config, seed=0)

# %% [markdown]
# Nothing is learned yet, but who sees whom is settled already: the source sees itself both ways, the answer sees the
# whole source without its padding, and of itself only what stands before.


# %%
def scores(source: list[int], answer: list[int], places: int) -> torch.Tensor:
    """The logits at every place of an answer [T, V]; what stands behind the source up to ``places`` is padding."""
    padded, where = torch.tensor([source + [5] * (places - len(source))]), torch.tensor([len(source)])
    with torch.no_grad():
        return model.eval()(padded, torch.tensor([answer]), Positions.lengths(where, places))[0]


written = [start, *answer_of(342)]
plain = scores(source_of(342), written, 3)
assert torch.allclose(scores(source_of(342), written, 5), plain, atol=1e-6)  # padding is not looked at
assert not torch.allclose(scores(source_of(347), written, 3)[0], plain[0], atol=1e-4)  # already the first word sees all
assert torch.allclose(scores(source_of(342), written[:2], 3), plain[:2], atol=1e-6)  # no word sees those to come
(seen,) = cross_attention(model, torch.tensor([source_of(342)]), torch.tensor([written]))
assert bool((seen > 0).all())  # no mask: every word looks at every digit
with torch.no_grad():
    offered = [model.encode(torch.tensor([source_of(number)]))[0].keys[:, :, 0] for number in (342, 347)]
assert not torch.allclose(*offered, atol=1e-4)  # the first digit has seen the last one

# %% [markdown]
# And now it learns, from 800 of the 900 numbers. The others are kept for the end.


# %%
draw = numpy_generator(21, "numbers")
everything = (100 + draw.permutation(900)).tolist()
train, test = everything[:800], everything[800:]


def batches(steps: int) -> object:
    """Forty-eight numbers at a time."""
    for _ in range(steps):
        yield [batch_of(draw.choice(train, 48, replace=False).tolist())]


optimizer = build_optimizer(AdamW(learning_rate=3e-3, weight_decay=0.0), model)


def learn(steps: int) -> float:
    """Go on for so many steps; the last loss."""
    return [update.loss for update in training_steps(model, batches(steps), SequenceToSequence(), optimizer)][-1]


halfway = learn(80)

# %% [markdown]
# ## Exposure bias
#
# In use there is no teacher. The model reads its own words, and after a wrong one it stands where it never stood in
# training. Measured on the half-trained model: right words under teacher forcing, and answers that are right as a whole
# when it writes alone. And then a planted mistake: the *first* word is exchanged for `seven`. The rest of the answer
# is still determined (`seven hundred forty two` for 342), but is it still found?


# %%
def forced(numbers: list[int], pairs: Pairs) -> torch.Tensor:
    """Which asked tokens are guessed rightly when the teacher's text is read [B, T]; True where nothing is asked."""
    with torch.no_grad():
        logits = model.eval()(pairs.source, pairs.target.tokens, pairs.source_positions, pairs.target.positions)
    return (logits.argmax(-1) == pairs.target.targets) | (pairs.target.targets == IGNORED)


def alone(numbers: list[int]) -> list[bool]:
    """Which answers are right when the model writes by itself, always the likeliest word."""
    found = answers(
        model.eval(), [source_of(number) for number in numbers], start, end, Sampling(temperature=0.0, max_tokens=8)
    )
    return [best[0].tokens == answer_of(number) for best, number in zip(found, numbers, strict=True)]


def rest_after(first: str | None, numbers: list[int]) -> float:
    """The share of right words after the first word, which may be exchanged."""
    pairs = batch_of(numbers)
    if first is not None:
        pairs.target.tokens[:, 1] = ids[first]
    right = forced(numbers, pairs)[:, 1:]
    asked = pairs.target.targets[:, 1:] != IGNORED
    return float(right[asked].float().mean())


pairs = batch_of(test)
right = forced(test, pairs)
asked = pairs.target.targets != IGNORED
print(f"half trained: words {right[asked].float().mean():.0%}, whole answers {np.mean(alone(test)):.0%}")
assert float(right[asked].float().mean()) > float(np.mean(alone(test)))
assert right.all(1).tolist() == alone(test)  # right alone: exactly where every word is right under the teacher

smooth, stumbled = rest_after(None, test), rest_after("seven", test)
print(f"after a right first word {smooth:.0%} of the rest is right, after a wrong one {stumbled:.0%}")
assert stumbled < smooth

# %% [markdown]
# Look at the second check: an answer is right alone exactly where all its words are right under the teacher. Up to the
# first mistake both read the same. If one word in ten is wrong, an answer of five is right in about 0.9⁵ = 59 %.
#
# Remedies: train longer, so that mistakes are rare; show the model its own words now and then (*scheduled sampling*);
# reward whole answers (lesson 19). With good models the first is mostly enough.

# %%
assert round(0.9**5, 2) == 0.59
last = learn(100)
final = float(np.mean(alone(test)))
print(f"loss {halfway:.3f} -> {last:.3f}; answers to {len(test)} unseen numbers: {final:.0%} right")
assert last < halfway and final > 0.9

# %% [markdown]
# ## Where does it look?
#
# Cross-attention can be watched. While it writes the unit's word, it should look at the last digit.

# %%
number = 742
(weights,) = cross_attention(model, torch.tensor([source_of(number)]), torch.tensor([[start, *answer_of(number)]]))
print("rows: what is written next; columns: the digits 7 4 2")
for word, row in zip(["seven", "hundred", "forty", "two", "<end>"], weights[0].mean(0).tolist(), strict=True):
    print(f"  {word:<8}", " ".join(f"{weight:.2f}" for weight in row))
assert tuple(weights.shape) == (1, 4, 5, 3)
assert torch.allclose(weights.sum(-1), torch.ones(1, 4, 5), atol=1e-5)

# %% [markdown]
# Encode once, decode many times: keys and values of the source are made once (`model.encode`), however long the answer.

# %%
with torch.no_grad():
    memory = model.encode(example.source, example.source_positions)
    assert len(memory) == config.depth
    stepwise = model.write(model.hidden(example.target.tokens, memory))
    assert torch.allclose(stepwise, model(example.source, example.target.tokens), atol=1e-5)

# %% [markdown]
# Try it: `hornbook train numbers-translator`.
#
# ## What people get wrong
#
# - **Not shifting.** If the decoder reads the word that it is asked for, the loss is 0 and nothing is learned.
# - **A causal mask in cross-attention.** The source lies open.
# - **Padding of the source that is looked at.**
# - **Judging by teacher-forced accuracy.** Let the model write alone.
# - **Encoding the source again for each token.**
# - **Start and end the same token, and the end masked as padding:** it never stops.
#
# ## Exercises
#
# `hornbook learn start 21` writes the functions to fill in, `hornbook learn check 21` grades them.
#
# ### `teacher_forced(answer: list[int], start: int, end: int) -> tuple[list[int], list[int]]`
#
# What the decoder reads and what it is asked, for one answer.
#
# Hint: both have one token more than the answer.
#
# ### `cross_attention(query: Tensor, key: Tensor, value: Tensor, lengths: Tensor) -> Tensor`
#
# `query [B, T, D]` from the answer, `key` and `value [B, S, D]` from sources of these lengths `[B]`; gives `[B, T, D]`.
#
# Hint: scores `[B, T, S]` divided by √D; minus infinity where a column is at or beyond the length.
#
# ### `whole_answers(word_accuracy: float, words: int) -> float`
#
# The share of answers without any mistake, if each of their words is right independently with this chance.
#
# Hint: all have to be right.
