"""``hornbook generate``: let a run write."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Annotated

import cyclopts

from hornbook.cli.output import print_json, say
from hornbook.generation.config import Sampling

if TYPE_CHECKING:
    from hornbook.generation.text import Sample
    from hornbook.workflows.load import Loaded

app = cyclopts.App(name="generate")


@app.default
def generate(
    run: str,
    prompt: str = "",
    /,
    *,
    max_tokens: int = 200,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    min_p: float | None = None,
    repetition_penalty: float = 1.0,
    stop: Annotated[tuple[str, ...], cyclopts.Parameter(negative=())] = (),
    seed: int = 0,
    samples: Annotated[int, cyclopts.Parameter(name=["--samples", "-n"])] = 1,
    checkpoint: str = "best",
    as_json: Annotated[bool, cyclopts.Parameter(name="--json", negative=())] = False,
) -> None:
    """Continue a prompt. The text goes to stdout as it is written; how fast it came, to stderr.

    A prompt longer than the model's context is kept in the output; the model looks at its end, through a window that
    moves on by half a context whenever it is full.

    Parameters
    ----------
    run
        A run folder, the name of one under runs/, or latest.
    prompt
        The text to continue; empty, the model begins a text of its own.
    max_tokens
        Write at most this many tokens.
    temperature
        Below 1 the likely becomes likelier, above 1 less so; 0 always takes the likeliest token.
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
        Write this many texts.
    checkpoint
        best, latest, or one by name such as step-000200.
    as_json
        Print one JSON object: the prompt and samples with text, token_ids and finish_reason.
    """
    sampling = Sampling(max_tokens=max_tokens, temperature=temperature, top_k=top_k, top_p=top_p, min_p=min_p,
                        repetition_penalty=repetition_penalty, stop=stop, seed=seed)  # fmt: skip
    print_samples(run, checkpoint, prompt, sampling, samples, as_json)


def print_samples(run: str, checkpoint: str, prompt: str, sampling: Sampling, samples: int, as_json: bool) -> None:
    """Open the run and print what it writes: as it comes, one text after another, or as JSON."""
    from hornbook.generation.generate import check_samples

    check_samples(samples)
    from hornbook.generation.text import complete
    from hornbook.workflows.load import load_run

    loaded = load_run(run, checkpoint)
    if as_json:
        written = complete(loaded.model, loaded.tokenizer, prompt, sampling, samples)
        print_json(
            {"schema": 1, "prompt": prompt, "seed": sampling.seed, "samples": [as_table(sample) for sample in written]}
        )
    elif samples == 1:
        print_as_written(loaded, prompt, sampling)
    else:
        for number, sample in enumerate(complete(loaded.model, loaded.tokenizer, prompt, sampling, samples), 1):
            print(f"--- {number} of {samples} ({sample.finish_reason})\n{prompt}{sample.text}")


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
    for [piece] in write(loaded.model, tokens, [writing], sampling):
        moments.append(time.perf_counter())
        sys.stdout.write(piece)
        sys.stdout.flush()
    sys.stdout.write("\n")
    line = f"{len(moments)} tokens ({writing.finish_reason}); the first after {moments[0] - started:.2f} s"
    if len(moments) > 1:
        line += f", then {(len(moments) - 1) / max(moments[-1] - moments[0], 1e-9):.0f} tokens/s"
    say(line)
