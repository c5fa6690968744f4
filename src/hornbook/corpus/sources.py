"""A corpus by its name: fetched ones from the catalogue, generated ones from a seed, and files by their paths.

``stories``, ``markov-1`` to ``markov-3`` and ``benchmark`` need no network: they are made on the spot, the same for the
same seed. Of the first four the exact probability of every text is known, and so how well a model could do at best.
"""

from __future__ import annotations

import glob
import sys
import sysconfig
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count, islice
from pathlib import Path

from hornbook.corpus.catalogue import CATALOGUE, Entry
from hornbook.corpus.clean import clean
from hornbook.corpus.documents import SEPARATOR, Document
from hornbook.corpus.fetch import Fetching, fetch_file, silent
from hornbook.corpus.reading import read_documents
from hornbook.errors import SettingError, TextError, nearest

DOCUMENTS = 20_000  # how many documents a generated corpus has unless a number is asked for
MARKOV_SYMBOLS = 16  # the letters a to p
MARKOV_LENGTH = 1_000  # letters in one document


def corpus_names() -> list[str]:
    """Every name that ``load_corpus`` takes: generated corpora first, then the catalogue."""
    return [*GENERATED, *CATALOGUE]


def load_corpus(
    name: str, documents: int | None = None, seed: int = 0, report: Callable[[str], None] = silent
) -> Iterator[Document]:
    """The documents of a named corpus, cleaned, one after another.

    Args:
        name: a generated corpus or one of the catalogue; of the latter only the files that are needed are fetched.
        documents: only the first so many; ``None``: all of a fetched corpus, ``DOCUMENTS`` of a generated one.
        seed: which one of all the corpora that a generator can make; nothing for a fetched one.
        report: is told what is being fetched.

    Raises:
        SettingError: no such name.
        MissingError: it is not in the cache and cannot be fetched.
    """
    if name in TITLES and name not in GENERATED:
        raise SettingError(
            f"corpus: {name!r} is no running text but {TITLES[name]}; choose a recipe whose task reads such"
        )
    if name not in GENERATED and name not in CATALOGUE:
        raise SettingError(
            f"corpus: {name!r} is not known{nearest(name, corpus_names())}; there are {', '.join(corpus_names())}"
        )
    if documents is not None and documents < 1:
        raise SettingError(f"documents: expected at least 1, found {documents}")
    if name in GENERATED:
        return islice(GENERATED[name](seed), documents or DOCUMENTS)
    return islice(fetched(CATALOGUE[name], report), documents)


def find_documents(
    sources: Sequence[str],
    documents: int | None = None,
    seed: int = 0,
    field: str = "text",
    report: Callable[[str], None] = silent,
) -> Iterator[Document]:
    """The documents of several sources, each the name of a corpus or the path of a file, a folder or a pattern.

    A file that is called like a corpus is meant by ``./NAME``. ``documents`` limits each named corpus; ``field`` is
    what the text is called in .jsonl and .parquet files.

    Raises:
        as ``load_corpus`` and ``read_documents``.
    """
    for source in sources:
        is_path = Path(source).exists() or Path(source).suffix or "/" in source or glob.has_magic(source)
        if is_path and source not in corpus_names():
            yield from read_documents([source], field)
        else:
            yield from load_corpus(source, documents, seed, report)


def fetched(entry: Entry, report: Callable[[str], None]) -> Iterator[Document]:
    """The documents of a corpus in the catalogue; each file is fetched when its turn comes."""
    for file in entry.files:
        path = fetch_file(entry, file, Fetching(report=report))
        for index, document in enumerate(LOADERS[entry.kind](path)):
            yield Document(f"{entry.name}/{file.name.partition('.')[0]}/{index}", document.text)


def read_texts(path: Path) -> Iterator[Document]:
    """The documents of a text or parquet file."""
    return read_documents([path])


def read_messages(path: Path) -> Iterator[Document]:
    """The messages of a table with a label, a tab and a message on each line; the label is the document's name.

    Raises:
        TextError: a line has no tab.
    """
    for number, line in enumerate(clean(path.read_bytes(), str(path)).text.splitlines(), 1):
        label, tab, message = line.partition("\t")
        if not tab:
            raise TextError(f"{path}:{number}: expected a label, a tab and a message, found {line[:60]!r}")
        if (label, message) != ("Label", "SMS"):  # the head of the table, which some copies have
            yield Document(label, message)


LOADERS: dict[str, Callable[[Path], Iterator[Document]]] = {"text": read_texts, "messages": read_messages}


def make_stories(seed: int) -> Iterator[Document]:
    """Stories from the built-in world, without end, each with its exact log-probability."""
    from hornbook.corpus.story_world.stories import stories

    for index, story in enumerate(stories(seed, count=sys.maxsize)):
        yield Document(f"stories/{index}", story.text, story.log_probability)


def make_markov(order: int, seed: int) -> Iterator[Document]:
    """Letters from one fixed Markov source of this order, without end; ``seed`` decides which letters are drawn.

    The length of a document is fixed, so its end costs nothing and the log-probability is that of its letters.
    """
    from hornbook.corpus.markov import MarkovSource
    from hornbook.seeds import numpy_generator

    source = MarkovSource(order, MARKOV_SYMBOLS, seed=0)
    for index in count():
        symbols = source.sample(MARKOV_LENGTH, numpy_generator(seed, "markov", order, index))
        text = "".join(chr(ord("a") + int(symbol)) for symbol in symbols)
        yield Document(f"markov-{order}/{index}", text, float(source.log_probability(symbols)))


def make_benchmark(seed: int) -> Iterator[Document]:
    """Stories and the source of Python's standard library, half of each by bytes, for as long as there is source.

    Two very different kinds of text of one's own machine: what tokenizers are timed on. It is the same text wherever
    Python has the same version and its library is whole.
    """
    stories, source = make_stories(seed), read_standard_library()
    told = shown = 0
    while True:
        document = next(source, None) if shown <= told else next(stories)
        if document is None:
            yield from stories
            return
        size = len(document.text.encode())
        told, shown = (told, shown + size) if document.name.endswith(".py") else (told + size, shown)
        yield document


def read_standard_library() -> Iterator[Document]:
    """The modules of Python's standard library in the order of their names, without tests and what is installed."""
    root = Path(sysconfig.get_paths()["stdlib"])
    left_out = {"test", "tests", "idle_test", "site-packages", "dist-packages", "__pycache__"}
    for path in sorted(root.rglob("*.py")):
        relative = path.relative_to(root)
        if left_out.intersection(relative.parts):
            continue
        try:
            text = clean(path.read_bytes(), str(path)).text
        except TextError:
            continue
        if text.strip() and SEPARATOR not in text:
            yield Document(f"python/{relative.as_posix()}", text)


def limited(documents: Iterable[Document], size: int) -> Iterator[Document]:
    """Documents for as long as their texts together have no more than ``size`` bytes."""
    total = 0
    for document in documents:
        total += len(document.text.encode())
        if total > size:
            return
        yield document


def make_documents(
    name: str, documents: int | None = None, size: int | None = None, seed: int = 0
) -> Iterator[Document]:
    """The documents of a generated corpus, so many or of so many bytes.

    Raises:
        SettingError: no generated corpus has this name, or both limits are given.
    """
    if name not in GENERATED:
        hint = f"; fetch it: hornbook corpus fetch {name}" if name in CATALOGUE else nearest(name, TITLES)
        raise SettingError(f"corpus: {name!r} cannot be made{hint}; what can is {', '.join(TITLES)}")
    if documents is not None and size is not None:
        raise SettingError("documents and bytes: give one of them; both say when to stop")
    if size is not None:
        if size < 1:
            raise SettingError(f"bytes: expected at least 1, found {size}")
        return limited(GENERATED[name](seed), size)
    return load_corpus(name, documents, seed)


def make_markov_1(seed: int) -> Iterator[Document]:
    """Each letter depends on the one before it."""
    return make_markov(1, seed)


def make_markov_2(seed: int) -> Iterator[Document]:
    """Each letter depends on the two before it."""
    return make_markov(2, seed)


def make_markov_3(seed: int) -> Iterator[Document]:
    """Each letter depends on the three before it."""
    return make_markov(3, seed)


GENERATED: dict[str, Callable[[int], Iterator[Document]]] = {
    "stories": make_stories,
    "markov-1": make_markov_1,
    "markov-2": make_markov_2,
    "markov-3": make_markov_3,
    "benchmark": make_benchmark,
}

TITLES = {
    "stories": "short stories for children from a small simulated world, with their exact probabilities",
    "markov-1": "letters that depend on the last one, with known entropy",
    "markov-2": "letters that depend on the last two, with known entropy",
    "markov-3": "letters that depend on the last three, with known entropy",
    "benchmark": "stories and the source of Python's standard library, half and half, for timing tokenizers",
    "numbers": "pairs: numbers in English, French and Italian words, and back",
    "numbers-en": "pairs: numbers in English words",
    "numbers-fr": "pairs: numbers in French words",
    "numbers-it": "pairs: numbers in Italian words",
    "reviews": "labelled texts: praise and complaint that cannot be told apart by counting words",
    "story-questions": "conversations: questions about stories that nobody has read before",
    "story-questions-untold": "conversations: the same questions without their stories: what can be guessed",
    "story-paragraphs": "conversations: questions about single paragraphs",
    "story-riddles": "conversations: questions for which a story has to be followed",
    "story-facts": "conversations: facts about stories, told in any order",
    "paragraph-facts": "conversations: facts about single paragraphs, told in any order",
    "story-tasks": "conversations: sum a story up, tell it again with another name, go on with it",
    "sums": "conversations: sums of two numbers of two or three digits",
    "numbers-spoken": "conversations: numbers in English, French and Italian words, and back",
    "story-tastes": "preferences: of two facts about a story, told in as many words, the one that is liked better",
}
"""All that is made here; what a name stands for is found in ``GENERATED`` and in the tables of pair_sources.py."""
