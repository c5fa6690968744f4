"""The little language that plots are written in, and the graph that it is turned into.

A template is plain text with six kinds of marks:

- ``[walked|ran|]`` one of these, each equally likely; they nest, and one of them may be empty;
- ``{toy=toys.a}`` draw a word from the table ``toys``, call it ``toy`` from now on, and write its form ``a`` ("an
  apple"); a word that already has a name in this story is not drawn again; ``{=toys}`` draws any word and gives it no
  name;
- ``{toy}``, ``{toy.did}``, ``{friend.he}`` write a form of a word that has been drawn; ``{he}`` and ``{his}`` are
  those of ``hero``; a capital in the name asks for one in the text: ``{He}``, ``{Toy.a}``, ``{Toy=toys.a}``;
- ``{>day}`` go through another rule here;
- ``<give hero friend toy>`` something happens that the scene keeps account of; nothing is written;
- ``<let owner friend>`` from now on ``owner`` is another name for ``friend``.

A line break is a space, an empty line a new paragraph. ``compile_rule`` links all that into a graph of nodes, each of
which knows what comes next: rules are written out where they are used, and the ways out of a choice meet again behind
it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from hornbook.corpus.story_world.words import Table
from hornbook.errors import HornbookError, nearest

PRONOUNS = ("he", "him", "his")
MARK = re.compile(r"\[|\]|\||\{[^{}]*\}|<[^<>]*>|[^\[\]|{}<>]+")


class GrammarError(HornbookError):
    """A template that cannot be read, or one that allows two derivations of the same text."""


@dataclass(frozen=True, eq=False)
class End:
    """The story is over."""


@dataclass(frozen=True, eq=False)
class Say:
    """Write this text."""

    text: str
    next: Node


@dataclass(frozen=True, eq=False)
class Slot:
    """Write a form of a word that has been drawn."""

    name: str
    form: str
    capital: bool
    next: Node


@dataclass(frozen=True, eq=False)
class Happen:
    """Something happens; ``names`` are those of the words it happens to."""

    verb: str
    names: tuple[str, ...]
    next: Node


@dataclass(frozen=True, eq=False)
class Draw:
    """Draw a word from a table; with a name, one that no name in this story has yet."""

    name: str
    table: Table
    form: str
    capital: bool
    next: Node


@dataclass(frozen=True, eq=False)
class Choose:
    """Go on with one of these, each equally likely."""

    options: tuple[Node, ...]


Node = End | Say | Slot | Happen | Draw | Choose
END = End()


@dataclass(frozen=True)
class Call:
    """A mark that stands for another rule; it is gone once a template is linked."""

    rule: str


Item = str | Slot | Happen | Draw | Call | list[list["Item"]]


def parse(template: str, tables: Mapping[str, Table]) -> list[Item]:
    """What a template says, in order: texts, marks (linked to the end for now), and choices as lists of their options.

    Raises:
        GrammarError: brackets that do not match, or a table that is not there.
    """
    text = tidy(template)
    pieces = MARK.findall(text)
    if "".join(pieces) != text:
        raise GrammarError(f"story grammar: cannot read {text!r}; a bracket is open or empty")
    stack: list[list[list[Item]]] = [[[]]]
    for piece in pieces:
        if piece == "[":
            stack.append([[]])
        elif piece == "|" and len(stack) > 1:
            stack[-1].append([])
        elif piece == "]" and len(stack) > 1:
            options = stack.pop()
            stack[-1][-1].append(options)
        elif piece in "|]":
            raise GrammarError(f"story grammar: {piece!r} outside of a choice in {text!r}")
        else:
            stack[-1][-1].append(read_mark(piece, tables))
    if len(stack) > 1:
        raise GrammarError(f"story grammar: a choice is never closed in {text!r}")
    return stack[0][0]


def tidy(template: str) -> str:
    """A template without the white space that only lays it out: around events, and where a choice goes over lines."""
    text = re.sub(r"\s*\n\s*([|\]])", r"\1", template.strip())
    text = re.sub(r"([|\[])\s*\n\s*", r"\1", text)
    paragraphs = [" ".join(paragraph.split()) for paragraph in re.split(r"\n\s*\n", text)]
    paragraphs = [re.sub(r" (?=<)", "", paragraph) for paragraph in paragraphs]
    return "\n".join(re.sub(r"^((?:<[^<>]*>)+) ", r"\1", paragraph) for paragraph in paragraphs)


def read_mark(piece: str, tables: Mapping[str, Table]) -> Item:
    """One mark of a template, or the plain text that it is."""
    if piece[0] == "<":
        verb, *names = piece[1:-1].split()
        return Happen(verb, tuple(names), END)
    if piece[0] != "{":
        return piece
    inside = piece[1:-1]
    if inside[0] == ">":
        return Call(inside[1:])
    name, equals, source = inside.partition("=")
    word, _, form = (source if equals else name).partition(".")
    if equals:
        if word not in tables:
            raise GrammarError(f"story grammar: {piece} draws from {word!r}, which is no table{nearest(word, tables)}")
        if any(form not in each.forms for each in tables[word].words):
            raise GrammarError(f"story grammar: {piece} asks for a form that not every word of {word!r} has")
        lower = name[:1].lower() + name[1:]
        return Draw(lower, tables[word], form, name != lower, END)
    lower = word[0].lower() + word[1:]
    if lower in PRONOUNS:
        return Slot("hero", lower, word != lower, END)
    return Slot(lower, form, word != lower, END)


def compile_rule(rule: str, rules: Mapping[str, str], tables: Mapping[str, Table], end: Node = END) -> Node:
    """The graph of a rule, which goes on with ``end``.

    Raises:
        GrammarError: as ``parse``, or a rule that is not there.
    """
    if rule not in rules:
        raise GrammarError(f"story grammar: there is no rule {rule!r}{nearest(rule, rules)}")
    return link(parse(rules[rule], tables), end, rules, tables)


def link(items: list[Item], end: Node, rules: Mapping[str, str], tables: Mapping[str, Table]) -> Node:
    """The graph of some items, built from the last one to the first."""
    node = end
    for item in reversed(items):
        match item:
            case str():
                node = Say(item, node)
            case list():
                node = Choose(tuple(link(option, node, rules, tables) for option in item))
            case Call():
                node = compile_rule(item.rule, rules, tables, node)
            case Slot():
                node = Slot(item.name, item.form, item.capital, node)
            case Draw():
                node = Draw(item.name, item.table, item.form, item.capital, node)
            case Happen():
                node = Happen(item.verb, item.names, node)
    return node
