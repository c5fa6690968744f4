"""Exact probabilities: of a text, of all stories of a small world, and the entropy of a world of any size."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable

from hornbook.corpus.story_world.grammar import Choose, Draw, End, Node
from hornbook.corpus.story_world.proof import all_nodes
from hornbook.corpus.story_world.telling import tellings
from hornbook.corpus.story_world.words import Table, Word
from hornbook.corpus.story_world.world import WORLD, World


def log_probability(text: str, world: World = WORLD) -> float:
    """The logarithm of the probability (nats) that the world tells exactly this text; ``-inf`` if it never does.

    Sums over every telling of the text, however many there are. A way is given up as soon as what it has told is not
    how the text begins, so where the text leaves one way open at each choice this takes about a millisecond.
    """
    found = [each.log_probability for each in tellings(world.begin(), text.startswith) if each.text == text]
    return log_sum(found)


def log_sum(logarithms: Iterable[float]) -> float:
    """The logarithm of a sum of probabilities that are given by theirs; ``-inf`` for none."""
    values = list(logarithms)
    highest = max(values, default=-math.inf)
    if highest == -math.inf:
        return -math.inf
    return highest + math.log(math.fsum(math.exp(value - highest) for value in values))


def all_texts(world: World) -> dict[str, float]:
    """Every text of a small world with its log-probability (nats), summed over its tellings."""
    found: dict[str, list[float]] = defaultdict(list)
    for each in tellings(world.begin(), lambda told: True):
        found[each.text].append(each.log_probability)
    return {text: log_sum(values) for text, values in found.items()}


def entropy(world: World = WORLD) -> float:
    """The entropy of a story in nats, exactly, without drawing any.

    A story is a chain of uniform choices, so its entropy is the expected sum of the logarithms of how many ways each
    leaves (the chain rule; Cover and Thomas, "Elements of Information Theory", theorem 2.2.1). That number depends on
    what came before only through how many words of each kind have a name already. This is the entropy of the
    *telling*, which is that of the text where ``proof.ambiguities`` finds nothing.
    """
    kinds = word_kinds(world.start)
    known: dict[tuple[Node, frozenset[tuple[int, int]]], float] = {}
    stack: list[tuple[Node, frozenset[tuple[int, int]]]] = [(world.start, frozenset())]
    while stack:
        node, used = stack[-1]
        ways = expand(node, used, kinds)
        missing = [way for way, _ in ways if way not in known]
        if missing:
            stack.extend(missing)
            continue
        stack.pop()
        here = math.log(sum(weight for _, weight in ways)) if isinstance(node, Choose | Draw) else 0.0
        total = sum(weight for _, weight in ways)
        known[node, used] = here + sum(weight * known[way] for way, weight in ways) / total if ways else 0.0
    return known[world.start, frozenset()]


def word_kinds(start: Node) -> dict[Table, Counter[int]]:
    """For every table, how many of its words are of which kind; the same tables have all words of a kind."""
    tables = sorted({node.table for node in all_nodes(start) if isinstance(node, Draw)}, key=lambda table: table.name)
    member: dict[Word, frozenset[Table]] = defaultdict(frozenset)
    for table in tables:
        for word in table.words:
            member[word] |= {table}
    numbers = {tables_of: number for number, tables_of in enumerate(dict.fromkeys(member.values()))}
    return {table: Counter(numbers[member[word]] for word in table.words) for table in tables}


def expand(
    node: Node, used: frozenset[tuple[int, int]], kinds: dict[Table, Counter[int]]
) -> list[tuple[tuple[Node, frozenset[tuple[int, int]]], int]]:
    """The ways on from a node and how many choices lead there; ``used``: how many words of each kind have a name."""
    match node:
        case End():
            return []
        case Choose():
            return [((option, used), 1) for option in node.options]
        case Draw() if node.name:
            counts = dict(used)
            ways = []
            for kind, size in kinds[node.table].items():
                left = size - counts.get(kind, 0)
                if left:
                    ways.append(((node.next, frozenset({**counts, kind: counts.get(kind, 0) + 1}.items())), left))
            return ways
        case Draw():
            return [((node.next, used), len(node.table.words))]
        case _:
            return [((node.next, used), 1)]
