"""``hornbook generate``: let a run write."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any

import cyclopts

from hornbook.cli.output import print_json, say
from hornbook.errors import SettingError
from hornbook.generation.config import Beams, Sampling
from hornbook.training.config import CompileName

if TYPE_CHECKING:
    from hornbook.generation.text import Sample
    from hornbook.workflows.load import Loaded

app = cyclopts.App(name="generate")


@cyclopts.Parameter(name="*")
@dataclass(frozen=True)
class Search:
    """How the likeliest text is looked for.

    Parameters
    ----------
    beams
        Search for the likeliest text with so many beams instead of drawing one; with --samples, the best so many.
    length_penalty
        With beams: texts are ranked by log p / length ** this; above 0 favours longer ones.
    """

    beams: int | None = None
    length_penalty: float = 1.0


@cyclopts.Parameter(name="*")
@dataclass(frozen=True)
class Speed:
    """How the model is read.

    Parameters
    ----------
    weights
        Read the matrices as float32, bfloat16, int8 or int4: fewer bytes are faster, and a little less exact.
    compiled
        auto compiles the step where this request is long enough, and keeps the code for the next time.
    draft
        Guess ahead with a smaller run of the same tokenizer, or by lookup. Greedy text stays as it is, drawn text as
        likely.
    """

    weights: str = "float32"
    compiled: Annotated[CompileName, cyclopts.Parameter(name="--compile")] = "auto"
    draft: str | None = None


@app.default
def generate(
    run: str,
    prompt: str = "",
    /,
    *,
    max_tokens: int = 200,
    temperature: float | None = None,
    top_k: int | None = None,
    top_p: float | None = None,
    min_p: float | None = None,
    repetition_penalty: float = 1.0,
    stop: Annotated[tuple[str, ...], cyclopts.Parameter(negative=())] = (),
    seed: int = 0,
    samples: Annotated[int, cyclopts.Parameter(name=["--samples", "-n"])] = 1,
    search: Search = Search(),
    speed: Speed = Speed(),
    checkpoint: str = "best",
    as_json: Annotated[bool, cyclopts.Parameter(name="--json", negative=())] = False,
) -> None:
    """Let a run do what it was trained for: continue a prompt, translate it, fill in its <|mask|>, or judge it.

    The text goes to stdout as it is written; how fast it came, to stderr. Of a prompt longer than a decoder's context
    the model sees the end, through a window that moves on when it is full.

    Parameters
    ----------
    run
        A run folder, the name of one under runs/, or latest.
    prompt
        The text to continue; empty, the model begins a text of its own.
    max_tokens
        Write at most this many tokens.
    temperature
        Below 1 the likely becomes likelier, above 1 less so; 0 is greedy. By default 1, or 0 for runs that answer.
    top_k
        Choose among the k likeliest tokens.
    top_p
        Choose among the fewest tokens that together have this probability.
    min_p
        Choose among tokens that have at least this share of the likeliest one's probability.
    repetition_penalty
        Above 1, tokens that have been written become less likely.
    stop
        End before this text; may be given several times.
    seed
        The same seed writes the same text.
    samples
        How many texts.
    checkpoint
        best, latest, or one by name such as step-000200.
    as_json
        Print one JSON object: the prompt and samples with text, token_ids and finish_reason.
    """
    how = Asked(max_tokens, temperature, search, samples, speed, as_json)
    filters = {"top_k": top_k, "top_p": top_p, "min_p": min_p, "repetition_penalty": repetition_penalty}
    print_samples(run, checkpoint, prompt, how, {**filters, "stop": stop, "seed": seed})


@dataclass(frozen=True)
class Asked:
    """What was asked for beside the filters."""

    max_tokens: int
    temperature: float | None
    search: Search
    samples: int
    speed: Speed
    as_json: bool


def print_samples(run: str, checkpoint: str, prompt: str, asked: Asked, filters: dict[str, Any]) -> None:
    """Open the run and print what it writes: as it comes, one text after another, or as JSON."""
    from hornbook.data.config import NextToken
    from hornbook.generation.generate import check_samples

    check_samples(asked.samples)
    sampling = Sampling(max_tokens=asked.max_tokens, temperature=asked.temperature or 0.0, **filters)
    from hornbook.workflows.decoding import ready_to_guess, ready_to_write
    from hornbook.workflows.load import load_run
    from hornbook.workflows.write import written

    loaded = load_run(run, checkpoint)
    speed = asked.speed
    if asked.search.beams is not None and speed != Speed():
        raise SettingError("--weights, --compile and --draft are not for --beams; leave them out, or draw --samples")
    if speed.draft is not None:
        loaded = ready_to_guess(loaded, speed.draft, asked.samples)
    elif asked.search.beams is None:
        loaded = ready_to_write(loaded, speed.weights, speed.compiled, asked.max_tokens, asked.samples, say)
    if asked.temperature is None and isinstance(loaded.recipe.task, NextToken):
        sampling = replace(sampling, temperature=1.0)
    streams = isinstance(loaded.recipe.task, NextToken) and asked.samples == 1 and asked.search.beams is None
    if streams and not asked.as_json:
        print_as_written(loaded, prompt, sampling)
        return
    how: Sampling | Beams = sampling
    if asked.search.beams is not None:
        how = Beams(
            beams=asked.search.beams,
            best=asked.samples,
            length_penalty=asked.search.length_penalty,
            max_tokens=asked.max_tokens,
        )
    texts = written(loaded, prompt, how, asked.samples)
    if asked.as_json:
        table = [as_table(sample) | ({} if score is None else {"score": score}) for sample, score in texts]
        print_json({"schema": 1, "prompt": prompt, "seed": filters["seed"], "samples": table})
        return
    repeated = prompt if isinstance(loaded.recipe.task, NextToken) else ""
    for number, (sample, score) in enumerate(texts, 1):
        if len(texts) > 1:
            ranked = "" if score is None else f", score {score:.3f}"
            print(f"--- {number} of {len(texts)} ({sample.finish_reason}{ranked})")
        print(f"{repeated}{sample.text}")


def as_table(sample: Sample) -> dict[str, object]:
    """A sample as JSON has it."""
    return {"text": sample.text, "token_ids": sample.token_ids, "finish_reason": sample.finish_reason}


def print_as_written(loaded: Loaded, prompt: str, sampling: Sampling) -> None:
    """The prompt and what follows it, piece by piece; then, on stderr, how long that took."""
    from hornbook.generation.text import begin, encode_prompt, write

    tokens = encode_prompt(loaded.tokenizer, prompt)
    [writing] = begin(loaded.tokenizer, tokens, sampling, 1)
    started, moments = time.perf_counter(), list[float]()
    sys.stdout.write(prompt)
    for [piece] in write(loaded.model, tokens, [writing], sampling, loaded.steps):
        moments.append(time.perf_counter())
        sys.stdout.write(piece)
        sys.stdout.flush()
    sys.stdout.write("\n")
    sys.stdout.flush()
    line = f"{len(moments)} tokens ({writing.finish_reason}); the first after {moments[0] - started:.2f} s"
    if len(moments) > 1:
        line += f", then {(len(moments) - 1) / max(moments[-1] - moments[0], 1e-9):.0f} tokens/s"
    say(line)
