"""The fast trainer learns exactly what the readable one defines, and what another library's trainer learns."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest
import tokenizers
from hypothesis import given
from hypothesis import strategies as st

from hornbook.errors import HornbookError
from hornbook.tokenizers import bytepair, counting
from hornbook.tokenizers.bytepair_training import learn_merges_fast, train_bytepair
from hornbook.tokenizers.patterns import PATTERNS, pieces
from tests.tokenizers.texts import TEXTS

WORDS = st.dictionaries(st.text("ab", min_size=1, max_size=11), st.integers(1, 7), max_size=13)


def test_the_readable_trainer_learns_the_textbook_example() -> None:
    """Sennrich et al. 2016, Algorithm 1, without the end-of-word mark: e+s, es+t, l+o, lo+w; then the ties of six."""
    words = {"low": 5, "lower": 2, "newest": 6, "widest": 3}
    vocabulary = bytepair.vocabulary_of(bytepair.learn_merges(words, 7))
    assert vocabulary[256:] == [b"es", b"est", b"lo", b"low", b"ew", b"new", b"newest"]


def test_ties_are_broken_by_the_smallest_pair_of_ids() -> None:
    words = {"zy": 3, "ab": 3, "aa": 3}
    expected = [(97, 97), (97, 98), (122, 121)]
    assert bytepair.learn_merges(words, 3) == expected
    assert learn_merges_fast(words, 3) == expected


def test_a_token_beside_itself_is_merged_from_the_left() -> None:
    words = {"aaaaaaa": 2, "baaab": 3}
    merges = learn_merges_fast(words, 5, 1)
    assert merges == bytepair.learn_merges(words, 5, 1)
    assert bytepair.merged([97] * 5, (97, 97), 256) == [256, 256, 97]


@given(WORDS, st.integers(0, 37), st.integers(1, 3))
def test_the_fast_trainer_learns_the_same_merges_from_few_letters(
    words: dict[str, int], merges: int, least: int
) -> None:
    """Two letters make runs, overlaps and ties; every one of them has to fall the same way."""
    assert learn_merges_fast(words, merges, least) == bytepair.learn_merges(words, merges, least)


@given(st.lists(TEXTS, max_size=5), st.sampled_from(sorted(PATTERNS)))
def test_the_fast_trainer_learns_the_same_merges_from_any_text(texts: list[str], pattern: str) -> None:
    fast = train_bytepair(texts, 53, pattern, minimum_count=1).merges
    assert fast == bytepair.train(texts, 53, PATTERNS[pattern], minimum_count=1)


@pytest.mark.slow
@pytest.mark.parametrize("pattern", sorted(PATTERNS))
def test_the_fast_trainer_learns_the_same_merges_from_a_book(shared: Path, pattern: str) -> None:
    text = (shared / "corpora/the_verdict.txt").read_text(encoding="utf-8")
    fast = train_bytepair([text], 10_000, pattern)
    assert fast.merges == bytepair.train([text], 10_000, PATTERNS[pattern])
    assert len(fast.merges) > 700


def test_another_trainer_learns_the_same_merges_ties_included(shared: Path) -> None:
    """Oracle: ``tokenizers`` breaks ties by the smallest pair too; bytes are given to it as Latin-1 characters."""
    text = (shared / "corpora/tinyshakespeare.txt").read_text(encoding="utf-8")[:300_000]
    text += (shared / "corpora/moby_dick.txt").read_text(encoding="utf-8")[:300_000]
    merges = train_bytepair([text], 1999).merges

    other = tokenizers.Tokenizer(tokenizers.models.BPE())
    other.pre_tokenizer = tokenizers.pre_tokenizers.Split("\ue000", "removed")
    latin = "\ue000".join(piece.encode().decode("latin-1") for piece in pieces(text, PATTERNS["gpt2"]))
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=256 + len(merges),
        initial_alphabet=[chr(value) for value in range(256)],
        show_progress=False,
        min_frequency=2,
    )
    other.train_from_iterator([latin], trainer)
    theirs = {number: token.encode("latin-1") for token, number in other.get_vocab().items()}
    assert [theirs[number] for number in range(len(theirs))] == bytepair.vocabulary_of(merges)


def test_a_text_too_short_for_the_merges_gives_fewer_and_says_so() -> None:
    training = train_bytepair(["low low lower"], 1000)
    assert len(training.merges) < training.wanted == 1000
    assert training.merges == bytepair.train(["low low lower"], 1000, PATTERNS["gpt2"])
    assert train_bytepair([], 11).merges == []
    assert train_bytepair([""], 11).merges == []
    assert train_bytepair(["a b c"], 11).merges == []
    assert train_bytepair(["abcd"], 0, minimum_count=1).merges == []


def test_the_order_and_the_grouping_of_documents_do_not_matter(shared: Path) -> None:
    stories = (shared / "corpora/tinystories_valid_sample.txt").read_text(encoding="utf-8")[:200_000].split("\n\n")
    expected = train_bytepair(stories, 307).merges
    random.Random(5).shuffle(stories)
    assert train_bytepair(iter(stories), 307).merges == expected


@given(TEXTS, st.integers(1, 23), st.sampled_from(sorted(PATTERNS)))
def test_a_text_cut_into_blocks_has_the_same_pieces(text: str, size: int, pattern: str) -> None:
    text = f"{text} {text}"
    parts = list(counting.cut(text, size))
    assert "".join(parts) == text
    assert [piece for part in parts for piece in pieces(part, PATTERNS[pattern])] == pieces(text, PATTERNS[pattern])


def test_long_texts_really_are_cut_and_short_ones_gathered() -> None:
    groups = list(counting.blocks(["word " * 1000, "", "a", "b"], size=700))
    assert max(sum(map(len, group)) for group in groups) < 720
    assert "".join(text for group in groups for text in group) == "word " * 1000 + "ab"
    assert list(counting.blocks(["x" * 2000], size=700)) == [["x" * 2000]]


@pytest.mark.parametrize("workers", [2, 3])
def test_worker_processes_count_the_same_pieces(shared: Path, monkeypatch: pytest.MonkeyPatch, workers: int) -> None:
    monkeypatch.setattr(counting, "WORTHWHILE", 2)
    monkeypatch.setattr(counting, "BLOCK", 30_011)
    text = (shared / "corpora/wonderful_wizard_of_oz.txt").read_text(encoding="utf-8")
    texts = [text, "naïve\n\n日本 \ud800 end", text[:1000]]
    alone = counting.count_pieces(texts, PATTERNS["gpt4"], workers=1)
    assert counting.count_pieces(iter(texts), PATTERNS["gpt4"], workers=workers) == alone
    assert alone == counting.Counter(
        piece for each in texts for piece in pieces(each.replace("\ud800", "\ufffd"), PATTERNS["gpt4"])
    )


def test_counting_in_processes_needs_no_main_guard(tmp_path: Path) -> None:
    """A script of two lines, as a beginner writes it, does not start itself again."""
    script = tmp_path / "script.py"
    script.write_text(
        "from hornbook.tokenizers.bytepair_training import train_bytepair\n"
        "from hornbook.tokenizers import counting\n"
        "counting.WORTHWHILE = 1\n"
        "print(train_bytepair(['low lower lowest ' * 1000], 3, workers=2).merges)\n",
        encoding="utf-8",
    )
    environment = os.environ | {"PYTHONPATH": str(Path(counting.__file__).parents[2])}
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=60, env=environment)
    assert done.stdout == "[(108, 111), (256, 119), (32, 257)]\n", done.stderr


def test_a_worker_that_dies_is_reported_and_leaves_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []

    def dying() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", "import sys; sys.stdin.readline()"]
        started.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
        return started[-1]

    monkeypatch.setattr(counting, "start_worker", dying)
    blocks = [["some text " * 10_000]] * 7
    with pytest.raises(HornbookError, match="stopped early"):
        counting.count_in_parallel(iter(blocks), PATTERNS["gpt2"], 2)
    assert [process.poll() is not None for process in started] == [True, True]


def test_an_error_in_the_texts_reaches_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "WORTHWHILE", 1)

    def texts() -> list[str]:
        raise HornbookError("unreadable")

    with pytest.raises(HornbookError, match="unreadable"):
        counting.count_pieces((text for text in ["a"] if texts()), PATTERNS["gpt2"], workers=2)


@pytest.mark.parametrize("seed", range(3))
def test_random_long_words_train_alike(seed: int) -> None:
    """Long unbroken text, few letters: places are used up by other merges again and again."""
    source = random.Random(seed)
    words = {"".join(source.choices("abc", k=source.randint(1, 97))): source.randint(1, 5) for _ in range(61)}
    assert learn_merges_fast(words, 401, 1) == bytepair.learn_merges(words, 401, 1)
