"""``hornbook explain``: what a word of the course, a part, a setting or an error means, and where it is."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import cyclopts

if TYPE_CHECKING:
    from hornbook.course.terms import Found

app = cyclopts.App(name="explain")

WIDEST = 100
"""Lines longer than this are hard to read, however wide the terminal."""

SHOWN = 6
"""So many of a kind stand in the overview."""

BESIDE = 26
"""Names up to this width have their meaning beside them."""


@app.default
def explain(
    *words: str,
    markdown: Annotated[bool, cyclopts.Parameter(negative=())] = False,
    as_json: Annotated[bool, cyclopts.Parameter(name="--json", negative=())] = False,
) -> None:
    """Explain a word: meaning, formula, paper, file, figure.

    It knows the concepts of the course (attention, LoRA, ...), the parts of a model (rotary, experts, ...) and what
    each costs, the settings of a recipe (learning_rate, model.kv_heads, ...) and the choices they have (muon,
    cosine, ...), errors and exit codes, and the codes in a server's errors (queue_full, 429, ...).

    The costs are those of a model of GPT-2's size with this one part exchanged: its parameters, its floating-point
    operations for a token forward, in a context of 1,024, and the bytes that its cache keeps of a token, in 16 bits.

    Parameters
    ----------
    words
        A word or a few; a group of parts (position, norm, ...); or all of a kind: concepts, parts, settings, choices,
        errors, exit-codes, http-codes. Without one, what there is.
    markdown
        Print the page of docs/: parts, concepts or settings.
    as_json
        Print one JSON object.
    """
    from hornbook.cli.output import print_json
    from hornbook.course.terms import find_terms, kind_of, plainly

    term = " ".join(words) or None
    if markdown:
        print(page_of(term or "parts"), end="")
        return
    found = find_terms(term)
    if as_json:
        print_json({"schema": 1} | {kind_of(word).plural.replace(" ", "_"): list(map(kind_of(word).data, entries))
                                    for word, entries in found.items()})  # fmt: skip
    elif term is None:
        overview(found)
    elif plainly(term) == "parts":
        cost_table(found["part"])
    elif any(plainly(term) == kind_of(word).plural for word in found):
        listed(found)
    else:
        said(found)


def page_of(term: str) -> str:
    """A page of docs/.

    Raises:
        SettingError: of this there is none.
    """
    from hornbook.course.concepts import glossary
    from hornbook.errors import SettingError, nearest
    from hornbook.workflows.explain import page, settings_page

    pages: dict[str, Callable[[], str]] = {"parts": page, "concepts": glossary, "settings": settings_page}
    if term not in pages:
        raise SettingError(f"markdown: {term!r} is no page{nearest(term, pages)}; there are {', '.join(pages)}")
    return pages[term]()


def overview(found: Found) -> None:
    """How many there are of every kind, and a few of them."""
    from hornbook.course.terms import kind_of

    print("hornbook explain TERM says what a word means. It knows\n")
    for word, entries in found.items():
        kind = kind_of(word)
        names = list(dict.fromkeys(kind.names(each)[0] for each in entries))
        wrapped(f"{len(entries):>5} {kind.plural:<11} {', '.join(names[:: -(-len(names) // SHOWN)])}", "", " " * 18)
    print()
    for word in found:
        plural = kind_of(word).plural
        print(f"  hornbook explain {plural.replace(' ', '-'):<12} all {plural}")


def cost_table(parts: Sequence[Any]) -> None:
    """All parts with what they cost."""
    from hornbook.cli.output import print_table
    from hornbook.model.parts import costs
    from hornbook.workflows.explain import in_words

    rows = [(f"{part.group}: {part.name}", *in_words(costs(part))) for part in parts]
    print_table(("part", "parameters", "MFLOP/token", "cache bytes/token"), rows)


def listed(found: Found) -> None:
    """All of a kind: how each is called, and the first thing that is said of it."""
    from hornbook.course.terms import kind_of

    for word, entries in found.items():
        kind = kind_of(word)
        widest = max(len(kind.head(each)) for each in entries) + 2
        for each in entries:
            if widest <= BESIDE:
                wrapped(f"{kind.head(each):<{widest}}{kind.lines(each)[0]}", "", " " * widest)
            else:
                wrapped(kind.head(each), "", "  ")
                wrapped(kind.lines(each)[0], "  ", "  ")


def said(found: Found) -> None:
    """Everything that is said of every entry, the kinds apart."""
    from hornbook.course.terms import kind_of

    blocks = [(kind_of(word), each) for word, entries in found.items() for each in entries]
    for place, (kind, each) in enumerate(blocks):
        if place:
            print()
        wrapped(kind.head(each) if kind.word == "part" else f"{kind.word}: {kind.head(each)}", "", "    ")
        for line in kind.lines(each):
            wrapped(line, "  ", "    ")


def wrapped(line: str, first: str, rest: str) -> None:
    """A line in the width of the terminal; paths and numbers stay whole."""
    import shutil

    width = min(shutil.get_terminal_size().columns, WIDEST)
    print(textwrap.fill(line, width, initial_indent=first, subsequent_indent=rest, break_long_words=False,
                        break_on_hyphens=False, drop_whitespace=True))  # fmt: skip
