"""``hornbook rate``: people, or a model, judge what runs have written."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

import cyclopts

from hornbook.cli.output import print_json, print_table, say

app = cyclopts.App(name="rate")

AsJson = Annotated[bool, cyclopts.Parameter(name="--json", negative=())]


@app.command
def new(
    study: str,
    /,
    *,
    run: tuple[str, ...],
    prompts: Path,
    samples: int = 1,
    mode: Literal["both", "scales", "pairs"] = "both",
    max_tokens: int = 120,
    temperature: float = 1.0,
    top_p: float | None = None,
    seed: int = 0,
) -> None:
    """Let runs write to prompts, once, and freeze the texts as a study under studies/ (or HORNBOOK_STUDIES).

    Parameters
    ----------
    study
        The name of the study.
    run
        A run, or RUN@CHECKPOINT; may be given several times.
    prompts
        A file with a prompt on each line, or a .json or .jsonl file with prompt and perhaps reference.
    samples
        How many texts each run writes to each prompt.
    mode
        scales rates texts one by one, pairs compares two, both does the one and then the other.
    max_tokens
        The longest text.
    temperature
        Below 1 the likely becomes likelier; 0 is greedy.
    top_p
        Choose among the fewest tokens that together have this probability.
    seed
        Of the texts, and of every rater's order.
    """
    from hornbook.generation.config import Sampling
    from hornbook.workflows.rating_study import new_study

    sampling = Sampling(max_tokens=max_tokens, temperature=temperature, top_p=top_p, seed=seed)
    path = new_study(study, run, prompts, samples, sampling, mode, say)
    print(path)


@app.command
def go(study: str, /, *, rater: str) -> None:
    """Rate in the terminal, blind; every answer is kept at once, and the same command goes on where you stopped.

    Parameters
    ----------
    study
        A study's name, or its folder.
    rater
        Who you are: letters, digits, points and dashes. Your name chooses your order.
    """
    from hornbook.cli.rating import ask_all
    from hornbook.evaluation.rating.session import Session
    from hornbook.evaluation.rating.study import find_study

    ask_all(Session.open(find_study(study), rater))


@app.command
def judge(study: str, /, *, url: str, model: str, max_tokens: int = 512) -> None:
    """Let a model judge, at any OpenAI-compatible address; every pair is asked in both orders.

    A key, where one is needed, is read from HORNBOOK_JUDGE_KEY. The same command goes on where it stopped.

    Parameters
    ----------
    study
        A study's name, or its folder.
    url
        Such as http://127.0.0.1:8080/v1.
    model
        What the model is called there.
    max_tokens
        The longest answer.
    """
    from hornbook.evaluation.rating.study import find_study
    from hornbook.workflows.judge import Judge, judge_study

    key = os.environ.get("HORNBOOK_JUDGE_KEY", "")
    found = judge_study(find_study(study), Judge(url, model, key, max_tokens), say)
    print(f"{found.asked} questions asked, {found.before} answered before; {found.unread} answers could not be read")


@app.command
def report(study: str, /, *, as_json: AsJson = False) -> None:
    """Who writes better, how sure that is, and how far raters can be trusted.

    Parameters
    ----------
    study
        A study's name, or its folder.
    as_json
        Print one JSON object.
    """
    from hornbook.evaluation.rating.ratings import read_ratings
    from hornbook.evaluation.rating.report import report as summary
    from hornbook.evaluation.rating.study import find_study, read_study
    from hornbook.evaluation.rating.wording import tables

    folder = find_study(study)
    frozen = read_study(folder)
    found = summary(frozen, read_ratings(folder, frozen))
    if as_json:
        print_json(found)
        return
    print(f"{frozen.name}: {len(frozen.texts)} texts to {len(frozen.prompts)} prompts by {', '.join(found['models'])}")
    if not found["views"]:
        print(f"no ratings yet; hornbook rate go {study} --rater NAME makes some")
    for table in tables(found):
        print(f"\n{table.title}")
        print_table(table.headings, table.rows)
        if table.note:
            print(table.note)


@app.command
def answers(
    run: str,
    /,
    *,
    out: Path,
    at_most: int = 200,
    max_tokens: int = 256,
    temperature: float = 0.0,
    seed: int = 0,
    checkpoint: str = "best",
) -> None:
    """Write what a run answers to held-out questions, beside the references, as JSON lines (prompts for rate new, too).

    Parameters
    ----------
    run
        A run of hornbook finetune instruct.
    out
        The file to write.
    at_most
        How many questions.
    max_tokens
        The longest answer.
    temperature
        0 always says the likeliest.
    seed
        The same seed gives the same answers.
    checkpoint
        best, latest, or one by name such as step-000200.
    """
    from hornbook.generation.config import Sampling
    from hornbook.workflows.answers import write_answers

    sampling = Sampling(max_tokens=max_tokens, temperature=temperature, seed=seed)
    print(f"{write_answers(run, out, at_most, sampling, checkpoint)} answers in {out}")
