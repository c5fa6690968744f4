"""``hornbook explain``: every part of a model, its formula, its paper, its file and what it costs."""

from __future__ import annotations

from typing import Annotated

import cyclopts

app = cyclopts.App(name="explain")


@app.default
def explain(
    term: str | None = None,
    /,
    *,
    markdown: Annotated[bool, cyclopts.Parameter(negative=())] = False,
    as_json: Annotated[bool, cyclopts.Parameter(name="--json", negative=())] = False,
) -> None:
    """Explain a part of a model (rotary, sinks, experts, ...), a group of them (position, norm, ...), or all.

    The costs are those of a model of GPT-2's size with this one part exchanged: its parameters, its floating-point
    operations for a token forward, in a context of 1,024, and the bytes that its cache keeps of a token, in 16 bits.

    Parameters
    ----------
    term
        A part or a group; without one, all parts are listed.
    markdown
        Print the table of docs/parts.md.
    as_json
        Print one JSON object.
    """
    from hornbook.cli.output import print_json, print_table
    from hornbook.model.parts import costs
    from hornbook.workflows.explain import described, find_parts, in_words, page

    parts = find_parts(term)
    if as_json:
        print_json({"schema": 1, "parts": [described(part) for part in parts]})
    elif markdown:
        print(page(parts), end="")
    elif term is None:
        rows = [(f"{part.group}: {part.name}", *in_words(costs(part))) for part in parts]
        print_table(("part", "parameters", "MFLOP/token", "cache bytes/token"), rows)
    else:
        for part in parts:
            parameters, operations, kept = in_words(costs(part))
            print(f"{part.group}: {part.name}\n  {part.formula}\n  {part.paper or 'no paper'}")
            print(f"  in src/hornbook/{part.file}: {part.symbol}")
            print(f"  in a model of GPT-2's size: {parameters} parameters, {operations} MFLOP, {kept} bytes a token")
