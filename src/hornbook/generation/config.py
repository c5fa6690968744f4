"""How to write, as plain values. Imports no torch. Next: sampling.py."""

from __future__ import annotations

from dataclasses import dataclass

from hornbook.errors import SettingError


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How the next token is chosen, and when to stop.

    The defaults draw from the model's own distribution. The filters act in this order: repetition penalty,
    temperature, top-k, top-p, min-p.
    """

    max_tokens: int = 200
    temperature: float = 1.0  # 0: always the likeliest token (greedy), whatever else is set
    top_k: int | None = None  # only the k likeliest tokens
    top_p: float | None = None  # only the smallest set of tokens that together have this probability
    min_p: float | None = None  # only tokens with at least this share of the likeliest one's probability
    repetition_penalty: float = 1.0  # above 1: what has been written becomes less likely
    stop: tuple[str, ...] = ()  # the text ends before the first of these
    seed: int = 0

    def __post_init__(self) -> None:
        if self.max_tokens < 1:
            raise SettingError(f"max_tokens: expected a whole number of at least 1, found {self.max_tokens}")
        if not 0 <= self.temperature < float("inf"):
            raise SettingError(f"temperature: expected 0 (greedy) or a number above it, found {self.temperature}")
        if self.top_k is not None and self.top_k < 1:
            raise SettingError(f"top_k: expected a whole number of at least 1, or none, found {self.top_k}")
        if self.top_p is not None and not 0 < self.top_p <= 1:
            raise SettingError(f"top_p: expected a probability above 0, at most 1, or none, found {self.top_p}")
        if self.min_p is not None and not 0 <= self.min_p <= 1:
            raise SettingError(f"min_p: expected a share from 0 to 1, or none, found {self.min_p}")
        if not 0 < self.repetition_penalty < float("inf"):
            raise SettingError(
                f"repetition_penalty: expected 1 (none) or another number above 0, found {self.repetition_penalty}"
            )
        if "" in self.stop:
            raise SettingError("stop: an empty text would stop before the first token; leave it out")
