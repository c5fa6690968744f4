"""Lesson 28, before the Transformer. Read it here, as a notebook or with ``hornbook learn show 28``."""

# %% [markdown]
# # 28. Before the Transformer: recurrent networks and the first attention
#
# **Question:** What did people use before, and what exactly did attention repair?
#
# **You need:** Lesson 4 (attention) and lesson 5 (what happens to gradients).
#
# **Minutes:** 18
#
# Until 2017 texts were read as people read: word after word, with a memory that is carried along. A *recurrent network*
# (RNN) keeps a vector h and mixes each new token into it: h' = tanh(W x + U h). All that it knows of the text has to
# fit into h.
#
# By hand, with one number, W = 1, U = 0.5, tokens 1, 0, 0: h = tanh(1) = 0.762, then tanh(0.5 · 0.762) = 0.364, then
# tanh(0.5 · 0.364) = 0.180. The first token fades: each step halves it, at least.

# %%
from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from hornbook.batches import IGNORED, Texts
from hornbook.model.config import ModelConfig
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder
from hornbook.model.recurrent import LSTM, of_about
from hornbook.seeds import torch_generator
from hornbook.training.config import AdamW
from hornbook.training.loop import training_steps
from hornbook.training.objectives import Loss, token_loss
from hornbook.training.optimizers import build_optimizer

h = 0.0
seen = []
for x in (1.0, 0.0, 0.0):
    h = math.tanh(1.0 * x + 0.5 * h)
    seen.append(round(h, 3))
print("h after each token:", seen)
assert seen == [0.762, 0.363, 0.18]

# %% [markdown]
# ## Fading gradients
#
# Backwards it is the same: the derivative of the last h by the first token is a product of as many factors as there are
# steps between. Factors below 1: it vanishes. Above 1: it explodes. Measured for a random network of 32 numbers:

# %%
draw = torch_generator(28, "lesson")
width = 32
recurrent = torch.randn(width, width, generator=draw) * 0.5 / math.sqrt(width)
reads = torch.randn(width, width, generator=draw) / math.sqrt(width)


def reach(steps: int) -> float:
    """The size of the derivative of the last h by the first token."""
    tokens = torch.randn(steps, width, generator=draw)
    first = tokens[0].clone().requires_grad_()
    h = torch.zeros(width)
    for place in range(steps):
        h = torch.tanh(reads @ (first if place == 0 else tokens[place]) + recurrent @ h)
    h.sum().backward()
    return float(first.grad.norm())


sizes = {steps: reach(steps) for steps in (2, 5, 10, 20)}
print("derivative by the first token:", {steps: f"{size:.0e}" for steps, size in sizes.items()})
assert sizes[2] > 10 * sizes[5] > 100 * sizes[10] and sizes[20] < 1e-6

# %% [markdown]
# ## The LSTM
#
# The *long short-term memory* (Hochreiter & Schmidhuber 1997) adds a second vector c that is only *added* to, and gates
# between 0 and 1 that decide what is forgotten, what is let in and what is shown:
#
#     c' = forget · c + input · tanh(new)          h' = output · tanh(c')
#
# Where forget is near 1, c passes through unchanged, and so do gradients. Here a cell by hand, and the package's own:

# %%
lstm = LSTM(vocabulary=9, width=8)
tokens = torch.tensor([[3, 1, 4, 1]])
with torch.no_grad():
    h = c = torch.zeros(1, 8)
    states = []
    for place in range(4):
        gates = lstm.reads(lstm.tokens(tokens[:, place])) + lstm.remembers(h)
        gate_in, forget, new, out = gates.chunk(4, dim=-1)
        c = torch.sigmoid(forget) * c + torch.sigmoid(gate_in) * torch.tanh(new)
        h = torch.sigmoid(out) * torch.tanh(c)
        states.append(h)
    assert torch.allclose(torch.stack(states, dim=1), lstm.hidden(tokens), atol=1e-6)
assert lstm.reads.bias[8:16].tolist() == [1.0] * 8  # the forget gate begins open

# %% [markdown]
# ## The first attention
#
# Still everything has to pass through one vector. Bahdanau et al. (2015) kept *all* states of the source and let the
# writer look back at them, with weights that it chooses anew for every word:
#
#     score(q, k) = v · tanh(W_q q + W_k k)          (additive; two years later: q · k / √D)
#
# The softmax of the scores gives weights, and the weighted mean of the states is the *context*.


# %%
def additive(query: Tensor, keys: Tensor, w_query: Tensor, w_key: Tensor, v: Tensor) -> Tensor:
    """Scores [T, S] of queries [T, C] and keys [S, C]."""
    return torch.tanh((query @ w_query.T)[:, None] + (keys @ w_key.T)[None]) @ v


class Bahdanau(nn.Module):
    """An LSTM that may look back at all that it has read of the source."""

    def __init__(self, body: LSTM, width: int, source: int) -> None:
        super().__init__()
        self.body, self.source = body, source
        self.query, self.key = nn.Linear(width, width, bias=False), nn.Linear(width, width, bias=False)
        self.score, self.join = nn.Linear(width, 1, bias=False), nn.Linear(2 * width, width)

    def looks(self, states: Tensor, keys: Tensor) -> Tensor:
        """Where each state [B, T, C] looks among the keys [B, S, C] that have been read: weights [B, T, S]."""
        scores = self.score(torch.tanh(self.query(states)[:, :, None] + self.key(keys)[:, None]))[..., 0]  # [B,T,S]
        future = torch.arange(keys.shape[1]) > torch.arange(states.shape[1])[:, None]
        return scores.masked_fill(future, -torch.inf).softmax(-1)

    def hidden(self, tokens: Tensor) -> Tensor:
        """States and context, joined: [B, T, C]."""
        states = self.body.hidden(tokens)
        keys = (self.body.tokens(tokens) + states)[:, : self.source]
        context = self.looks(states, keys) @ keys
        return torch.tanh(self.join(torch.cat([states, context], dim=-1)))

    def write(self, hidden: Tensor) -> Tensor:
        """Logits."""
        return self.body.write(hidden)


query, keys = torch.randn(3, 8, generator=draw), torch.randn(5, 8, generator=draw)
w_query, w_key, v = (torch.randn(*shape, generator=draw) for shape in ((8, 8), (8, 8), (8,)))
scores = additive(query, keys, w_query, w_key, v)
one = torch.tanh(w_query @ query[1] + w_key @ keys[4]) @ v
assert scores.shape == (3, 5) and torch.allclose(scores[1, 4], one, atol=1e-5)
assert torch.allclose(scores.softmax(-1).sum(-1), torch.ones(3))

looking = Bahdanau(lstm, width=8, source=4)
with torch.no_grad():
    weights = looking.looks(query[None], keys[None])[0]
    scores = additive(query, keys, looking.query.weight, looking.key.weight, looking.score.weight[0])
    assert torch.allclose(weights[2, :3], scores[2, :3].softmax(-1), atol=1e-6)  # the third place: three to look at
    assert float(weights.triu(1).max()) == 0.0  # nothing that has not been read
    looking.join.weight.copy_(torch.eye(16)[8:])  # to see the context alone
    looking.join.bias.zero_()
    first = lstm.tokens(tokens)[0, 0] + lstm.hidden(tokens)[0, 0]  # at the first place there is one state to look at
    assert torch.allclose(looking.hidden(tokens)[0, 0], first.tanh(), atol=1e-6)

# %% [markdown]
# ## Copying
#
# The task: eight random letters, a mark, and the same eight letters again. Three models of width 32, the same
# batches, the same 100 steps: the LSTM, the LSTM with Bahdanau's attention, and a Transformer. How many letters of
# the copy are right?

# %%
LETTERS, LENGTH, WIDTH, STEPS = 8, 8, 32, 100


def copying(rows: int, draw: torch.Generator) -> Texts:
    """Letters, the mark 8, the letters again; only the copy is asked."""
    letters = torch.randint(LETTERS, (rows, LENGTH), generator=draw)
    text = torch.cat([letters, torch.full((rows, 1), LETTERS), letters], dim=1)
    targets = text[:, 1:].clone()
    targets[:, :LENGTH] = IGNORED
    return Texts(text[:, :-1], targets)


def objective(model: nn.Module, batch: Texts) -> Loss:
    """The loss of the copy."""
    return token_loss(model.write(model.hidden(batch.tokens)), batch.targets)


def small_lstm(seed: int) -> LSTM:
    """An LSTM of width 32 with weights of this seed."""
    parameters = LSTM.parameters_at(LETTERS + 1, WIDTH)
    return of_about(LSTM, LETTERS + 1, parameters, torch_generator(seed, "lstm"))


def attending(seed: int) -> Bahdanau:
    """The same with attention on top."""
    model = Bahdanau(small_lstm(seed), WIDTH, LENGTH)
    generator = torch_generator(seed, "attention")
    with torch.no_grad():
        for layer in (model.query, model.key, model.score, model.join):
            layer.weight.copy_(
                (torch.rand(layer.weight.shape, generator=generator) * 2 - 1) / math.sqrt(layer.in_features)
            )
        model.join.bias.zero_()
    return model


def transformer(seed: int) -> Decoder:
    """Two blocks of self-attention."""
    config = ModelConfig(vocabulary=LETTERS + 1, context=2 * LENGTH + 1, width=WIDTH, heads=4, depth=2)
    model = Decoder(config)
    initialise(model, config, seed)
    return model


assert sum(each.numel() for each in small_lstm(0).parameters()) == LSTM.parameters_at(LETTERS + 1, WIDTH) == 8905
right = {}
for name, make in {"LSTM": small_lstm, "LSTM and attention": attending, "Transformer": transformer}.items():
    model, generator = make(0), torch_generator(28, "copies")
    optimizer = build_optimizer(AdamW(learning_rate=1e-2, weight_decay=0.0), model)
    batches = ([copying(32, generator)] for _ in range(STEPS))
    losses = [update.loss for update in training_steps(model, batches, objective, optimizer)]
    test = copying(200, torch_generator(28, "test"))
    with torch.no_grad():
        found = model.eval().write(model.hidden(test.tokens)).argmax(-1)
    asked = test.targets != IGNORED
    right[name] = float((found == test.targets)[asked].float().mean())
    print(f"{name:<19} loss {losses[-1]:.2f}, {right[name]:.0%} of the letters right")
assert right["LSTM"] < right["LSTM and attention"] < right["Transformer"]
assert right["Transformer"] > 0.97

# %% [markdown]
# The LSTM does get there with enough steps; for twice the length it needs many more. Attention need not remember, it
# can look. The Transformer throws the recurrence out altogether:
#
# | | steps one after another | from the first to the last token | work for T tokens of width C |
# |---|---|---|---|
# | recurrent | T | T | T · C² |
# | self-attention | 1 | 1 | T² · C + T · C² |
#
# All places are computed at once, which is what graphics cards are for. The price is T². (And without recurrence
# nothing says where a token stands: positions have to be added.) For a text of 1,000 tokens and width 512 the T² part
# is about twice the other; for short texts it hardly counts.

# %%
time, size = 1000, 512
assert 1.9 < time * time * size / (time * size * size) < 2.0
assert 64 * 64 * size < 0.13 * 64 * size * size

# %% [markdown]
# ## What people get wrong
#
# - **"RNNs cannot remember."** They can; it is hard to learn.
# - **Forgetting to clear the state** between texts: one text then leaks into the next.
# - **Softmax over the queries** instead of the keys.
# - **A forget gate that begins closed.** Its bias should begin at 1.
# - **Comparing models of different sizes** or after different numbers of steps, without saying so.
# - **"Attention was invented for Transformers."** It was first; they only took the rest away.
#
# ## Exercises
#
# `hornbook learn start 28` writes the functions to fill in, `hornbook learn check 28` grades them.
#
# ### `rnn(tokens: Tensor, reads: Tensor, remembers: Tensor) -> Tensor`
#
# States `[T, C]` of h' = tanh(reads · x + remembers · h) for tokens `[T, C]`, from h = 0; both matrices are `[C, C]`.
#
# Hint: `reads @ x + remembers @ h`, one token after another.
#
# ### `additive_scores(query: Tensor, keys: Tensor, w_query: Tensor, w_key: Tensor, v: Tensor) -> Tensor`
#
# Bahdanau's scores `[T, S]` of queries `[T, C]` and keys `[S, C]`.
#
# Hint: make `[T, 1, C]` and `[1, S, C]`, add, tanh, and multiply with `v`.
#
# ### `lstm_cell(gates: Tensor, c: Tensor) -> tuple[Tensor, Tensor]`
#
# The new h and c `[C]` from gates `[4 C]` in the order input, forget, new, output, before their sigmoid or tanh.
#
# Hint: only `new` and the shown c go through tanh.
