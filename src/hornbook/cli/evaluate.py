"""``hornbook evaluate``: how good a run is, and beside what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import cyclopts

from hornbook.cli.output import print_answers, print_json, print_ladder, print_table, say

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
    against_truth: Annotated[bool, cyclopts.Parameter(negative=())] = False,
    places: int = 400,
    as_json: Annotated[bool, cyclopts.Parameter(name="--json", negative=())] = False,
) -> None:
    """Score a run on its whole validation split, beside what it must beat and what nobody can pass.

    Losses are in nats per token; perplexity is exp(loss); bits per byte compare across tokenizers. Kneser-Ney, its
    discounts and its order are fitted to the training split alone, and every row is scored on the same tokens. Then the
    loss is taken apart, with an interval for another text like this and how well the model knows its doubt.

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
    against_truth
        Compare the model's probabilities with the true ones instead, where the source of the text is known: a run on
        stories or a Markov source.
    places
        At how many places of held-out texts to compare them.
    as_json
        Print one JSON object instead of the table.
    """
    from hornbook.data.config import NextToken
    from hornbook.workflows.load import IMPORTED, load_run

    loaded = load_run(run, checkpoint)
    say(f"scoring {loaded.run.folder} at {loaded.checkpoint.name}")
    if against_truth:
        compare_with_truth(loaded, places, as_json)
    elif IMPORTED in loaded.run.info:
        measure_imported(loaded, text, precision, as_json)
    elif isinstance(loaded.recipe.task, NextToken):
        measure(loaded, text, precision, as_json)
    else:
        count_answers(loaded, text, as_json)


def measure(loaded: Loaded, text: tuple[str, ...], precision: str, as_json: bool) -> None:
    """Score a model that continues texts on what was held out for it, or on other texts."""
    from hornbook.workflows.evaluate import evaluate, evaluate_text
    from hornbook.workflows.load import load_prepared

    prepared = load_prepared(loaded.run)
    if text:
        result = evaluate_text(loaded, prepared, text, precision, closely=True)
    else:
        result = evaluate(loaded, prepared, precision, closely=True)
    if as_json:
        print_json({**named(loaded), **result.as_json()})
        return
    print_ladder(result)
    print(f"{result.measured.tokens:,} tokens, {result.measured.bytes:,} bytes. The model {result.sentence()}.")
    if result.closely is not None:
        print_table(("where the loss is", "of the tokens", "nats/token", "of the loss"), result.closely.rows())
        for sentence in result.closely.sentences():
            print(sentence)


def compare_with_truth(loaded: Loaded, places: int, as_json: bool) -> None:
    """Model probability beside true probability."""
    from hornbook.workflows.against_truth import run_against_truth
    from hornbook.workflows.load import load_prepared

    found = run_against_truth(loaded, load_prepared(loaded.run), places)
    if as_json:
        print_json({**named(loaded), **found.as_json()})
        return
    rows = [
        (f"{each.first}" + (f" to {each.last}" if each.last > each.first else ""), f"{each.places}",
         f"{each.entropy:.4f}", f"{each.divergence:.4f}")
        for each in found.stretches
    ]  # fmt: skip
    total = ("all", f"{found.places}", f"{found.entropy:.4f}", f"{found.divergence:.4f}")
    print_table(("tokens known", "places", "entropy", "divergence"), [*rows, total], emphasised="all")
    curve = [(f"{said:.4f}", f"{true:.4f}", f"{count:,}") for said, true, count in found.curve]
    print_table(("the model says", "the truth is", "tokens"), curve)
    print(
        f"The source leaves {found.entropy:.4f} nats per token open, the model loses {found.divergence:.4f} more. "
        f"At temperature {found.temperature:.2f} that would be {found.divergence_then:.4f}."
    )


def count_answers(loaded: Loaded, text: tuple[str, ...], as_json: bool) -> None:
    """Count the right answers of a model that was trained for something else."""
    from hornbook.errors import SettingError
    from hornbook.workflows.examine import examine
    from hornbook.workflows.load import load_prepared

    if text:
        raise SettingError("--text scores models that continue texts; this run was trained for something else")
    answers = examine(loaded, load_prepared(loaded.run))
    if as_json:
        print_json({**named(loaded), **answers.as_json()})
    else:
        print_answers(answers)
        print(f"The model {answers.sentence()}.")


def named(loaded: Loaded) -> dict[str, str]:
    """What was scored."""
    return {"run": str(loaded.run.folder), "checkpoint": loaded.checkpoint.name}


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
        print_json({**named(loaded), **measured.as_json()})
    else:
        print(f"{measured}  perplexity {measured.perplexity:,.2f}")
        print(f"{measured.tokens:,} tokens, {measured.bytes:,} bytes; no baseline: its training text is not here")
