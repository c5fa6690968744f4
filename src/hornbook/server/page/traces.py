"""The passes that were looked into last: their maps are asked for afterwards, one kind at a time."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass, field

from hornbook.server.errors import ApiError
from hornbook.workflows.watching.looking import Trace

KEPT, ROOM = 16, 256 << 20
"""So many traces are kept, in so many bytes."""


@dataclass
class Traces:
    """The traces of the last passes by their names."""

    found: OrderedDict[str, Trace] = field(default_factory=OrderedDict)

    def keep(self, trace: Trace) -> str:
        """Keep one more, and give it a name; the oldest go where there is no room."""
        name = secrets.token_hex(8)
        self.found[name] = trace
        while len(self.found) > KEPT or (len(self.found) > 1 and self.bytes > ROOM):
            self.found.popitem(last=False)
        return name

    @property
    def bytes(self) -> int:
        """What all of them take."""
        return sum(each.bytes for each in self.found.values())

    def find(self, name: str) -> Trace:
        """The trace of a name (``ApiError`` 410: it has gone)."""
        if name not in self.found:
            raise ApiError(410, "this trace is no longer kept; send the text again", code="trace_gone")
        self.found.move_to_end(name)
        return self.found[name]
