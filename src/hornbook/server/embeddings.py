"""``POST /v1/embeddings``: a text as one vector: the mean of an encoder's last stream over its tokens, of length 1."""

from __future__ import annotations

import base64
from functools import partial
from typing import Any

import numpy as np
import torch
from fastapi import APIRouter, Request
from jaxtyping import Float
from torch import Tensor

from hornbook.batches import Positions
from hornbook.model.models import Encoder
from hornbook.server.errors import ApiError
from hornbook.server.models import Models, Served
from hornbook.server.schemas import EmbeddingRequest

router = APIRouter()


@router.post("/v1/embeddings")
async def embeddings(asked: EmbeddingRequest, http: Request) -> Any:
    """The vectors of texts, or of tokens."""
    models: Models = http.app.state.models
    served = models.find(asked.model)
    model = served.loaded.model
    if not isinstance(model, Encoder):
        raise ApiError(400, f"model: {served.name} is no encoder; serve one for embeddings", param="model")
    if asked.dimensions not in (None, model.config.width):
        raise ApiError(400, f"dimensions: this model has {model.config.width}", param="dimensions")
    texts = tokens_of(asked, served)
    # one by one: no padding, and others get their turn between two texts
    vectors = [await models.desk.ask(partial(embedded, model, tokens)) for tokens in texts]
    count = sum(map(len, texts))
    return {
        "object": "list",
        "model": served.name,
        "data": [
            {"object": "embedding", "index": index, "embedding": ENCODINGS[asked.encoding_format](vector)}
            for index, vector in enumerate(vectors)
        ],
        "usage": {"prompt_tokens": count, "total_tokens": count},
    }


def tokens_of(asked: EmbeddingRequest, served: Served) -> list[list[int]]:
    """The texts as tokens (``ApiError`` for one that is empty, too long, or has tokens that nobody knows)."""
    given: Any = asked.input
    if isinstance(given, str) or not given or isinstance(given[0], int):
        given = [given]
    tokenizer, size = served.loaded.tokenizer, served.loaded.model.config.vocabulary
    found = [tokenizer.around(tokenizer.encode(each)) if isinstance(each, str) else list(each) for each in given]
    for tokens in found:
        if not tokens or max(tokens) >= size:
            raise ApiError(400, f"input: expected texts, or tokens from 0 to {size - 1}", param="input")
        if len(tokens) > served.context:
            raise ApiError(
                400,
                f"input: a text has {len(tokens):,} tokens, and {served.name} reads {served.context:,}",
                param="input",
                code="context_length_exceeded",
            )
    return found


@torch.no_grad()
def embedded(model: Encoder, tokens: list[int]) -> Float[Tensor, " C"]:
    """The mean of the last stream, divided by its length (Reimers & Gurevych 2019, section 3)."""
    text = torch.tensor([tokens], device=model.embedding.device)
    hidden = model.hidden(text, Positions.counting(1, len(tokens), text.device))[0].float()
    mean = hidden.mean(0)
    unit: Tensor = mean / mean.norm().clamp(min=1e-12)
    return unit.cpu()


def in_letters(vector: Float[Tensor, " C"]) -> str:
    """Little-endian float32 in base 64: what OpenAI's client asks for unless it is told otherwise."""
    return base64.b64encode(vector.numpy().astype(np.dtype("<f4")).tobytes()).decode("ascii")


def in_numbers(vector: Float[Tensor, " C"]) -> list[float]:
    """A list of numbers."""
    return [float(each) for each in vector]


ENCODINGS = {"float": in_numbers, "base64": in_letters}
