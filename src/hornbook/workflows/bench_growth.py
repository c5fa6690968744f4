"""``hornbook bench growth``: how time and memory grow with the context, the batch, the width and the vocabulary.

Each series changes one size and keeps the others. On a log-log scale a cost of size^k is a straight line of slope k; it
is fitted by least squares to the upper half of the points, where the largest term rules. Beside it stands what to
expect: the same fit to the operations and the bytes that model/count.py counts at the same sizes. A processor that is
not yet busy makes the measured slope smaller than the counted one, memory that is too slow makes it larger.

    training step   forward, backward, clipping and AdamW, in float32, the median of three or more after one uncounted
    forward pass    logits for every place, without a gradient, timed alike
    kept            the bytes of all tensors that autograd saves in a forward pass for the backward pass, each storage
                    once, the model's own weights not
    ... peak        on a GPU also the most memory that PyTorch had given out at once, weights and all
"""

from __future__ import annotations

import itertools
import math
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from matplotlib.figure import Figure
from torch import Tensor

from hornbook.batches import Positions, Texts
from hornbook.errors import MissingError, SettingError
from hornbook.figures.growth import growth
from hornbook.figures.loss_curve import Series as Curve
from hornbook.model.cache import make_cache
from hornbook.model.config import AttentionConfig, BlockConfig, KernelName, ModelConfig
from hornbook.model.count import activation_bytes_per_token, count
from hornbook.model.initialise import initialise
from hornbook.model.kernels import KeysValues
from hornbook.model.models import Decoder
from hornbook.seeds import torch_generator
from hornbook.training.config import AdamW
from hornbook.training.devices import choose_device
from hornbook.training.linear_cross_entropy import ENTRIES
from hornbook.training.loop import training_steps
from hornbook.training.objectives import Loss, Objective, next_token, token_loss
from hornbook.training.optimizers import build_optimizer
from hornbook.training.precision import Precision
from hornbook.workflows.environment import available_memory

GIB = 2**30
UNKNOWN = 8 * GIB
"""The memory of a machine that does not say how much it has."""

Costs = dict[str, float]
"""Seconds or bytes by the name of what costs them."""


def with_kernel(kernel: KernelName) -> ModelConfig:
    """A small model with an attention kernel."""
    block = BlockConfig(attention=AttentionConfig(kernel=kernel))
    return ModelConfig(vocabulary=512, context=128, width=128, heads=4, depth=2, pattern=(block,))


BASE = with_kernel("fused")


@dataclass(frozen=True)
class Point:
    """One size: what it cost, and what was counted before (operations for seconds, bytes for bytes)."""

    size: int
    costs: Costs
    counted: Costs


@dataclass(frozen=True)
class Series:
    """All points along one axis, and why there are no more."""

    what: str
    axis: str
    points: list[Point]
    stopped: str = ""

    @property
    def short(self) -> str:
        """What grows, in a few words."""
        return self.what.partition(":")[0]

    def upper(self) -> list[Point]:
        """The upper half of the points, but never fewer than two where there are two."""
        return self.points[min(len(self.points) // 2, max(0, len(self.points) - 2)) :]

    def exponents(self) -> dict[str, float | None]:
        """The slope of each cost; ``None`` where a single point has none."""
        return {name: slope([(each.size, each.costs[name]) for each in self.upper()]) for name in self.names(False)}

    def expected(self) -> dict[str, float | None]:
        """The slope of what was counted, at the same sizes."""
        return {name: slope([(each.size, each.counted[name]) for each in self.upper()]) for name in self.names(True)}

    def as_json(self) -> dict[str, Any]:
        """Everything as plain data: seconds and bytes, and what was counted."""
        return asdict(self) | {"exponents": self.exponents(), "expected": self.expected()}

    def names(self, counted: bool) -> list[str]:
        """What was measured, or of that what was counted as well."""
        first = self.points[:1]
        return [name for each in first for name in each.costs if not counted or name in each.counted]


def slope(points: Sequence[tuple[int, int | float]]) -> float | None:
    """The exponent k of size^k that fits best, by least squares on logarithms; ``None`` for fewer than two points."""
    if len(points) < 2:
        return None
    across, up = [math.log(size) for size, _ in points], [math.log(max(cost, 1e-12)) for _, cost in points]
    middle, height = statistics.fmean(across), statistics.fmean(up)
    spread = sum((x - middle) ** 2 for x in across)
    return sum((x - middle) * (y - height) for x, y in zip(across, up, strict=True)) / spread


@dataclass(frozen=True)
class Work:
    """What is run at one size: a model, on so many rows of as many tokens as its context has."""

    config: ModelConfig
    rows: int = 1
    objective: Objective = next_token


@dataclass(frozen=True)
class Counted:
    """What a size will cost, known before it is run, and the bytes that it needs at least."""

    costs: Costs
    needs: float


def counted_training(work: Work) -> Counted:
    """Operations and kept bytes, where neither scores nor chunks of logits stand beside them."""
    numbers, tokens = count(work.config), work.rows * work.config.context
    memory = numbers.training_memory(work.rows)
    operations = {
        "training step": float(tokens * numbers.training_flops_per_token()),
        "forward pass": float(tokens * numbers.flops_per_token()),
    }
    return Counted({**operations, "kept": float(memory.activations)}, memory.total)


def counted_explicit(work: Work) -> Counted:
    """The same, and in every layer: for a pair of tokens two numbers a head (the softmax, and its weights where masked)
    and two masks are kept; the backward pass works on three more tables of one layer."""
    others, config = counted_training(work), work.config
    pairs = float(work.rows * config.context**2)
    kept = config.depth * pairs * (2 * 4 * config.heads + 2)
    costs = others.costs | {"kept": others.costs["kept"] + kept}
    return Counted(costs, others.needs + kept + 3 * 4 * pairs * config.heads)


def counted_streamed(work: Work) -> Counted:
    """The same without a table of logits: the gradients of the last stream and of the table, and a chunk at a time."""
    others, config = counted_training(work), work.config
    tokens, table = work.rows * config.context, 4 * config.vocabulary * config.width
    kept = tokens * (activation_bytes_per_token(replace(config, vocabulary=0), 4) + 4 * config.width) + table
    chunk = min(tokens * config.vocabulary, ENTRIES)
    saved = others.costs["kept"] - kept
    return Counted(others.costs | {"kept": float(kept)}, others.needs - saved + 4 * 4 * chunk)


def counted_writing(work: Work) -> Counted:
    """One more token after a text of the length of the context."""
    numbers, length = count(work.config), work.config.context
    cache = float(length * numbers.cache_bytes_per_token())
    return Counted({"a token": float(numbers.flops_per_token()), "cache": cache}, 4 * numbers.parameters + 2 * cache)


def measured_training(work: Work, device: torch.device) -> Costs:
    """Seconds of a training step and of a forward pass, bytes kept, and on a GPU the peaks."""
    config = work.config
    model = built(config, device)
    draw = torch_generator(0, "bench growth")
    tokens = torch.randint(config.vocabulary, (work.rows, config.context + 1), generator=draw).to(device)
    batch = Texts(tokens[:, :-1].contiguous(), tokens[:, 1:].contiguous())
    kept = kept_bytes(lambda: work.objective(model, batch).total, model)
    optimizer, precision = build_optimizer(AdamW(), model), Precision("float32", device.type)
    steps = training_steps(model, itertools.repeat([batch]), work.objective, optimizer, precision=precision)
    step, step_peak = timed(lambda: next(steps), device)
    model.eval()
    with torch.inference_mode():
        forward, forward_peak = timed(lambda: model(batch.tokens), device)
    peaks = {"step peak": step_peak, "forward peak": forward_peak} if device.type == "cuda" else {}
    return {"training step": step, "forward pass": forward, "kept": float(kept), **peaks}


def measured_writing(work: Work, device: torch.device) -> Costs:
    """Seconds of one more token with keys and values remembered, and the bytes that those take."""
    config = work.config
    model = built(config, device).eval()
    length, sizes = config.context - 16, config.sizes  # room for the tokens that are written while we measure
    cache = make_cache(config, 1, device=device)
    numbers = torch.randn(1, sizes.kv_heads, length, sizes.head_width, generator=torch_generator(0, "cache")).to(device)
    for layer in cache:
        layer.extend(KeysValues(numbers, numbers, Positions.counting(1, length, device)))
    token = torch.zeros(1, 1, dtype=torch.long, device=device)
    with torch.inference_mode():
        seconds, _ = timed(lambda: model(token, cache=cache), device)
    return {"a token": seconds, "cache": float(sum(layer.keys.nbytes + layer.values.nbytes for layer in cache))}


def built(config: ModelConfig, device: torch.device) -> Decoder:
    """A model with the numbers it begins with."""
    model = Decoder(config)
    initialise(model, config, 0)
    return model.to(device)


def timed(action: Callable[[], object], device: torch.device, least: int = 3, most: int = 15) -> tuple[float, float]:
    """The median seconds of a call, after one uncounted; and on a GPU the most bytes given out at once (else 0).

    At least three calls, and up to fifteen as long as they take less than a fifth of a second altogether.
    """
    gpu, times = device.type == "cuda", list[float]()
    if gpu:
        torch.cuda.reset_peak_memory_stats(device)
    action()
    while len(times) < least or (len(times) < most and sum(times) < 0.2):
        if gpu:
            torch.cuda.synchronize(device)
        began = time.perf_counter()
        action()
        if gpu:
            torch.cuda.synchronize(device)
        times.append(time.perf_counter() - began)
    return statistics.median(times), float(torch.cuda.max_memory_allocated(device)) if gpu else 0.0


def kept_bytes(forward: Callable[[], Any], model: torch.nn.Module) -> int:
    """Bytes that a forward pass keeps for the backward pass, each storage once, the model's own weights not."""
    own = {each.untyped_storage().data_ptr() for each in model.parameters()}
    storages: dict[int, int] = {}

    def note(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            storages[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        kept = forward()
    del kept
    return sum(storages.values())


def plain_loss(model: Decoder, batch: Texts) -> Loss:
    """The loss by way of a table of all logits, however many."""
    return token_loss(model(batch.tokens, batch.positions), batch.targets)


@dataclass(frozen=True)
class Axis:
    """What grows, in which unit, through which sizes; what is run at a size, how that is counted and measured."""

    what: str
    unit: str
    sizes: tuple[int, ...]
    sized: Callable[[int], Work]
    counted: Callable[[Work], Counted] = counted_training
    measured: Callable[[Work, torch.device], Costs] = measured_training


LENGTHS = (128, 256, 512, 1024, 2048, 4096, 8192)

AXES: list[Axis] = [
    Axis(
        "context, explicit: every pair of tokens has a score, and keeps it",
        "tokens",
        LENGTHS,
        lambda size: Work(replace(with_kernel("explicit"), context=size)),
        counted_explicit,
    ),
    Axis(
        "context, fused: the same scores, none of them kept",
        "tokens",
        LENGTHS,
        lambda size: Work(replace(BASE, context=size)),
    ),
    Axis("batch", "rows", (1, 2, 4, 8, 16, 32, 64), lambda size: Work(BASE, size)),
    Axis(
        "width: with as many heads of 32 as fit",
        "width",
        (64, 128, 256, 512, 1024),
        lambda size: Work(replace(BASE, width=size, heads=size // 32), 2),
    ),
    Axis(
        "vocabulary, all logits: the loss from a table of them",
        "entries",
        (512, 2048, 8192, 32768, 131072),
        lambda size: Work(replace(BASE, vocabulary=size), 2, plain_loss),
    ),
    Axis(
        "vocabulary, no logits: the loss straight from the stream",
        "entries",
        (8192, 32768, 131072),
        lambda size: Work(replace(BASE, vocabulary=size), 2),
        counted_streamed,
    ),
    Axis(
        "one more token: keys and values of the text are remembered",
        "tokens",
        LENGTHS,
        lambda size: Work(replace(BASE, context=size)),
        counted_writing,
        measured_writing,
    ),
]


def allowed_memory(device: torch.device) -> int:
    """Half of the bytes that are free."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0]) // 2
    return (available_memory() or UNKNOWN) // 2


def conditions() -> dict[str, Any]:
    """What holds for every point."""
    device = choose_device()
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "processor"
    return {"device": name, "threads": torch.get_num_threads(), "memory": allowed_memory(device)}


def all_series(seconds: float, memory: int | None = None) -> Iterator[Series]:
    """Every series, in about so many seconds altogether, no point of which needs more than ``memory`` bytes.

    Each may take an equal part of the time that is left. Without ``memory`` half of what is free is allowed.

    Raises:
        SettingError: there is no time at all.
    """
    if not 0 < seconds < math.inf:
        raise SettingError(f"seconds: expected more than 0, found {seconds}")
    device, end = choose_device(), time.perf_counter() + seconds
    allowed = allowed_memory(device) if memory is None else memory
    for number, axis in enumerate(AXES):
        now = time.perf_counter()
        yield climb(axis, device, now + max(0.0, end - now) / (len(AXES) - number), allowed)


def climb(axis: Axis, device: torch.device, until: float, allowed: int) -> Series:
    """One series; it ends before the first size that would not fit. The smallest is run if there is memory for it."""
    points, spent, stopped = list[Point](), 0.0, ""
    for size in axis.sizes:
        work = axis.sized(size)
        counted, began = axis.counted(work), time.perf_counter()
        if counted.needs > allowed:
            stopped = f"{size:,}: not run: would need {counted.needs / GIB:.1f} GiB, {allowed / GIB:.1f} are allowed"
            break
        main = next(iter(counted.costs))
        growing = counted.costs[main] / points[-1].counted[main] if points else 1.0
        if points and began + spent * growing > until:
            stopped = f"{size:,}: not run: would take about {spent * growing:.1f} s; --seconds gives more time"
            break
        points.append(Point(size, axis.measured(work, device), counted.costs))
        spent = time.perf_counter() - began
    return Series(axis.what, axis.unit, points, stopped)


def picture_path(figure: Path) -> Path:
    """Where ``save`` puts .svg and .png: the name that was given, without such an ending.

    Raises:
        MissingError: there is no such folder.
    """
    if not figure.absolute().parent.is_dir():
        raise MissingError(f"figure: there is no folder {figure.absolute().parent}; make it, or name another")
    return figure.with_suffix("") if figure.suffix in (".svg", ".png") else figure


def picture(found: Sequence[Series]) -> Figure:
    """The time of every series on one log-log picture, with its exponent."""
    curves = {}
    for series in found:
        main = next(iter(series.names(False)), None)
        if main is not None:
            exponent = series.exponents()[main]
            name = series.short if exponent is None else f"{series.short}  {exponent:.2f}"
            sizes, seconds = [each.size for each in series.points], [each.costs[main] for each in series.points]
            curves[name] = Curve(sizes, seconds)
    return growth(curves, remark="time of a training step, or of one more token; the number is the fitted exponent")
