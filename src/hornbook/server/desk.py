"""One thread for everything that only reads: embeddings, and what the page wants to know of the inside of models.

What is asked is done one after another, in its turn: each fills the processor alone, and those who write (worker.py)
go on beside it. Nobody waits behind a line that is too long.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from hornbook.server.errors import ApiError

Found = TypeVar("Found")


class Desk:
    """At most ``most`` questions are being answered or waiting."""

    def __init__(self, most: int) -> None:
        self.most, self.here = most, 0
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="desk")

    async def ask(self, action: Callable[[], Found]) -> Found:
        """What ``action`` returns, when it is its turn; whoever leaves before is not waited for.

        Raises:
            ApiError: too many are waiting (429).
        """
        if self.here >= self.most:
            raise ApiError(429, f"{self.here} requests are being answered or waiting; try again", code="queue_full")
        self.here += 1
        try:
            return await asyncio.wrap_future(self.thread.submit(action))
        finally:
            self.here -= 1

    def stop(self) -> None:
        """Take no more questions."""
        self.thread.shutdown(wait=False, cancel_futures=True)
