"""What a recipe would cost, before anything is trained: parameters, memory, time. ``--dry-run`` prints it."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hornbook.model.count import count
from hornbook.training.compiling import duration, expected_seconds
from hornbook.training.devices import choose_device
from hornbook.training.precision import choose_precision
from hornbook.workflows.choices import training_memory
from hornbook.workflows.load import with_vocabulary
from hornbook.workflows.recipe import Recipe
from hornbook.workflows.tasks import task_of


@dataclass(frozen=True)
class Plan:
    """What a training would be; ``steps`` is None where only time will tell, ``seconds`` may be off by a factor 3."""

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

    def lines(self) -> list[tuple[str, str]]:
        """The plan for people: what, and how much."""
        rows = [
            ("parameters", f"{self.parameters:,} ({self.non_embedding_parameters:,} without embeddings)"),
            ("vocabulary", f"{self.vocabulary:,} tokens"),
            ("training text", f"{self.train_tokens:,} tokens"),
            ("validation text", f"{self.validation_tokens:,} tokens"),
            ("a step", f"{self.tokens_per_step:,} tokens"),
            (
                "steps",
                "as many as the time allows" if self.steps is None else f"{self.steps:,} ({self.epochs:.2f} epochs)",
            ),
            ("operations", f"{self.flops_per_token:,} per token, forward and backward"),
            ("memory", f"about {self.memory_bytes / 1e6:,.0f} MB while training"),
            ("time", f"about {duration(self.seconds)} in {self.precision}, give or take a factor of 3"),
        ]
        return (
            rows if self.steps is not None else [*rows[:-1], ("time", f"{duration(self.seconds)}, as the recipe says")]
        )


def plan(recipe: Recipe, data: Path | None = None) -> Plan:
    """Prepare the text (in a temporary folder, unless ``data`` names a prepared one) and count; nothing is trained."""
    task = task_of(recipe)
    if data is not None:
        return plan_for(recipe, task.open(data))
    with tempfile.TemporaryDirectory(prefix="hornbook-") as folder:
        task.prepare(recipe, Path(folder) / "data", lambda line: None)
        return plan_for(recipe, task.open(Path(folder) / "data"))


def tokens_in(part: Any) -> int:
    """How many tokens a part of the data has, in one file or in several side by side."""
    return sum(len(file.tokens) for file in getattr(part, "files", [part]))


def plan_for(recipe: Recipe, prepared: Any) -> Plan:
    """Count for data that are prepared."""
    training = recipe.training
    config = with_vocabulary(recipe.model, prepared.tokenizer)
    batches = task_of(recipe).batches(recipe, config, prepared)
    counted, device = count(config), choose_device(training.device)
    precision = choose_precision(training.precision, device).name
    tokens = training.batch * config.context
    steps = training.total_steps(batches.steps_per_epoch, tokens)
    operations = float((steps or 0) * tokens * counted.training_flops_per_token())
    return Plan(
        parameters=counted.parameters,
        non_embedding_parameters=counted.non_embedding_parameters,
        vocabulary=config.vocabulary,
        train_tokens=tokens_in(prepared.train),
        validation_tokens=tokens_in(prepared.validation),
        tokens_per_step=tokens,
        steps=steps,
        epochs=None if steps is None else steps / batches.steps_per_epoch,
        flops_per_token=counted.training_flops_per_token(),
        memory_bytes=training_memory(recipe, config, precision).total,
        seconds=60.0 * (training.minutes or 0.0) if steps is None else expected_seconds(operations, device),
        precision=precision,
    )


def as_json(planned: Plan) -> dict[str, Any]:
    """The plan as plain data."""
    import dataclasses

    return dataclasses.asdict(planned)
