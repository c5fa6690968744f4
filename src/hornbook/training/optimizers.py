"""From settings and a model to an optimizer: which parameter is moved by what, how fast, and whether it decays.

Next: adamw.py, muon.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from hornbook.errors import HornbookError
from hornbook.model.arithmetic import multiplies_bfloat16
from hornbook.training.adamw import ExplicitAdamW
from hornbook.training.config import AdamW, Muon, OptimizerConfig
from hornbook.training.muon import MuonOptimizer
from hornbook.training.shards import is_sharded

ADAMW: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "explicit": ExplicitAdamW,
    "fused": lambda groups: torch.optim.AdamW(groups, fused=True),
}
"""The two ways to compute AdamW."""


REMEMBERED: dict[type, set[str]] = {
    torch.optim.AdamW: {"step", "exp_avg", "exp_avg_sq"},
    ExplicitAdamW: {"step", "exp_avg", "exp_avg_sq"},
    MuonOptimizer: {"momentum"},
}
"""What each optimizer remembers of a parameter."""
COUNT = "step"
"""Which of it is one number for the whole parameter: how many updates there were."""


@runtime_checkable
class Optimizer(Protocol):
    """What the loop and checkpoints need: any ``torch.optim.Optimizer``, or several that act as one."""

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """Tables of ``params``, ``lr`` and whatever else; the loop sets ``lr`` before every step."""

    @property
    def state(self) -> Mapping[Any, Any]:
        """What is remembered of each parameter: a table of tensors by name."""

    def step(self) -> Any:
        """Move the parameters along their gradients."""


class Together:
    """Several optimizers that act as one; each has its own parameters."""

    def __init__(self, parts: Sequence[torch.optim.Optimizer]) -> None:
        self.parts = list(parts)

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        """The groups of all parts, in order."""
        return [group for part in self.parts for group in part.param_groups]

    @property
    def state(self) -> Mapping[Any, Any]:
        """The state of all parts."""
        return {parameter: state for part in self.parts for parameter, state in part.state.items()}

    def step(self) -> None:
        """A step of every part."""
        for part in self.parts:
            part.step()


@dataclass(frozen=True)
class Group:
    """Parameters that are treated alike."""

    name: str
    optimizer: str  # "adamw" or "muon"
    learning_rate: float  # the peak
    weight_decay: float
    parameters: dict[str, nn.Parameter]

    @property
    def size(self) -> int:
        """How many numbers are learned here."""
        return sum(parameter.numel() for parameter in self.parameters.values())


def sorted_parameters(model: nn.Module) -> dict[str, dict[str, nn.Parameter]]:
    """The learned parameters by what they are, each once, named as in the model's state.

    ``matrices`` are the weights of linear layers inside the model; ``head`` that of a linear layer named ``head``,
    which writes tokens; ``factors`` the narrow matrices whose product learns beside a frozen one (a module names its
    own in ``factors``); ``embeddings`` every other table (looked up or added); ``vectors`` norms, biases and gains. A
    weight shared by embedding and head is an embedding.
    """
    kinds: dict[str, dict[str, nn.Parameter]] = {
        kind: {} for kind in ("matrices", "factors", "head", "embeddings", "vectors")
    }
    factors = {id(getattr(module, name)) for module in model.modules() for name in getattr(module, "factors", ())}
    tables = {id(module.weight) for module in model.modules() if isinstance(module, nn.Embedding)}
    linear = {id(module.weight): name for name, module in model.named_modules() if isinstance(module, nn.Linear)}
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad:
            continue
        if parameter.dim() < 2:
            kind = "vectors"
        elif id(parameter) in factors:
            kind = "factors"
        elif id(parameter) in tables or id(parameter) not in linear:
            kind = "embeddings"
        else:
            kind = "head" if linear[id(parameter)].rpartition(".")[2] == "head" else "matrices"
        kinds[kind][name] = parameter
    return kinds


def parameter_groups(config: OptimizerConfig, model: nn.Module) -> list[Group]:
    """Who is moved by what: weights of linear layers decay, others do not; Muon moves matrices and factors only."""
    adamw = config.adamw if isinstance(config, Muon) else config
    kinds = sorted_parameters(model)
    embedding_rate = adamw.embedding_learning_rate or adamw.learning_rate
    matrices = Group("matrices", "adamw", adamw.learning_rate, adamw.weight_decay, kinds["matrices"])
    factors = Group("factors", "adamw", embedding_rate, 0.0, kinds["factors"])
    if isinstance(config, Muon):
        matrices = Group("matrices", "muon", config.learning_rate, config.weight_decay, kinds["matrices"])
        factors = Group("factors", "muon", config.learning_rate, 0.0, kinds["factors"])
    groups = [
        matrices,
        factors,
        Group("head", "adamw", adamw.learning_rate, adamw.weight_decay, kinds["head"]),
        Group("embeddings", "adamw", embedding_rate, 0.0, kinds["embeddings"]),
        Group("vectors", "adamw", adamw.learning_rate, 0.0, kinds["vectors"]),
    ]
    return [group for group in groups if group.parameters]


def build_optimizer(config: OptimizerConfig, model: nn.Module) -> Optimizer:
    """The optimizer that ``config`` describes, over all of a model's parameters that are learned.

    ``param_groups`` come in the order of ``parameter_groups``, each with its ``name`` and its peak as ``lr``.
    """
    groups = parameter_groups(config, model)
    device = next(model.parameters()).device
    by_optimizer = {
        name: [
            {"params": alike, "lr": group.learning_rate, "weight_decay": group.weight_decay, "name": group.name}
            for group in groups
            if group.optimizer == name
            for alike in by_layout(group.parameters.values())
        ]
        for name in ("muon", "adamw")
    }
    parts: list[torch.optim.Optimizer] = []
    if isinstance(config, Muon) and by_optimizer["muon"]:
        parts.append(build_muon(config, by_optimizer["muon"], device))
    if by_optimizer["adamw"]:
        parts.append(build_adamw(config.adamw if isinstance(config, Muon) else config, by_optimizer["adamw"]))
    return parts[0] if len(parts) == 1 else Together(parts)


def by_layout(parameters: Iterable[nn.Parameter]) -> list[list[nn.Parameter]]:
    """Parameters that lie whole in this process, and those of which it has slices: one call cannot move both."""
    listed = list(parameters)
    kinds = [[p for p in listed if is_sharded(p) == sharded] for sharded in (False, True)]
    return [kind for kind in kinds if kind]


def build_adamw(config: AdamW, groups: list[dict[str, Any]]) -> torch.optim.Optimizer:
    """AdamW over groups that have their own ``lr`` and ``weight_decay``."""
    return ADAMW[config.kernel]([group | {"betas": tuple(config.betas), "eps": config.epsilon} for group in groups])


def build_muon(config: Muon, groups: list[dict[str, Any]], device: torch.device) -> torch.optim.Optimizer:
    """Muon over groups that have their own ``lr`` and ``weight_decay``."""
    quick = (config.arithmetic == "auto" and multiplies_bfloat16(device)) or config.arithmetic == "bfloat16"
    return MuonOptimizer(
        groups,
        momentum=config.momentum,
        nesterov=config.nesterov,
        iterations=config.iterations,
        scale=config.scale,
        arithmetic=torch.bfloat16 if quick else torch.float32,
        kernel=config.kernel,
    )


def group_table(groups: Iterable[Group]) -> str:
    """The groups as lines of text: what, by which optimizer, how many tensors and numbers, peak and decay."""
    rows = [("parameters", "optimizer", "tensors", "numbers", "learning rate", "weight decay")]
    rows += [
        (g.name, g.optimizer, f"{len(g.parameters):,}", f"{g.size:,}", f"{g.learning_rate:g}", f"{g.weight_decay:g}")
        for g in groups
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join([*(c.ljust(w) for c, w in zip(row[:2], widths, strict=False)),
                        *(c.rjust(w) for c, w in zip(row[2:], widths[2:], strict=True))]) for row in rows]  # fmt: skip
    return "\n".join(lines)


def optimizer_tensors(optimizer: Optimizer, model: nn.Module) -> dict[str, Tensor]:
    """All that an optimizer remembers, named ``stack.blocks.3.attention.query.weight.exp_avg``, for a checkpoint."""
    names = {parameter: name for name, parameter in model.named_parameters()}
    return {
        f"{names[parameter]}.{what}": value
        for parameter, state in optimizer.state.items()
        for what, value in state.items()
        if isinstance(value, Tensor)
    }


def restore_optimizer(optimizer: Optimizer, model: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Give an optimizer back what ``optimizer_tensors`` took from one of the same kind over the same model.

    Raises:
        HornbookError: a tensor belongs to another optimizer or another model; nothing was changed.
    """
    names = {parameter: name for name, parameter in model.named_parameters()}
    remembered: dict[str, dict[str, Tensor]] = {}
    for full, value in tensors.items():
        name, _, what = full.rpartition(".")
        remembered.setdefault(name, {})[what] = value
    restored: list[tuple[torch.optim.Optimizer, nn.Parameter, dict[str, Tensor]]] = []
    for part in optimizer.parts if isinstance(optimizer, Together) else [optimizer]:
        expected = REMEMBERED.get(type(part))
        for parameter in (parameter for group in part.param_groups for parameter in group["params"]):
            state = remembered.pop(names[parameter], {})
            if state and expected and set(state) != expected:
                raise HornbookError(
                    f"{names[parameter]}: expected {', '.join(sorted(expected))} of {type(part).__name__}, found "
                    f"{', '.join(sorted(state))}; a run goes on with the optimizer it was begun with"
                )
            for what, value in state.items():
                shape, dtype = (torch.Size(), torch.float32) if what == COUNT else (parameter.shape, parameter.dtype)
                if value.shape != shape:
                    raise HornbookError(f"{names[parameter]}.{what}: expected {list(shape)}, found {list(value.shape)}")
                if value.dtype != dtype:
                    raise HornbookError(f"{names[parameter]}.{what}: expected {dtype}, found {value.dtype}")
            restored.append((part, parameter, state))  # type: ignore[arg-type]
    if remembered:
        raise HornbookError(f"the optimizer of this model does not move {', '.join(sorted(remembered)[:5])}")
    for part, parameter, state in restored:
        part.state[parameter] = {
            what: (value.to(parameter.device) if value.dim() else value).clone() for what, value in state.items()
        }
