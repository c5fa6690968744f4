"""What a page of the documentation asks its reader to type: every command, and every block of code.

Commands stand in indented and fenced blocks, on lines that begin with the name of a program, and between backquotes in
the text. Start reading at ``read_page``; ``rows.py`` says how each command is run, ``running.py`` runs it.
"""

from __future__ import annotations

import json
import re
import textwrap
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WITHOUT = {"docs/first-hour.md"}
"""A log of what was typed on one day: it is not rewritten when a command changes."""

PAGES = [
    *("README.md", "CONTRIBUTING.md", "lessons/README.md"),
    *sorted(name for each in (ROOT / "docs").glob("*.md") if (name := f"docs/{each.name}") not in WITHOUT),
]
PROGRAMS = (
    "hornbook",
    "python",
    "pip",
    "make",
    "torchrun",
    "srun",
    "curl",
    "head",
    "lm_eval",
    "git",
    "npm",
    "docker",
    "source",
)
IN_TEXT = ("hornbook", "python", "pip", "make", "torchrun", "curl", "lm_eval")
BEGINS = re.compile(rf"(\$ )?({'|'.join(PROGRAMS)})(\s|$)")
SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.S)


@dataclass(frozen=True)
class Command:
    """A command as it stands on a page; ``shown`` is what the page prints under one that begins with ``$``."""

    page: str
    section: str
    line: int
    text: str
    in_text: bool = False
    shown: tuple[str, ...] = ()

    @property
    def where(self) -> str:
        """The page and the line."""
        return f"{self.page}:{self.line}"


@dataclass(frozen=True)
class Block:
    """A block of code without commands: ``kind`` is python, json, toml, or shown where it is only printed."""

    page: str
    section: str
    line: int
    kind: str
    source: str


@dataclass
class Page:
    """A page's commands and blocks, each in its order."""

    commands: list[Command] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)


@dataclass
class Cut:
    """A page cut into blocks of code and the text between them."""

    blocks: list[tuple[int, str, list[str]]] = field(default_factory=list)
    """The number of the first line, the word behind the fence (or nothing), and the lines."""
    text: list[str] = field(default_factory=list)
    """All lines, those of code left empty."""


def read_page(name: str, source: str | None = None) -> Page:
    """All that is to be typed on a page, with its place (lines count from 1)."""
    lines = ((ROOT / name).read_text(encoding="utf-8") if source is None else source).splitlines()
    cut, page = cut_apart(lines), Page()
    sections = sections_of(cut.text)
    for first, fence, block in cut.blocks:
        section = sections[first - 1]
        begin = next((place for place, line in enumerate(block) if BEGINS.match(line)), len(block))
        if source := "\n".join(block[:begin]).rstrip():
            page.blocks.append(Block(name, section, first, kind_of(fence, source), source))
        page.commands += commands_of(name, section, first + begin, block[begin:])
    page.commands += commands_in_text(name, cut.text, sections)
    page.commands.sort(key=lambda command: command.line)
    return page


def cut_apart(lines: list[str]) -> Cut:
    """Code and text. A block is fenced, or indented by four blanks behind an empty line."""
    cut, fence, indented = Cut(), "", False
    for number, line in enumerate(lines, 1):
        if line.lstrip().startswith("```"):
            if not fence:
                cut.blocks.append((number + 1, line.strip().removeprefix("```"), []))
            fence, indented = "" if fence else "```", False
            cut.text.append("")
        elif fence:
            cut.blocks[-1][2].append(line)
            cut.text.append("")
        elif line.startswith("    ") and (indented or not lines[number - 2].strip()):
            if not indented:
                cut.blocks.append((number, "", []))
            indented = True
            cut.blocks[-1][2].append(line[4:])
            cut.text.append("")
        else:
            if indented and not line.strip():
                cut.blocks[-1][2].append("")
            indented = indented and not line.strip()
            cut.text.append(line)
    return cut


def sections_of(lines: list[str]) -> list[str]:
    """The heading (of the second level) under which each line stands."""
    found, section = [], ""
    for line in lines:
        if line.startswith("## "):
            section = line.removeprefix("## ").strip()
        found.append(section)
    return found


def commands_of(page: str, section: str, first: int, block: list[str]) -> Iterator[Command]:
    """The commands of a block, lines that end in a backslash put together, without the remarks behind them."""
    number = 0
    while number < len(block):
        if not BEGINS.match(block[number]):
            number += 1
            continue
        begin, text = number, block[number]
        while text.endswith("\\") and number + 1 < len(block):
            number += 1
            text = text.removesuffix("\\") + block[number].strip()
        number += 1
        shown: list[str] = []
        while text.startswith("$ ") and number < len(block) and not BEGINS.match(block[number]):
            shown.append(block[number])
            number += 1
        plain = re.sub(r"\s+# .*$", "", text.removeprefix("$ "))
        yield Command(page, section, first + begin, " ".join(plain.split()), shown=tuple(filter(str.strip, shown)))


def commands_in_text(page: str, lines: list[str], sections: list[str]) -> Iterator[Command]:
    """Commands between backquotes, which may go on in the next line; in tables a vertical bar is written ``\\|``."""
    text = "\n".join(lines)
    for paragraph in re.finditer(r"(?:.+\n?)+", text):
        for span in SPAN.finditer(paragraph[0]):
            words = " ".join(span[2].replace("\\|", "|").split()).removeprefix("$ ")
            if words.split(" ")[0] in IN_TEXT and " " in words:
                line = text.count("\n", 0, paragraph.start() + span.start()) + 1
                yield Command(page, sections[line - 1], line, words, in_text=True)


def kind_of(fence: str, source: str) -> str:
    """What a block is written in."""
    if fence:
        return fence
    source = textwrap.dedent(source)
    if re.search(r"^(import|from) \w+", source, re.M):
        return "python"
    if source.startswith("{"):
        return "json"
    try:
        tomllib.loads(source)
    except tomllib.TOMLDecodeError:
        return "shown"
    return "toml"


def read_json(source: str) -> list[object]:
    """The JSON objects of a block one after another; where something is left out (``...``), nothing stands there.

    Raises:
        json.JSONDecodeError: something else stands there, too.
    """
    source = re.sub(r'(?<!")\.\.\.(?!")', "null", re.sub(r",\s*\.\.\.(?=\s*[\]}])", "", source))
    source = source.replace("{null}", "{}").replace("[null]", "[]")
    decoder, found, place = json.JSONDecoder(), [], 0
    while (place := place + len(source[place:]) - len(source[place:].lstrip())) < len(source):
        value, place = decoder.raw_decode(source, place)
        found.append(value)
    return found
