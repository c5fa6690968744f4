"""What a recipe would cost and bring, before it is trained: parameters, memory, time, and the loss to be expected.

``hornbook train --dry-run`` counts; ``hornbook plan`` also makes a few steps and takes time and memory from them, and
the loss from a law (``hornbook study scaling``) where one of this text was fitted.
"""

from __future__ import annotations

import dataclasses
import math
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hornbook.errors import MissingError, SettingError
from hornbook.evaluation.scaling_law import read_fit
from hornbook.files import read_json
from hornbook.model.config import ModelConfig
from hornbook.model.count import count, parameter_shapes
from hornbook.training.compiling import duration, expected_seconds
from hornbook.training.devices import choose_device
from hornbook.training.precision import choose_precision
from hornbook.training.run_folder import runs_root
from hornbook.workflows.choices import operations_per_token, training_memory
from hornbook.workflows.load import with_vocabulary
from hornbook.workflows.recipe import Recipe, resolved
from hornbook.workflows.tasks import task_of
from hornbook.workflows.trying import Tried, tried


@dataclass(frozen=True)
class Expected:
    """The loss that a law expects, nats per token, the interval it should lie in, and whose law it is."""

    loss: float
    low: float
    high: float
    confidence: float
    law: str

    def __str__(self) -> str:
        """In a line."""
        interval = f"{self.confidence:.0%} interval {self.low:.4f} to {self.high:.4f}"
        return f"{self.loss:.4f} nats per token expected ({interval}), by the law in {self.law}"


@dataclass(frozen=True)
class Plan:
    """What a training would be; ``steps`` is None where only time will tell.

    ``seconds`` and ``memory_bytes`` are counted, and may be off by a factor of 3 and a third, or ``measured`` says how
    a few steps went; then ``steps`` are known too.
    """

    parameters: int
    non_embedding_parameters: int
    vocabulary: int
    train_tokens: int
    validation_tokens: int
    tokens_per_step: int
    steps: int | None
    epochs: float | None
    flops_per_token: int
    memory_bytes: int
    seconds: float
    precision: str
    modules: dict[str, int]
    """Parameters by the part they are in."""
    measured: Tried | None = None
    expected: Expected | None = None

    def lines(self) -> list[tuple[str, str]]:
        """The plan for people: what, and how much."""
        rows = [
            ("parameters", f"{self.parameters:,} ({self.non_embedding_parameters:,} without embeddings)"),
            *((f"  {name}", f"{size:,} ({size / self.parameters:.1%})") for name, size in self.modules.items()),
            ("vocabulary", f"{self.vocabulary:,} tokens"),
            ("training text", f"{self.train_tokens:,} tokens"),
            ("validation text", f"{self.validation_tokens:,} tokens"),
            ("a step", f"{self.tokens_per_step:,} tokens"),
            (
                "steps",
                "as many as the time allows" if self.steps is None else f"{self.steps:,} ({self.epochs:.2f} epochs)",
            ),
            ("operations", f"{self.flops_per_token:,} per token, forward and backward"),
            ("memory", self.memory_line()),
            ("time", self.time_line()),
        ]
        return rows if self.expected is None else [*rows, ("loss", str(self.expected))]

    def memory_line(self) -> str:
        """The most memory."""
        if self.measured is None:
            return f"about {self.memory_bytes / 1e6:,.0f} MB while training"
        return f"{self.memory_bytes / 1e6:,.0f} MB at most, Python and PyTorch counted"

    def time_line(self) -> str:
        """How long the training's clock will run."""
        if self.measured is not None:
            each = f"{self.measured.step:.3g} s a step, {self.measured.first:.3g} s the first"
            return f"{duration(self.seconds)} in {self.precision} ({each}; {self.measured.steps} steps timed)"
        if self.steps is None:
            return f"{duration(self.seconds)}, as the recipe says"
        return f"about {duration(self.seconds)} in {self.precision}, give or take a factor of 3"

    def prediction(self) -> dict[str, Any]:
        """What a run is held against when it is over."""
        expected = None if self.expected is None else dataclasses.asdict(self.expected)
        return {"seconds": self.seconds, "steps": self.steps, "peak_bytes": self.memory_bytes, "loss": expected}


def plan(recipe: Recipe, data: Path | None = None, trying: bool = False, law: Path | None = None) -> Plan:
    """Prepare the text (in a temporary folder, unless ``data`` names a prepared one) and count; nothing is trained.

    With ``trying`` a few steps are made and thrown away. ``law`` is the folder of a scaling study.

    Raises:
        MissingError: the law is not there; SettingError: it is one of another text, tokenizer or context.
    """
    task = task_of(recipe)
    if data is not None:
        return plan_for(recipe, task.open(data), data if trying else None, law)
    with tempfile.TemporaryDirectory(prefix="hornbook-") as folder:
        data = Path(folder) / "data"
        task.prepare(recipe, data, lambda line: None)
        return plan_for(recipe, task.open(data), data if trying else None, law)


def tokens_in(part: Any) -> int:
    """How many tokens a part of the data has, in one file or in several side by side."""
    return sum(len(file.tokens) for file in getattr(part, "files", [part]))


def modules_of(config: ModelConfig) -> dict[str, int]:
    """Parameters by the part they are in, the largest first."""
    sizes: dict[str, int] = {}
    for name, shape in parameter_shapes(config).items():
        part = next((part for sign, part in PARTS.items() if sign in name), "norms and the rest")
        sizes[part] = sizes.get(part, 0) + math.prod(shape)
    return dict(sorted(sizes.items(), key=lambda item: -item[1]))


PARTS = {
    "embedding.tokens": "token embeddings",
    "embedding.head": "head",
    "position_encodings": "positions",
    ".attention.": "attention",
    ".cross.": "cross-attention",
    ".feed_forward.": "feed-forward",
}
"""What a parameter's name has in it -> the part it belongs to; the first that is found."""


def plan_for(recipe: Recipe, prepared: Any, trying: Path | None = None, law: Path | None = None) -> Plan:
    """Count for data that are prepared; try a few steps where they lie in ``trying``."""
    training = recipe.training
    config = with_vocabulary(recipe.model, prepared.tokenizer)
    batches = task_of(recipe).batches(recipe, config, prepared)
    counted, device = count(config), choose_device(training.device)
    precision = choose_precision(training.precision, device).name
    tokens = training.batch * config.context
    steps = training.total_steps(batches.steps_per_epoch, tokens)
    operations = float((steps or 0) * tokens * operations_per_token(recipe, config))
    seconds = 60.0 * (training.minutes or 0.0) if steps is None else expected_seconds(operations, device)
    memory, found = training_memory(recipe, config, precision).total, None
    if trying is not None:
        found = tried(recipe, trying)
        memory = found.peak_bytes
        steps, seconds = (found.steps_in(seconds), seconds) if steps is None else (steps, found.seconds(steps))
    return Plan(
        parameters=counted.parameters,
        non_embedding_parameters=counted.non_embedding_parameters,
        vocabulary=config.vocabulary,
        train_tokens=tokens_in(prepared.train),
        validation_tokens=tokens_in(prepared.validation),
        tokens_per_step=tokens,
        steps=steps,
        epochs=None if steps is None else steps / batches.steps_per_epoch,
        flops_per_token=operations_per_token(recipe, config),
        memory_bytes=memory,
        seconds=seconds,
        precision=precision,
        modules=modules_of(config),
        measured=found,
        expected=None if steps is None else expected_loss(recipe, config, steps * tokens, law),
    )


# The loss, by a law ---------------------------------------------------------------------------------------------------


def expected_loss(recipe: Recipe, config: ModelConfig, tokens: int, folder: Path | None) -> Expected | None:
    """What a law expects of this recipe: that of ``folder``, or the newest among the runs that is one of its text.

    Raises:
        MissingError: there is no law in ``folder``; SettingError: it is one of another text.
    """
    folder = folder or newest_law(recipe)
    if folder is None:
        return None
    if not (folder / "law.json").exists():
        raise MissingError(f"{folder} holds no law.json; hornbook study scaling RECIPE --out {folder} makes one")
    found = read_json(folder / "law.json")
    if other := what_differs(recipe, found):
        raise SettingError(f"law: the one in {folder} is of another {other}; it says nothing of this recipe")
    confidence = found["next"]["confidence"]
    weights = float(count(config).active_parameters)
    return Expected(*read_fit(found["fit"]).predicted(weights, float(tokens), confidence), confidence, str(folder))


def newest_law(recipe: Recipe) -> Path | None:
    """The folder of the newest law of this recipe's text, if there is one among the runs."""
    files = sorted(runs_root().glob("*/law.json"), key=lambda file: file.stat().st_mtime, reverse=True)
    return next((file.parent for file in files if not what_differs(recipe, read_json(file))), None)


def what_differs(recipe: Recipe, law: dict[str, Any]) -> str:
    """What keeps a law from speaking of this recipe: task, data, tokenizer or context; nothing where it does."""
    own = resolved(recipe)
    differs = [str(name) for name, value in law["recipe"].items() if own[name] != value]
    if differs:
        return differs[0]
    return "context" if law["context"] != recipe.model.context else ""


def as_json(planned: Plan) -> dict[str, Any]:
    """The plan as plain data."""
    return dataclasses.asdict(planned)
