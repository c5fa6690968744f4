"""``hornbook corpus``: list, fetch, make, clean, refine and measure texts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import cyclopts

if TYPE_CHECKING:
    from hornbook.corpus.clean import Change

app = cyclopts.App(name="corpus", help="Named corpora and texts of one's own: list, fetch, make, clean, refine, stats.")

Json = Annotated[bool, cyclopts.Parameter(name="--json", negative=(), help="Print one JSON object instead of a table.")]
Flag = cyclopts.Parameter(negative=())
Several = Annotated[tuple[str, ...], cyclopts.Parameter(consume_multiple=True, negative=())]
"""Words after one flag: ``--languages en fr``, or the flag again for each."""


@app.command(name="list")
def list_corpora(*, as_json: Json = False) -> None:
    """List every corpus that has a name: what it is, its licence and size, and whether it is here."""
    from hornbook.corpus.catalogue import CATALOGUE
    from hornbook.corpus.fetch import cached_files
    from hornbook.corpus.sources import TITLES

    entries = [
        {
            "name": entry.name,
            "title": entry.title,
            "licence": entry.licence,
            "bytes": entry.bytes,
            "about": entry.about,
            "sha256_known": entry.pinned,
            "fetched": cached_files(entry),
            "note": entry.note,
            "files": [
                {
                    "name": file.name,
                    "url": file.url,
                    "bytes": file.bytes,
                    "sha256": file.sha256,
                    "known_copies": file.known_copies,
                }
                for file in entry.files
            ],
        }
        for entry in CATALOGUE.values()
    ]
    if as_json:
        generated = [{"name": name, "title": title} for name, title in TITLES.items()]
        write_json({"schema": 1, "generated": generated, "catalogue": entries})
        return
    for name, title in TITLES.items():
        write_entry(name, "made here, from a seed", title)
    for entry in CATALOGUE.values():
        here, there = cached_files(entry), len(entry.files)
        state = "not fetched" if here == 0 else "fetched" if here == there else f"{here} of {there} files fetched"
        size = f"{'about ' if entry.about else ''}{in_words(entry.bytes)}"
        file = entry.files[0]
        hashed = (
            f"SHA-256 {file.sha256 or 'not pinned: that of the first fetch is written down and checked from then on'}"
        )
        more = () if there == 1 else (f"and {there - 1} more files like this",)
        about = (entry.title, f"licence: {entry.licence}", entry.note)
        write_entry(entry.name, f"{size}, {state}", *about, file.url, hashed, *more)


@app.command
def fetch(
    name: str,
    /,
    *,
    from_: Annotated[Path | None, cyclopts.Parameter(name="--from")] = None,
    to: Path | None = None,
    mirror: str | None = None,
    parts: int | None = None,
    accept: Annotated[bool, Flag] = False,
    as_json: Json = False,
) -> None:
    """Fetch a corpus into the cache (HORNBOOK_HOME), or register a copy that is here already.

    Parameters
    ----------
    name
        A name from `hornbook corpus list`.
    from_
        Take it from this file, zip archive or folder instead of the network.
    to
        Copy its files to this folder too.
    mirror
        Take it from this address, as MIRROR/NAME/FILE. Otherwise HORNBOOK_MIRROR, if that is set.
    parts
        Fetch only the first so many files of a corpus that has many.
    accept
        Take a file although its SHA-256 is not the expected one.
    """
    from hornbook.cli.bars import Bars
    from hornbook.corpus import fetch as fetching
    from hornbook.corpus.catalogue import CATALOGUE
    from hornbook.files import sha256_of

    with Bars() as bars:
        paths = fetching.fetch(name, from_, to, mirror, parts, accept, say, bars.start)
    files = [{"path": str(path), "bytes": path.stat().st_size, "sha256": sha256_of(path)} for path in paths]
    if as_json:
        write_json({"schema": 1, "name": name, "licence": CATALOGUE[name].licence, "files": files})
    else:
        write_table(
            ("file", "bytes", "SHA-256"),
            [(str(file["path"]), f"{file['bytes']:,}", str(file["sha256"])) for file in files],
        )


@app.command
def make(
    name: str,
    /,
    *,
    out: Path,
    documents: int | None = None,
    size: Annotated[int | None, cyclopts.Parameter(name="--bytes")] = None,
    seed: int = 0,
    as_json: Json = False,
) -> None:
    """Write a generated corpus to a file: the same names and numbers give the same bytes.

    Texts go to a .txt file, with lines of <|endoftext|> between documents, or to a .jsonl file, which keeps the
    log-probability of every document. Pairs and labelled texts go to a .tsv, .csv or .jsonl file, conversations and
    preferences to a .jsonl file.

    Parameters
    ----------
    name
        One of those that `hornbook corpus list` says are made here.
    out
        The file to write.
    documents
        How many documents or rows. Otherwise 20,000.
    size
        Stop before the texts together have more than so many bytes.
    seed
        Which of all the corpora of this name.
    """
    import platform

    from hornbook.corpus.making import make_corpus
    from hornbook.files import sha256_of

    written = make_corpus(name, out, documents, size, seed)
    result = {
        "name": name,
        "seed": seed,
        "path": str(out),
        "documents": written.documents,
        "characters": written.characters,
        "bytes": written.bytes,
        "file_bytes": out.stat().st_size,
        "sha256": sha256_of(out),
        "python": platform.python_version(),
    }
    write_result(result, as_json)


@app.command
def clean(
    files: tuple[str, ...],
    /,
    *,
    out: Path | None = None,
    report: Annotated[bool, Flag] = False,
    field: str = "text",
    encoding: str | None = None,
    as_json: Json = False,
) -> None:
    """Clean texts, say what was changed, and write them as one file.

    Decodes unknown encodings; takes out byte order marks, CRLF, control characters and Project Gutenberg's frame.

    Parameters
    ----------
    files
        Files (.txt, .md, .jsonl, .parquet), folders and patterns.
    out
        The .txt or .jsonl file to write; without it, only look.
    report
        Say what was changed in each document, with an example, not only in all of them together.
    field
        What the text is called in .jsonl and .parquet files.
    encoding
        What the text files are in, such as cp1250, where the guess is wrong.
    """
    from hornbook.corpus.documents import write_documents
    from hornbook.corpus.reading import read_documents
    from hornbook.corpus.statistics import Tally

    tally = Tally(keep=report)
    documents = tally.counted(read_documents(files, field, noticed=tally.notice, encoding=encoding))
    if out is None:
        for _ in documents:
            pass
    else:
        write_documents(documents, out)
    if as_json:
        changes = [{"what": what, "count": count} for what, count in tally.totals.items()]
        each = [
            {"name": name, "what": change.what, "count": change.count, "example": change.example}
            for name, change in tally.each
        ]
        result = {
            "documents": tally.documents,
            "changed": tally.changed,
            "changes": changes,
            "out": str(out) if out else None,
        }
        write_json({"schema": 1, **result, **({"report": each} if report else {})})
        return
    if report:
        write_table(("document", "change", "times", "as in"), [described(name, change) for name, change in tally.each])
    else:
        write_table(("change", "times"), [(what, f"{count:,}") for what, count in tally.totals.items()])
    say(
        f"{tally.changed:,} of {tally.documents:,} documents changed"
        + (f"; written to {out}" if out else "; nothing written")
    )


@app.command
def refine(
    files: tuple[str, ...],
    /,
    *,
    out: Path,
    languages: Several = (),
    skip: Several = (),
    shard: str = "1/1",
    workers: int | None = None,
    field: str = "text",
    as_json: Json = False,
) -> None:
    """Turn raw text of any size into text worth training on, and say what was dropped and why.

    Languages, the rules of Gopher, masking of addresses and numbers, repeated lines, near duplicates. Files are worked
    on one by one on all cores; stopped, the same command goes on where it was. `hornbook prepare OUT/kept` comes next.

    Parameters
    ----------
    files
        Files (.txt, .md, .jsonl, .parquet), folders and patterns: the more files, the more cores can help.
    out
        The folder for it: kept/ with the texts, report.json, and work/, which may be removed afterwards.
    languages
        Keep only texts in these: en, fr, it. Otherwise every language is kept.
    skip
        Steps to leave out: quality, private, lines, near.
    shard
        Which part of the files is this machine's, as in 2/4, where machines share the folder.
    workers
        How many processes. Otherwise one for every core.
    field
        What the text is called in .jsonl and .parquet files.
    """
    from hornbook.cores import Shard
    from hornbook.corpus.refining.refine import refine as refine_files
    from hornbook.corpus.refining.sifting import Refining, steps_without

    settings = Refining(languages, steps_without(skip), field)
    found = refine_files(files, out, settings, Shard.parsed(shard), workers, say)
    if found is None:
        return
    if as_json:
        write_json(found)
        return
    documents, size = found["documents"], found["bytes"]
    write_table(
        ("documents", "number", "of all", "bytes"),
        [
            (what, f"{count:,}", f"{count / documents['read']:.1%}", f"{size[what]:,}")
            for what, count in sorted(documents.items(), key=lambda item: -item[1])
        ],
    )
    if found["changes"]:
        write_table(("in those that were kept", "times"), [(what, f"{n:,}") for what, n in found["changes"].items()])
    say(f"written to {out / 'kept'}")


@app.command
def stats(
    sources: tuple[str, ...],
    /,
    *,
    documents: int | None = None,
    seed: int = 0,
    field: str = "text",
    as_json: Json = False,
) -> None:
    """Count documents, characters, bytes, lines, words, what is distinct, and duplicates.

    Parameters
    ----------
    sources
        Names of corpora, files, folders and patterns.
    documents
        Only the first so many documents of each named corpus.
    seed
        Which of all the corpora of a generated name.
    field
        What the text is called in .jsonl and .parquet files.
    """
    import dataclasses

    from hornbook.corpus.sources import find_documents
    from hornbook.corpus.statistics import measure

    write_result(dataclasses.asdict(measure(find_documents(sources, documents, seed, field, say))), as_json)


def described(name: str, change: Change) -> tuple[str, str, str, str]:
    """One row of the report."""
    return name, change.what, f"{change.count:,}", change.example


def in_words(size: int) -> str:
    """A number of bytes with three digits and a unit: 1.12 MB."""
    value, units = float(size), ["B", "kB", "MB", "GB", "TB"]
    while value >= 999.5 and len(units) > 1:
        value, units = value / 1000, units[1:]
    return f"{value:.3g} {units[0]}"


def write_json(value: dict[str, Any]) -> None:
    """One JSON object on stdout."""
    import json
    import sys

    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def write_result(result: dict[str, Any], as_json: bool) -> None:
    """A result with a name for everything: as JSON, or as a table of two columns."""
    if as_json:
        write_json({"schema": 1, **result})
        return
    rows = []
    for name, value in result.items():
        if isinstance(value, dict):
            value = "  ".join(f"{item}: {count:,}" for item, count in value.items())
        elif isinstance(value, float):
            value = f"{value:.4f}"
        elif isinstance(value, int) and name != "seed":
            value = f"{value:,}"
        rows.append((name.replace("_", " "), "-" if value is None else str(value)))
    write_table(("", ""), rows)


def write_table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """A table on stdout; nothing is cut off, long cells go on in the next line."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, show_header=any(head))
    for name in head:
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*map(escape, row))
    Console(highlight=False).print(table)


def write_entry(name: str, summary: str, *lines: str) -> None:
    """A name with a few words beside it and a few lines below."""
    from rich.console import Console
    from rich.markup import escape
    from rich.padding import Padding

    console = Console(highlight=False)
    console.print(f"[bold]{escape(name):<30}[/] {escape(summary)}")
    for line in lines:
        console.print(Padding(escape(line), (0, 0, 0, 4)))


def say(message: str) -> None:
    """One line on stderr."""
    import sys

    print(message, file=sys.stderr)
