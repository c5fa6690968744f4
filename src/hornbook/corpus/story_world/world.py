"""Worlds: words and rules, compiled once; the big one, and a tiny one whose stories can all be listed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from hornbook.corpus.story_world.grammar import Node, compile_rule
from hornbook.corpus.story_world.plots_of_others import PLOTS_OF_OTHERS
from hornbook.corpus.story_world.plots_of_things import PLOTS_OF_THINGS
from hornbook.corpus.story_world.plots_of_wishes import PLOTS_OF_WISHES
from hornbook.corpus.story_world.plots_outdoors import PLOTS_OUTDOORS
from hornbook.corpus.story_world.shared_rules import SHARED_RULES
from hornbook.corpus.story_world.telling import Telling
from hornbook.corpus.story_world.tiny import TINY_PLOTS, TINY_RULES, TINY_VOCABULARY
from hornbook.corpus.story_world.vocabulary import VOCABULARY
from hornbook.corpus.story_world.words import Table, Word

HOME = Word({"": "home", "at": "at home"})


@dataclass(frozen=True, eq=False)
class World:
    """Everything that can be told: tables of words, rules (a story is the rule ``story``), and plots, equally likely.

    ``{>plot}`` in a rule stands for the plots.
    """

    tables: Mapping[str, Table]
    rules: Mapping[str, str]
    plots: Mapping[str, str]

    @cached_property
    def start(self) -> Node:
        """The graph of all stories, compiled when it is first needed.

        Raises:
            GrammarError: a template cannot be read.
        """
        choice = "|".join("{>" + name + "}" for name in self.plots)
        named = {name: f"<plot {name.replace(' ', '_')}>{text}" for name, text in self.plots.items()}
        return compile_rule("story", {**self.rules, **named, "plot": f"[{choice}]"}, self.tables)

    @cached_property
    def words(self) -> dict[str, Word]:
        """Words that every story knows from the start."""
        return {"home": HOME, **{name.replace(" ", "_"): Word({"": name}) for name in self.plots}}

    def begin(self) -> Telling:
        """A story of which nothing is told yet."""
        return Telling(self.start, dict(self.words))


WORLD = World(VOCABULARY, SHARED_RULES, {**PLOTS_OF_THINGS, **PLOTS_OUTDOORS, **PLOTS_OF_OTHERS, **PLOTS_OF_WISHES})
TINY_WORLD = World(TINY_VOCABULARY, TINY_RULES, TINY_PLOTS)
