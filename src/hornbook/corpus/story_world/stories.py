"""The stories, by seed and index.

Each story is a pure function of (world, seed, index). Its probability is that of its one telling, which is the
probability of its *text*, because no text of this grammar can be told in two ways: ``proof.ambiguities`` proves that
for every choice of the graph, and ``probability.log_probability`` sums over all tellings of a text without relying on
it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hornbook.corpus.story_world.scene import Fact, play
from hornbook.corpus.story_world.telling import draw
from hornbook.corpus.story_world.world import WORLD, World
from hornbook.seeds import numpy_generator

BLOCK = 256  # random numbers drawn at a time; a story takes about half of them


@dataclass(frozen=True)
class Story:
    """A story; the logarithm of the probability of its text (nats, its end included); its plot; what can be asked."""

    text: str
    log_probability: float
    plot: str
    facts: tuple[Fact, ...]


def story(seed: int, index: int, world: World = WORLD) -> Story:
    """The story with this number."""
    told = draw(world.begin(), numbers(seed, index))
    scene = play(told.events)
    return Story(told.text, told.log_probability, scene.plot, scene.facts())


def stories(seed: int, start: int = 0, count: int = 1, world: World = WORLD) -> Iterator[Story]:
    """``count`` stories in a row, from number ``start`` on."""
    return (story(seed, index, world) for index in range(start, start + count))


def numbers(seed: int, index: int) -> Iterator[float]:
    """Random numbers from [0, 1) for one story, without end."""
    generator = numpy_generator(seed, "stories", index)
    while True:
        yield from generator.random(BLOCK).tolist()
