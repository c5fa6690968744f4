"""How a story that has been told so far may go on, with probabilities that are exact.

In: the beginning of a text. Out: every way the world may tell on from there, told until the caller has heard enough.
What the beginning itself leaves open (which plot it is, whether a word is a name) is summed over by whoever adds up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hornbook.corpus.story_world.telling import Telling
from hornbook.corpus.story_world.world import WORLD, World


def continuations(before: str, enough: Callable[[str], bool], world: World = WORLD) -> Iterator[Telling]:
    """Every telling that begins with ``before``, told until its text is ``enough`` or over.

    Their probabilities (``log_probability``, nats) add up to that of all stories that begin like this; there are none
    where no story does.
    """
    stack = [world.begin()]
    while stack:
        telling = stack.pop()
        telling.run_on()
        if not fits(telling.text, before):
            continue
        if telling.over or (len(telling.text) > len(before) and enough(telling.text)):
            if len(telling.text) >= len(before):
                yield telling
            continue
        count = telling.count()
        for index, said in reversed(telling.ways()):
            if fits(telling.text + said, before):
                other = telling.copy()
                other.take(index, count)
                stack.append(other)


def fits(told: str, before: str) -> bool:
    """Whether one of the two is how the other begins."""
    return told.startswith(before) if len(told) > len(before) else before.startswith(told)
