"""``hornbook check``: does a model of one's own do what a language model has to do?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import cyclopts

if TYPE_CHECKING:
    from hornbook.workflows.check import Checked

app = cyclopts.App(name="check")

Flag = cyclopts.Parameter(negative=())


@app.default
def check(
    target: str,
    /,
    *,
    vocabulary: int = 61,
    context: int = 16,
    set_: Annotated[tuple[str, ...], cyclopts.Parameter(name="--set")] = (),
    both_ways: Annotated[bool, Flag] = False,
    part: str | None = None,
    as_json: Annotated[bool, cyclopts.Parameter(name="--json", negative=())] = False,
) -> None:
    """Examine a model that is written in a file: nothing of the future, rows apart, order, first loss, gradients...

    It has to take whole numbers [batch, time] and to return logits [batch, time, vocabulary]. Exits with 4 when a check
    fails, and says which mistake usually looks like that. The file is run. With --part it is a function of yours that
    is graded: one of those that hornbook learn parts lists.

    Parameters
    ----------
    target
        FILE:Class, as in model.py:MyGPT; with --part FILE:function.
    vocabulary
        Given to the parameter called vocabulary, vocab_size or the like.
    context
        Given to the parameter called context, block_size or the like.
    set_
        Other parameters, as in --set width=64 --set heads=4.
    both_ways
        It is an encoder, whose places may see all others.
    part
        Grade a single part: attention, rotary, adamw and others.
    as_json
        Print one JSON object instead of the table.
    """
    import dataclasses

    from hornbook.cli.output import print_json
    from hornbook.errors import CheckError
    from hornbook.settings import override
    from hornbook.workflows.check import check_file

    if part is not None:
        grade_part(part, target, as_json)
        return
    found = check_file(target, vocabulary, context, override({}, set_), both_ways)
    broken = [each.name for each in found if each.finding.state == "failed"]
    if as_json:
        print_json({"schema": 1, "target": target, "ok": not broken, "checks": list(map(dataclasses.asdict, found))})
    else:
        print_found(found)
    if broken:
        raise CheckError(f"{target}: {len(broken)} of {len(found)} checks failed: {', '.join(broken)}")


def print_found(found: list[Checked]) -> None:
    """A line for each check; where one failed, what it asks for and what usually is the mistake."""
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False, soft_wrap=True)
    signs = {"passed": "[green]  ok[/]", "failed": "[bold red]fail[/]", "left out": "[dim]   -[/]"}
    for each in found:
        console.print(f"{signs[each.finding.state]}  {each.name:<20} {escape(each.finding.seen)}")
        if each.finding.likely:
            console.print(f"      {'':<20} [dim]{escape(each.claim)}[/]")
            console.print(f"      {'':<20} -> {escape(each.finding.likely)}")


def grade_part(name: str, target: str, as_json: bool) -> None:
    """Grade one function; a wrong one exits with 4 and the hint."""
    from hornbook.cli.output import print_json
    from hornbook.course.answers import WrongAnswer
    from hornbook.course.own.parts import find_part, read_part

    part = find_part(name)
    try:
        read_part(part, target)
    except WrongAnswer as wrong:
        if as_json:
            print_json(
                {"schema": 1, "target": target, "part": name, "ok": False, "said": str(wrong), "hint": wrong.hint}
            )
        raise WrongAnswer(f"{wrong}\n-> {wrong.hint}", wrong.hint) from None
    if as_json:
        print_json({"schema": 1, "target": target, "part": name, "ok": True})
    else:
        print(f"{target}: right. Put it to work: hornbook learn train RECIPE --own {name}={target} ({part.works_in})")
