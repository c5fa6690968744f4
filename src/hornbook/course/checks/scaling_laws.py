"""Lesson 24: a power law, and what a model costs."""

from __future__ import annotations

import numpy as np

from hornbook.course.answers import Answer, expect


def check_fit_power_law(function: Answer) -> None:
    """Logarithms of both, above the floor."""
    sizes = [1e3, 1e4, 1e5, 1e6]
    losses = [1.5 + 20 * size**-0.4 for size in sizes]
    logs, above = np.log(sizes), np.array(losses) - 1.5

    def line(across: object, up: object) -> tuple[float, float]:
        slope, start = np.polyfit(np.asarray(across), np.asarray(up), 1)
        return float(start), float(slope)

    start, slope = line(logs, np.log(losses))
    plain_start, plain_slope = line(logs, above)
    right_start, right_slope = line(logs, np.log(above))
    expect(
        "fit_power_law of four points on 1.5 + 20 · size^-0.4",
        tuple(map(float, function(list(sizes), list(losses), 1.5))),
        (20.0, 0.4),
        {
            "The floor is not taken off before the logarithm.": (float(np.exp(start)), -slope),
            "The loss needs a logarithm too.": (plain_start, -plain_slope),
            "The exponent is minus the slope: the loss falls.": (20.0, -0.4),
            "The line's start is the logarithm of the factor: raise e to it.": (right_start, 0.4),
            "Factor and exponent are exchanged.": (0.4, 20.0),
            "Use the natural logarithm both ways, or raise 10 to the start.": (
                float(np.exp(right_start / np.log(10))),
                -right_slope,
            ),
        },
    )


def check_layer_parameters(function: Answer) -> None:
    """12 L C²."""
    expect(
        "layer_parameters(12, 768)",
        function(12, 768),
        12 * 12 * 768**2,
        {
            "Attention has four matrices: the output is one of them.": 12 * 11 * 768**2,
            "The network has two matrices, each four times as large: 8 width².": 12 * 8 * 768**2,
            "The network's matrices are width x 4 width: four times as large.": 12 * 6 * 768**2,
            "That is one block; multiply by the depth.": 12 * 768**2,
            "Width comes in squared: matrices have rows and columns.": 12 * 12 * 768,
        },
    )


def check_training_operations(function: Answer) -> None:
    """6 N D."""
    expect(
        "training_operations(1e6, 1e9)",
        float(function(1e6, 1e9)),
        6e15,
        {
            "Those are the operations forwards: backwards costs twice as much again.": 2e15,
            "A multiplication and an addition for each weight make 2.": 3e15,
            "Backwards costs twice what forwards costs: 2 + 4.": 4e15,
            "Each parameter and token: multiply by 6.": 1e15,
        },
    )
