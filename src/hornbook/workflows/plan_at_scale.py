"""What a training would need that this machine cannot do: memory of each GPU, tokens a second, hours, cost, on paper.

Everything follows from counting (model/count.py) and from three numbers of a GPU. The one number that is assumed, and
not counted, is the part of its peak that a training reaches (``utilisation``); 0.4 is what Llama 3 reports for its
training (Grattafiori et al. 2024, table 4: 0.38 to 0.43), and ``hornbook train`` measures ours at its end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from hornbook.errors import SettingError, nearest
from hornbook.model.config import ModelConfig
from hornbook.model.count import Count, activation_bytes_per_token, count
from hornbook.model.presets import GPT2_VOCABULARY, PRESETS
from hornbook.settings import build, override, plain
from hornbook.workflows.recipe import KINDS, load_recipe


@dataclass(frozen=True)
class Gpu:
    """Bytes of memory, bfloat16 operations a second (dense), bytes a second to its neighbours in one direction."""

    memory: float
    operations: float
    link: float


GPUS = {
    "h100": Gpu(80e9, 989e12, 450e9),
    "h200": Gpu(141e9, 989e12, 450e9),
    "a100": Gpu(80e9, 312e12, 300e9),
}
"""From the vendor's data sheets, SXM variants (NVLink 4 and 3)."""


@dataclass(frozen=True)
class Asked:
    """A training to plan: ``rows`` windows at a time in each GPU, ``batch`` windows in a step over all of them."""

    tokens: float
    gpus: int = 8
    gpu: str = "h100"
    batch: int = 512
    rows: int = 8
    distribution: str = "fully_sharded"
    utilisation: float = 0.4
    price: float | None = None  # of a GPU for an hour

    def __post_init__(self) -> None:
        if self.gpu not in GPUS:
            raise SettingError(f"gpu: {self.gpu!r} is none of {', '.join(GPUS)}{nearest(self.gpu, GPUS)}")
        if self.distribution not in HELD:
            near = nearest(self.distribution, HELD)
            raise SettingError(f"distribution: {self.distribution!r} is none of {', '.join(HELD)}{near}")
        if self.batch % (self.rows * self.gpus):
            raise SettingError(
                f"batch: {self.batch} windows cannot be made of {self.rows} at a time in each of {self.gpus} GPUs; "
                f"take a multiple of {self.rows * self.gpus}"
            )


@dataclass(frozen=True)
class Bytes:
    """What one GPU holds, and what it sends for one step."""

    weights: float
    gradients: float
    moments: float
    working: float  # what is whole while it is used
    sent: float


def whole_everywhere(counted: Count, n: int, passes: int) -> Bytes:
    """Data parallel: 16 bytes a parameter, and gradients once round the ring, whatever the passes."""
    p = float(counted.parameters)
    return Bytes(4 * p, 4 * p, 8 * p, 0.0, 2 * (n - 1) / n * 4 * p)


def in_slices(counted: Count, n: int, passes: int) -> Bytes:
    """Fully sharded: a share of everything, and what is whole while it is used.

    That is the embedding in float32, two blocks in bfloat16 (one used, one coming), and with several passes the
    gradients that wait for the last. Each pass gathers the weights twice (2 bytes each, the embedding once, 4);
    gradients are scattered once, in float32.
    """
    p, embedding, share = counted.parameters, counted.embedding_parameters, (n - 1) / n
    blocks = p - embedding
    working = 4 * embedding + 2 * 2 * blocks / counted.config.depth + (4 * p if passes > 1 else 0)
    return Bytes(4 * p / n, 4 * p / n, 8 * p / n, working, share * (passes * (4 * blocks + 4 * embedding) + 4 * p))


HELD: dict[str, Callable[[Count, int, int], Bytes]] = {
    "data_parallel": whole_everywhere,
    "fully_sharded": in_slices,
}
"""By the names of ``training.distribution``: the model, how many GPUs, passes a step."""


@dataclass(frozen=True)
class AtScale:
    """A plan: bytes for each GPU, times, cost. ``recomputed``: blocks are computed twice to keep less."""

    asked: Asked
    counted: Count
    bytes: Bytes
    activations: float
    recomputed: bool

    @property
    def memory(self) -> float:
        """Bytes that one GPU holds at most, without what the allocator and the libraries keep."""
        b = self.bytes
        return b.weights + b.gradients + b.moments + b.working + self.activations

    @property
    def steps(self) -> int:
        """Steps for all tokens."""
        return round(self.asked.tokens / self.step_tokens)

    @property
    def step_tokens(self) -> int:
        """Tokens of a step, over all GPUs."""
        return self.asked.batch * self.counted.config.context

    @property
    def tokens_per_second(self) -> float:
        """Of all GPUs, if messages hide behind the computing; a second forward pass costs a third more."""
        operations = self.asked.gpus * GPUS[self.asked.gpu].operations * self.asked.utilisation
        return operations / self.counted.training_flops_per_token() / (4 / 3 if self.recomputed else 1)

    @property
    def hours(self) -> float:
        """Training alone: no evaluations, no checkpoints, no restarts."""
        return self.asked.tokens / self.tokens_per_second / 3600

    @property
    def computing(self) -> float:
        """Seconds of a step."""
        return self.step_tokens / self.tokens_per_second

    @property
    def sending(self) -> float:
        """Seconds in which a step's bytes pass one link; what of it is above the computing cannot hide."""
        return self.bytes.sent / GPUS[self.asked.gpu].link

    def lines(self) -> list[tuple[str, str]]:
        """The plan for people: what, and how much."""
        asked, gpu, b = self.asked, GPUS[self.asked.gpu], self.bytes
        parts = f"weights {b.weights / 1e9:.1f}, gradients {b.gradients / 1e9:.1f}, moments {b.moments / 1e9:.1f}"
        cost = [] if asked.price is None else [("cost", f"{self.hours * asked.gpus * asked.price:,.0f}")]
        return [
            ("parameters", f"{self.counted.parameters:,}"),
            ("operations", f"{self.counted.training_flops_per_token():,} per token, forward and backward"),
            (
                "a step",
                f"{asked.batch * self.counted.config.context:,} tokens, {self.passes} passes of {asked.rows} rows",
            ),
            ("steps", f"{self.steps:,}"),
            ("memory", f"{self.memory / 1e9:.1f} of {gpu.memory / 1e9:.0f} GB in each GPU"),
            ("", f"{parts}, whole for a while {b.working / 1e9:.1f}, activations {self.activations / 1e9:.1f} GB"),
            ("computed twice", "the blocks, for lack of memory" if self.recomputed else "nothing"),
            ("speed", f"{self.tokens_per_second:,.0f} tokens/s at {asked.utilisation:.0%} of the peak"),
            ("messages", f"{b.sent / 1e9:.1f} GB a step: {self.sending:.2f} s of {self.computing:.2f} s"),
            ("time", f"{self.hours:,.0f} hours"),
            *cost,
        ]

    @property
    def passes(self) -> int:
        """Micro-batches of a step."""
        return self.asked.batch // (self.asked.rows * self.asked.gpus)


def plan_at_scale(config: ModelConfig, asked: Asked) -> AtScale:
    """Count what ``asked`` needs for a model; nothing is built.

    Where everything that the backward pass reads does not fit into nine tenths of the memory, a block keeps its input
    only, and one block at a time the rest. Logits are not counted: with a large vocabulary there is no whole table of
    them (training/linear_cross_entropy.py).
    """
    counted, passes = count(config), asked.batch // (asked.rows * asked.gpus)
    held = HELD[asked.distribution](counted, asked.gpus, passes)
    tokens = asked.rows * config.context
    everything = float(tokens * (activation_bytes_per_token(config, 2) - config.vocabulary * (2 + 4)))
    plain = AtScale(asked, counted, held, everything, recomputed=False)
    if plain.memory < 0.9 * GPUS[asked.gpu].memory:
        return plain
    inputs = 4.0 * tokens * config.width * config.depth
    return AtScale(asked, counted, held, inputs + everything / config.depth, recomputed=True)


def config_of(name: str, settings: Sequence[str] = ()) -> ModelConfig:
    """The model of a preset or of a recipe; a vocabulary that a tokenizer would decide is taken as GPT-2's.

    Raises:
        SettingError, MissingError: there is neither.
    """
    if name in PRESETS:
        table = override({"model": plain(PRESETS[name], KINDS)}, settings)
        config = build(ModelConfig, table["model"], KINDS)
    else:
        config = load_recipe(name, settings).model
    return config if config.vocabulary else replace(config, vocabulary=GPT2_VOCABULARY)


def as_json(planned: AtScale) -> dict[str, Any]:
    """The plan as plain data."""
    names = ("memory", "steps", "tokens_per_second", "hours", "computing", "sending", "recomputed", "activations")
    return {
        "parameters": planned.counted.parameters,
        "flops_per_token": planned.counted.training_flops_per_token(),
        "asked": asdict(planned.asked),
        "bytes": asdict(planned.bytes),
        **{name: getattr(planned, name) for name in names},
    }
