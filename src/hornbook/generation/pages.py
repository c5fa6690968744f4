"""Who owns which page of the memory: plain book-keeping for the engine, no tensors.

A full page whose tokens, and all tokens before it, are the same as another text's holds the same keys and values; it is
found by a name made of them and shared. A page that nobody owns any more stays findable until its room is needed, the
one that was left longest ago first. Next: engine.py.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

Name = tuple[int, tuple[int, ...]]
"""The page before it (-1: none) and its own tokens. Two pages of one name hold the same."""


@dataclass
class Pages:
    """``count`` pages of ``size`` tokens."""

    count: int
    size: int
    owners: dict[int, int] = field(default_factory=dict)  # page -> how many texts have it
    named: dict[Name, int] = field(default_factory=dict)
    names: dict[int, Name] = field(default_factory=dict)
    left: OrderedDict[int, None] = field(default_factory=OrderedDict)  # named, owned by nobody, the oldest first
    fresh: list[int] = field(default_factory=list)  # nothing in them that anybody could want

    def __post_init__(self) -> None:
        self.fresh = list(range(self.count))[::-1]

    @property
    def free(self) -> int:
        """How many pages can be had."""
        return len(self.fresh) + len(self.left)

    def shared(self, tokens: Sequence[int]) -> list[int]:
        """The pages that already hold the beginning of ``tokens``. At least one token is always left to read."""
        found: list[int] = []
        while (len(found) + 1) * self.size < len(tokens):
            piece = tuple(tokens[len(found) * self.size : (len(found) + 1) * self.size])
            page = self.named.get((found[-1] if found else -1, piece))
            if page is None:
                break
            found.append(page)
        return found

    def own(self, page: int) -> None:
        """One more text has a page."""
        self.left.pop(page, None)
        self.owners[page] = self.owners.get(page, 0) + 1

    def take(self) -> int | None:
        """A page to write to, or ``None`` where all are owned."""
        if self.fresh:
            page = self.fresh.pop()
        elif self.left:
            page = self.left.popitem(last=False)[0]
            self.forget(page)
        else:
            return None
        self.own(page)
        return page

    def forget(self, page: int) -> None:
        """What a page holds can no longer be found, nor what follows it: its number will stand for something else."""
        name = self.names.pop(page, None)
        if name is not None:
            del self.named[name]
        for after in [each for each, (before, _) in self.names.items() if before == page]:
            self.forget(after)
            if after in self.left:
                del self.left[after]
                self.fresh.append(after)

    def fill(self, pages: Sequence[int], tokens: Sequence[int]) -> None:
        """Give names to all full pages of a text, so that others find them."""
        for place in range(min(len(pages), len(tokens) // self.size)):
            name = (pages[place - 1] if place else -1, tuple(tokens[place * self.size : (place + 1) * self.size]))
            if pages[place] not in self.names and name not in self.named:
                if place and pages[place - 1] not in self.names:
                    break  # the page before has no name: another text holds the same
                self.named[name], self.names[pages[place]] = pages[place], name

    def give_back(self, pages: Sequence[int]) -> None:
        """A text is over."""
        for page in reversed(pages):
            self.owners[page] -= 1
            if not self.owners[page]:
                del self.owners[page]
                if page in self.names:
                    self.left[page] = None
                else:
                    self.fresh.append(page)
