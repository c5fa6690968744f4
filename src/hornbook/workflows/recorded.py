"""What a finished run has on record of its own standing: its baselines and its floor."""

from __future__ import annotations

import json
from typing import Any

from hornbook.training.run_folder import Run


def read_evaluation(run: Run) -> dict[str, Any] | None:
    """What ``finish`` measured, if the run has come so far."""
    path = run.folder / "evaluation.json"
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else None


def recorded_baselines(run: Run) -> tuple[dict[str, float], float | None]:
    """Baselines by name and the floor, in nats per token; nothing where nothing was measured."""
    found = read_evaluation(run) or {}
    baselines = found.get("baselines")
    if not baselines:
        return {}, None
    ngrams = baselines["kneser_ney"]
    named = {name: float(baselines[name]) for name in ("uniform", "unigram")}
    return {**named, f"Kneser-Ney, order {ngrams['order']}": float(ngrams["loss"])}, found.get("floor")
