"""Pictures of the parts of a model, no run needed; the code that models use computes the numbers in them."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import torch
from matplotlib.figure import Figure

from hornbook.batches import Positions
from hornbook.evaluation.attention_cost import counted, ways
from hornbook.figures.activations import Bend, activation_grid
from hornbook.figures.complexity import Cost, complexity
from hornbook.figures.depth_width import Shape, depth_width
from hornbook.figures.masks import Seen, mask_grid
from hornbook.figures.positions import falling_scores, turned_pairs, waves
from hornbook.figures.schedules import schedule_grid
from hornbook.model.config import (
    NTK,
    Bidirectional,
    BlockSparse,
    Causal,
    Interpolated,
    MaskRule,
    Rotary,
    RotaryScaling,
    SlidingWindow,
    Unscaled,
)
from hornbook.model.count import count
from hornbook.model.feed_forward import ACTIVATIONS
from hornbook.model.masks import Mask
from hornbook.model.parts import PARTS
from hornbook.model.position_encodings import AlibiEncoding, RotaryEncoding, SinusoidalEncoding
from hornbook.model.presets import PRESETS
from hornbook.model.rotary_scaling import speeds
from hornbook.training.config import Constant, Cosine, Linear, ScheduleConfig, Trapezoid
from hornbook.training.schedules import factor

NAMES = {
    "relu": "ReLU",
    "gelu": "GELU",
    "gelu_tanh": "GELU, by tanh",
    "silu": "SiLU",
    "relu_squared": "ReLU²",
}
"""How the literature spells the activations."""


def sinusoidal(positions: int = 128, width: int = 64) -> Figure:
    """What ``SinusoidalEncoding`` adds to tokens, read off by adding it to nothing."""
    nothing = torch.zeros(1, positions, width)
    table = SinusoidalEncoding().embed(nothing, Positions.counting(1, positions))[0]
    lengths = 2 * math.pi / speeds(width, 10_000.0)
    chosen = {feature: float(lengths[feature // 2]) for feature in (0, 8, 16, 24, 32)}
    return waves(
        table.numpy(),
        chosen,
        title="Sinusoidal positions",
        remark=f"sin and cos of position / 10000^(2i/{width}), side by side; below, five of the features and how "
        "long their waves are",
    )


def rotary(head_width: int = 32, hands: int = 12, farthest: int = 512) -> Figure:
    """How ``RotaryEncoding`` turns pairs, and what becomes of the product of two equal vectors as they move apart."""
    encoding = RotaryEncoding(Rotary(), head_width)
    cosine, sine = turns_of(encoding, hands)
    schemes: dict[str, RotaryScaling] = {
        "as trained": Unscaled(),
        "linear, 4": Interpolated(4.0),
        "NTK, 4": NTK(4.0),
    }
    scores = {name: fading_product(Rotary(scaling=kind), head_width, farthest) for name, kind in schemes.items()}
    return turned_pairs(
        np.arctan2(sine, cosine),
        (0, 1, 2, 3, 5, 8),
        scores,
        title="Rotary positions",
        remark=f"the hand of a pair at positions 0 to {hands - 1}, the first darkest; below, the product of two equal "
        "vectors by distance",
    )


def turns_of(encoding: RotaryEncoding, positions: int) -> npt.NDArray[np.float32]:
    """Cosines and sines [2, positions, pairs]."""
    turns = encoding.turns(Positions.counting(1, positions))
    assert turns is not None
    found: npt.NDArray[np.float32] = turns[:, 0, 0].numpy()
    return found


def fading_product(config: Rotary, head_width: int, farthest: int) -> npt.NDArray[np.float32]:
    """q · k for q at position 0 and an equal k at 0 to ``farthest`` - 1, divided by the product at distance 0."""
    encoding, positions = RotaryEncoding(config, head_width), Positions.counting(1, farthest)
    turned = encoding.rotate(torch.ones(1, 1, farthest, head_width), encoding.turns(positions))[0, 0]
    products: npt.NDArray[np.float32] = (turned @ turned[0]).numpy()
    products /= products[0]
    return products


def alibi(heads: int = 8, size: int = 24) -> Figure:
    """What ``AlibiEncoding`` adds to the scores of each head, where a causal model looks."""
    encoding, positions = AlibiEncoding(heads), Positions.counting(1, size)
    bias = encoding.bias(positions, positions)
    assert bias is not None
    seen = bias[0].masked_fill(~Mask(Causal(), positions, positions).dense()[0], -math.inf)
    return falling_scores(
        seen.numpy(),
        encoding.slopes,
        (0, 2, heads - 1),
        title="ALiBi",
        remark="scores are lowered by slope · distance, so weights are multiplied by e^(-slope · distance): 1 is dark",
    )


def masks(size: int = 12) -> Figure:
    """Every rule of ``model/masks.py``, made dense."""
    plain = Positions.counting(1, size)
    padded = Positions.lengths(torch.tensor([size - 4]), size)
    documents = torch.tensor([[0] * 3 + [1] * 5 + [2] * (size - 8)])
    within = torch.cat([torch.arange(length) for length in (3, 5, size - 8)])[None]
    packed = Positions(within, documents)
    late = Positions(torch.arange(size - 3, size)[None])
    sparse = BlockSparse(block=2, near=0, first=1, stride=3)
    rows: list[tuple[str, str, MaskRule, Positions, Positions]] = [
        ("causal", "itself and what came before", Causal(), plain, plain),
        ("padding", f"{size - 4} tokens, and nothing behind", Bidirectional(), padded, padded),
        ("causal and padding", "both at once", Causal(), padded, padded),
        ("sliding window", "the last four, itself included", SlidingWindow(4), plain, plain),
        ("packed documents", "three texts in one row", Causal(), packed, packed),
        ("bidirectional", "everything, as an encoder", Bidirectional(), plain, plain),
        ("block-sparse", "own, first and every third block", sparse, plain, plain),
        ("cached", "three new tokens, nine kept", Causal(), late, plain),
    ]
    seen = [
        Seen(name, sentence, Mask(rule, query, key).dense()[0, 0].numpy()) for name, sentence, rule, query, key in rows
    ]
    return mask_grid(
        seen, remark="a row for each token that asks, a column for each that answers; all are one rule about two places"
    )


def attention_costs(width: int = 64, window: int = 256) -> Figure:
    """Full, local and linear attention: operations by formula, and counted while each of them ran."""
    lengths = [2**power for power in range(5, 16)]
    measured = [64, 256, 1024]
    costs = [
        Cost(
            way.name,
            [way.operations(time) for time in lengths],
            {time: counted(way, time, width) for time in measured},
        )
        for way in ways(width, window)
    ]
    return complexity(
        lengths, costs, remark=f"one head of {width} features; linear attention is cheaper from {width} tokens on, "
        f"a window from {window}",
    )  # fmt: skip


def activations(reach: float = 4.0) -> Figure:
    """Every activation function with its derivative, by automatic differentiation."""
    x = torch.linspace(-reach, reach, 401, dtype=torch.float64, requires_grad=True)
    formulas = {part.name: part.formula for part in PARTS if part.group == "activation"}
    bends = []
    for name, function in ACTIVATIONS.items():
        values = function(x)
        [slopes] = torch.autograd.grad(values.sum(), x)
        formula = formulas[name] if len(formulas[name]) < 20 else ""
        bends.append(Bend(NAMES.get(name, name), formula, values.detach().numpy(), slopes.numpy()))
    return activation_grid(
        x.detach().numpy(), bends, remark="what a feed-forward network does to each number, and its derivative (dashed)"
    )


def schedules(steps: int = 200) -> Figure:
    """The four schedules over a run of so many steps, each with a warm-up over its first tenth."""
    kinds: dict[str, ScheduleConfig] = {
        "cosine": Cosine(warmup=0.1, final=0.1),
        "linear": Linear(warmup=0.1, final=0.0),
        "constant": Constant(warmup=0.1),
        "trapezoid": Trapezoid(warmup=0.1),
    }
    factors = {name: [factor(kind, step, step / steps, steps) for step in range(steps)] for name, kind in kinds.items()}
    return schedule_grid(factors, remark="the first tenth of the run is warm-up; no last step stands at 0")


def depth_and_width() -> Figure:
    """The presets by depth and width, on lines of models whose layers have as many parameters."""
    alike: dict[tuple[int, int], list[str]] = {}
    for name, config in PRESETS.items():
        if name.startswith("gpt"):
            alike.setdefault((config.depth, config.width), []).append(name)
    shapes = [
        Shape(" and ".join(names), depth, width, count(PRESETS[names[0]]).non_embedding_parameters)
        for (depth, width), names in alike.items()
    ]
    lines = {
        size: [(depth, math.sqrt(size / (12 * depth))) for depth in np.geomspace(0.5, 256, 60)]
        for size in (1_000_000, 10_000_000, 100_000_000, 1_000_000_000)
    }
    return depth_width(
        shapes, lines, title="Deep or wide",
        remark="presets, and how many parameters their layers have; a layer of width C has about 12 C² (dashed lines)",
    )  # fmt: skip
