"""Rating in the terminal: shows what ``Session`` asks and hands it what is typed. Works with lines from a pipe too."""

from __future__ import annotations

import sys
import textwrap
import time

from hornbook.evaluation.rating.session import Session, Shown
from hornbook.evaluation.rating.study import SCALES

CHOICES = {"a": "left", "b": "right", "t": "tie", "n": "neither"}
HELP = "u takes back the last answer, s skips, q stops (all answers are kept), ? shows this again"


class Left(Exception):
    """The rater has typed q, or there is nothing more to read."""


class Moved(Exception):
    """The rater has skipped, or gone back: another item is next."""


def ask_all(session: Session) -> None:
    """Ask until all is answered or the rater has had enough."""
    print(f"{len(session.items)} items. {HELP}.\n")
    told: set[int] = set()
    try:
        while shown := session.next():
            if len(shown.texts) not in told:
                told.add(len(shown.texts))
                print(instructions(len(shown.texts)))
            show(shown)
            ask(session, shown)
    except (Left, KeyboardInterrupt):
        print(f"\n{len(session.answers)} of {len(session.items)} answered; the same command goes on from here")
        return
    print("All items are answered. Thank you.")


def instructions(texts: int) -> str:
    """What is asked, once before the first item of a kind."""
    if texts == 2:
        return "Which text is better? a, b, t (equally good) or n (both bad).\n"
    lines = ["Give each text a step from 1 to 5:"]
    for aspect, anchors in SCALES.items():
        lines += [f"  {aspect}", *(f"    {step}  {words}" for step, words in enumerate(anchors, 1))]
    return "\n".join(lines) + "\n"


def show(shown: Shown) -> None:
    """An item: where we are, the prompt, the texts."""
    print(f"--- {shown.place + 1} of {shown.items} " + "-" * 40)
    print(f"prompt: {shown.prompt}")
    for name, text in zip("AB" if len(shown.texts) == 2 else " ", shown.texts, strict=True):
        print(textwrap.indent(text.strip() or "(no text)", f"{name} | ", lambda line: True))


def ask(session: Session, shown: Shown) -> None:
    """Ask for an answer until there is one, and keep it; or skip, or go back."""
    started = time.monotonic()
    try:
        if len(shown.texts) == 2:
            letter = answer_among(session, "better (a, b, t, n)", tuple(CHOICES))
            answer: dict[str, object] = {"choice": CHOICES[letter]}
        else:
            steps = {aspect: answer_among(session, f"{aspect} (1-5)", tuple("12345")) for aspect in SCALES}
            answer = {"scores": {aspect: int(step) for aspect, step in steps.items()}}
    except Moved:
        return
    session.record(answer, shown.place, time.monotonic() - started)


def answer_among(session: Session, question: str, allowed: tuple[str, ...]) -> str:
    """One of the allowed answers; ``Moved`` and ``Left`` for the others that can be typed."""
    while True:
        typed = typed_after(f"{question}: ").lower()
        if typed in allowed:
            return typed
        if typed == "q":
            raise Left
        if typed == "s":
            session.skip()
            raise Moved
        if typed == "u":
            if session.undo() is None:
                print("there is no answer to take back")
                continue
            raise Moved
        if typed == "?":
            print(f"{HELP}\n{instructions(1 if '1' in allowed else 2)}")
        else:
            print(f"{typed!r} is none of {', '.join(allowed)}; ? for help")


def typed_after(question: str) -> str:
    """A line from the terminal or a pipe."""
    try:
        line = input(question)
    except EOFError:
        raise Left from None
    if not sys.stdin.isatty():
        print(line)  # what a person would see
    return line.strip()
