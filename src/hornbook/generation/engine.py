"""Many requests at once: they join and leave at every step, and share one memory (Yu et al. 2022; Kwon et al. 2023).

Reading all weights costs about the same for one row as for many, so there should always be many. A batch that waits for
its longest text wastes them; here the next request comes in as soon as a text is over, and no row stands empty:

    step:   waiting -> (prompt read, first token) -> running -> one token for all rows -> over

The tokens of a request are those that ``generate`` gives: its rows see nothing of each other, and each draws from a
generator of its own. Next: speculative.py.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from hornbook.allocator import settle
from hornbook.batches import Positions
from hornbook.errors import SettingError
from hornbook.generation.adjusting import NONE, Adjusting, Scores, scores_of
from hornbook.generation.ahead import Compiled, compiled_ahead, fill
from hornbook.generation.config import Sampling
from hornbook.generation.generate import check_prompt, finite
from hornbook.generation.pages import Pages
from hornbook.generation.sampling import Chooser, chooser
from hornbook.model.models import Decoder
from hornbook.model.packed import packed
from hornbook.model.paged import PagedLayer, make_pool
from hornbook.model.weight_formats import with_weights
from hornbook.seeds import torch_generator

Finish = Literal["end", "length", "cancelled"]


@dataclass(frozen=True, kw_only=True)
class Request:
    """A prompt to continue; ``sample`` is which of several texts of one seed it is (generate.py).

    ``scores``: with every token, its log-probability and those of so many others (``None``: without).
    """

    prompt: tuple[int, ...]
    sampling: Sampling = Sampling()
    end: int | None = None
    sample: int = 0
    adjusting: Adjusting = NONE
    scores: int | None = None


@dataclass(frozen=True)
class Event:
    """A token of a request (``None``: cancelled), and why it was the last, where it was."""

    ticket: int
    token: int | None
    finish: Finish | None = None
    scores: Scores | None = None


@dataclass(eq=False)
class Running:
    """A request on its way: ``text`` is the prompt and what was written. It equals nothing but itself, so that finding
    one among many compares no texts."""

    ticket: int
    request: Request
    text: list[int]
    choose: Chooser
    generator: torch.Generator
    pages: list[int] = field(default_factory=list)
    begins: int = 0  # up to here its text was read by others

    @property
    def written(self) -> int:
        """How many tokens were written."""
        return len(self.text) - len(self.request.prompt)

    @property
    def plain(self) -> bool:
        """Whether the likeliest token is wanted, as the model has it."""
        sampling = self.request.sampling
        return sampling.temperature == 0 and sampling.repetition_penalty == 1 and self.request.adjusting == NONE


LEAST = 2
"""Rows and pages that compiled code is made for: of a size of 1 the compiler would make a special case."""


class PagedStep(nn.Module):
    """One token of each row in, the logits of the next one out; keys and values go into the pages."""

    def __init__(self, model: Decoder) -> None:
        super().__init__()
        self.model = model

    def forward(
        self,
        tokens: Int[Tensor, "B T"],
        index: Int[Tensor, "B T"],
        table: Int[Tensor, "B P"],
        keys: list[Float[Tensor, "N G size D"]],
        values: list[Float[Tensor, "N G size D"]],
    ) -> Float[Tensor, "B V"]:
        """``index`` is where the tokens stand in their texts, ``table`` which pages hold the texts."""
        cache = [PagedLayer(key, value, table) for key, value in zip(keys, values, strict=True)]
        return self.model.write(self.model.hidden(tokens, Positions(index), cache)[:, -1:])[:, 0]


class Engine:
    """Writes for many: ``submit`` requests, and ``step`` until nothing is left (or ``run`` a list of them)."""

    def __init__(
        self,
        model: Decoder,
        *,
        weights: str = "float32",
        rows: int = 16,
        page: int = 16,
        pages: int | None = None,
        prefill: int = 512,
        compiled: bool = False,
    ) -> None:
        """``pages`` of ``page`` tokens are the memory (``None``: enough for all ``rows`` at full length); a step reads
        no further prompt after ``prefill`` tokens of them, so that those who are writing do not wait for long.

        Raises:
            SettingError: there is no such format, or the model does not continue texts.
        """
        if not isinstance(model, Decoder):
            raise SettingError(
                f"model: the engine continues texts, and a {type(model).__name__} does not; try a decoder"
            )
        self.model, self.rows, self.prefill = packed(with_weights(model, weights)), rows, prefill
        self.config = self.model.config
        fitting = rows * -(-self.config.context // page)
        self.pages = Pages(pages or fitting, page)
        self.device = self.model.embedding.device
        kind = torch.float32 if weights == "float32" else torch.bfloat16
        # the last page belongs to nobody: a row that only fills up writes there
        self.keys, self.values = make_pool(self.config, self.pages.count + 1, page, self.device, kind)
        self.step_of: Compiled = PagedStep(self.model)
        if compiled:
            self.step_of = self.compile_step(weights)
            settle()
        self.running: list[Running] = []
        self.waiting: deque[Running] = deque()
        self.tickets, self.prompt_tokens, self.steps = 0, 0, 0

    def submit(self, request: Request) -> int:
        """Put a request in line; its ticket is in every event of it.

        Raises:
            SettingError: it can become longer than the context, or than all pages together.
            TextError: an empty prompt, or a token that the model does not have.
        """
        check_prompt(self.model, request.prompt)
        longest = len(request.prompt) + request.sampling.max_tokens
        room = min(self.config.context, self.pages.count * self.pages.size)
        if longest > room:
            raise SettingError(
                f"max_tokens: a prompt of {len(request.prompt)} tokens and {request.sampling.max_tokens} more are "
                f"{longest}, and there is room for {room}; ask for at most {max(room - len(request.prompt), 0)}"
            )
        self.tickets += 1
        generator = torch_generator(request.sampling.seed, "sample", request.sample)
        self.waiting.append(Running(self.tickets, request, list(request.prompt), chooser(request.sampling), generator))
        return self.tickets

    def cancel(self, ticket: int) -> bool:
        """Forget a request; whether there was one."""
        for each in [*self.running, *self.waiting]:
            if each.ticket == ticket:
                self.leave(each)
                return True
        return False

    @property
    def busy(self) -> bool:
        """Whether there is anything left to do."""
        return bool(self.running or self.waiting)

    def run(self, requests: Iterable[Request]) -> list[list[int]]:
        """The tokens of all requests, in order, without their ends. Requests that were there before are served too."""
        found = {self.submit(each): (each, list[int]()) for each in requests}
        left = set(found)
        while left:
            for event in self.step():
                if event.ticket not in found:
                    continue  # somebody else's
                request, tokens = found[event.ticket]
                if event.token is not None and event.token != request.end:
                    tokens.append(event.token)
                if event.finish:
                    left.discard(event.ticket)
        return [tokens for _, tokens in found.values()]

    @torch.no_grad()
    def step(self) -> list[Event]:
        """Let requests in where there is room, and write one token for each; what happened."""
        events, read = list[Event](), 0
        going = list(self.running)
        while (not read or read < self.prefill) and (group := self.group(self.prefill - read)):
            read += sum(len(each.text) - each.begins for each in group)
            events += self.advance(group, self.read(group))
        events += self.write([each for each in going if each in self.running])
        self.steps += 1
        return events

    def group(self, most: int) -> list[Running]:
        """Let in those of the waiting that can be read together: of about one length, up to ``most`` tokens, and none
        that begins as another of them does, which it can share a moment later."""
        found, tokens, longest = list[Running](), 0, 0
        while self.waiting and len(self.running) < self.rows and (not found or tokens < most):
            first = self.waiting[0]
            new = len(first.text) - self.pages.size * len(self.pages.shared(first.text))
            together = (len(found) + 1) * max(longest, new) <= 2 * (tokens + new)
            begins = first.text[: self.pages.size]
            alike = len(first.text) > len(begins) and any(each.text[: len(begins)] == begins for each in found)
            if (found and (alike or not together)) or not self.enter(first):
                break
            self.waiting.popleft()
            found.append(first)
            tokens, longest = tokens + new, max(longest, new)
        return found

    # Coming and going ------------------------------------------------------------------------------------------------

    def enter(self, running: Running) -> bool:
        """Give a request the pages of its text, shared ones first; whether there were enough."""
        shared = self.pages.shared(running.text)
        wanted = -(-len(running.text) // self.pages.size) - len(shared)
        if self.pages.free - sum(page in self.pages.left for page in shared) < wanted:
            return False
        for page in shared:
            self.pages.own(page)
        taken = [page for page in (self.pages.take() for _ in range(wanted)) if page is not None]
        running.pages = shared + taken
        self.prompt_tokens += len(running.text) - len(shared) * self.pages.size
        self.running.append(running)
        running.begins = len(shared) * self.pages.size
        return True

    def leave(self, running: Running) -> None:
        """Give back what a request had."""
        if running in self.running:
            self.running.remove(running)
            self.pages.give_back(running.pages)
        else:
            self.waiting.remove(running)

    def make_room(self, running: Running) -> bool:
        """A page for the next token; where there is none the youngest gives way, and is read again later."""
        while len(running.pages) * self.pages.size < len(running.text):
            page = self.pages.take()
            if page is not None:
                running.pages.append(page)
                continue
            youngest = max(self.running, key=lambda each: each.ticket)
            self.leave(youngest)
            youngest.pages = []
            self.waiting.appendleft(youngest)
            if youngest is running:
                return False
        return True

    # Reading and writing ---------------------------------------------------------------------------------------------

    def read(self, group: list[Running]) -> Float[Tensor, "N V"]:
        """Read what is new of texts that enter, all in one go; the logits of the token that follows each.

        A shorter text says its last token again and again, in one place: what is written there stays what it was.
        """
        longest = max(len(each.text) - each.begins for each in group)
        places = [[min(each.begins + step, len(each.text) - 1) for step in range(longest)] for each in group]
        text = [[each.text[place] for place in row] for each, row in zip(group, places, strict=True)]
        table = self.table(group, len(group))
        step = PagedStep(self.model)  # of any length: not compiled
        tokens, index = (torch.tensor(each, device=self.device) for each in (text, places))
        logits: Tensor = step(tokens, index, table, self.keys, self.values)
        for each in group:
            self.pages.fill(each.pages, each.text)
        return logits

    def write(self, going: list[Running]) -> list[Event]:
        """One token for every row that was running before this step."""
        kept = [each for each in going if each in self.running and self.make_room(each)]
        kept = [each for each in kept if each in self.running]  # some may have given way to others
        if not kept:
            return []
        rows = max(LEAST, len(kept))
        filling = [[0]] * (rows - len(kept))
        newest, places = [[each.text[-1]] for each in kept], [[len(each.text) - 1] for each in kept]
        tokens, index = (torch.tensor(each + filling, device=self.device) for each in (newest, places))
        logits = self.step_of(tokens, index, self.table(kept, rows), self.keys, self.values)
        for each in kept:
            if len(each.text) % self.pages.size == 0:
                self.pages.fill(each.pages, each.text)
        return self.advance(kept, logits[: len(kept)])

    def table(self, texts: list[Running], rows: int) -> Int[Tensor, "B P"]:
        """Which pages hold the texts, one a row; beyond the end of a text, and in rows that fill up, the page where
        nobody looks."""
        nobody = [self.pages.count]
        width = max(LEAST, *(-(-len(each.text) // self.pages.size) for each in texts))
        found = [(each.pages + nobody * width)[:width] for each in texts]
        return torch.tensor(found + [nobody * width] * (rows - len(texts)), device=self.device)

    def advance(self, those: list[Running], logits: Float[Tensor, "N V"]) -> list[Event]:
        """Choose a token for each, and say what happened; who has finished leaves."""
        if all(each.plain for each in those):
            highest, likeliest = logits.max(-1)  # of numbers that are none, the highest is none
            finite(highest[:, None])
            tokens = likeliest.tolist()
        else:
            finite(logits)
            tokens = [self.chosen(each, logits[place : place + 1]) for place, each in enumerate(those)]
        events = []
        for place, (each, token) in enumerate(zip(those, tokens, strict=True)):
            wanted = each.request.scores
            scores = None if wanted is None else scores_of(logits[place], token, wanted)
            each.text.append(token)
            finish: Finish | None = None
            if token == each.request.end:
                finish = "end"
            elif each.written == each.request.sampling.max_tokens:
                finish = "length"
            if finish:
                self.leave(each)
            events.append(Event(each.ticket, token, finish, scores))
        return events

    def chosen(self, running: Running, logits: Float[Tensor, "1 V"]) -> int:
        """The next token of one text."""
        written = torch.tensor([running.text], device=self.device)
        adjusted = running.request.adjusting.apply(logits.float(), running.text[len(running.request.prompt) :])
        return int(running.choose(adjusted, written, [running.generator]))

    def compile_step(self, weights: str) -> Compiled:
        """The step as machine code, for any number of texts of any length in a memory of any size."""
        place, rows = min(17, self.config.context - 1), 3
        width = place // self.pages.size + 2
        tokens = torch.arange(rows, device=self.device)[:, None] % self.config.vocabulary
        index = torch.full((rows, 1), place, device=self.device)
        table = torch.arange(rows * width, device=self.device).view(rows, width)
        keys, values = make_pool(self.config, rows * width, self.pages.size, self.device, self.keys[0].dtype)
        fill([*keys, *values])
        arguments: tuple[Any, ...] = (tokens, index, table, keys, values)
        several = {name: torch.export.Dim(name, min=LEAST, max=1 << 20) for name in ("rows", "pages", "memory")}
        row, pool = {0: several["rows"]}, [{0: several["memory"]}] * self.config.depth
        dynamic = {"tokens": row, "index": row, "table": row | {1: several["pages"]}, "keys": pool, "values": pool}
        name = repr((replace(self.config, dropout=0.0), weights, "paged"))
        with torch.no_grad():
            return compiled_ahead(PagedStep(self.model), arguments, dynamic, name)
