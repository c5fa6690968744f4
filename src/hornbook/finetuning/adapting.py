"""Which weights of a built model are trained: one function for each choice of config.py, in a table.

``adapt`` freezes the model, lets the chosen weights learn, and adds what has to be added. A head that is new (that of a
``Classifier``) always learns. Next: classification in workflows.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import torch
from torch import nn

from hornbook.errors import SettingError, nearest
from hornbook.finetuning.adapters import Fronted, LearnedPrefix, LearnedPrompt, add_adapters
from hornbook.finetuning.config import (
    Adapters,
    Adapting,
    Biases,
    Everything,
    LastBlocks,
    LowRank,
    OnlyHead,
    Prefix,
    Prompt,
)
from hornbook.finetuning.low_rank import LowRankLinear
from hornbook.model.blocks import Block, Stack
from hornbook.model.heads import Classifier
from hornbook.model.models import Decoder, Encoder, EncoderDecoder, Model
from hornbook.seeds import torch_generator

Adapted = TypeVar("Adapted", bound=nn.Module)


def adapt(model: Adapted, config: Adapting, seed: int = 0) -> Adapted:
    """The same ``model``, of which only what ``config`` says requires a gradient; ``seed`` draws what is added.

    Raises:
        SettingError: it names matrices that the model does not have, or more blocks than it has.
    """
    model.requires_grad_(False)
    ADAPTATIONS[type(config)](model, config, torch_generator(seed, "adapting"))
    if isinstance(model, Classifier):
        trainable(model.head, model.pooler)
    return model


def trained_share(model: nn.Module) -> tuple[int, int]:
    """How many numbers are trained, and how many there are."""
    sizes = [(each.numel(), each.requires_grad) for each in model.parameters()]
    return sum(size for size, trained in sizes if trained), sum(size for size, _ in sizes)


def trainable(*modules: nn.Module | None) -> None:
    """Let all weights of these learn."""
    for module in modules:
        if module is not None:
            module.requires_grad_(True)


def body_of(model: nn.Module) -> Model:
    """The model that reads, without what was put on it."""
    body = model.body if isinstance(model, Classifier) else model
    assert isinstance(body, Decoder | Encoder | EncoderDecoder)
    return body


def stacks_of(model: nn.Module) -> dict[str, Stack]:
    """The stacks of a model by their names; the last one is the one that answers."""
    found = {name: child for name, child in body_of(model).named_children() if isinstance(child, Stack)}
    assert found
    return found


def blocks_of(model: nn.Module) -> Iterator[Block]:
    """All blocks."""
    stacks = stacks_of(model).values()
    return (block for block in itertools.chain(*(stack.blocks for stack in stacks)) if isinstance(block, Block))


def writing_of(model: nn.Module) -> tuple[nn.Module, ...]:
    """The holder of an output head that is a matrix of its own, where the model writes tokens with it."""
    embedding = body_of(model).embedding
    return () if isinstance(model, Classifier) or embedding.head is None else (embedding,)


def head_of(model: nn.Module) -> nn.Module:
    """What turns the stream into answers: a tied table counts as one."""
    if isinstance(model, Classifier):
        return model.head
    embedding = body_of(model).embedding
    return embedding.tokens if embedding.head is None else embedding.head


# One function for each choice -----------------------------------------------------------------------------------------


def everything(model: nn.Module, config: Everything, draw: torch.Generator) -> None:
    """All of it."""
    trainable(model)


def only_head(model: nn.Module, config: OnlyHead, draw: torch.Generator) -> None:
    """The head."""
    trainable(head_of(model))


def last_blocks(model: nn.Module, config: LastBlocks, draw: torch.Generator) -> None:
    """The last blocks, the norm after them and the head."""
    stack = list(stacks_of(model).values())[-1]
    if config.count > len(stack.blocks):
        raise SettingError(f"count: the model has {len(stack.blocks)} blocks, found {config.count}")
    trainable(*stack.blocks[-config.count :], stack.norm, head_of(model))


def biases(model: nn.Module, config: Biases, draw: torch.Generator) -> None:
    """Every number that is added, of linear layers and norms alike."""
    named = [parameter for name, parameter in model.named_parameters() if name.endswith("bias")]
    if not named and not isinstance(model, Classifier):
        raise SettingError("adapting: this model has no biases; choose low_rank, or another way")
    for parameter in named:
        parameter.requires_grad_(True)


def low_rank(model: nn.Module, config: LowRank, draw: torch.Generator) -> None:
    """A product beside each of the named matrices in every block, and beside the output head where that is named."""
    seen: set[str] = set()
    for place in (*blocks_of(model), *writing_of(model)):
        for path, module in list(place.named_modules()):
            parent, _, name = path.rpartition(".")
            if isinstance(module, nn.Linear):
                seen.add(name)
                if name in config.targets:
                    setattr(place.get_submodule(parent), name, LowRankLinear(module, config, draw))
    unknown = [name for name in config.targets if name not in seen]
    if unknown:
        raise SettingError(
            f"targets: the model has no matrix {unknown[0]!r}{nearest(unknown[0], seen)}; "
            f"it has {', '.join(sorted(seen))}"
        )


def adapters(model: nn.Module, config: Adapters, draw: torch.Generator) -> None:
    """An adapter behind both parts of every block."""
    for block in blocks_of(model):
        add_adapters(block, body_of(model).config.width, config.width, draw)


def prefix(model: nn.Module, config: Prefix, draw: torch.Generator) -> None:
    """Keys and values before the text, in every stack."""
    sizes = body_of(model).config.sizes
    front(model, lambda stack: LearnedPrefix(stack, config.length, sizes.kv_heads, sizes.head_width, draw))


def prompt(model: nn.Module, config: Prompt, draw: torch.Generator) -> None:
    """Vectors before the text, in every stack."""
    width = body_of(model).config.width
    front(model, lambda stack: LearnedPrompt(stack, config.length, width, draw))


def front(model: nn.Module, make: Callable[[Stack], LearnedPrefix | LearnedPrompt]) -> None:
    """Put something learned before every text that a stack of the model reads."""
    body = body_of(model)
    for name, stack in stacks_of(model).items():
        setattr(body, name, Fronted(stack, make(stack)))


ADAPTATIONS: dict[type, Callable[[nn.Module, Any, torch.Generator], None]] = {
    Everything: everything,
    OnlyHead: only_head,
    LastBlocks: last_blocks,
    Biases: biases,
    LowRank: low_rank,
    Adapters: adapters,
    Prefix: prefix,
    Prompt: prompt,
}
