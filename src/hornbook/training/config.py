"""Everything that can be said about a training, as plain values. Imports no torch, so that recipes are refused quickly.

A choice is a small dataclass with its own settings (``Muon(momentum=0.95)``, ``Cosine(final=0.1)``); sizes of the
model are not here. ``KINDS``, at the end, is how recipes spell the choices.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, get_args

from hornbook.errors import SettingError, nearest

DeviceName = Literal["auto", "cpu", "cuda"]
PrecisionName = Literal["auto", "float32", "bfloat16", "float16", "float8"]
CompileName = Literal["auto", "never", "always"]
RecomputeName = Literal["auto", "always", "never"]
AdamWKernelName = Literal["fused", "explicit"]
MuonKernelName = Literal["batched", "explicit"]
ArithmeticName = Literal["auto", "float32", "bfloat16"]
ScaleName = Literal["rows", "rms"]
SpikeName = Literal["report", "skip", "roll_back"]

STOPS = ("steps", "epochs", "tokens", "minutes")
"""The four ways to say how long a run is."""


def check_name(field: str, value: str, names: Any) -> None:
    """Refuse a ``value`` that is none of a ``Literal``'s names, and say which comes nearest."""
    if value not in get_args(names):
        raise SettingError(
            f"{field}: {value!r} is none of {', '.join(get_args(names))}{nearest(value, get_args(names))}"
        )


def check_range(field: str, value: int | float, low: int | float, high: int | float, example: str) -> None:
    """Refuse a number outside ``low <= value < high`` (or one that is no number)."""
    if not low <= value < high:
        above = f" and below {high:g}" if math.isfinite(high) else ""
        raise SettingError(f"{field}: expected a number of at least {low:g}{above} (as in {example}), found {value}")


def check_positive(field: str, value: int | float, example: str) -> None:
    """Refuse a number that is not above 0, or infinite."""
    if not 0 < value < math.inf:
        raise SettingError(f"{field}: expected a number above 0 (as in {example}), found {value}")


# Optimizers -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class AdamW:
    """Adam with decoupled weight decay (Loshchilov & Hutter 2019).

    Only the weights of linear layers decay: never embeddings, norms or biases.
    """

    learning_rate: float = 1e-3
    """How long a step is at the peak of the schedule."""
    embedding_learning_rate: float | None = None
    """The same for token and position tables; none: as ``learning_rate``."""
    betas: tuple[float, ...] = (0.9, 0.99)
    """How slowly the averages of the gradient and of its square forget."""
    weight_decay: float = 0.1
    """The share of a weight, times the learning rate, that each step takes off it."""
    epsilon: float = 1e-8
    """Added to the root of the mean square, so that nothing is divided by 0."""
    kernel: AdamWKernelName = "fused"
    """How it is computed, never what."""

    def __post_init__(self) -> None:
        check_positive("learning_rate", self.learning_rate, "0.001")
        if self.embedding_learning_rate is not None:
            check_positive("embedding_learning_rate", self.embedding_learning_rate, "0.001")
        if len(self.betas) != 2:
            raise SettingError(f"betas: expected two numbers, as in [0.9, 0.99], found {list(self.betas)}")
        for place, beta in enumerate(self.betas):
            check_range(f"betas[{place}]", beta, 0, 1, "0.9")
        check_range("weight_decay", self.weight_decay, 0, math.inf, "0.1")
        check_positive("epsilon", self.epsilon, "1e-8")
        check_name("kernel", self.kernel, AdamWKernelName)


@dataclass(frozen=True, kw_only=True)
class Muon:
    """Momentum whose update is made orthogonal, for the matrices between embedding and head (Jordan et al. 2024)."""

    learning_rate: float = 0.02
    """How long a step is at the peak of the schedule."""
    momentum: float = 0.95
    """How slowly the average of the gradient forgets."""
    nesterov: bool = True
    """The average is looked at one step ahead."""
    weight_decay: float = 0.0
    """The share of a weight, times the learning rate, that each step takes off it."""
    iterations: int = 5
    """Steps of the orthogonalizing."""
    scale: ScaleName = "rows"
    """``rows`` multiplies an update by sqrt(max(1, rows / columns)) as Jordan does; ``rms`` by 0.2 sqrt(max(rows,
    columns)), which gives an update the size that AdamW's have, so that AdamW's learning rates serve (Liu et al. 2025,
    section 2.2)."""
    arithmetic: ArithmeticName = "auto"
    """That of the orthogonalizing; ``auto`` is bfloat16 where the processor multiplies in it."""
    kernel: MuonKernelName = "batched"
    """How it is computed, never what."""
    adamw: AdamW = AdamW()
    """What everything else learns by: embeddings, head, norms and biases."""

    def __post_init__(self) -> None:
        check_positive("learning_rate", self.learning_rate, "0.02")
        check_range("momentum", self.momentum, 0, 1, "0.95")
        check_range("weight_decay", self.weight_decay, 0, math.inf, "0.01")
        check_range("iterations", self.iterations, 1, math.inf, "5")
        check_name("scale", self.scale, ScaleName)
        check_name("arithmetic", self.arithmetic, ArithmeticName)
        check_name("kernel", self.kernel, MuonKernelName)


OptimizerConfig = AdamW | Muon

# Schedules of the learning rate ---------------------------------------------------------------------------------------


def check_warmup(warmup: int | float) -> None:
    """A whole number is a number of steps, a number below 1 the part of the run; anything else is refused."""
    if isinstance(warmup, float) and not 0 <= warmup < 1:
        raise SettingError(
            f"warmup: expected a number of steps (as in 100) or a part of the run below 1 (as in 0.02), found {warmup}"
        )
    if warmup < 0:
        raise SettingError(f"warmup: expected 0 or more steps, found {warmup}")


def check_final(final: float) -> None:
    """The last learning rate is a part of the peak."""
    if not 0 <= final <= 1:
        raise SettingError(f"final: expected a part of the peak from 0 to 1 (as in 0.1), found {final}")


@dataclass(frozen=True, kw_only=True)
class Cosine:
    """Rise, then half a cosine from the peak down to ``final`` times the peak (Loshchilov & Hutter 2017)."""

    warmup: int | float = 0.02
    """A number of steps, or below 1 a part of the run, over which the rate rises."""
    final: float = 0.1
    """The last learning rate, as a part of the peak."""

    def __post_init__(self) -> None:
        check_warmup(self.warmup)
        check_final(self.final)


@dataclass(frozen=True, kw_only=True)
class Linear:
    """Rise, then a straight line down to ``final`` times the peak; to zero unless said otherwise."""

    warmup: int | float = 0.02
    """A number of steps, or below 1 a part of the run, over which the rate rises."""
    final: float = 0.0
    """The last learning rate, as a part of the peak."""

    def __post_init__(self) -> None:
        check_warmup(self.warmup)
        check_final(self.final)


@dataclass(frozen=True, kw_only=True)
class Constant:
    """Rise, then stay at the peak."""

    warmup: int | float = 0.02
    """A number of steps, or below 1 a part of the run, over which the rate rises."""

    def __post_init__(self) -> None:
        check_warmup(self.warmup)


@dataclass(frozen=True, kw_only=True)
class Trapezoid:
    """Rise, stay, and a straight line down over the last ``decay`` of the run (warmup-stable-decay, Hu et al. 2024)."""

    warmup: int | float = 0.02
    """A number of steps, or below 1 a part of the run, over which the rate rises."""
    decay: float = 0.4
    """The last part of the run, over which the rate falls."""
    final: float = 0.0
    """The last learning rate, as a part of the peak."""

    def __post_init__(self) -> None:
        check_warmup(self.warmup)
        check_final(self.final)
        if not 0 < self.decay <= 1:
            raise SettingError(f"decay: expected a part of the run above 0 and up to 1 (as in 0.4), found {self.decay}")


ScheduleConfig = Cosine | Linear | Constant | Trapezoid

# Several processes ----------------------------------------------------------------------------------------------------

PATIENCE = 1800.0
"""Seconds after which a process that says nothing is taken for hung; the first one evaluates and saves in them."""


@dataclass(frozen=True, kw_only=True)
class DataParallel:
    """Every process has the whole model and its rows of each batch; gradients are added up (Li et al. 2020)."""

    bucket_megabytes: float = 25.0
    """Gradients are sent in buckets of this size, while the backward pass still computes the next one."""
    patience: float = PATIENCE
    """Seconds after which a process that does not answer is taken for hung."""

    def __post_init__(self) -> None:
        check_positive("bucket_megabytes", self.bucket_megabytes, "25")
        check_positive("patience", self.patience, "1800")


@dataclass(frozen=True, kw_only=True)
class FullySharded:
    """Every process has a slice of every weight, gradient and moment, and its rows of each batch (Zhao et al. 2023).

    A block's weights are gathered just before it runs and let go after.
    """

    offload: bool = False
    """The slices stay in ordinary memory, and the optimizer on the processor."""
    patience: float = PATIENCE
    """Seconds after which a process that does not answer is taken for hung."""

    def __post_init__(self) -> None:
        check_positive("patience", self.patience, "1800")


@dataclass(frozen=True, kw_only=True)
class TensorParallel:
    """Every process has some of the heads and of the hidden features of each block, and all rows (Shoeybi et al. 2019).

    Made for fast links: two sums over the processes for every block, forward and again backward.
    """

    patience: float = PATIENCE
    """Seconds after which a process that does not answer is taken for hung."""

    def __post_init__(self) -> None:
        check_positive("patience", self.patience, "1800")


DistributionConfig = DataParallel | FullySharded | TensorParallel

# The training ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class TrainingConfig:
    """A whole training. Exactly one of ``steps``, ``epochs``, ``tokens`` and ``minutes`` says how long it is."""

    steps: int | None = None
    """How long the run is, in steps; of the four lengths exactly one is given."""
    epochs: float | None = None
    """How long the run is, in times that all of the data is read."""
    tokens: int | None = None
    """How long the run is, in tokens."""
    minutes: float | None = None
    """How long the run is, by the clock."""
    batch: int = 32
    """Rows of one step."""
    micro_batches: int = 1
    """Passes that the rows of a step are divided over, evenly; their gradients are added up."""
    gradient_checkpointing: RecomputeName = "auto"
    """Keep less of the forward pass and compute it again (Chen et al. 2016); auto: where memory would not do."""
    optimizer: OptimizerConfig = AdamW()
    """How gradients become steps."""
    schedule: ScheduleConfig = Cosine()
    """How the learning rate changes over the run."""
    clip: float = 1.0
    """The largest norm of the gradient, which is shortened to it; 0: no bound."""
    on_spike: SpikeName = "report"
    """Where the loss jumps: say so; or skip that batch; or roll back to the last checkpoint, and skip all since then
    (Chowdhery et al. 2022, section 5.1)."""
    precision: PrecisionName = "auto"
    """The arithmetic of the forward pass; auto: bfloat16 where the hardware has it. float8: bfloat16, and linear layers
    in 8 bits, on GPUs that have such products (Ada, Hopper and later). Weights stay float32."""
    compile: CompileName = "auto"
    """Whether torch.compile makes one program of the step; auto: where that repays the time it takes."""
    device: DeviceName = "auto"
    """Where it is computed; auto: on a GPU where there is one."""
    threads: int | None = None
    """Processor threads; none: as many as the machine has."""
    evaluate_every: int | float = 0.1
    """A number of steps, or below 1 a part of the run, between evaluations; 0: at the end only."""
    save_every: int | float = 0.1
    """The same between checkpoints."""
    keep: int = 2
    """How many of the last checkpoints stay, besides the best."""
    saving: Literal["between_steps", "beside_steps"] = "between_steps"
    """When checkpoints are written: while nothing else goes on, or by a thread while the next steps are made, for which
    a second copy of weights and optimizer has to fit into memory."""
    distribution: DistributionConfig = DataParallel()
    """How several processes share it; one process does it all."""

    def __post_init__(self) -> None:
        given = [name for name in STOPS if getattr(self, name) is not None]
        if len(given) != 1:
            found = (
                "found " + " and ".join(f"{name} = {getattr(self, name)}" for name in given) if given else "found none"
            )
            raise SettingError(f"{given[1] if given else 'steps'}: expected exactly one of {', '.join(STOPS)}, {found}")
        check_positive(
            given[0],
            getattr(self, given[0]),
            {"steps": "2000", "epochs": "3", "tokens": "5000000"}.get(given[0], "1.5"),
        )
        check_range("batch", self.batch, 1, math.inf, "32")
        check_range("micro_batches", self.micro_batches, 1, math.inf, "1")
        if self.batch % self.micro_batches:
            divisor = next((n for n in range(self.micro_batches, self.batch) if self.batch % n == 0), self.batch)
            raise SettingError(
                f"micro_batches: {self.micro_batches} does not divide batch {self.batch}; try micro_batches = {divisor}"
            )
        check_range("clip", self.clip, 0, math.inf, "1.0")
        check_name("on_spike", self.on_spike, SpikeName)
        check_name("precision", self.precision, PrecisionName)
        check_name("gradient_checkpointing", self.gradient_checkpointing, RecomputeName)
        check_name("compile", self.compile, CompileName)
        check_name("device", self.device, DeviceName)
        if self.threads is not None:
            check_range("threads", self.threads, 1, math.inf, "2")
        check_every("evaluate_every", self.evaluate_every)
        check_every("save_every", self.save_every)
        check_range("keep", self.keep, 1, math.inf, "2")
        if self.steps and isinstance(self.schedule.warmup, int) and self.schedule.warmup >= self.steps > 1:
            raise SettingError(
                f"schedule.warmup: expected fewer steps than the run has ({self.steps}), found {self.schedule.warmup}"
            )

    def total_steps(self, steps_per_epoch: int | float, tokens_per_step: int) -> int | None:
        """How many steps the run has, at least 1; ``None`` where only time will tell."""
        if self.minutes is not None:
            return None
        if self.steps is not None:
            return self.steps
        if self.epochs is not None:
            return max(1, round(self.epochs * steps_per_epoch))
        return max(1, math.ceil((self.tokens or 0) / tokens_per_step))


def check_every(field: str, every: int | float) -> None:
    """A whole number is a number of steps, a number below 1 a part of the run, 0 never before the end."""
    if every < 0 or (isinstance(every, float) and not every < 1):
        raise SettingError(
            f"{field}: expected a number of steps (as in 200), a part of the run below 1 (as in 0.1) "
            f"or 0 (at the end only), found {every}"
        )


KINDS: dict[type, str] = {
    AdamW: "adamw",
    Muon: "muon",
    Cosine: "cosine",
    Linear: "linear",
    Constant: "constant",
    Trapezoid: "trapezoid",
    DataParallel: "data_parallel",
    FullySharded: "fully_sharded",
    TensorParallel: "tensor_parallel",
}
"""How recipes spell the choices."""
