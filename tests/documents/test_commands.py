"""Every command of the README and the documentation is run, in short form, in the order of its page.

``rows.py`` says how, ``exceptions.py`` what cannot be run and what is checked instead. A command that stands in neither
fails its page here.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.documents.exceptions import EXCEPTIONS, NotRun
from tests.documents.reading import PAGES, Block, Command, read_page
from tests.documents.rows import ROWS, Row
from tests.documents.running import Place, named, only_named, perform
from tests.formats.hub_server import Hub
from tests.formats.hub_server import serving as hub_at
from tests.server.serving import serving

BY_SECTION = ("README.md", "docs/studies.md", "docs/finetuning.md")
"""Pages whose sections have nothing to do with each other, and get a folder each; others are read from their top."""

FILES = {("docs/truth.md", "toml"): "markov.toml"}
"""Blocks that a page has its reader write into a file."""

FROM_ELSEWHERE = {
    "stories260K.bin": "models/stories260K.bin",
    "tok512.bin": "models/tok512.bin",
    "tinystories_valid_sample.txt": "corpora/tinystories_valid_sample.txt",
}
"""Published files that a page begins with, and where they lie in the folder of real data."""


@dataclass(frozen=True)
class Unit:
    """The commands that are run one after another in one folder, and the files that they are to find there."""

    name: str
    commands: tuple[Command, ...]
    files: tuple[Block, ...] = ()


def units() -> Iterator[Unit]:
    """All pages, or their sections."""
    for name in PAGES:
        page = read_page(name)
        files = tuple(block for block in page.blocks if (name, block.kind) in FILES)
        if name not in BY_SECTION:
            yield Unit(name, tuple(page.commands), files)
            continue
        for section in dict.fromkeys(command.section for command in page.commands):
            chosen = tuple(command for command in page.commands if command.section == section)
            yield Unit(f"{name}: {section}", chosen)


UNITS = [unit for unit in units() if unit.commands]
EVERY = [command for unit in UNITS for command in unit.commands]


def how(command: Command) -> Row | NotRun | None:
    """How a command is run, or why it is not."""
    texts = [f"$ {command.text}", command.text] if command.shown else [command.text]
    return next((row for text in texts for row in (*EXCEPTIONS, *ROWS) if fits(row, text, command)), None)


def fits(row: Row | NotRun, text: str, command: Command) -> bool:
    """Whether a row is about this text, where it stands."""
    return row.fits(text) and (isinstance(row, NotRun) or row.section in ("", command.section))


FIRST = {command.text: command for command in reversed(EVERY)}
"""The first place at which each command stands."""


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_the_commands_of_a_page_are_known(unit: Unit) -> None:
    unknown = [f"{each.where}: {each.text}" for each in unit.commands if how(each) is None and not only_named(each)]
    assert not unknown, (
        "nothing says how to run\n" + "\n".join(unknown) + "\nadd a row to tests/documents/rows.py, or, where it truly "
        "cannot be run, one with the reason to exceptions.py"
    )


def test_no_row_and_no_exception_is_left_over() -> None:
    used = {id(how(command)) for command in EVERY}
    assert not [row.command for row in (*ROWS, *EXCEPTIONS) if id(row) not in used]


def test_a_list_of_words_stands_for_commands_that_have_them_all() -> None:
    for command in EVERY:
        if isinstance(row := how(command), Row) and row.instead and "|" in command.text:
            run = " ".join(row.instead).split()
            listed = [word.strip("[]") for word in command.text.split() if word.strip("[]").islower()]
            assert [word for word in listed if word not in (*run, "hornbook", "all")] == [], command.text


@pytest.mark.slow
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_the_commands_of_a_page_do_what_they_are_there_for(
    unit: Unit, place: Place, request: pytest.FixtureRequest
) -> None:
    for block in unit.files:
        (place.folder / FILES[block.page, block.kind]).write_text(block.source, encoding="utf-8")
    words = " ".join(command.text for command in unit.commands).split()
    for name in sorted(FROM_ELSEWHERE.keys() & set(words)):
        shutil.copy(request.getfixturevalue("shared") / FROM_ELSEWHERE[name], place.folder / name)
    if "published" in words:
        place.patch.setenv("HORNBOOK_GPT2", str(request.getfixturevalue("shared") / "gpt2" / "r50k_base.tiktoken"))
    done: set[str] = set()
    with ExitStack() as stack:
        neighbours(stack, unit, place)
        for command in unit.commands:
            row = how(command)
            again = command.text in done and not command.shown
            elsewhere = isinstance(row, Row) and row.alone and FIRST[command.text] is not command
            if only_named(command):
                named(command.text)
            elif isinstance(row, NotRun):
                row.apply(command.text)
            elif row is not None and not again and not elsewhere:
                perform(command, row, place)
            done.add(command.text)


def neighbours(stack: ExitStack, unit: Unit, place: Place) -> None:
    """What else the commands of a page speak to: a server with runs, a hub of models."""
    text = "\n".join(command.text for command in unit.commands)
    if "judge" in text or "curl" in text:
        runs: list[Path] = [place.folder / "runs" / name for name in ("quickstart-1", "talks", "NAME")]
        place.port = stack.enter_context(serving(runs)).port
    if "hf:" in text:
        theirs = place.folder / "theirs"
        hub = Hub(files={path.name: path.read_bytes() for path in sorted(theirs.iterdir())})
        stack.enter_context(hub_at(hub))
        place.patch.setenv("HORNBOOK_HF_ENDPOINT", hub.address)
