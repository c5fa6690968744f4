"""What a decoder would say after each of its layers, read off as if it were the last (nostalgebraist 2020).

The stream after a layer passes the model's own last norm and is written to the vocabulary. After the last layer that is
what the model says.
"""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor

from hornbook.evaluation.loss import still
from hornbook.model.models import Decoder


def streams(model: Decoder, tokens: Int[Tensor, "B T"]) -> list[Float[Tensor, "B T C"]]:
    """The stream as it enters the first block, and after each layer; a shared block is passed several times."""
    found: list[Tensor] = []
    blocks = list(dict.fromkeys(map(model.stack.block, range(model.config.depth))))
    handles = [block.register_forward_hook(lambda module, inputs, output: found.append(output)) for block in blocks]
    first = blocks[0].register_forward_pre_hook(lambda module, inputs: found.append(inputs[0]) if not found else None)
    try:
        with still(model.modules()), torch.no_grad():
            model.hidden(tokens)
    finally:
        for handle in (*handles, first):
            handle.remove()
    return found


def logit_lens(model: Decoder, tokens: Int[Tensor, " T"]) -> Float[Tensor, "layers T V"]:
    """Probabilities of the next token, read off before the first layer and after each: depth + 1 distributions."""
    with still(model.modules()), torch.no_grad():
        said = [model.write(model.stack.norm(stream))[0].float().softmax(-1) for stream in streams(model, tokens[None])]
    return torch.stack(said)
