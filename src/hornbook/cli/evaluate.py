"""``hornbook evaluate``: how good a run is, and beside what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import cyclopts

from hornbook.cli.output import print_answers, print_json, print_ladder, say

if TYPE_CHECKING:
    from hornbook.workflows.load import Loaded

app = cyclopts.App(name="evaluate")


@app.default
def evaluate(
    run: str,
    *,
    text: tuple[str, ...] = (),
    checkpoint: str = "best",
    precision: Literal["float32", "bfloat16"] = "float32",
    as_json: Annotated[bool, cyclopts.Parameter(name="--json", negative=())] = False,
) -> None:
    """Score a run on its whole validation split, beside what it must beat and what nobody can pass.

    Losses are in nats per token; perplexity is exp(loss); bits per byte compare across tokenizers. Kneser-Ney, its
    discounts and its order are fitted to the training split alone, and every row is scored on the same tokens.

    Parameters
    ----------
    run
        A run folder, the name of one under runs/, or latest.
    text
        Score these files instead of the validation split.
    checkpoint
        best, latest, or one by name such as step-000200.
    precision
        The arithmetic of the model's matrix products.
    as_json
        Print one JSON object instead of the table.
    """
    from hornbook.data.config import NextToken
    from hornbook.errors import SettingError
    from hornbook.workflows.evaluate import evaluate as score
    from hornbook.workflows.evaluate import evaluate_text
    from hornbook.workflows.examine import examine
    from hornbook.workflows.load import IMPORTED, load_prepared, load_run

    loaded = load_run(run, checkpoint)
    if IMPORTED in loaded.run.info:
        measure_imported(loaded, text, precision, as_json)
        return
    prepared = load_prepared(loaded.run)
    say(f"scoring {loaded.run.folder} at {loaded.checkpoint.name}")
    if not isinstance(loaded.recipe.task, NextToken):
        if text:
            raise SettingError("--text scores models that continue texts; this run was trained for something else")
        answers = examine(loaded, prepared)
        if as_json:
            print_json({"run": str(loaded.run.folder), "checkpoint": loaded.checkpoint.name, **answers.as_json()})
        else:
            print_answers(answers)
            print(f"The model {answers.sentence()}.")
        return
    result = evaluate_text(loaded, prepared, text, precision) if text else score(loaded, prepared, precision)
    if as_json:
        print_json({"run": str(loaded.run.folder), "checkpoint": loaded.checkpoint.name, **result.as_json()})
        return
    print_ladder(result)
    print(f"{result.measured.tokens:,} tokens, {result.measured.bytes:,} bytes. The model {result.sentence()}.")


def measure_imported(loaded: Loaded, text: tuple[str, ...], precision: str, as_json: bool) -> None:
    """Score a model that came without data on the texts that were given."""
    from hornbook.data.config import NextToken
    from hornbook.errors import SettingError
    from hornbook.workflows.evaluate import measure_text

    if not text or not isinstance(loaded.recipe.task, NextToken):
        raise SettingError(
            "this model was imported and brought no data; models that continue texts are scored by --text"
        )
    measured = measure_text(loaded, text, precision)
    if as_json:
        print_json({"run": str(loaded.run.folder), "checkpoint": loaded.checkpoint.name, **measured.as_json()})
    else:
        print(f"{measured}  perplexity {measured.perplexity:,.2f}")
        print(f"{measured.tokens:,} tokens, {measured.bytes:,} bytes; no baseline: its training text is not here")
