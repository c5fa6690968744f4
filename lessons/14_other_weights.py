"""Lesson 14, other people's weights. Read it here, as a notebook or with ``hornbook learn show 14``."""

# %% [markdown]
# # 14. Loading other people's weights
#
# **Question:** GPT-2's weights are a file of numbers. How do they get into a model that one has written oneself?
#
# **You need:** Lesson 6 (the GPT block) and its sizes.
#
# **Minutes:** 15
#
# Training GPT-2 took weeks on many machines. Its weights are free. They fit into any program that computes the same
# function. What differs is only how things are *called* and how they *lie in memory*. Finding that out is a puzzle with
# four usual pieces: names, transposed matrices, several matrices in one, and details that no name shows.
#
# This lesson needs no download. It writes a folder in GPT-2's own format from a small model, and reads it back by hand.
#
# ## What is in the folder
#
# `config.json` has the sizes, `model.safetensors` the numbers: names, shapes, bytes. Nothing in it can be executed.
# (Old `.bin` files are Python pickles, and a pickle may run a program when it is opened. Hornbook reads none.)

# %%
from __future__ import annotations

import json
import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from hornbook.errors import DamagedError
from hornbook.formats.families.gpt2 import GPT2
from hornbook.formats.family import convert
from hornbook.formats.huggingface import read_folder, write_folder
from hornbook.model.config import BlockConfig, Dense, ModelConfig
from hornbook.model.count import count
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder
from hornbook.model.presets import PRESETS
from hornbook.seeds import torch_generator

block = BlockConfig(feed_forward=Dense(activation="gelu_tanh"))
config = ModelConfig(vocabulary=30, context=12, width=8, heads=2, depth=2, pattern=(block,))
original = Decoder(config).eval()
initialise(original, config, seed=3)
draw = torch_generator(14, "vectors")
with torch.no_grad():
    for parameter in original.parameters():
        if parameter.dim() == 1:  # as after a training: no norm is still 1, no bias still 0
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=draw))

with tempfile.TemporaryDirectory() as folder:
    write_folder(Path(folder), original, family=GPT2)
    settings = json.loads((Path(folder) / "config.json").read_text())
    theirs = load_file(Path(folder) / "model.safetensors")
    whole_config, whole_state = read_folder(Path(folder))

print({name: settings[name] for name in ("model_type", "n_embd", "n_head", "n_layer", "vocab_size")})
for name in list(theirs)[:6]:
    print(f"{name:<36} {list(theirs[name].shape)}")
assert settings["n_embd"] == 8 and settings["n_layer"] == 2 and "tanh" in settings["activation_function"]

# %% [markdown]
# ## Piece 1: names
#
# `wte` is the table of tokens, `wpe` that of positions, `h.0` the first block, `ln_1` the norm before attention, `mlp`
# the feed-forward network. A table of pairs does it. The best test of such a table is that nothing is left over, on
# either side.
#
# ## Piece 2: transposed matrices
#
# A linear layer is x Wᵀ in PyTorch, so its weight is [out, in]. GPT-2's program wrote x W, with [in, out]. The first
# network matrix shows it: [8, 32] where PyTorch would have [32, 8]. A *square* matrix shows nothing: loaded the wrong
# way round it fits, and the model talks nonsense. This is the most expensive mistake here.

# %%
prefix = "transformer.h.0"
up = theirs[f"{prefix}.mlp.c_fc.weight"]
assert list(up.shape) == [8, 32]
assert torch.equal(up.T, original.stack.blocks[0].feed_forward.up.weight)
square = theirs[f"{prefix}.attn.c_proj.weight"]
ours = original.stack.blocks[0].attention.output.weight
assert square.shape == ours.shape and not torch.equal(square, ours) and torch.equal(square.T, ours)

# %% [markdown]
# ## Piece 3: three matrices in one
#
# `c_attn` is [8, 24]: queries, keys and values side by side. Transposed it is [24, 8]: the first 8 rows are the query
# matrix, then the key matrix, then the value matrix.


# %%
def attention_of(theirs: dict[str, Tensor], layer: int, width: int) -> dict[str, Tensor]:
    """Query, key and value of a layer, by our names."""
    joined = theirs[f"transformer.h.{layer}.attn.c_attn.weight"].T  # [3C,C]
    biases = theirs[f"transformer.h.{layer}.attn.c_attn.bias"]  # [3C]
    found = {}
    for place, name in enumerate(("query", "key", "value")):
        rows = slice(place * width, (place + 1) * width)
        found[f"stack.blocks.{layer}.attention.{name}.weight"] = joined[rows]
        found[f"stack.blocks.{layer}.attention.{name}.bias"] = biases[rows]
    return found


def by_hand(theirs: dict[str, Tensor], depth: int, width: int) -> dict[str, Tensor]:
    """All of GPT-2 as a state dict of ours."""
    state = {
        "embedding.tokens.weight": theirs["transformer.wte.weight"],
        "stack.position_encodings.0.table.weight": theirs["transformer.wpe.weight"],
        "stack.norm.scale": theirs["transformer.ln_f.weight"],
        "stack.norm.shift": theirs["transformer.ln_f.bias"],
    }
    norms = {"around_attention.before": "ln_1", "around_feed_forward.before": "ln_2"}
    matrices = {"attention.output": "attn.c_proj", "feed_forward.up": "mlp.c_fc", "feed_forward.down": "mlp.c_proj"}
    for layer in range(depth):
        mine, other = f"stack.blocks.{layer}", f"transformer.h.{layer}"
        state |= attention_of(theirs, layer, width)
        for name, called in norms.items():
            state[f"{mine}.{name}.scale"] = theirs[f"{other}.{called}.weight"]
            state[f"{mine}.{name}.shift"] = theirs[f"{other}.{called}.bias"]
        for name, called in matrices.items():
            state[f"{mine}.{name}.weight"] = theirs[f"{other}.{called}.weight"].T
            state[f"{mine}.{name}.bias"] = theirs[f"{other}.{called}.bias"]
    return state


state = by_hand(theirs, depth=2, width=8)
assert state.keys() == original.state_dict().keys()  # nothing is missing, nothing left over
copy = Decoder(config).eval()
copy.load_state_dict(state)
text = torch.tensor([[1, 5, 9, 2]])
with torch.no_grad():
    assert torch.equal(copy(text), original(text))
package = convert(theirs, GPT2, config)  # the package's own table of the same pairs
assert all(torch.equal(package[name], state[name]) for name in state)
assert whole_config.width == 8 and whole_state.keys() == state.keys()

# %% [markdown]
# ## Piece 4: what no name shows
#
# - GELU in its tanh form (`gelu_new` or `gelu_pytorch_tanh`), not the exact one. The difference is small, and adds up
#   over the layers.
# - LayerNorm's epsilon, 1e-5. The order of the norms (before each part).
# - One table for reading and writing: `lm_head` is often not in the file, because it *is* `wte`.
# - 50,257 tokens, and the same merges: weights without their tokenizer are worth nothing.
#
# A `config.json` may say little more than sizes. Whoever reads it has to know the rest:

# %%
sizes = {name: settings[name] for name in ("vocab_size", "n_positions", "n_embd", "n_layer", "n_head")}
understood = GPT2.read(sizes)
told = understood.blocks[0]
assert told.feed_forward.activation == "gelu_tanh" and told.feed_forward.hidden == 4 * 8
assert told.norm.epsilon == 1e-5 and told.placement == "pre" and told.attention.bias and understood.tied

# %% [markdown]
# How large is such a mistake? Here it is measured: one wrong choice each, and how far the logits move.


# %%
def difference(changed: Decoder) -> float:
    """The largest change of a logit."""
    with torch.no_grad():
        return float((changed.eval()(text) - original(text)).abs().max())


def with_state(config: ModelConfig, state: dict[str, Tensor]) -> Decoder:
    """A model with these weights."""
    model = Decoder(config)
    model.load_state_dict(state)
    return model


larger = {name: value * (20.0 if value.dim() > 1 else 1.0) for name, value in state.items()}  # trained weights are wide
original.load_state_dict(larger)
exact = ModelConfig(vocabulary=30, context=12, width=8, heads=2, depth=2, pattern=(BlockConfig(feed_forward=Dense()),))
sideways = dict(larger)
sideways["stack.blocks.0.attention.output.weight"] = larger["stack.blocks.0.attention.output.weight"].T
swapped = dict(larger)
first, second = "stack.blocks.0.attention.query.weight", "stack.blocks.0.attention.value.weight"
swapped[first], swapped[second] = larger[second], larger[first]
found = {
    "the exact GELU": difference(with_state(exact, larger)),
    "a square matrix sideways": difference(with_state(config, sideways)),
    "query and value exchanged": difference(with_state(config, swapped)),
}
for what, change in found.items():
    print(f"{what:<26} moves a logit by {change:.4f}")
assert 0 < found["the exact GELU"] < 0.01 and found["a square matrix sideways"] > 1
assert found["query and value exchanged"] > 10 * found["the exact GELU"]

# %% [markdown]
# None of these raises an error. So compare *numbers*: the logits of one sentence from the other program, to five
# digits. What does raise one is a tensor that is missing, left over or misshapen:

# %%
last = "transformer.ln_f.bias"
for broken in (
    {name: tensor for name, tensor in theirs.items() if name != last},
    theirs | {"transformer.h.2.ln_1.bias": theirs[last]},
    theirs | {last: theirs[last][:-1]},
):
    try:
        convert(broken, GPT2, config)
    except DamagedError as error:
        print("refused:", str(error)[:90])
    else:
        raise AssertionError("a tensor too few, too many or too short has to be noticed")
assert count(PRESETS["gpt2"]).parameters == 124_439_808  # what OpenAI's smallest has

# %% [markdown]
# Try it, where the files are at hand: `hornbook import gpt2 --out gpt2`, then `hornbook generate gpt2 "Hello"`.
#
# ## What people get wrong
#
# - **Square matrices loaded sideways.** No error, only nonsense.
# - **`strict=False`.** It hides what did not fit. Never load with it.
# - **Query, key, value in another order.** Some files interleave them head by head.
# - **The wrong tokenizer.** Ids then mean other words.
# - **Counting tied tables twice**, or training them apart after loading.
# - **Opening pickles of strangers.**
#
# ## Exercises
#
# `hornbook learn start 14` writes the functions to fill in, `hornbook learn check 14` grades them.
#
# ### `split_attention(joined: Tensor) -> tuple[Tensor, Tensor, Tensor]`
#
# From GPT-2's `c_attn` weight `[C, 3C]` the query, key and value weights as PyTorch wants them, `[C, C]` each.
#
# Hint: transpose first, then cut the rows in three.
#
# ### `rename(name: str) -> str`
#
# GPT-2's names of a block's norms as ours: `transformer.h.3.ln_1.weight` becomes
# `stack.blocks.3.around_attention.before.scale`, `transformer.h.3.ln_2.bias` becomes
# `stack.blocks.3.around_feed_forward.before.shift`.
#
# Hint: `name.split(".")` gives five parts.
