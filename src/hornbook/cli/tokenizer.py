"""``hornbook tokenizer``: train, encode, show and compare tokenizers."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import cyclopts

from hornbook.cli.output import print_json, print_table, say
from hornbook.errors import SettingError
from hornbook.tokenizers.config import BytePair, Characters, TokenizerConfig, Words

if TYPE_CHECKING:
    from hornbook.tokenizers.explore import Ancestor, Piece, Step
    from hornbook.tokenizers.protocol import Tokenizer

app = cyclopts.App(name="tokenizer", help="Train, show and compare tokenizers; a TOKENIZER is gpt2, a folder or a run.")

Flag = cyclopts.Parameter(negative=())
Json = Annotated[bool, cyclopts.Parameter(name="--json", negative=(), help="Print one JSON object instead.")]
COLOURS = ("on dark_green", "on dark_blue", "on purple4", "on dark_red", "on grey37")


@app.command
def train(
    *texts: str,
    out: Path,
    corpus: str | None = None,
    documents: int | None = None,
    kind: Literal["bytepair", "words", "characters"] = "bytepair",
    vocab: int | None = None,
    pattern: Literal["gpt2", "gpt4"] = "gpt2",
    as_json: Json = False,
) -> None:
    """Train a tokenizer on text files, folders or a named corpus, and save it in a folder.

    Parameters
    ----------
    texts
        Files (.txt, .md, .jsonl, .parquet), folders and patterns such as 'books/*.txt'.
    out
        The folder to save it in: tokenizer.json, which other programs read too, and vocabulary.txt, which people do.
    corpus
        A name from `hornbook corpus list`, instead of files.
    documents
        Only the first so many documents.
    kind
        Byte-level byte pairs, whole words, or single characters.
    vocab
        How many tokens, special ones included. Otherwise 4,096 for bytepair and every word for words.
    pattern
        Whose rule cuts text before merging: GPT-2's or GPT-4's (bytepair only).
    """
    import time

    from hornbook.tokenizers.build import build_tokenizer
    from hornbook.tokenizers.saved import fingerprint

    config, begin = config_of(kind, vocab, pattern), time.perf_counter()
    read = Counted(documents_of(texts, corpus, documents))
    tokenizer = build_tokenizer(config, read)
    seconds = time.perf_counter() - begin
    tokenizer.save(out)
    result = {
        "schema": 1,
        "folder": str(out),
        "kind": tokenizer.kind,
        "vocab_size": tokenizer.vocab_size,
        "special": dict(tokenizer.special),
        "documents": read.documents,
        "bytes": read.bytes,
        "seconds": round(seconds, 3),
        "fingerprint": fingerprint(tokenizer),
    }
    if as_json:
        print_json(result)
        return
    say(f"read {read.documents:,} documents, {read.bytes:,} bytes; trained in {seconds:.2f} s")
    print(f"{out}: {tokenizer.vocab_size:,} tokens ({tokenizer.kind}), fingerprint {result['fingerprint']}")


@app.command
def encode(
    tokenizer: str,
    text: str | None = None,
    /,
    *,
    show: Annotated[bool, Flag] = False,
    allow_special: Annotated[bool, Flag] = False,
    as_json: Json = False,
) -> None:
    """Print the ids of a text.

    Parameters
    ----------
    tokenizer
        gpt2, a folder that a tokenizer was saved in, or a run.
    text
        The text; without it, what comes on standard input.
    show
        Print the pieces too, with their ids and bytes; in colour on a terminal.
    allow_special
        Take <|endoftext|> in the text for the special token. Otherwise it is ordinary characters.
    """
    from hornbook.tokenizers.explore import tokens_of

    found = opened(tokenizer)
    text = sys.stdin.read() if text is None else text
    tokens = tokens_of(found, text, allow_special)
    if as_json:
        print_json(
            {"schema": 1, "tokens": len(tokens), "ids": [piece.token for piece in tokens], "pieces": plain(tokens)}
        )
        return
    if show:
        print_coloured(tokens)
        print_table(("token", "id", "bytes"), [(piece.text, str(piece.token), piece.data.hex(" ")) for piece in tokens])
    print(" ".join(str(piece.token) for piece in tokens))


@app.command
def show(
    tokenizer: str,
    /,
    *,
    token: str | None = None,
    merges: str | None = None,
    first: int = 20,
    as_json: Json = False,
) -> None:
    """Show a tokenizer: its vocabulary, the family tree of a token, or a text being merged step by step.

    Parameters
    ----------
    tokenizer
        gpt2, a folder that a tokenizer was saved in, or a run.
    token
        Where this token came from: an id, or the token's text such as ' the'.
    merges
        Replay the merges that encode this text.
    first
        How many entries of the vocabulary to print (after the bytes, where there are merges).
    """
    from hornbook.tokenizers.explore import ancestry, replay

    found = opened(tokenizer)
    if token is not None:
        tree = ancestry(found, find_token(found, token))
        if as_json:
            print_json({"schema": 1, "ancestry": plain(tree)})
        else:
            print_tree(tree)
    elif merges is not None:
        pieces = replay(found, merges)
        if as_json:
            print_json({"schema": 1, "pieces": plain(pieces)})
        else:
            for steps in pieces:
                print_steps(steps)
    else:
        show_vocabulary(found, first, as_json)


@app.command
def compare(tokenizer: str, /, *others: str, text: Path, as_json: Json = False) -> None:
    """Compare tokenizers on a text: how well they pack it, and how much of their vocabulary it uses.

    Parameters
    ----------
    tokenizer
        gpt2, a folder that a tokenizer was saved in, or a run.
    others
        More of them.
    text
        The file to compare them on.
    """
    from dataclasses import asdict

    from hornbook.tokenizers.explore import compare as compared

    content = "\n".join(documents_of([str(text)], None, None))
    rows = compared({name: opened(name) for name in (tokenizer, *others)}, content)
    if as_json:
        extra = [{"bytes_per_token": row.bytes_per_token, "never_used": row.never_used} for row in rows]
        print_json({"schema": 1, "tokenizers": [asdict(row) | more for row, more in zip(rows, extra, strict=True)]})
        return
    print_table(
        ("tokenizer", "vocab", "tokens", "bytes/token", "unused", "unknown", "exact"),
        [
            (
                row.name,
                f"{row.vocab_size:,}",
                f"{row.tokens:,}",
                f"{row.bytes_per_token:.3f}",
                f"{row.never_used:,}",
                f"{row.unknown:,}",
                "yes" if row.round_trip else "no",
            )
            for row in rows
        ],
    )


def config_of(kind: str, vocab: int | None, pattern: Literal["gpt2", "gpt4"]) -> TokenizerConfig:
    """The settings that the flags describe."""
    if kind == "bytepair":
        return BytePair(4096 if vocab is None else vocab, pattern)
    if pattern != "gpt2":
        raise SettingError(f"--pattern: {kind} are not cut by a pattern; leave the flag out, or take --kind bytepair")
    if kind == "words":
        return Words(vocab or 0)
    if vocab is not None:
        raise SettingError("--vocab: there are as many characters as the text has; leave the flag out")
    return Characters()


def opened(name: str) -> Tokenizer:
    """The tokenizer of that name or folder; or a run's, by the name of the run or as ``latest``."""
    from hornbook.tokenizers.build import open_tokenizer

    if name != "gpt2" and not Path(name).exists():
        from hornbook.training.run_folder import Run, runs_root

        if name == "latest" or (runs_root() / name / "run.json").is_file():
            return open_tokenizer(str(Run.open(name).folder))
    return open_tokenizer(name)


def documents_of(texts: Sequence[str], corpus: str | None, documents: int | None) -> Iterator[str]:
    """The texts of files, or those of a named corpus."""
    from itertools import islice

    from hornbook.corpus.reading import read_documents
    from hornbook.corpus.sources import load_corpus

    if bool(texts) == (corpus is not None):
        raise SettingError("TEXT: give either files or folders, or --corpus NAME")
    found = read_documents(texts) if corpus is None else load_corpus(corpus, documents)
    return (document.text for document in islice(found, documents))


class Counted:
    """Texts that are counted while they are read: what training saw, without holding it."""

    def __init__(self, texts: Iterator[str]) -> None:
        """The texts that will be read, once."""
        self.texts = texts
        self.documents = 0
        self.bytes = 0

    def __iter__(self) -> Iterator[str]:
        """The texts."""
        for text in self.texts:
            self.documents += 1
            self.bytes += len(text.encode(errors="replace"))
            yield text


def find_token(tokenizer: Tokenizer, name: str) -> int:
    """The id that ``name`` is, or whose text it is."""
    if name.isdecimal():
        return int(name)
    ids = tokenizer.encode(name, allow_special=True)
    if len(ids) != 1:
        pieces = ", ".join(map(str, ids))
        raise SettingError(f"--token: {name!r} is not one token but {len(ids)} ({pieces}); give one token or an id")
    return ids[0]


def show_vocabulary(tokenizer: Tokenizer, first: int, as_json: bool) -> None:
    """The size of a vocabulary, its special tokens and its first entries; of a byte-pair one, those after the bytes."""
    from hornbook.tokenizers.explore import piece_of
    from hornbook.tokenizers.saved import fingerprint

    merges = getattr(tokenizer, "merges", {})
    start = min(merges, default=0)
    ids = range(start, min(start + first, tokenizer.vocab_size))
    rows = [piece_of(tokenizer, token) for token in ids]
    if as_json:
        tokens = [plain(row) | {"merged_from": merges.get(row.token)} for row in rows]
        head = {
            "schema": 1,
            "kind": tokenizer.kind,
            "vocab_size": tokenizer.vocab_size,
            "special": dict(tokenizer.special),
        }
        print_json(head | {"merges": len(merges), "fingerprint": fingerprint(tokenizer), "tokens": tokens})
        return
    special = ", ".join(f"{name} = {number}" for name, number in tokenizer.special.items())
    print(f"{tokenizer.kind}: {tokenizer.vocab_size:,} tokens, {len(merges):,} merges; special: {special or 'none'}")
    origins = {token: " + ".join(piece_of(tokenizer, part).text for part in pair) for token, pair in merges.items()}
    print_table(
        ("id", "token", "merged from"), [(str(row.token), row.text, origins.get(row.token, "")) for row in rows]
    )


def print_coloured(tokens: Sequence[Piece]) -> None:
    """The text with a ground of its own behind every token; bars between tokens where there are no colours."""
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    if not console.is_terminal or console.no_color:
        print("|".join(piece.text[1:-1] if piece.text[0] in "'\"" else piece.text for piece in tokens))
        return
    line = Text()
    for number, piece in enumerate(tokens):
        written = piece.data.decode(errors="replace").replace("\n", "⏎\n") if piece.data else piece.text
        line.append(written, style=COLOURS[number % len(COLOURS)])
    console.print(line)


def print_tree(node: Ancestor, depth: int = 0) -> None:
    """A family tree, each generation two columns further in."""
    from hornbook.tokenizers.listing import shown

    print(f"{'  ' * depth}{node.token:>6}  {shown(node.data)}")
    for parent in (node.left, node.right):
        if parent is not None:
            print_tree(parent, depth + 1)


def print_steps(steps: Sequence[Step]) -> None:
    """How one piece comes together, a line for each merge."""
    from hornbook.tokenizers.listing import shown

    for step in steps:
        made = "bytes" if step.token < 0 else str(step.token)
        print(f"{made:>8}  {' '.join(shown(part) for part in step.parts)}")


def plain(value: Any) -> Any:
    """What JSON can say of the explorer's dataclasses: bytes become hexadecimal."""
    from dataclasses import fields, is_dataclass

    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, bytes):
        return value.hex()
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value
