"""Several tokens for one reading of the weights: guess what comes, and let the model check all guesses at once.

A guess is taken with probability min(1, p / q): p is what the model gives it, q what the guesser gave it. Where it is
refused, the token comes from what p has more than q, max(0, p - q), made a distribution. Together that is p exactly
(Leviathan et al. 2023, section 2.3 and appendix A.1; Chen et al. 2023): what is written is distributed as if there had
been no guessing, and greedy decoding stays the same token for token. Guesses come from a smaller model (``Drafted``),
or are what followed the last few tokens when they last stood in the text (``Lookup``; Saxena 2023).

Nothing is guessed across a jump of the window (generate.py), after which the text would be read anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Float64
from torch import Tensor

from hornbook.batches import Positions
from hornbook.errors import SettingError
from hornbook.generation.config import Sampling
from hornbook.generation.generate import check_prompt, finite, reading_only, window_start
from hornbook.generation.sampling import Filter, filtered, filters
from hornbook.model.models import Decoder
from hornbook.model.static_cache import StaticLayer, make_static_cache
from hornbook.seeds import torch_generator


@dataclass(frozen=True, kw_only=True)
class Lookup:
    """Guess what followed the last ``ngram`` tokens, or fewer, the last time they stood in the text."""

    ngram: int = 3
    ahead: int = 5

    def __post_init__(self) -> None:
        check_ahead(self.ahead)
        if self.ngram < 1:
            raise SettingError(f"ngram: expected a whole number of at least 1, found {self.ngram}")


@dataclass(frozen=True, kw_only=True)
class Drafted:
    """Let a smaller model write ``ahead`` tokens."""

    ahead: int = 4

    def __post_init__(self) -> None:
        check_ahead(self.ahead)


def check_ahead(ahead: int) -> None:
    """Refuse to guess nothing."""
    if ahead < 1:
        raise SettingError(f"ahead: expected a whole number of at least 1, found {ahead}")


@dataclass
class Tally:
    """How it went: readings of the weights, guesses made, guesses taken, tokens written."""

    passes: int = 0
    proposed: int = 0
    accepted: int = 0
    written: int = 0


class Sight:
    """What a model says after every place of a text that grows, and may lose its newest tokens again."""

    def __init__(self, model: Decoder, longest: int) -> None:
        """``longest`` is how long the text can become, guesses included."""
        self.model, self.device = model, model.embedding.device
        self.size = min(longest, model.config.context)
        self.cache: list[StaticLayer] = []
        self.text: list[int] = []  # what the cache holds, from place ``start`` on
        self.start = 0

    def after(self, text: Sequence[int], places: int) -> Float[Tensor, "places V"]:
        """The logits of what follows the last ``places`` tokens of ``text``, each read with all before it."""
        config, start = self.model.config, window_start(len(text), self.model.config.context)
        window = list(text[start:])
        alike = 0
        if self.cache and start == self.start:
            while alike < min(len(self.text), len(window) - places) and self.text[alike] == window[alike]:
                alike += 1
        else:
            self.cache = make_static_cache(config, 1, self.size, self.device, self.model.embedding.dtype)
        tokens = torch.tensor([window[alike:]], device=self.device)
        index = torch.arange(alike, len(window), device=self.device)[None]
        hidden = self.model.hidden(tokens, Positions(index, plain=alike == 0), self.cache)
        self.text, self.start = window, start
        return finite(self.model.write(hidden[:, -places:])[0].float())


Proposal = tuple[list[int], list[Tensor | None]]
"""Guessed tokens, and the distribution [V] each was drawn from (``None``: it was certain)."""


@dataclass
class Guesser:
    """All that a way of guessing may need."""

    asked: list[Filter]
    greedy: bool
    generator: torch.Generator
    draft: Sight | None

    def probabilities(self, logits: Float[Tensor, " V"], text: Sequence[int]) -> Float64[Tensor, " V"]:
        """What one may draw from after ``text``: the filters applied; greedy, all on one token."""
        seen = filtered(logits[None], torch.tensor([list(text)], device=logits.device), self.asked)[0].double()
        return (
            torch.zeros_like(seen).scatter(0, seen.argmax(-1, keepdim=True), 1.0) if self.greedy else seen.softmax(-1)
        )

    def draw(self, probabilities: Float64[Tensor, " V"]) -> int:
        """A token: the first whose cumulative probability exceeds a uniform number."""
        cumulative = probabilities.cumsum(-1)
        uniform = torch.rand((), generator=self.generator, dtype=torch.float64).to(cumulative.device) * cumulative[-1]
        return min(int(torch.searchsorted(cumulative, uniform, right=True)), len(cumulative) - 1)

    def chance(self) -> float:
        """A uniform number."""
        return float(torch.rand((), generator=self.generator, dtype=torch.float64))


def look_up(how: Lookup, guesser: Guesser, text: Sequence[int], count: int) -> Proposal:
    """What followed the newest tokens when they last stood in the text: ``count`` tokens, or none.

    The copy may run into itself, as in Lempel & Ziv 1977: what goes round in a circle is guessed to go on.
    """
    for size in range(min(how.ngram, len(text) - 1), 0, -1):
        newest = list(text[-size:])
        for place in range(len(text) - size - 1, -1, -1):
            if list(text[place : place + size]) == newest:
                longer = list(text)
                for following in range(place + size, place + size + count):
                    longer.append(longer[following])
                return longer[len(text) :], [None] * count
    return [], []


def draft(how: Drafted, guesser: Guesser, text: Sequence[int], count: int) -> Proposal:
    """What the smaller model writes."""
    assert guesser.draft is not None
    tokens, given = list[int](), list[Tensor | None]()
    for _ in range(count):
        so_far = [*text, *tokens]
        probabilities = guesser.probabilities(guesser.draft.after(so_far, 1)[0], so_far)
        given.append(probabilities)
        tokens.append(guesser.draw(probabilities))
    return tokens, given


GUESSERS: dict[type, Callable[..., Proposal]] = {Lookup: look_up, Drafted: draft}


def generate_speculatively(
    model: Decoder,
    prompt: Sequence[int],
    sampling: Sampling,
    how: Lookup | Drafted,
    *,
    draft_model: Decoder | None = None,
    end: int | None = None,
    tally: Tally | None = None,
) -> Iterator[list[int]]:
    """Continue ``prompt`` and yield, for every reading of the model, the tokens it gave: guesses taken, and one more.

    ``end`` is the last token yielded, where it is written. ``tally`` is counted up.

    Raises:
        SettingError: no draft model where one is needed, or one of another vocabulary.
        TextError: an empty prompt, or a token that the model does not have.
    """
    check_prompt(model, prompt)
    check_draft(model, how, draft_model)
    tally, longest = tally or Tally(), len(prompt) + sampling.max_tokens + how.ahead
    penalised = sampling if sampling.temperature else Sampling(repetition_penalty=sampling.repetition_penalty)
    guesser = Guesser(
        filters(penalised),
        sampling.temperature == 0,
        torch_generator(sampling.seed, "speculative"),
        None if draft_model is None else Sight(draft_model, longest),
    )
    sight, text, over = Sight(model, longest), list(prompt), False
    while not over:
        left = sampling.max_tokens - (len(text) - len(prompt))
        with reading_only(model), reading_only(draft_model or model):
            count = min(how.ahead, left - 1, before_the_jump(len(text), model, draft_model))
            guesses, given = GUESSERS[type(how)](how, guesser, text, count) if count > 0 else ([], [])
            logits = sight.after([*text, *guesses], len(guesses) + 1)
            new = verified(guesser, text, guesses, given, logits)
        tally.passes, tally.proposed = tally.passes + 1, tally.proposed + len(guesses)
        tally.accepted += len(new) - 1
        if end in new:
            new = new[: new.index(end) + 1]
        text += new
        tally.written += len(new)
        over = len(text) - len(prompt) >= sampling.max_tokens or (end is not None and new[-1] == end)
        yield new


def one_by_one(
    model: Decoder,
    prompt: Sequence[int],
    sampling: Sampling,
    *,
    samples: int = 1,
    end: int | None = None,
    how: Lookup | Drafted,
    draft_model: Decoder | None = None,
) -> Iterator[list[int | None]]:
    """The same one token at a time, as ``generate`` yields them; one text only (``SettingError``)."""
    if samples != 1:
        raise SettingError(f"samples: guessing ahead writes one text at a time, found {samples}; leave it at 1")
    steps = generate_speculatively(model, prompt, sampling, how, draft_model=draft_model, end=end)
    return ([token] for tokens in steps for token in tokens)


def verified(
    guesser: Guesser,
    text: Sequence[int],
    guesses: Sequence[int],
    given: Sequence[Float64[Tensor, " V"] | None],
    logits: Float[Tensor, "places V"],
) -> list[int]:
    """The guesses that are taken, and the token that follows them."""
    for place, (guess, drawn_from) in enumerate(zip(guesses, given, strict=True)):
        wanted = guesser.probabilities(logits[place], [*text, *guesses[:place]])
        had = torch.zeros_like(wanted).scatter(0, torch.tensor([guess], device=wanted.device), 1.0)
        had = had if drawn_from is None else drawn_from.to(wanted.device)
        if guesser.chance() * float(had[guess]) >= float(wanted[guess]):
            more = (wanted - had).clamp(min=0)
            return [*guesses[:place], guesser.draw(more)]
    last = guesser.probabilities(logits[len(guesses)], [*text, *guesses])
    return [*guesses, guesser.draw(last)]


def before_the_jump(length: int, *models: Decoder | None) -> int:
    """How many tokens may follow before the window of a model begins elsewhere."""
    contexts = [each.config.context for each in models if each is not None]
    return min(window_start(length, context) + context - length for context in contexts)


def check_draft(model: Decoder, how: Lookup | Drafted, draft_model: Decoder | None) -> None:
    """Refuse a draft model that is missing, or speaks another language."""
    if isinstance(how, Lookup):
        return
    if draft_model is None:
        raise SettingError("draft_model: a smaller model has to be given to guess with; or look guesses up: Lookup()")
    ours, theirs = model.config.vocabulary, draft_model.config.vocabulary
    if ours != theirs:
        raise SettingError(
            f"draft_model: it has {theirs:,} tokens and the model {ours:,}; both have to share one tokenizer"
        )
