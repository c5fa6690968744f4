"""A run for EleutherAI's lm-evaluation-harness: its tasks, our model, in one process (Gao et al. 2024).

import lm_eval
from hornbook.workflows.harness import HarnessModel
from hornbook.workflows.load import load_run

lm_eval.simple_evaluate(model=HarnessModel(load_run("latest")), tasks=["..."])
"""

from __future__ import annotations

from typing import Any

from hornbook.errors import MissingError
from hornbook.evaluation.questions.likelihood import likelihoods, request, rolling
from hornbook.generation.config import Sampling
from hornbook.generation.text import complete
from hornbook.workflows.asked import LONGEST, writer
from hornbook.workflows.load import Loaded

try:
    from lm_eval.api.model import LM
except ImportError:
    raise MissingError("this needs the package lm-eval: pip install lm-eval") from None


class HarnessModel(LM):  # type: ignore[misc]
    """What the harness asks of a model, answered by a loaded run; ``SettingError`` for one that continues no text."""

    def __init__(self, loaded: Loaded) -> None:
        super().__init__()
        self.model, self.tokens = writer(loaded), loaded.tokenizer

    def loglikelihood(self, requests: list[Any]) -> list[tuple[float, bool]]:
        """Of each (text, continuation): log-probability in nats, and whether greedy decoding would write it."""
        found = likelihoods(self.model, [request(self.tokens, *each.args) for each in requests])
        return [(each.total, each.greedy) for each in found]

    def loglikelihood_rolling(self, requests: list[Any]) -> list[float]:
        """Of each whole text: log-probability in nats, every token asked once."""
        parts = [rolling(self.tokens, each.args[0], self.model.config.context) for each in requests]
        found = iter(likelihoods(self.model, [part for own in parts for part in own]))
        return [sum(next(found).total for _ in own) for own in parts]

    def generate_until(self, requests: list[Any]) -> list[str]:
        """Of each (prompt, settings): what is written before any of the stop strings.

        Settings are ``until``, ``max_gen_toks`` and, where ``do_sample`` is set, ``temperature``, ``top_k``, ``top_p``.
        """
        return [self.write(*each.args) for each in requests]

    def write(self, prompt: str, settings: dict[str, Any]) -> str:
        """One continuation."""
        until = settings.get("until") or []
        drawn = bool(settings.get("do_sample", False))
        sampling = Sampling(
            max_tokens=int(settings.get("max_gen_toks", LONGEST)),
            temperature=float(settings.get("temperature", 1.0)) if drawn else 0.0,
            top_k=settings.get("top_k") if drawn else None,
            top_p=settings.get("top_p") if drawn else None,
            stop=tuple([until] if isinstance(until, str) else until),
        )
        return complete(self.model, self.tokens, prompt, sampling)[0].text
