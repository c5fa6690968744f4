"""What clients may send. Fields that change the result and are not honoured are refused, not passed over."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr

from hornbook.generation.adjusting import Adjusting
from hornbook.generation.config import Sampling
from hornbook.server.errors import ApiError

Number = Annotated[float, Field(allow_inf_nan=False)]
Tokens = list[Annotated[StrictInt, Field(ge=0, lt=1 << 31)]]
LARGEST = (1 << 63) - 1
ELSEWHERE = (
    *("ignore_eos", "min_tokens", "stop_token_ids", "bad_words", "allowed_token_ids", "use_beam_search"),
    *("guided_json", "guided_regex", "guided_choice", "guided_grammar", "structured_outputs", "prompt_logprobs"),
)
"""Fields of other servers that would change the answer."""


class StreamOptions(BaseModel):
    """What comes along in a stream."""

    include_usage: StrictBool = False


class Common(BaseModel):
    """What completions and chats have in common."""

    model_config = ConfigDict(extra="allow")

    model: StrictStr = "default"
    temperature: Annotated[Number, Field(ge=0, le=2)] | None = None
    top_p: Annotated[Number, Field(gt=0, le=1)] | None = None
    top_k: Annotated[StrictInt, Field(ge=1)] | None = None
    min_p: Annotated[Number, Field(ge=0, le=1)] | None = None
    repetition_penalty: Annotated[Number, Field(gt=0, le=100)] | None = None
    presence_penalty: Annotated[Number, Field(ge=-2, le=2)] | None = None
    frequency_penalty: Annotated[Number, Field(ge=-2, le=2)] | None = None
    logit_bias: dict[str, Annotated[Number, Field(ge=-100, le=100)]] | None = None
    n: Annotated[StrictInt, Field(ge=1, le=16)] | None = None
    stop: StrictStr | Annotated[list[StrictStr], Field(max_length=16)] | None = None
    stream: StrictBool | None = None
    stream_options: StreamOptions | None = None
    seed: Annotated[StrictInt, Field(ge=-LARGEST, le=LARGEST)] | None = None
    response_format: dict[str, Any] | None = None
    user: Any = None

    def sampling(self, most: int, seed: int) -> Sampling:
        """How the next token is chosen; nothing said is temperature 1, as the interface has it."""
        stop = (self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ())
        return Sampling(
            max_tokens=most,
            temperature=1.0 if self.temperature is None else self.temperature,
            top_k=self.top_k,
            top_p=self.top_p,
            min_p=self.min_p,
            repetition_penalty=1.0 if self.repetition_penalty is None else self.repetition_penalty,
            stop=stop,
            seed=seed,
        )

    def adjusting(self, vocabulary: int) -> Adjusting:
        """Penalties and biases (``ApiError`` for a token that the model does not have)."""
        bias = []
        for name, added in (self.logit_bias or {}).items():
            if not name.isascii() or not name.isdigit() or len(name) > 9 or int(name) >= vocabulary:
                raise ApiError(
                    400, f"logit_bias: {name[:40]!r} is no token from 0 to {vocabulary - 1}", param="logit_bias"
                )
            bias.append((int(name), added))
        return Adjusting(self.presence_penalty or 0.0, self.frequency_penalty or 0.0, tuple(bias))

    def refuse(self, *names: str) -> None:
        """Refuse fields that would change the result and are not honoured (``ApiError``)."""
        for name in (*names, *ELSEWHERE):
            value = getattr(self, name, None)
            if value not in (None, False, [], "", {}, "none", "auto"):
                raise ApiError(
                    400, f"{name} is not supported here; leave it out", param=name, code="unsupported_parameter"
                )
        if self.response_format not in (None, {"type": "text"}):
            raise ApiError(
                400,
                'response_format: only {"type": "text"} is supported',
                param="response_format",
                code="unsupported_value",
            )


class CompletionRequest(Common):
    """``POST /v1/completions``."""

    prompt: (
        StrictStr
        | Tokens
        | Annotated[list[StrictStr], Field(max_length=256)]
        | Annotated[list[Tokens], Field(max_length=256)]
    ) = "<|endoftext|>"
    max_tokens: Annotated[StrictInt, Field(ge=0)] | None = None
    echo: StrictBool | None = None
    logprobs: Annotated[StrictInt, Field(ge=0, le=20)] | None = None
    suffix: StrictStr | None = None
    best_of: StrictInt | None = None


class Piece(BaseModel):
    """A part of a message; only text is read."""

    type: Literal["text"]
    text: StrictStr


class Turn(BaseModel):
    """A message of a conversation."""

    model_config = ConfigDict(extra="allow")

    role: Literal["system", "developer", "user", "assistant"]
    content: StrictStr | list[Piece]

    def message(self) -> dict[str, Any]:
        """As templates expect it."""
        text = self.content if isinstance(self.content, str) else "".join(piece.text for piece in self.content)
        return {"role": "system" if self.role == "developer" else self.role, "content": text}


class ChatRequest(Common):
    """``POST /v1/chat/completions``."""

    messages: Annotated[list[Turn], Field(min_length=1, max_length=1000)]
    max_tokens: Annotated[StrictInt, Field(ge=1)] | None = None
    max_completion_tokens: Annotated[StrictInt, Field(ge=1)] | None = None
    logprobs: StrictBool | None = None
    top_logprobs: Annotated[StrictInt, Field(ge=0, le=20)] | None = None


class EmbeddingRequest(BaseModel):
    """``POST /v1/embeddings``."""

    model: StrictStr = "default"
    input: (
        StrictStr
        | Tokens
        | Annotated[list[StrictStr], Field(min_length=1, max_length=256)]
        | Annotated[list[Tokens], Field(min_length=1, max_length=256)]
    )
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: StrictInt | None = None
    user: Any = None


class TokenizeRequest(BaseModel):
    """``POST /tokenize``: a text, or messages as the model is shown them."""

    model: StrictStr = "default"
    prompt: StrictStr | None = None
    messages: Annotated[list[Turn], Field(min_length=1, max_length=1000)] | None = None
    add_special_tokens: StrictBool = False
    add_generation_prompt: StrictBool = True


class DetokenizeRequest(BaseModel):
    """``POST /detokenize``."""

    model: StrictStr = "default"
    tokens: Tokens
