"""``hornbook evaluate``: how good a run is, and beside what."""

from __future__ import annotations

from pathlib import Path
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
    continuations: int | None = None,
    encoder: str | None = None,
    choices: Path | None = None,
    exact: Path | None = None,
    pairs: Path | None = None,
    checkpoint: str = "best",
    precision: Literal["float32", "bfloat16"] = "float32",
    against_truth: Annotated[bool, cyclopts.Parameter(negative=())] = False,
    places: int = 400,
    as_json: Annotated[bool, cyclopts.Parameter(name="--json", negative=())] = False,
) -> None:
    """Score a run on its whole validation split, beside what it must beat and what nobody can pass.

    Losses are in nats per token; bits per byte compare across tokenizers. Every row is scored on the same tokens, and
    fitted to the training split alone. Then the loss is taken apart, with an interval for another text like this.

    Parameters
    ----------
    run
        A run folder, the name of one under runs/, or latest.
    text
        Score these files instead of the validation split.
    continuations
        Continue so many held-out texts instead: BLEU, ROUGE, variety, and what is copied from the training text.
    encoder
        A run of an encoder, for the BERTScore of continuations.
    choices
        Ask these instead, by the likelihood of choices: JSONL with question, choices and answer, or MMLU's CSV.
    exact
        Let the run answer these instead: JSONL with question and answer, a number behind #### as in GSM8K.
    pairs
        Which of two sentences is likelier: JSONL with first and second.
    checkpoint
        best, latest, or one by name such as step-000200.
    precision
        The arithmetic of the model's matrix products.
    against_truth
        Compare its probabilities with the true ones instead, of a run on stories or a Markov source.
    places
        At how many places of held-out texts to compare them.
    as_json
        Print one JSON object instead of the table.
    """
    from hornbook.workflows.load import load_run

    loaded = load_run(run, checkpoint)
    say(f"scoring {loaded.run.folder} at {loaded.checkpoint.name}")
    files = {name: path for name, path in (("choices", choices), ("exact", exact), ("pairs", pairs)) if path}
    if files:
        ask(loaded, files, as_json)
    elif continuations is not None:
        continue_texts(loaded, continuations, encoder, as_json)
    elif against_truth:
        compare_with_truth(loaded, places, as_json)
    else:
        score(loaded, text, precision, as_json)


def score(loaded: Loaded, text: tuple[str, ...], precision: str, as_json: bool) -> None:
    """Score a run on what was held out for it, in the way of its task, or on other texts."""
    from hornbook.data.config import NextToken
    from hornbook.workflows.load import IMPORTED

    if IMPORTED in loaded.run.info:
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
    if result.contamination is not None:
        print(result.contamination)


def continue_texts(loaded: Loaded, count: int, encoder: str | None, as_json: bool) -> None:
    """Compare what a model writes with what people wrote."""
    from hornbook.workflows.continuations import continuations, load_text

    result = continuations(loaded, load_text(loaded), count, encoder)
    if as_json:
        print_json({**named(loaded), **result.as_json()})
        return
    print_table(result.headings, result.table())
    for sentence in result.sentences():
        print(sentence)


def ask(loaded: Loaded, files: dict[str, Path], as_json: bool) -> None:
    """Ask a run what stands in files."""
    from hornbook.workflows.asked import WAYS

    results = {name: WAYS[name](loaded, path) for name, path in files.items()}
    if as_json:
        print_json({**named(loaded), **{name: result.as_json() for name, result in results.items()}})
        return
    for name, result in results.items():
        print_table((f"{name}: {result.count:,} from {result.file}", "", "95 % interval"), result.rows())


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
