"""Lesson 15, classification. Read it here, as a notebook or with ``hornbook learn show 15``."""

# %% [markdown]
# # 15. From writing to judging
#
# **Question:** How does a model that reads texts become one that sorts them?
#
# **You need:** Lesson 6 (the GPT block) and lesson 8 (the loss).
#
# **Minutes:** 15
#
# Spam or not? Good review or bad? A language model that has read a text holds, at every token, a vector of what it has
# understood so far. To sort texts we need one vector for the whole text, and one small matrix from it to the classes.
# That matrix is called a *head*. The rest of the model stays what it is.
#
# ## One vector for a text
#
# Which token's vector? In a decoder the first token has seen only itself. The **last** one has seen everything: take
# that. In an encoder every token sees everything: take the first, or better the **mean**.
#
# There is one trap. Texts of a batch have different lengths, and short ones are filled up (*padding*). The last token
# of the text is then not the last place of its row. By hand: lengths 2 and 4 in rows of 4; the last tokens stand at 1
# and 3.

# %%
from __future__ import annotations

from collections import Counter

import numpy as np
import torch
import torch.nn.functional as F

from hornbook.batches import Labelled, Positions
from hornbook.corpus.pairs import LabelledText
from hornbook.corpus.reviews import Reviews
from hornbook.evaluation.classes import class_scores, naive_bayes
from hornbook.model.config import ModelConfig
from hornbook.model.heads import Classifier, last, mean
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder
from hornbook.seeds import numpy_generator
from hornbook.tokenizers.words import WordTokenizer
from hornbook.training.config import AdamW
from hornbook.training.loop import training_steps
from hornbook.training.objectives import classification
from hornbook.training.optimizers import build_optimizer

lengths = torch.tensor([2, 4])
positions = Positions.lengths(lengths, time=4)
hidden = torch.arange(2 * 4 * 3.0).view(2, 4, 3)  # [B,T,C]
assert positions.index.tolist() == [[0, 1, -1, -1], [0, 1, 2, 3]]
by_hand = torch.stack([hidden[row, length - 1] for row, length in enumerate(lengths.tolist())])
assert torch.equal(last(hidden, positions), by_hand)
assert torch.equal(mean(hidden, positions)[0], hidden[0, :2].mean(0))  # padding does not count
assert not torch.equal(hidden[:, -1], by_hand)  # the trap

# %% [markdown]
# ## Texts with labels
#
# The package invents short reviews: a thing, a person, and an opinion in words that have to be read together ("not
# dull"). Reviews to test with are about things that no training review mentions.

# %%
train, test = list(Reviews(1).training_texts(seed=0, count=600)), list(Reviews(1).held_out_texts(seed=0, count=200))
print(train[0].text, "->", train[0].labels[0])
tokenizer = WordTokenizer.train(text.text for text in train)
names = ("bad", "good")


def batch_of(texts: list[LabelledText]) -> Labelled:
    """Texts as one batch, padded on the right."""
    rows = [tokenizer.encode(text.text) for text in texts]
    width = max(map(len, rows))
    tokens = torch.tensor([[*row, *[0] * (width - len(row))] for row in rows])
    labels = torch.tensor([[names.index(text.labels[0])] for text in texts])
    return Labelled(tokens, Positions.lengths(torch.tensor([len(row) for row in rows]), width), labels)


held_out = batch_of(test)
truth = held_out.labels[:, 0]
assert Counter(text.labels[0] for text in train) == {"bad": 300, "good": 300}

# %% [markdown]
# ## What has to be beaten
#
# A number means nothing alone. Always saying the most frequent class is right in half of these reviews; in a spam
# folder of 95 % ham it is right in 95 %, and useless. A better opponent is **naive Bayes**: count how often each word
# stands in good and in bad reviews, and add up the logarithms. It does not read order: "not dull" is *not* plus
# *dull*.

# %%
encoded = [np.array(tokenizer.encode(text.text)) for text in train]
labels = np.array([names.index(text.labels[0]) for text in train])
prior, words = naive_bayes(encoded, labels, 2, tokenizer.vocab_size)
guesses = [int((prior + words[np.array(tokenizer.encode(text.text))].sum(0)).argmax()) for text in test]
bayes = float(np.mean([guess == right for guess, right in zip(guesses, truth.tolist(), strict=True)]))
print(f"naive Bayes: {bayes:.1%} of {len(test)} right")
assert bayes > 0.5

# By hand, two words: bad texts "0 0 1" and "1", a good text "1". Everything counts once more than it was seen.
few_prior, few = naive_bayes([np.array([0, 0, 1]), np.array([1]), np.array([1])], np.array([0, 0, 1]), 2, 2)
assert np.allclose(np.exp(few_prior), [3 / 5, 2 / 5])  # 2 bad texts and 1 good one
assert np.allclose(np.exp(few), [[3 / 6, 1 / 3], [3 / 6, 2 / 3]])  # of 2 + 2 words of bad ones, of 0 + 1 of good ones

# %% [markdown]
# ## A head on a decoder
#
# `Classifier(body, [2], "last")`: the body, the vector at the last token, a matrix `[2, C]`. The loss is the one of
# lesson 8, cross-entropy; only that the choice is between 2 classes and not between all tokens.

# %%
config = ModelConfig(vocabulary=tokenizer.vocab_size, context=64, width=32, heads=4, depth=1)
model = Classifier(Decoder(config), [2], "last")
initialise(model, config, seed=0)
with torch.no_grad():
    (logits,) = model(held_out.tokens, held_out.positions)
    vector = last(model.body.hidden(held_out.tokens, held_out.positions), held_out.positions)
    assert torch.allclose(logits, vector @ model.head.weight.T + model.head.bias, atol=1e-6)  # written out
    first = classification(model, held_out)
    assert torch.allclose(first.total / first.count, F.cross_entropy(logits, truth), atol=1e-6)
    assert abs(float(first.total / first.count) - np.log(2)) < 0.1  # nothing known: ln 2

steps = 240
order = numpy_generator(15, "order")


def batches() -> object:
    """Sixteen reviews at a time."""
    for _ in range(steps):
        yield [batch_of([train[row] for row in order.choice(len(train), 16, replace=False)])]


optimizer = build_optimizer(AdamW(learning_rate=1e-2, weight_decay=0.0), model)
for update in training_steps(model, batches(), classification, optimizer):
    if (update.step + 1) % (steps // 3) == 0:
        print(f"step {update.step + 1:>3}: loss {update.loss:.3f}")

model.eval()
with torch.no_grad():
    found = model(held_out.tokens, held_out.positions)[0].argmax(-1)
accuracy = float((found == truth).float().mean())
print(f"the model: {accuracy:.1%} right (naive Bayes {bayes:.1%})")
assert accuracy > 0.9 > bayes

# %% [markdown]
# ## More than accuracy
#
# *Precision*: of what was called good, how much is? *Recall*: of what is good, how much was called so? *F1* is their
# harmonic mean, 2 · P · R / (P + R). All three come from the *confusion* table: rows are the truth, columns the
# answers. By hand: 8 good reviews, 6 of them found, and 4 bad ones called good: P = 6/10, R = 6/8, F1 = 12/18 = 0.667.
# The plain mean of P and R would be 0.675: the harmonic one is nearer to the worse of the two.

# %%
table = np.array([[8, 4], [2, 6]])  # truth bad: 8 right, 4 called good; truth good: 2 missed, 6 found
bad, good = class_scores(table)
assert (good.precision, good.recall) == (0.6, 0.75) and abs(good.f1 - 12 / 18) < 1e-9
assert abs(bad.recall - 8 / 12) < 1e-9 and abs(bad.precision - 8 / 10) < 1e-9
confusion = np.zeros((2, 2), int)
np.add.at(confusion, (truth.numpy(), found.numpy()), 1)
assert abs(confusion.trace() / confusion.sum() - accuracy) < 1e-6

# %% [markdown]
# Try it: `hornbook finetune classify reviews` trains such a model, and `hornbook classify latest "..."` asks it.
#
# ## What people get wrong
#
# - **Taking place -1.** In a padded row this is padding. The answer then depends on what else is in the batch.
# - **Averaging over padding.** Divide by the number of tokens, not by the width of the row.
# - **The first token of a decoder.** It has seen nothing but itself.
# - **Accuracy on lopsided data.** Say what always choosing the most frequent class would get.
# - **The same texts in training and test**, or the same things with other words.
# - **Softmax before the cross-entropy.** The loss takes logits; softmax twice hardly learns.
#
# ## Exercises
#
# `hornbook learn start 15` writes the functions to fill in, `hornbook learn check 15` grades them.
#
# ### `last_token(hidden: Tensor, lengths: Tensor) -> Tensor`
#
# From streams `[B, T, C]` and lengths `[B]` the vector of each text's last token, `[B, C]`.
#
# Hint: `hidden[rows, lengths - 1]` with `rows = torch.arange(B)`.
#
# ### `mean_token(hidden: Tensor, lengths: Tensor) -> Tensor`
#
# The mean over the tokens of each text, `[B, C]`; padding does not count.
#
# Hint: multiply with a table of ones and zeros `[B, T, 1]`, sum, and divide by the length.
#
# ### `f1(truth: list[bool], found: list[bool]) -> float`
#
# The harmonic mean of precision and recall of the class `True`; 0.0 where nothing was found rightly.
#
# Hint: count found rightly, found, and there to be found.
