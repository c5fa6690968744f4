"""A page about several runs: what was found in one sentence, the numbers, tables and figures. Needs nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from matplotlib.figure import Figure

from hornbook.evaluation.page import STYLE, inline_svg
from hornbook.evaluation.report import Sample, commands_of, configuration_of, sample_of, section, tile
from hornbook.files import write_text


@dataclass(frozen=True)
class Table:
    """Names of columns, and rows as they are to be read."""

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]

    def html(self) -> str:
        """For a page."""
        head = "".join(f"<th>{escape(name)}</th>" for name in self.headings)
        body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in self.rows)
        return (
            '<div class="scroll"><table class="counted">'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        )

    def markdown(self) -> str:
        """For a text file."""
        rows = [self.headings, ["---"] * len(self.headings), *self.rows]
        return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in rows)


@dataclass(frozen=True)
class Part:
    """A titled part of the page; whatever of it is empty is left out."""

    title: str
    table: Table | None = None
    remarks: Sequence[str] = ()
    figures: Mapping[str, Figure] = field(default_factory=dict)
    """Name -> figure."""
    samples: Mapping[str, Sample] = field(default_factory=dict)
    """Whose text -> the text."""

    def html(self, number: int) -> str:
        """For the page, of which it is part ``number``: the ids of its figures are its own."""
        figures = enumerate(self.figures.items())
        shown = "".join(inline_svg(figure, f"part-{number}-{place}", name) for place, (name, figure) in figures)
        shown += self.table.html() if self.table else ""
        shown += "".join(f"<p>{escape(remark)}</p>" for remark in self.remarks)
        for whose, sample in self.samples.items():
            shown += f"<h3>{escape(whose)}</h3>{sample_of(sample)}"
        return section(self.title, shown)


@dataclass(frozen=True)
class Page:
    """All that is said; ``facts`` are the short numbers at the top."""

    title: str
    verdict: str
    facts: Mapping[str, str] = field(default_factory=dict)
    parts: Sequence[Part] = ()
    reproduce: Sequence[str] = ()
    configuration: str = ""
    footer: str = ""

    def html(self) -> str:
        """As one file that opens anywhere."""
        tiles = "".join(tile(name, escape(value)) for name, value in self.facts.items())
        return "\n".join(
            [
                '<!doctype html><html lang="en"><head><meta charset="utf-8">',
                '<meta name="viewport" content="width=device-width, initial-scale=1">',
                '<meta name="color-scheme" content="light dark">',
                f"<title>{escape(self.title)}</title><style>{STYLE}</style></head><body>",
                f'<header><h1>{escape(self.title)}</h1><p class="verdict">{escape(self.verdict)}</p>',
                f'<dl class="tiles">{tiles}</dl></header>' if tiles else "</header>",
                *(part.html(number) for number, part in enumerate(self.parts)),
                section("How to do it again", commands_of(self.reproduce)),
                section("Configuration", configuration_of(self.configuration)),
                f"<footer>{escape(self.footer)}</footer></body></html>\n",
            ]
        )

    def markdown(self) -> str:
        """As text: sentence, facts, tables and remarks."""
        said = [f"# {self.title}", self.verdict]
        if self.facts:
            said.append("\n".join(f"- {name}: {value}" for name, value in self.facts.items()))
        for part in self.parts:
            inner = [*([part.table.markdown()] if part.table else []), *part.remarks]
            said += [f"## {part.title}", *inner] if inner else []
        commands = "\n".join(f"    {line}" for line in self.reproduce)
        said += ["## How to do it again", commands] if commands else []
        return "\n\n".join([*said, self.footer]).strip() + "\n"


def write_page(page: Page, folder: Path) -> None:
    """Write ``report.html`` and ``report.md``, each whole or not at all."""
    write_text(folder / "report.html", page.html())
    write_text(folder / "report.md", page.markdown())
