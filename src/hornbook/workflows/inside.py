"""A prompt followed through a run: what ``hornbook trace`` shows, as plain data."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from hornbook.errors import SettingError, TextError
from hornbook.evaluation.inside.ablation import ablate, read_part
from hornbook.evaluation.inside.attribution import stream_norms
from hornbook.evaluation.inside.head_scores import head_scores
from hornbook.evaluation.inside.lens import look_through
from hornbook.evaluation.inside.observing import Observed, observe
from hornbook.evaluation.inside.trace import trace
from hornbook.generation.translate import start_of
from hornbook.model.models import Decoder, Encoder, EncoderDecoder
from hornbook.tokenizers.listing import shown
from hornbook.tokenizers.protocol import Tokenizer
from hornbook.workflows.load import Loaded

LONGEST = 512
"""So many tokens are followed at most: maps grow with their square."""

SHOWN = 10
"""How many of the likeliest tokens are shown."""


@dataclass(frozen=True)
class Asked:
    """What is wanted beside the tensors: the ``lens``, and the change without a part (``ablated``: head:2.1)."""

    lens: bool = False
    ablated: str | None = None
    fill: str = "zero"


def follow(loaded: Loaded, prompt: str, asked: Asked) -> dict[str, Any]:
    """One pass of the run's model over ``prompt``, in numbers and names.

    An encoder-decoder reads the prompt and is about to write the first token of its answer.

    Raises:
        TextError: the prompt has no tokens, or more than the model reads.
        SettingError: the run's model answers no tokens, or has no such part.
    """
    model, tokenizer = loaded.model, loaded.tokenizer
    if not isinstance(model, Decoder | Encoder | EncoderDecoder):
        raise SettingError(f"trace: {loaded.run.folder} names classes and writes no tokens; trace a run that writes")
    read = tokenizer.encode(prompt)
    longest = min(LONGEST, model.config.context)
    if not 1 <= len(read) <= longest:
        raise TextError(f"the prompt has {len(read)} tokens; this model is followed through 1 to {longest}")
    inputs = [torch.tensor([read])]
    if isinstance(model, EncoderDecoder):
        inputs.append(torch.tensor([[start_of(tokenizer)]]))
    tensors, observed = trace(model, *inputs), observe(model, *inputs)
    place = observed.logits.shape[1] - 1
    result: dict[str, Any] = {
        "schema": 1,
        "checkpoint": loaded.checkpoint.name,
        "tokens": [{"id": token, "text": spelled(tokenizer, token)} for token in inputs[-1][0].tolist()],
        "tensors": [asdict(made) for made in tensors],
        "stream": stream_norms(observed),
        "heads": heads(observed, inputs[-1][0]),
        "next": likeliest(tokenizer, observed.logits[0, place].float().log_softmax(-1)),
    }
    if asked.lens:
        result["lens"] = lens_rows(loaded, observed, place)
    if asked.ablated is not None:
        part = read_part(asked.ablated)
        change = ablate(model, part, *inputs, fill=asked.fill, place=place)
        after = likeliest(tokenizer, change.after)
        result["ablated"] = {"part": str(part), "fill": asked.fill, "kl_bits": change.divergence, "next": after}
    return result


def condensed(tensors: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of tensors that one line of code makes in a row for one module, the last."""

    def place(row: dict[str, Any]) -> tuple[Any, ...]:
        return row["module"], row["file"], row["line"]

    return [row for number, row in enumerate(tensors) if [place(row)] != list(map(place, tensors[number + 1 :][:1]))]


def spelled(tokenizer: Tokenizer, token: int) -> str:
    """A token as people read it; special tokens by their names."""
    names = {number: name for name, number in tokenizer.special.items()}
    return names.get(token) or shown(tokenizer.token_bytes(token))


def likeliest(tokenizer: Tokenizer, logs: Float[Tensor, " V"]) -> list[dict[str, Any]]:
    """The likeliest tokens with their probabilities; of a table longer than the vocabulary, only what has a name."""
    best = logs[: tokenizer.vocab_size].exp().topk(min(SHOWN, tokenizer.vocab_size))
    pairs = zip(best.indices.tolist(), best.values.tolist(), strict=True)
    return [{"id": token, "text": spelled(tokenizer, token), "p": chance} for token, chance in pairs]


def heads(observed: Observed, tokens: Int[Tensor, " T"]) -> list[dict[str, Any]]:
    """The scores of every head that looks at its own text; ``None`` where a text is too short to tell."""
    rows: list[dict[str, Any]] = []
    for number, layer in enumerate(observed.layers):
        for head, scores in enumerate(head_scores(layer.looked["attention"].weights[0], tokens)):
            told = {name: None if math.isnan(value) else value for name, value in scores.items()}
            rows.append({"layer": number, "head": head} | told)
    return rows


def lens_rows(loaded: Loaded, observed: Observed, place: int) -> list[dict[str, Any]]:
    """What each layer would answer at ``place``: 0 is the stream before the first layer."""
    lens = look_through(loaded.model, observed)
    return [
        {
            "layer": layer,
            "top": spelled(loaded.tokenizer, int(lens.top[layer, place, 0])),
            "p": float(lens.probabilities[layer, place, 0]),
            "rank_of_answer": int(lens.rank[layer, place]),
            "p_of_answer": float(lens.final[layer, place]),
            "entropy_bits": float(lens.entropy[layer, place]),
            "kl_bits": float(lens.divergence[layer, place]),
        }
        for layer in range(len(lens.top))
    ]
