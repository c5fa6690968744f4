"""The one thread that works on a model: requests come in, all that are there advance together, tokens go out.

The engine (generation/engine.py) is not made for several threads, and a step of it should not hold up those who only
want to know whether the server is well. So it lives in a thread of its own; others leave it a note and are told what
happens through a queue of their event loop. Next: writing.py.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from hornbook.errors import HornbookError
from hornbook.generation.engine import Engine, Event, Request
from hornbook.server.errors import ApiError, refused

Found = TypeVar("Found")
Told = Event | ApiError
Events = asyncio.Queue[tuple["Order", Told]]


@dataclass(eq=False)
class Order:
    """A request on its way: what happens to it arrives in ``events``. ``ticket`` is known to the thread alone."""

    request: Request
    events: Events
    loop: asyncio.AbstractEventLoop
    ticket: int | None = None

    def tell(self, told: Told) -> None:
        """Hand something over to whoever waits for it, if they still do."""
        with contextlib.suppress(RuntimeError):  # their loop is closed
            self.loop.call_soon_threadsafe(self.events.put_nowait, (self, told))


@dataclass
class Counts:
    """What has been done so far."""

    requests: int = 0
    refused: int = 0
    cancelled: int = 0
    prompt_tokens: int = 0
    tokens: int = 0


class Worker:
    """A thread around an engine; at most ``rows`` requests are written and ``limit`` more may wait."""

    def __init__(self, engine: Engine, limit: int) -> None:
        self.engine, self.most = engine, engine.rows + limit
        self.notes: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self.orders: dict[int, Order] = {}  # by ticket; the thread's own
        self.live: set[Order] = set()  # the event loop's own, as asked is
        self.asked = 0
        self.counts, self.ending = Counts(), False
        self.thread = threading.Thread(target=self.work, name="model", daemon=True)
        self.thread.start()

    # From the event loop ----------------------------------------------------------------------------------------------

    def order(self, request: Request, events: Events) -> Order:
        """Put a request in line; several may share a queue.

        Raises:
            ApiError: too many are waiting (429).
        """
        self.check_room()
        order = Order(request, events, asyncio.get_running_loop())
        self.live.add(order)
        self.counts.requests += 1
        self.notes.put(lambda: self.begin(order))
        return order

    def check_room(self) -> None:
        """Refuse one more (``ApiError`` 429) where too many are here."""
        here = len(self.live) + self.asked
        if here >= self.most:
            self.counts.refused += 1
            raise ApiError(429, f"{here} requests are being answered or waiting; try again", code="queue_full")

    def forget(self, order: Order, finished: bool = False) -> None:
        """Whoever ordered does not wait any more: they have all they wanted (``finished``), or it is given up."""
        self.live.discard(order)
        self.notes.put(lambda: self.give_up(order, finished))

    async def ask(self, action: Callable[[], Found]) -> Found:
        """Have something done by the thread between two steps, and wait for what it returns.

        Raises:
            ApiError: too many are waiting (429).
        """
        self.check_room()
        self.asked += 1
        try:
            return await self.done(action)
        finally:
            self.asked -= 1

    async def done(self, action: Callable[[], Found]) -> Found:
        """What ``action`` returns, in the thread."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Found] = loop.create_future()

        def finish(settle: Callable[[], None]) -> None:
            if not done.cancelled():
                settle()

        def act() -> None:
            try:
                settle = partial(done.set_result, action())
            except Exception as error:
                settle = partial(done.set_exception, error)
            loop.call_soon_threadsafe(finish, settle)

        self.notes.put(act)
        return await done

    def stop(self) -> None:
        """End the thread; what is not over is told so."""
        self.ending = True
        self.notes.put(lambda: None)
        self.thread.join(timeout=30)

    # In the thread ----------------------------------------------------------------------------------------------------

    def work(self) -> None:
        """Read notes while there are any, then advance everybody by a token; sleep where there is nothing to do."""
        while not self.ending:
            if not self.engine.busy:
                self.notes.get()()
            while not self.notes.empty():
                self.notes.get()()
            if self.engine.busy and not self.ending:
                self.advance()
        for order in self.orders.values():
            order.tell(ApiError(503, "the server is going down", code="going_down"))

    def begin(self, order: Order) -> None:
        """Hand a request to the engine, or say why not."""
        try:
            order.ticket = self.engine.submit(order.request)
        except HornbookError as error:
            order.tell(refused(error))
            return
        self.counts.prompt_tokens += len(order.request.prompt)
        self.orders[order.ticket] = order

    def give_up(self, order: Order, finished: bool) -> None:
        """Write no more of what is not over; where a stop string ended it, nobody has left it."""
        if order.ticket is not None and self.orders.pop(order.ticket, None) is not None:
            self.counts.cancelled += not finished
            self.engine.cancel(order.ticket)

    def advance(self) -> None:
        """A step of the engine; if it fails, all that were on their way have failed."""
        try:
            events = self.engine.step()
        except Exception as error:
            told = (
                refused(error) if isinstance(error, HornbookError) else ApiError(500, "writing failed", code="failed")
            )
            for ticket, order in list(self.orders.items()):
                self.engine.cancel(ticket)
                order.tell(told)
            self.orders.clear()
            return
        for event in events:
            waiting = self.orders.get(event.ticket)
            if waiting is None:
                continue
            self.counts.tokens += event.token is not None
            if event.finish:
                del self.orders[event.ticket]
            waiting.tell(event)

    def state(self) -> dict[str, Any]:
        """Numbers for those who watch."""
        return {
            "requests_total": self.counts.requests,
            "requests_refused_total": self.counts.refused,
            "requests_cancelled_total": self.counts.cancelled,
            "prompt_tokens_total": self.counts.prompt_tokens,
            "generated_tokens_total": self.counts.tokens,
            "requests_running": len(self.engine.running),
            "requests_waiting": len(self.engine.waiting),
            "pages_free": self.engine.pages.free,
            "pages": self.engine.pages.count,
        }
