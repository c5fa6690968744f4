"""The proof that no text can be told in two ways, so that the probability of a telling is that of its text.

At every choice, whatever can be told after one option must differ somewhere from whatever can be told after another,
before either ends. Then a text leaves at most one way open at each choice, and by induction has at most one derivation.
``ambiguities`` checks just that, for every choice of the graph: it compares what two options may say letter by letter,
trying every word that may stand in a slot (more than can really stand there, which may raise a false alarm but never
misses anything). For drawn words it is enough that no form of a word in a table begins another.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations, islice, pairwise, takewhile

from hornbook.corpus.story_world.grammar import Choose, Draw, End, Happen, Node, Say, Slot
from hornbook.corpus.story_world.words import Table, Word


def following(node: Node) -> tuple[Node, ...]:
    """The nodes that may come next."""
    match node:
        case End():
            return ()
        case Choose():
            return node.options
        case _:
            return (node.next,)


def all_nodes(start: Node) -> Iterator[Node]:
    """Every node that can be reached, once."""
    seen, stack = {start}, [start]
    while stack:
        node = stack.pop()
        yield node
        fresh = set(following(node)) - seen
        seen |= fresh
        stack.extend(fresh)


@dataclass(frozen=True)
class Proof:
    """What is needed to compare two ways through a graph."""

    start: Node
    words: Mapping[str, Word]
    lists: dict[tuple[Table | str, str, bool], list[str]] = field(default_factory=dict)

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """All nodes of the graph."""
        return tuple(all_nodes(self.start))

    @cached_property
    def domains(self) -> dict[str, set[Word]]:
        """Every word that a name may stand for."""
        domains: dict[str, set[Word]] = {name: {word} for name, word in self.words.items()}
        aliases = set()
        for node in self.nodes:
            if isinstance(node, Draw) and node.name:
                domains.setdefault(node.name, set()).update(node.table.words)
            if isinstance(node, Happen) and node.verb == "let":
                aliases.add(node.names)
        for _ in aliases:  # an alias of an alias needs another round
            for alias, name in aliases:
                domains.setdefault(alias, set()).update(domains.get(name, set()))
        return domains

    def texts(self, node: Slot | Draw) -> list[str]:
        """Everything that a slot or a draw may write, in order."""
        key = node.table if isinstance(node, Draw) else node.name
        if (key, node.form, node.capital) not in self.lists:
            words = node.table.words if isinstance(node, Draw) else self.domains[node.name]
            forms = {word.forms.get(node.form, "") for word in words} - {""}
            self.lists[key, node.form, node.capital] = sorted(
                {text[0].upper() + text[1:] for text in forms} if node.capital else forms
            )
        return self.lists[key, node.form, node.capital]

    def agreeing(self, node: Slot | Draw, ahead: str) -> list[str]:
        """Those that begin like ``ahead``, as far as both go."""
        texts = self.texts(node)
        if not ahead:
            return texts
        first = bisect_left(texts, ahead)
        longer = list(takewhile(lambda text: text.startswith(ahead), islice(texts, first, None)))
        return longer + [text for text in {ahead[:end] for end in range(1, len(ahead))} if holds(texts, text)]

    def clash(self, one: Node, other: Node, ahead: str = "") -> bool:
        """Could a text after ``one`` agree with ``ahead`` and a text after ``other``, as far as both go?"""
        while isinstance(one, Happen):
            one = one.next
        while isinstance(other, Happen):
            other = other.next
        if isinstance(one, End) or (not ahead and (one is other or isinstance(other, End))):
            return True
        if isinstance(one, Choose):
            return any(self.clash(option, other, ahead) for option in one.options)
        if isinstance(one, Say):
            return self.agree(one.text, one.next, other, ahead)
        if not ahead:
            if same_mark(one, other):
                return self.clash(one.next, other.next)  # type: ignore[union-attr]
            if isinstance(other, Choose | Say) or len(self.texts(other)) < len(self.texts(one)):  # type: ignore[arg-type]
                return self.clash(other, one)  # what is known for sure goes first, and shorter lists
        return any(self.agree(text, one.next, other, ahead) for text in self.agreeing(one, ahead))

    def agree(self, text: str, rest: Node, other: Node, ahead: str) -> bool:
        """Could ``text`` and a text after ``rest`` agree with ``ahead`` and a text after ``other``?"""
        if text.startswith(ahead):
            return self.clash(other, rest, text[len(ahead) :])
        return ahead.startswith(text) and self.clash(rest, other, ahead[len(text) :])


def holds(texts: list[str], text: str) -> bool:
    """Is ``text`` one of some texts in order?"""
    place = bisect_left(texts, text)
    return place < len(texts) and texts[place] == text


def same_mark(one: Node, other: Node) -> bool:
    """Do two slots write the same, or two draws from the same words: either equal, or told apart by the words?"""
    match one, other:
        case Slot(), Slot():
            return (one.name, one.form, one.capital) == (other.name, other.form, other.capital)
        case Draw(), Draw():
            return (one.table, one.form, one.capital) == (other.table, other.form, other.capital)
    return False


def ambiguities(start: Node, words: Mapping[str, Word]) -> list[str]:
    """Where a text could leave two ways open, in words; nothing if every text has at most one derivation."""
    proof = Proof(start, words)
    found = []
    for node in proof.nodes:
        if isinstance(node, Draw) and len(proof.texts(node)) < len(node.table.words):
            found.append(f"table {node.table.name}: a word stands there twice")
        if isinstance(node, Slot | Draw):
            proof.texts(node)
    for (_, form, _), texts in proof.lists.items():
        found += [f"form {form!r}: {b!r} begins like {a!r}" for a, b in pairwise(texts) if b.startswith(a)]
    for node in proof.nodes:
        if isinstance(node, Choose):
            for one, other in combinations(node.options, 2):
                if proof.clash(one, other):
                    found.append(f"choice: {sketch(one)!r} or {sketch(other)!r}")
    return found


def sketch(node: Node, length: int = 60) -> str:
    """How a way through the graph begins, for a message."""
    text = ""
    while not isinstance(node, End) and len(text) < length:
        match node:
            case Say():
                text += node.text
            case Slot():
                text += "{" + node.name + "." + node.form + "}"
            case Draw():
                text += "{" + node.name + "=" + node.table.name + "}"
            case Choose():
                text += "["
        node = following(node)[0]
    return text
