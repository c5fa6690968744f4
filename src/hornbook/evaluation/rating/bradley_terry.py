"""Strengths of models from who was found better than whom (Bradley & Terry 1952): P(i beats j) = σ(s_i - s_j).

A tie is half a win for each. Strengths are in logits and sum to 0; a difference of 1 means winning 73 % of the time.
Where someone never lost, or a group never lost to the others, the likeliest difference is infinite (Ford 1957): then
half a win is added to each side of every pair that was compared, and the result says so.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

NEWTON_STEPS = 100


@dataclass(frozen=True, eq=False)
class Strengths:
    """The strength of each model with its standard error, and whether wins had to be added to find them."""

    values: Float[np.ndarray, " models"]
    errors: Float[np.ndarray, " models"]
    softened: bool


def bradley_terry(wins: Float[np.ndarray, "models models"]) -> Strengths | None:
    """The likeliest strengths, by Newton's method; ``wins[i, j]`` is how often i was better than j.

    ``None`` where some models were compared with no others, not even by way of others.
    """
    wins = wins.astype(np.float64)
    played = (wins + wins.T) > 0
    if not connected(played):
        return None
    softened = not connected(wins > 0)
    if softened:
        wins = wins + 0.5 * played
    games, strengths = wins + wins.T, np.zeros(len(wins))
    for _ in range(NEWTON_STEPS):
        chance = 1 / (1 + np.exp(strengths[None] - strengths[:, None]))
        slope = (wins - games * chance).sum(axis=1)
        step = np.linalg.pinv(information(games, chance)) @ slope
        strengths = strengths + step / max(1.0, float(np.abs(step).max()))
        if np.abs(step).max() < 1e-10:
            break
    strengths -= strengths.mean()
    chance = 1 / (1 + np.exp(strengths[None] - strengths[:, None]))
    errors = np.sqrt(np.diag(np.linalg.pinv(information(games, chance))))
    return Strengths(strengths, errors, softened)


def information(
    games: Float[np.ndarray, "models models"], chance: Float[np.ndarray, "models models"]
) -> Float[np.ndarray, "models models"]:
    """Fisher's information: the curvature of -log p."""
    certain = games * chance * (1 - chance)
    return np.asarray(np.diag(certain.sum(axis=1)) - certain, dtype=np.float64)


def connected(beats: Bool[np.ndarray, "models models"]) -> bool:
    """Whether from everyone a chain of wins leads to everyone."""
    reach = beats | np.eye(len(beats), dtype=bool)
    for _ in range(len(beats)):
        reach = reach | ((reach.astype(np.int64) @ reach.astype(np.int64)) > 0)
    return bool(reach.all())
