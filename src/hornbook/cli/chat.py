"""``hornbook chat``: talk with a run in the terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import cyclopts

from hornbook.cli.output import say
from hornbook.errors import SettingError
from hornbook.generation.config import Sampling

if TYPE_CHECKING:
    from hornbook.workflows.chat import Chat

app = cyclopts.App(name="chat")

HELP = """\
/again             answer the last question anew
/new               forget what was said
/system TEXT       what the assistant is told beforehand (empty: nothing)
/temperature T     0 always says the likeliest; 1 as the model has it
/history           what was said so far
/quit              leave (Ctrl-D too); Ctrl-C stops an answer"""


@app.default
def chat(
    run: str,
    /,
    *,
    system: str = "",
    temperature: float = 0.0,
    max_tokens: int = 256,
    seed: int = 0,
    template: str | None = None,
    checkpoint: str = "best",
) -> None:
    """Talk with a run that was taught to answer; /help says what else can be typed.

    Parameters
    ----------
    run
        A run folder, the name of one under runs/, or latest.
    system
        What the assistant is told beforehand.
    temperature
        0 always says the likeliest.
    max_tokens
        The longest answer.
    seed
        The same seed and the same words give the same answers.
    template
        How turns are laid out, for a run that was taught elsewhere: chatml, phi3, alpaca, plain, or a .jinja file.
    checkpoint
        best, latest, or one by name such as step-000200.
    """
    from hornbook.workflows.chat import open_chat

    sampling = Sampling(max_tokens=max_tokens, temperature=temperature, seed=seed)
    talk = open_chat(run, checkpoint, template, sampling, system)
    say(f"{talk.loaded.run.folder} at {talk.loaded.checkpoint.name}; /help says what can be typed")
    while True:
        try:
            line = input("> " if sys.stdin.isatty() else "")
        except (EOFError, KeyboardInterrupt):
            return
        if line.strip() == "/quit":
            return
        if line.strip():
            respond(talk, line.strip())


def respond(talk: Chat, line: str) -> None:
    """Do what a line asks for: a command, or an answer to it."""
    try:
        if line.startswith("/"):
            command, _, rest = line.partition(" ")
            obey(talk, command, rest.strip())
        else:
            show(talk, line)
    except SettingError as error:
        say(f"error: {error}")


def obey(talk: Chat, command: str, rest: str) -> None:
    """A line that begins with a slash."""
    from hornbook.errors import nearest

    commands: dict[str, Callable[[], None]] = {
        "/help": lambda: print(HELP),
        "/again": lambda: show(talk, None),
        "/new": talk.forget,
        "/history": lambda: print("\n".join(f"{each['role']}: {each['content']}" for each in talk.messages)),
        "/system": lambda: talk.tell(rest),
        "/temperature": lambda: talk.heat(rest),
    }
    if command not in commands:
        raise SettingError(f"{command} is not known{nearest(command, commands)}; /help says what is")
    commands[command]()


def show(talk: Chat, line: str | None) -> None:
    """Print an answer as it is written; Ctrl-C ends it where it is."""
    pieces = talk.again() if line is None else talk.ask(line)
    try:
        for piece in pieces:
            sys.stdout.write(piece)
            sys.stdout.flush()
    except KeyboardInterrupt:
        pieces.close()
        say(" (stopped)")
    print(flush=True)
