"""How to write, as plain values: by drawing tokens or searching with beams. Imports no torch. Next: sampling.py."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hornbook.errors import SettingError


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How the next token is chosen, and when to stop.

    The defaults draw from the model's own distribution. The filters act in this order: repetition penalty,
    temperature, top-k, top-p, min-p.
    """

    max_tokens: int = 200
    """How many tokens are written at most."""
    temperature: float = 1.0
    """What the scores are divided by; 0: always the likeliest token (greedy), whatever else is set."""
    top_k: int | None = None
    """Only the k likeliest tokens."""
    top_p: float | None = None
    """Only the smallest set of tokens that together have this probability."""
    min_p: float | None = None
    """Only tokens with at least this share of the likeliest one's probability."""
    repetition_penalty: float = 1.0
    """Above 1: what has been written becomes less likely (Keskar et al. 2019, section 4.1)."""
    stop: tuple[str, ...] = ()
    """The text ends before the first of these."""
    seed: int = 0
    """The number from which all chance of the drawing is made."""

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


EarlyStopping = Literal["proven", "likely", "first", "never"]
"""When to look no further, once there are as many finished texts as beams: when no other can become better, when none
would be better if it ended now, at once, or only after ``max_tokens``."""


@dataclass(frozen=True, kw_only=True)
class Beams:
    """Searching for the likeliest text instead of drawing one: ``beams`` texts are continued side by side.

    A finished text of n tokens, its end among them, is ranked by log p / n^length_penalty: 0 ranks by probability,
    which favours short texts, 1 by the mean log-probability of a token. Wu et al. (2016, equation 14) divide by
    ((5 + n) / 6)^length_penalty instead, which forgives short texts more; the plain power is what is common now.
    """

    beams: int = 4
    length_penalty: float = 1.0
    best: int = 1  # how many of the finished texts are wanted
    early_stopping: EarlyStopping = "proven"
    groups: int = 1  # beams are divided into so many groups, of which each avoids the tokens of those before it ...
    diversity: float = 0.0  # ... by so many nats for each time a token was taken (Vijayakumar et al. 2018, Hamming)
    no_repeat: int = 0  # no run of so many tokens comes twice; 0: whatever comes
    max_tokens: int = 200
    min_tokens: int = 0  # the text does not end before it has so many tokens

    def __post_init__(self) -> None:
        """Refuse a search that cannot be made (``SettingError``)."""
        for name, least in (("beams", 1), ("best", 1), ("groups", 1), ("max_tokens", 1), ("no_repeat", 0)):
            if getattr(self, name) < least:
                raise SettingError(f"{name}: expected a whole number of at least {least}, found {getattr(self, name)}")
        if self.best > self.beams:
            raise SettingError(f"best: {self.beams} beams cannot find {self.best} texts; use {self.best} beams or more")
        if self.beams % self.groups:
            raise SettingError(f"groups: {self.groups} does not divide {self.beams} beams")
        if not 0 <= self.diversity < float("inf"):
            raise SettingError(f"diversity: expected a number of nats of 0 or more, found {self.diversity}")
        if not abs(self.length_penalty) < float("inf"):
            raise SettingError(f"length_penalty: expected a finite number, found {self.length_penalty}")
        if not 0 <= self.min_tokens <= self.max_tokens:
            raise SettingError(
                f"min_tokens: expected a whole number from 0 to max_tokens ({self.max_tokens}), found {self.min_tokens}"
            )
        if self.early_stopping not in ("proven", "likely", "first", "never"):
            raise SettingError(f"early_stopping: {self.early_stopping!r} is none of proven, likely, first, never")
