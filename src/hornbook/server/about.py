"""What a server says of itself: models, tokens, health, and numbers for those who watch."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse

from hornbook import __version__
from hornbook.server.chat import conversation
from hornbook.server.errors import ApiError
from hornbook.server.models import Models
from hornbook.server.schemas import DetokenizeRequest, TokenizeRequest

router = APIRouter()


def models_of(http: Request) -> Models:
    """All that is served."""
    models: Models = http.app.state.models
    return models


@router.get("/health")
async def health(http: Request) -> dict[str, str]:
    """That the server answers."""
    return {"status": "ok"}


@router.get("/version")
async def version(http: Request) -> dict[str, str]:
    """Which version this is."""
    return {"version": __version__}


@router.get("/v1/models")
async def listed(http: Request) -> dict[str, Any]:
    """Every model."""
    return {"object": "list", "data": [each.about() for each in models_of(http).all.values()]}


@router.get("/v1/models/{name:path}")
async def one(name: str, http: Request) -> dict[str, Any]:
    """One of them."""
    return models_of(http).find(name).about()


@router.post("/tokenize")
async def tokenize(asked: TokenizeRequest, http: Request) -> dict[str, Any]:
    """A text, or a conversation as its model is shown it, as tokens."""
    served = models_of(http).find(asked.model)
    tokenizer = served.loaded.tokenizer
    if (asked.prompt is None) == (asked.messages is None):
        raise ApiError(400, "expected a prompt or messages, one of the two", param="prompt")
    if asked.messages is not None:
        tokens, _ = conversation(served, asked.messages, asked.add_generation_prompt)
    else:
        # a text that is nothing but the name of a special token is how lm-eval asks for the end's number
        special = tokenizer.special.get(asked.prompt or "")
        tokens = tokenizer.encode(asked.prompt or "") if special is None else [special]
        tokens = tokenizer.around(tokens) if asked.add_special_tokens else tokens
    return {"tokens": tokens, "count": len(tokens), "max_model_len": served.context}


@router.post("/detokenize")
async def detokenize(asked: DetokenizeRequest, http: Request) -> dict[str, str]:
    """Tokens as text."""
    tokenizer = models_of(http).find(asked.model).loaded.tokenizer
    if asked.tokens and max(asked.tokens) >= tokenizer.vocab_size:
        raise ApiError(400, f"tokens: expected numbers below {tokenizer.vocab_size}", param="tokens")
    return {"prompt": tokenizer.decode(asked.tokens)}


@router.get("/tokenizer_info")
async def tokenizer_info(http: Request, model: str = "default") -> dict[str, Any]:
    """What evaluation programs ask of a tokenizer that they do not have."""
    served = models_of(http).find(model)
    tokenizer = served.loaded.tokenizer
    names = {number: name for name, number in tokenizer.special.items()}
    end, begin = tokenizer.roles.end, tokenizer.roles.begin
    return {
        "tokenizer_class": tokenizer.kind,
        "vocab_size": tokenizer.vocab_size,
        "model_max_length": served.context,
        "eos_token": None if end is None else names.get(end),
        "bos_token": None if begin is None else names.get(begin),
        "pad_token": None if end is None else names.get(end),
        "chat_template": None if served.template is None else served.template.source,
    }


@router.get("/metrics")
async def metrics(http: Request) -> PlainTextResponse:
    """The counters of every model, as Prometheus reads them."""
    found: dict[str, list[str]] = {}
    for served in models_of(http).all.values():
        label = served.name.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        for name, value in (served.worker.state() if served.worker else {}).items():
            found.setdefault(name, []).append(f'hornbook_{name}{{model="{label}"}} {value}')
    lines = []
    for name, values in found.items():
        kind = "counter" if name.endswith("_total") else "gauge"
        lines += [f"# TYPE hornbook_{name} {kind}", *values]
    return PlainTextResponse("\n".join(lines) + "\n", media_type="text/plain; version=0.0.4")
