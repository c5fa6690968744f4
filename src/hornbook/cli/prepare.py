"""``hornbook prepare``: text becomes token files that training reads."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import cyclopts

from hornbook.data.config import DataConfig
from hornbook.errors import MissingError, SettingError, nearest
from hornbook.tokenizers.config import GPT2, BytePair, Characters, TokenizerConfig, Words

if TYPE_CHECKING:
    from hornbook.data.prepare import Prepared
    from hornbook.data.token_file import TokenFile
    from hornbook.tokenizers.protocol import Tokenizer

app = cyclopts.App(name="prepare", help="Divide a text into training and validation and turn both into token files.")

SIZED: dict[str, type[Words] | type[BytePair]] = {"words": Words, "bytepair": BytePair}
FIXED: dict[str, Characters | GPT2] = {"characters": Characters(), "gpt2": GPT2()}


@app.default
def prepare(
    text: tuple[str, ...] = (),
    /,
    *,
    out: Path,
    tokenizer: str = "bytepair",
    corpus: str | None = None,
    vocab: int | None = None,
    documents: int | None = None,
    validation: float = 0.1,
    split: Literal["position", "document"] = "position",
    seed: int = 0,
    shard: str | None = None,
    workers: int | None = None,
    as_json: Annotated[bool, cyclopts.Parameter(name="--json", negative="")] = False,
) -> None:
    """Divide a text into training and validation and turn both into token files.

    Parameters
    ----------
    text
        Files (.txt, .md, .jsonl, .parquet), folders or globs; or give --corpus instead.
    out
        The folder to make; it appears whole or not at all.
    tokenizer
        characters, words, bytepair, bytepair:VOCAB, gpt2, or the folder of a tokenizer. Words and bytepair learn from
        the training part only.
    corpus
        The name of a corpus, as in `hornbook corpus list`.
    vocab
        How many tokens the tokenizer may have (words, bytepair).
    documents
        How many documents to generate, or at most to read.
    validation
        The share kept aside for validation.
    split
        Keep aside the last characters (position) or whole documents (document).
    seed
        Draws a generated corpus, and the documents that are kept aside.
    shard
        Work file by file, so that it can be stopped and gone on with: this machine's part of the files where machines
        share the folder, as in 2/4, or 1/1. Needs --split document and a tokenizer that exists.
    workers
        Threads that tokenize (with --shard: processes); by default one for every core.
    as_json
        Print one JSON object instead of a table.
    """
    config = DataConfig(corpus, text, documents, split, validation)
    ready = prepared(config, tokenizer_named(tokenizer, vocab), out, seed, shard, workers)
    if ready is None:
        return
    if as_json:
        print(json.dumps(summary(ready), ensure_ascii=False))
    else:
        print_table(ready)


def prepared(
    config: DataConfig,
    tokenizer: TokenizerConfig | Tokenizer,
    out: Path,
    seed: int,
    shard: str | None,
    workers: int | None,
) -> Prepared | None:
    """All at once, or file by file; ``None`` while files of other machines are missing."""
    from hornbook.cores import Shard
    from hornbook.data.prepare import prepare as prepare_data
    from hornbook.data.prepare_files import prepare_files

    if shard is None:
        return prepare_data(config, tokenizer, out, seed, workers, say)
    return prepare_files(config, tokenizer, out, seed, Shard.parsed(shard), workers, say)


def say(line: str) -> None:
    """What happens goes to standard error, where it is out of the way of the result."""
    print(line, file=sys.stderr, flush=True)


def tokenizer_named(name: str, vocab: int | None = None) -> TokenizerConfig | Tokenizer:
    """What ``--tokenizer`` and ``--vocab`` mean.

    Raises:
        SettingError: no such tokenizer, or a vocabulary size where none can be chosen.
        MissingError: a folder without a tokenizer.
    """
    kind, colon, size = name.partition(":")
    if kind in SIZED or kind in FIXED:
        if colon and not size.isdecimal():
            raise SettingError(f"tokenizer: {name!r}: expected a number of tokens after the colon, as in bytepair:4096")
        if colon and vocab is not None and int(size) != vocab:
            raise SettingError(f"vocab: found {vocab}, but the tokenizer is {name!r}; say it once")
        wanted = int(size) if colon else vocab
        if kind in FIXED:
            if wanted is not None:
                raise SettingError(f"vocab: the vocabulary of {kind} cannot be chosen; leave it out, or take bytepair")
            return FIXED[kind]
        return SIZED[kind]() if wanted is None else SIZED[kind](wanted)
    if not Path(name).exists():
        names = [*FIXED, *SIZED]
        if "/" in name:
            raise MissingError(f"tokenizer: {name} does not exist; give a folder, or one of {', '.join(names)}")
        raise SettingError(
            f"tokenizer: {name!r} is none of {', '.join(names)} and no folder here{nearest(kind, names)}"
        )
    if vocab is not None:
        raise SettingError(f"vocab: the tokenizer in {name} has its vocabulary already; leave --vocab out")
    from hornbook.tokenizers.build import open_tokenizer

    return open_tokenizer(name)


def summary(ready: Prepared) -> dict[str, Any]:
    """Everything in ``data.json``, the folder, and what follows from the numbers."""
    parts = {"train": ready.train, "validation": ready.validation}
    return ready.info | {"folder": str(ready.folder)} | {name: numbers(file) for name, file in parts.items()}


def numbers(file: TokenFile) -> dict[str, Any]:
    """The size of one part."""
    return {
        "documents": file.documents,
        "tokens": len(file),
        "bytes": file.bytes,
        "bytes_per_token": file.bytes / len(file),
        "log_probability": file.log_probability,
        "sha256": file.header["sha256"],
    }


def print_table(ready: Prepared) -> None:
    """The sizes of both parts, and where they lie."""
    from rich.console import Console
    from rich.table import Table

    table = Table("part", title=f"{ready.tokenizer.kind}, {ready.tokenizer.vocab_size:,} tokens", title_justify="left")
    for heading in ("documents", "tokens", "bytes", "bytes/token"):
        table.add_column(heading, justify="right")
    for name, file in (("training", ready.train), ("validation", ready.validation)):
        row = numbers(file)
        counts = [f"{row[key]:,}" for key in ("documents", "tokens", "bytes")]
        table.add_row(name, *counts, f"{row['bytes_per_token']:.3f}")
    console = Console()
    console.print(table)
    console.print(f"folder: {ready.folder}", soft_wrap=True, highlight=False, markup=False)
