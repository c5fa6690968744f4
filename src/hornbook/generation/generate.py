"""Writing token by token: read what there is, choose one more, again.

``recomputed`` reads everything anew for every token; ``remembered`` reads the prompt once and then one token at a time
from a key/value cache. Both give the logits of the next token and are proven to lead to the same tokens.

**Longer than the context.** A model looks at no more than its context. When the text is longer, the model looks at its
end only, through a window that jumps forward by half a context whenever it is full: between half a context and a whole
one of the past is always in sight, positions count from the start of the window, and the cache is rebuilt once in half
a context instead of at every token. The text itself is never cut. Next: text.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch
from jaxtyping import Float, Int
from torch import Tensor

from hornbook.errors import HornbookError, SettingError, TextError
from hornbook.generation.config import Sampling
from hornbook.generation.sampling import chooser
from hornbook.model.cache import LayerCache, make_cache, repeated
from hornbook.model.models import Decoder, EncoderDecoder
from hornbook.seeds import torch_generator


def window_start(length: int, context: int) -> int:
    """Where the window begins in a text of ``length`` tokens: 0 while all fits, then a multiple of half a context."""
    step = max(1, context // 2)
    return -(-max(0, length - context) // step) * step


@contextmanager
def reading_only(model: torch.nn.Module, modules: Sequence[torch.nn.Module] | None = None) -> Iterator[None]:
    """Evaluation mode without gradients; afterwards every module is in the mode it was in.

    ``modules`` are all modules of the model, for whoever comes here at every token.
    """
    training = [module for module in modules or list(model.modules()) if module.training]
    for module in training:
        module.training = False
    try:
        with torch.no_grad():
            yield
    finally:
        for module in training:
            module.training = True


NextLogits = Callable[[Int[Tensor, "B T"]], Float[Tensor, "B V"]]
"""Given the whole text so far, which grows by one token from call to call: the logits of the token that follows."""


Reader = Callable[[Decoder, int], NextLogits]
"""Given a model and how long the text will become at most, a way to read it: one of the two below, or fast.py."""


def recomputed(model: Decoder, longest: int) -> NextLogits:
    """The readable way: the whole window through the model for every token, however long the text will become."""

    def next_logits(text: Int[Tensor, "B T"]) -> Float[Tensor, "B V"]:
        window = text[:, window_start(text.shape[1], model.config.context) :]
        return model.write(model.hidden(window)[:, -1:])[:, 0]

    return next_logits


def remembered(model: Decoder, longest: int) -> NextLogits:
    """The fast way: keys and values of the window are kept, and only what is new goes through the model.

    The cache is as long as the window can become in a text of ``longest`` tokens. Rows that are alike (one prompt,
    several samples) are read once.
    """
    context = model.config.context
    cache: list[LayerCache] = []
    start, read = 0, 0  # the cache holds text[:, start:read]

    def next_logits(text: Int[Tensor, "B T"]) -> Float[Tensor, "B V"]:
        nonlocal cache, start, read
        rows, length = text.shape
        begins = window_start(length, context)
        if not cache or begins != start:
            alike = bool((text[:, begins:] == text[:1, begins:]).all())
            cache = empty_cache(model, 1 if alike else rows, min(longest - begins, context), text.device)
            hidden = model.hidden(text[: 1 if alike else rows, begins:], cache=cache)
            cache = repeated(cache, rows) if alike and rows > 1 else cache
            hidden = hidden.expand(rows, -1, -1)
        else:
            hidden = model.hidden(text[:, read:], cache=cache)
        start, read = begins, length
        return model.write(hidden[:, -1:])[:, 0]

    return next_logits


def empty_cache(model: Decoder | EncoderDecoder, rows: int, length: int, device: torch.device) -> list[LayerCache]:
    """A cache in the model's own number format."""
    return make_cache(model.config, rows, length, device, model.embedding.dtype)


def generate(
    model: Decoder,
    prompt: Sequence[int],
    sampling: Sampling,
    *,
    samples: int = 1,
    end: int | None = None,
    reading: Reader | None = None,
) -> Iterator[list[int | None]]:
    """Continue ``prompt`` in ``samples`` ways, and yield the next token of each, step by step.

    A sample that has written ``end`` is over: that token is the last it yields, ``None`` follows. The steps end after
    ``sampling.max_tokens``, or when all samples are over. Sample i draws from a generator of its own, made of the seed
    and i, so that it does not depend on how many there are (the arithmetic of a larger batch may differ in the last
    bit). Between two tokens the model is in the mode it was in, and gradients are as they were.

    Raises ``TextError`` for an empty prompt or a token that the model does not have, ``SettingError`` for no samples.
    """
    check_samples(samples)
    check_prompt(model, prompt)
    choose, modules = chooser(sampling), list(model.modules())
    generators = [torch_generator(sampling.seed, "sample", sample) for sample in range(samples)]
    device = model.embedding.device
    text = torch.tensor([list(prompt)], device=device).expand(samples, -1)
    next_logits = (reading or remembered)(model, len(prompt) + sampling.max_tokens)
    over = [False] * samples
    for _ in range(sampling.max_tokens):
        with reading_only(model, modules):
            tokens = choose(finite(next_logits(text).float()), text, generators)
            text = torch.cat([text, tokens[:, None]], dim=1)
        written = [None if done else token for token, done in zip(tokens.tolist(), over, strict=True)]
        yield written
        over = [done or token == end for token, done in zip(written, over, strict=True)]
        if all(over):
            return


def finite(logits: Float[Tensor, "B V"]) -> Float[Tensor, "B V"]:
    """The logits, if they are numbers."""
    sound = bool(logits.sum().isfinite())  # one quick pass; a sum may overflow, then each is looked at
    if not sound and not bool(logits.isfinite().all()):
        raise HornbookError(
            "the model's scores are not finite numbers, so no token can be chosen: its training diverged, "
            "or its weights are damaged; try an earlier checkpoint"
        )
    return logits


def check_samples(samples: int) -> None:
    """Refuse to write nothing."""
    if samples < 1:
        raise SettingError(f"samples: expected a whole number of at least 1, found {samples}")


def check_prompt(model: Decoder, prompt: Sequence[int]) -> None:
    """Refuse what cannot be continued."""
    if not prompt:
        raise TextError("the prompt is empty: a model needs at least one token to continue; give it a word")
    check_tokens(model, prompt, "the prompt")


def check_tokens(model: Decoder | EncoderDecoder, tokens: Sequence[int], what: str) -> None:
    """Refuse tokens that the model does not have."""
    vocabulary = model.config.vocabulary
    unknown = [token for token in tokens if not 0 <= token < vocabulary]
    if unknown:
        raise TextError(
            f"{what} has token {unknown[0]}, but the model knows tokens 0 to {vocabulary - 1}: "
            "encode it with the tokenizer that the model was trained with"
        )


Steps = Callable[..., Iterator[list[int | None]]]
"""``generate``, or what takes its place: (model, prompt, sampling, samples=, end=) -> the tokens of every step."""
