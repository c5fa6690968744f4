"""Lesson 6, the GPT block and the GPT. Read it here, as a notebook or with ``hornbook learn show 06``."""

# %% [markdown]
# # 06. The GPT block
#
# **Question:** What exactly is a GPT, from ids to chances, if all of it has to fit on one screen?
#
# **You need:** Lessons 3, 4 and 5.
#
# **Minutes:** 15
#
# Everything is there now. This lesson puts it together: 40 lines, and they compute the same numbers as the package's
# own model, weight by weight.
#
# 1. look up each token's row, add its place's row: `[B, T]` becomes `[B, T, C]`;
# 2. as many *blocks* as the model is deep. Each adds twice to the stream: attention, then feed-forward;
# 3. a last norm, and a product with the table: `[B, T, C]` becomes `[B, T, V]`. For each place, one number for each
#    token of the vocabulary. These are *logits*; softmax makes chances of them.

# %%
from __future__ import annotations

import math
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from hornbook.model.config import ModelConfig
from hornbook.model.count import count
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder
from hornbook.model.presets import PRESETS
from hornbook.seeds import torch_generator


# %%
class Block(nn.Module):
    """One layer: look around, then think; both add to the stream."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.first_norm, self.second_norm = nn.LayerNorm(width), nn.LayerNorm(width)
        self.query, self.key, self.value, self.output = (nn.Linear(width, width) for _ in range(4))
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def attend(self, hidden: Tensor) -> Tensor:
        """Causal attention with many heads (lesson 4), [B, T, C] to [B, T, C]."""
        batch, time, width = hidden.shape
        q, k, v = (
            part(hidden).view(batch, time, self.heads, -1).transpose(1, 2)
            for part in (self.query, self.key, self.value)
        )
        scores = q @ k.mT / math.sqrt(width // self.heads)
        future = torch.ones(time, time, dtype=torch.bool).triu(1)
        answer = scores.masked_fill(future, -torch.inf).softmax(-1) @ v
        return self.output(answer.transpose(1, 2).flatten(2))

    def forward(self, stream: Tensor) -> Tensor:
        """The stream after this layer."""
        stream = stream + self.attend(self.first_norm(stream))
        return stream + self.down(F.gelu(self.up(self.second_norm(stream))))


class GPT(nn.Module):
    """Ids in, logits of the next token out."""

    def __init__(self, vocabulary: int, context: int, width: int, heads: int, depth: int) -> None:
        super().__init__()
        self.tokens, self.places = nn.Embedding(vocabulary, width), nn.Embedding(context, width)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(width)

    def forward(self, tokens: Tensor) -> Tensor:
        """[B, T] to [B, T, V]."""
        stream = self.tokens(tokens) + self.places(torch.arange(tokens.shape[1]))
        for block in self.blocks:
            stream = block(stream)
        return self.norm(stream) @ self.tokens.weight.T  # the same table reads and writes


# %% [markdown]
# ## Is it the same?
#
# The package's `Decoder` is built from a configuration: learned positions, layer norm before each part, GELU, one table
# to read and to write ("tied"). We copy its weights into ours, name by name, and compare logits.

# %%
config = ModelConfig(vocabulary=65, context=16, width=48, heads=4, depth=3)
package = Decoder(config)
initialise(package, config, seed=1)
ours = GPT(65, 16, 48, 4, 3)
NAMES = {
    "embedding.tokens": "tokens",
    "stack.position_encodings.0.table": "places",
    "stack.blocks": "blocks",
    "stack.norm": "norm",
    "attention.": "",
    "feed_forward.": "",
    "around_attention.before": "first_norm",
    "around_feed_forward.before": "second_norm",
    "scale": "weight",
    "shift": "bias",
}


def renamed(name: str) -> str:
    """Our name for one of the package's weights."""
    name = name.replace("around_attention.before", "first_norm").replace("around_feed_forward.before", "second_norm")
    for theirs, own in NAMES.items():
        name = name.replace(theirs, own)
    return name


ours.load_state_dict({renamed(name): weight for name, weight in package.state_dict().items()})
tokens = torch.randint(65, (2, 16), generator=torch_generator(6, "lesson 6"))
with torch.no_grad():
    logits, expected = ours(tokens), package(tokens)
print("logits", list(logits.shape), "largest difference", float((logits - expected).abs().max()))
assert logits.shape == (2, 16, 65)
assert torch.allclose(logits, expected, atol=1e-5)

# %% [markdown]
# ## How large is it?
#
# Count by hand, for width C, depth N, vocabulary V, context T:
#
# - tables: V·C + T·C,
# - a block: attention has four matrices C x C with biases, 4·(C² + C); feed-forward C to 4·C and back, 8·C² + 5·C; two
#   norms, 4·C. Together 12·C² + 13·C,
# - the last norm: 2·C.
#
# So the blocks are about 12·N·C². GPT-2 has V = 50,257, T = 1,024, C = 768 and N = 12: about 124 million.


# %%
def parameters(vocabulary: int, context: int, width: int, depth: int) -> int:
    """How many numbers a GPT of this size learns."""
    return (vocabulary + context) * width + depth * (12 * width**2 + 13 * width) + 2 * width


ours_has = sum(each.numel() for each in ours.parameters())
print("ours:", ours_has, "- GPT-2:", f"{parameters(50_257, 1_024, 768, 12):,}")
assert ours_has == parameters(65, 16, 48, 3) == count(config).parameters
assert parameters(50_257, 1_024, 768, 12) == count(PRESETS["gpt2"]).parameters == 124_439_808

# %% [markdown]
# ## Three things to check in any GPT
#
# **The first loss.** Before training, a model knows nothing; it should find all V tokens about equally likely. Then the
# loss is ln V: for 65 tokens 4.17. Much higher: it is confidently wrong, its weights begin too wide. Lower: it sees
# what it should guess.

# %%
targets = torch.randint(65, (2, 16), generator=torch_generator(6, "targets"))
first = float(F.cross_entropy(logits.flatten(0, 1), targets.flatten()))
print(f"first loss {first:.3f}, ln 65 = {math.log(65):.3f}")
assert abs(first - math.log(65)) < 0.15
wide = Decoder(config)
initialise(wide, config, seed=1)
with torch.no_grad():
    for weight in wide.parameters():
        weight.mul_(20.0)
    too_wide = float(F.cross_entropy(wide(tokens).flatten(0, 1), targets.flatten()))
print(f"weights 20 times as wide: {too_wide:.1f}")
assert too_wide > 2 * math.log(65)

# %% [markdown]
# **No future.** Change a token, and logits before it must stay as they are, to the last bit.

# %%
other = tokens.clone()
other[:, 9] = (other[:, 9] + 1) % 65
with torch.no_grad():
    moved = (ours(other) - logits).abs().amax(dim=(0, 2))
assert moved[:9].max() == 0 and moved[9:].min() > 0

# %% [markdown]
# **Depth is a stream.** Each block adds to what is there. The package starts the two matrices that write into it
# narrower by 1/√(2·N), so that the sum of all N layers begins as wide as one. And order matters, thanks to positions:

# %%
swapped = tokens[:, [1, 0, *range(2, 16)]]
with torch.no_grad():
    assert (ours(swapped)[:, -1] - logits[:, -1]).abs().max() > 1e-6
deep = replace(config, depth=12)
weights = dict(Decoder(deep).named_parameters())
deeper = Decoder(deep)
initialise(deeper, deep, seed=1)
found = deeper.stack.block(0).attention.output.weight.std().item()
print(f"width of what writes into the stream at depth 12: {found:.5f}, 0.02/√24 = {0.02 / math.sqrt(24):.5f}")
assert abs(found - 0.02 / math.sqrt(24)) < 3e-4
assert "embedding.head.weight" not in weights  # tied: one table, learned once

# %% [markdown]
# ## What people get wrong
#
# - **One norm for both parts of a block**, or none at the end.
# - **The order of the parts**: norm, part, plus. Not plus, norm, part.
# - **Positions added in every block**, or not at all.
# - **Softmax inside the model.** The loss wants logits and takes the softmax itself. Twice is flat, and trains badly.
# - **Counting a tied table twice.** GPT-2 has 124 million parameters; with two tables it would be 163.
# - **A first loss that is not ln V**, and not asking why.
#
# ## Exercises
#
# `hornbook learn start 06` writes the functions to fill in, `hornbook learn check 06` grades them.
#
# ### `block(stream: Tensor, attend: Part, think: Part, norms: list[Part]) -> Tensor`
#
# The stream after one layer. A `Part` takes the stream `[B, T, C]` and returns as much. There are two of them, each
# with a norm of its own before it, both added.
#
# Hint: the second part reads what the first has written.
#
# ### `count_parameters(vocabulary: int, context: int, width: int, depth: int, tied: bool) -> int`
#
# How many numbers a GPT learns, with biases, learned positions and layer norms; without `tied` the head is a second
# table without a bias.
#
# Hint: a linear layer from a to b has a·b + b numbers; a layer norm 2·C.
#
# ### `logits(stream: Tensor, table: Tensor) -> Tensor`
#
# From the last normed stream `[B, T, C]` and the table `[V, C]` to `[B, T, V]`.
#
# Hint: each logit is the dot product of the stream with a token's row. No softmax.
