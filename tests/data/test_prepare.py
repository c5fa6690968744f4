"""From texts to a prepared folder: what stands in it, and that nothing half-written ever does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import chain

import numpy as np
import pytest

from hornbook.data.batches import Batches, describe
from hornbook.data.config import DataConfig, Packed, RandomWindows, Shuffled
from hornbook.data.prepare import Prepared, prepare
from hornbook.errors import DamagedError, HornbookError, MissingError, SettingError, TextError
from hornbook.tokenizers.build import build_tokenizer
from hornbook.tokenizers.config import GPT2, BytePair, Characters, Words

VERSES = [
    f"Verse {n}: the {a} {b} the {c}, it's true.\nÅ {n * n} — ok 🙂\n"
    for n, (a, b, c) in enumerate(
        [("cat", "sees", "moon"), ("dog", "eats", "shoe"), ("owl", "hears", "wind"), ("fox", "finds", "road")] * 7
    )
]


@pytest.fixture
def verses(tmp_path):
    """28 documents as .jsonl."""
    lines = [json.dumps({"text": verse}) for verse in VERSES]
    (tmp_path / "verses.jsonl").write_text("\n".join(lines))
    return DataConfig(text=(str(tmp_path / "verses.jsonl"),), split="document", validation_fraction=0.25)


def test_every_text_and_its_end_stands_in_the_files(verses, tmp_path):
    ready = prepare(verses, BytePair(300), tmp_path / "data", seed=3)
    end = ready.tokenizer.special["<|endoftext|>"]
    texts = []
    for part in (ready.train, ready.validation):
        ids = part.tokens.tolist()
        assert ids[0] == ids[-1] == end == part.end
        found = [
            ready.tokenizer.decode(ids[part.document_starts[i] : part.document_stop(i) - 1])
            for i in range(part.documents)
        ]
        assert part.bytes == len("".join(found).encode())
        assert part.document_bytes.tolist() == np.cumsum([0, *(len(text.encode()) for text in found[:-1])]).tolist()
        assert ids.count(end) == part.documents + 1
        texts += found
        part.verify()
    assert sorted(texts) == sorted(VERSES)
    assert (ready.train.documents, ready.validation.documents) == (21, 7)


def test_the_folder_opens_again_and_says_what_it_holds(verses, tmp_path):
    lines: list[str] = []
    made = prepare(verses, Words(), tmp_path / "data", seed=3, report=lines.append)
    ready = Prepared.open(tmp_path / "data")
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == [
        "data.json",
        "tokenizer",
        "train.tokens",
        "validation.tokens",
    ]
    assert ready.info == made.info and ready.info["schema"] == 1 and ready.info["seed"] == 3
    assert ready.info["train"]["tokens"] == len(ready.train) == len(made.train)
    assert ready.info["source"]["documents"] == 28
    assert lines[0].startswith("read 28 documents, ")
    assert lines[1] == "split by document: 21 documents for training, 7 for validation"
    assert [line.split(":")[0] for line in lines[2:]] == ["tokenizer", "train", "validation"]
    ready.verify()


def test_the_same_text_and_seed_make_the_same_files(verses, tmp_path):
    one, two = (prepare(verses, BytePair(300), tmp_path / name, 3, workers) for name, workers in (("a", 1), ("b", 3)))
    other = prepare(verses, BytePair(300), tmp_path / "c", 4)
    assert one.info == two.info
    assert one.train.path.read_bytes() == two.train.path.read_bytes()
    assert other.train.path.read_bytes() != one.train.path.read_bytes()


def test_bytepair_learns_from_training_only_and_characters_from_everything(tmp_path):
    (tmp_path / "text.txt").write_text("abab " * 100 + "xyxy\n" * 10)
    config = DataConfig(text=(str(tmp_path / "text.txt"),))
    ready = prepare(config, BytePair(270), tmp_path / "a", 0)
    assert not any(b"xy" in ready.tokenizer.token_bytes(token) for token in range(ready.tokenizer.vocab_size))
    ready = prepare(config, Characters(), tmp_path / "b", 0)
    assert set(ready.tokenizer.decode(range(ready.tokenizer.vocab_size))) == set("ab xy\n")


def test_a_ready_tokenizer_is_used_as_it_is(verses, tmp_path):
    tokenizer = build_tokenizer(BytePair(280), ["something else altogether " * 9])
    ready = prepare(verses, tokenizer, tmp_path / "data", 0)
    assert ready.train.vocab_size == tokenizer.vocab_size == ready.tokenizer.vocab_size


def test_tinyshakespeare_is_cut_as_everyone_cuts_it(shared, tmp_path):
    path = shared / "corpora/tinyshakespeare.txt"
    text = path.read_text()
    ready = prepare(DataConfig(text=(str(path),)), Characters(), tmp_path / "data", 0)
    assert ready.tokenizer.vocab_size == 65
    assert (len(ready.train), len(ready.validation)) == (1_003_854, 111_540)  # the counts of nanoGPT's prepare.py
    assert ready.tokenizer.decode(ready.train.tokens.tolist()) == text[: int(0.9 * len(text))]
    assert ready.tokenizer.decode(ready.validation.tokens.tolist()) == text[int(0.9 * len(text)) :]


@pytest.mark.slow
def test_tinyshakespeare_in_gpt2_tokens_has_the_published_counts(shared, tmp_path, monkeypatch):
    monkeypatch.setenv("HORNBOOK_GPT2", str(shared / "gpt2/r50k_base.tiktoken"))
    ready = prepare(DataConfig(text=(str(shared / "corpora/tinyshakespeare.txt"),)), GPT2(), tmp_path / "data", 0)
    # nanoGPT's readme: 301,966 and 36,059; ours has an end-of-text before either part and after the last
    assert (len(ready.train), len(ready.validation)) == (301_966 + 1, 36_059 + 2)
    assert ready.train.end == ready.train.tokens[0] == ready.validation.tokens[-1] == 50256


def test_known_log_probabilities_are_kept_per_document_and_in_sum(tmp_path):
    ready = prepare(DataConfig(corpus="markov-2", documents=23, split="document"), Characters(), tmp_path / "data", 1)
    assert ready.validation.documents == 2
    assert ready.validation.names == ["markov-2/21", "markov-2/22"]
    assert ready.validation.log_probability == pytest.approx(ready.validation.log_probabilities.sum(), rel=1e-12)
    assert ready.info["validation"]["log_probability"] == ready.validation.log_probability
    cut = prepare(DataConfig(corpus="markov-2", documents=23), Characters(), tmp_path / "cut", 1)
    assert cut.validation.log_probability is None, "of half a text nothing is known"


@pytest.mark.parametrize("order", [RandomWindows(), Shuffled(5), Packed()], ids=str)
@pytest.mark.parametrize("tokenizer", [BytePair(300), Characters()], ids=["bytepair", "characters"])
def test_the_byte_offsets_of_a_row_are_exact(order, tokenizer, verses, tmp_path):
    ready = prepare(verses, tokenizer, tmp_path / "data", 3)
    file, end = ready.train, ready.train.end
    starts, ids = file.document_starts, file.tokens.tolist()
    texts = [
        ready.tokenizer.decode([token for token in ids[starts[i] : file.document_stop(i)] if token != end])
        for i in range(file.documents)
    ]
    whole = "".join(texts).encode()
    batches = Batches(file, order, 7, batch=5, context=37)
    for row in chain.from_iterable(batches.rows(step, ready.tokenizer) for step in range(5)):
        for span in row.documents:
            content = b"".join(ready.tokenizer.token_bytes(token) for token in ids[span.start : span.stop])
            assert whole[span.byte_start : span.byte_stop] == content
        assert (row.byte_start, row.byte_stop) == (
            min(span.byte_start for span in row.documents),
            max(span.byte_stop for span in row.documents),
        )


def test_offsets_of_word_tokens_stay_inside_their_document(verses, tmp_path):
    ready = prepare(verses, Words(), tmp_path / "data", 3)
    assert ready.train.header["exact_bytes"] is False
    for row in Batches(ready.train, RandomWindows(), 7, batch=31, context=17).rows(0, ready.tokenizer):
        for span in row.documents:
            assert (
                span.document_byte <= span.byte_start <= span.byte_stop <= ready.train.document_byte_stop(span.document)
            )
        for one, two in zip(row.documents, row.documents[1:], strict=False):
            assert one.byte_stop == two.byte_start == two.document_byte


def test_a_batch_can_be_described(verses, tmp_path):
    ready = prepare(verses, BytePair(300), tmp_path / "data", 3)
    batches = Batches(ready.train, Packed(), 7, batch=4, context=200, micro_batches=2)
    described = describe(batches, 0, ready.tokenizer)
    assert [row["micro_batch"] for row in described] == [0, 0, 1, 1]
    assert json.loads(json.dumps(described)) == described
    shown = [document["text"] for row in described for document in row["documents"]]
    assert all(text.removeprefix("<|endoftext|>").startswith("Verse ") for text in shown)
    assert described[0]["documents"][0]["name"].count("verses.jsonl") == 1


# What may go wrong, and nothing half-written.


def test_a_vocabulary_that_is_not_the_one_of_the_ids_is_refused(verses, tmp_path):
    prepare(verses, BytePair(300), tmp_path / "data", 3)
    build_tokenizer(BytePair(301), VERSES).save(tmp_path / "data/tokenizer")
    with pytest.raises(DamagedError, match="another vocabulary"):
        Prepared.open(tmp_path / "data")


def test_a_folder_that_was_never_prepared_says_how(tmp_path):
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(MissingError, match="hornbook prepare"):
            Prepared.open(folder)


def test_a_missing_or_truncated_part_is_noticed(verses, tmp_path):
    ready = prepare(verses, BytePair(300), tmp_path / "data", 3)
    path = ready.validation.path
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(DamagedError, match="truncated"):
        Prepared.open(tmp_path / "data")
    path.unlink()
    with pytest.raises(MissingError):
        Prepared.open(tmp_path / "data")


def test_an_older_folder_is_replaced_but_nothing_else_is(verses, tmp_path):
    prepare(verses, BytePair(300), tmp_path / "data", 3)
    assert prepare(verses, Words(), tmp_path / "data", 3).tokenizer.kind == "words"
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").write_text("years of work")
    with pytest.raises(SettingError, match=r"^out: .*thesis\.txt"):
        prepare(verses, Words(), tmp_path / "mine", 3)
    with pytest.raises(SettingError, match="is a file"):
        prepare(verses, Words(), tmp_path / "verses.jsonl", 3)
    assert (tmp_path / "mine/thesis.txt").read_text() == "years of work"


@pytest.mark.parametrize(
    ("content", "error"),
    [(b"", TextError), (b"\0\1\2\3" * 99, TextError), (b"x", TextError), (None, MissingError)],
    ids=["empty", "binary", "one character", "missing"],
)
def test_a_bad_text_leaves_nothing_behind(content, error, tmp_path):
    if content is not None:
        (tmp_path / "bad.txt").write_bytes(content)
    with pytest.raises(error):
        prepare(DataConfig(text=(str(tmp_path / "bad.txt"),)), Characters(), tmp_path / "data", 0)
    assert {entry.name for entry in tmp_path.iterdir()} <= {"bad.txt"}


def test_no_text_and_an_unknown_corpus_are_usage_errors(tmp_path):
    with pytest.raises(SettingError, match=r"^text: "):
        prepare(DataConfig(), Characters(), tmp_path / "data", 0)
    with pytest.raises(SettingError, match="did you mean 'stories'"):
        prepare(DataConfig(corpus="storys"), Characters(), tmp_path / "data", 0)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_below_a_file_cannot_be_made(verses, tmp_path):
    with pytest.raises(HornbookError, match=r"cannot write .*verses\.jsonl"):
        prepare(verses, Words(), tmp_path / "verses.jsonl/data", 3)
    assert [entry.name for entry in tmp_path.iterdir()] == ["verses.jsonl"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may write everywhere")
def test_an_unwritable_folder_is_named(verses, tmp_path):
    (tmp_path / "locked").mkdir(mode=0o500)
    with pytest.raises(HornbookError, match="cannot write"):
        prepare(verses, Words(), tmp_path / "locked/data", 3)


def test_a_full_disk_is_told_and_leaves_the_old_folder(verses, tmp_path):
    prepare(verses, Words(), tmp_path / "data", 3)
    code = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from hornbook.data.config import DataConfig; from hornbook.data.prepare import prepare\n"
        "from hornbook.tokenizers.config import Words; from hornbook.errors import HornbookError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (1500, 1500))\n"
        "try: prepare(DataConfig(text=(sys.argv[1],)), Words(), Path(sys.argv[2]), 4)\n"
        "except HornbookError as error: print(error)"
    )
    arguments = [sys.executable, "-c", code, *verses.text, str(tmp_path / "data")]
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("cannot write ") and "choose another folder" in done.stdout
    assert Prepared.open(tmp_path / "data").info["seed"] == 3
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["data", "verses.jsonl"]


PEAK = """
import resource, sys
from pathlib import Path
from hornbook.data.config import DataConfig
from hornbook.data.prepare import prepare
from hornbook.tokenizers.build import build_tokenizer
from hornbook.tokenizers.config import BytePair
tokenizer = build_tokenizer(BytePair(400), [open(sys.argv[1]).read(1 << 18)])
prepare(DataConfig(text=(sys.argv[1],)), tokenizer, Path(sys.argv[2]), 0)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
"""


@pytest.mark.slow
def test_preparing_takes_no_more_memory_for_more_text(tmp_path):
    peaks = []
    for size in (8, 64):
        path = tmp_path / f"{size}.jsonl"
        with path.open("w") as file:
            for number in range(size * 1024):
                file.write(json.dumps({"text": f"Text {number}. " + VERSES[number % 28] * 22}) + "\n")
        arguments = [sys.executable, "-c", PEAK, str(path), str(tmp_path / f"{size}")]
        peaks.append(int(subprocess.run(arguments, capture_output=True, text=True, check=True).stdout))
    assert peaks[1] - peaks[0] < 40e6
