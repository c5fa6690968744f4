"""From pairs and labelled texts to prepared folders: what stands in them, how they are divided, and what is refused."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from hornbook.batches import IGNORED
from hornbook.corpus.numbers.task import is_held_out
from hornbook.corpus.pair_sources import load_pairs
from hornbook.data.config import DataConfig
from hornbook.data.labels import PreparedLabelled, Question, prepare_labelled
from hornbook.data.pairs import PreparedPairs, prepare_pairs
from hornbook.data.prepare import Prepared, prepare
from hornbook.errors import DamagedError, HornbookError, MissingError, SettingError, TextError
from hornbook.tokenizers.build import build_tokenizer
from hornbook.tokenizers.config import BytePair, Characters, Words

NAMES = ["cat", "dog", "owl", "fox", "hen", "emu", "ant"]
PAIRS = [
    (f"the {one} sees the {other}.", f"{other} ← {one}, {place}é🙂")
    for place, (one, other) in enumerate((one, other) for one in NAMES for other in NAMES if one != other)
]
"""42 pairs with different sources."""


def table(path, pairs) -> DataConfig:
    """Pairs as a .jsonl file, a quarter of them for validation."""
    path.write_text("\n".join(json.dumps({"source": source, "target": target}) for source, target in pairs))
    return DataConfig(text=(str(path),), validation_fraction=0.25)


def texts(prepared, part) -> list[tuple[str, str]]:
    """The pairs of a part as texts again."""
    return [tuple(map(prepared.tokenizer.decode, (ids.tolist() for ids in part.pair(i)))) for i in range(len(part))]


@pytest.fixture
def animals(tmp_path) -> DataConfig:
    """The 42 pairs."""
    return table(tmp_path / "animals.jsonl", PAIRS)


def test_every_pair_stands_in_one_of_the_parts_with_its_two_texts_side_by_side(animals, tmp_path):
    lines: list[str] = []
    made = prepare_pairs(animals, BytePair(300), tmp_path / "data", 3, report=lines.append)
    train, validation = texts(made, made.train), texts(made, made.validation)
    assert (len(train), len(validation)) == (len(made.train), len(made.validation)) == (32, 10)
    assert sorted(train + validation) == sorted(PAIRS)
    end = made.tokenizer.special["<|endoftext|>"]
    assert not any(end in ids.tolist() for i in range(32) for ids in made.train.pair(i))
    assert made.train.name(0).startswith(str(tmp_path / "animals.jsonl:"))
    assert lines[0].startswith("read 42 rows: ") and lines[1] == "32 rows for training, 10 for validation"


def test_the_folder_opens_again_and_says_what_it_holds(animals, tmp_path):
    made = prepare_pairs(animals, Words(), tmp_path / "data", 3)
    again = PreparedPairs.open(tmp_path / "data")
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == [
        "data.json",
        "tokenizer",
        "train.source.tokens",
        "train.target.tokens",
        "validation.source.tokens",
        "validation.target.tokens",
    ]
    assert again.info == made.info and again.hashes == made.hashes and again.about == {}
    assert (again.info["schema"], again.info["kind"], again.info["seed"]) == (1, "pairs", 3)
    assert again.info["train"]["target"]["tokens"] == len(again.train.target)
    assert set(again.hashes) == {f"{part}.{text}" for part in ("train", "validation") for text in ("source", "target")}
    assert again.size.startswith("32 training pairs of ")
    again.verify()


def test_the_same_pairs_and_seed_make_the_same_files(animals, tmp_path):
    one, two, other = (
        prepare_pairs(animals, BytePair(280), tmp_path / name, seed)
        for name, seed in zip("abc", (3, 3, 4), strict=True)
    )
    assert one.info == two.info and one.hashes == two.hashes
    assert other.hashes != one.hashes


def test_no_source_is_in_both_parts(tmp_path):
    pairs = [(f"word {n % 13}", f"answer {n}") for n in range(91)]
    made = prepare_pairs(table(tmp_path / "a.jsonl", pairs), BytePair(270), tmp_path / "data", 1)
    train, validation = ({source for source, _ in texts(made, part)} for part in (made.train, made.validation))
    assert train and validation and not train & validation
    assert len(made.train) + len(made.validation) + made.info["duplicates_dropped"] == 91


def test_a_tokenizer_learns_from_both_texts_of_training_only(tmp_path):
    pairs = [(f"source{n}", f"target{n}") for n in range(29)]
    made = prepare_pairs(table(tmp_path / "a.jsonl", pairs), Words(), tmp_path / "data", 1)
    train, validation = texts(made, made.train), texts(made, made.validation)
    assert {f"source{n}" for n in range(29)} >= {source for source, _ in train}
    assert made.tokenizer.vocab_size == 2 * len(train) + 2
    assert set(validation) == {("<|unk|>", "<|unk|>")}


@pytest.mark.slow
def test_validation_and_training_share_no_number_and_are_those_of_the_task(tmp_path):
    made = prepare_pairs(DataConfig(corpus="numbers-en", documents=211), BytePair(300), tmp_path / "data", 5)
    supplied = load_pairs("numbers-en", 211, 5)
    assert texts(made, made.train) == [(pair.source, pair.target) for pair in supplied.training]
    assert texts(made, made.validation) == [(pair.source, pair.target) for pair in supplied.held_out]
    assert len(made.validation) == 1000 and made.validation.name(0) == "numbers/en/words/held-out/0"
    train, validation = (
        {int(source.removeprefix("en: ")) for source, _ in texts(made, part)} for part in (made.train, made.validation)
    )
    assert not train & validation and all(map(is_held_out, validation)) and not any(map(is_held_out, train))


def test_a_tokenizer_without_an_end_of_text_is_refused(animals, tmp_path):
    for tokenizer in (Characters(), build_tokenizer(Characters(), ["abc"])):
        with pytest.raises(SettingError, match=r"tokenizer: an answer ends with .* choose words, bytepair or gpt2"):
            prepare_pairs(animals, tokenizer, tmp_path / "data", 0)


def test_bad_pairs_leave_nothing_behind(animals, tmp_path):
    (tmp_path / "bad.tsv").write_text("one\tun\ntwo\n")
    for config, error in (
        (DataConfig(text=(str(tmp_path / "bad.tsv"),)), TextError),
        (DataConfig(text=(str(tmp_path / "none.tsv"),)), MissingError),
        (DataConfig(corpus="number"), SettingError),
        (DataConfig(), SettingError),
        (table(tmp_path / "same.jsonl", PAIRS[:1] * 5), TextError),
        (table(tmp_path / "single.jsonl", PAIRS[:1]), SettingError),
    ):
        with pytest.raises(error):
            prepare_pairs(config, BytePair(270), tmp_path / "data", 0)
    assert not any(path.is_dir() for path in tmp_path.iterdir())


def test_only_prepared_data_are_replaced(animals, tmp_path):
    prepare_pairs(animals, BytePair(270), tmp_path / "data", 3)
    assert prepare_pairs(animals, BytePair(270), tmp_path / "data", 4).info["seed"] == 4
    (tmp_path / "data" / "notes.md").write_text("mine")
    with pytest.raises(SettingError, match=r"out: .* holds 'notes.md', which is not prepared data"):
        prepare_pairs(animals, BytePair(270), tmp_path / "data", 5)
    with pytest.raises(SettingError, match="is a file"):
        prepare_pairs(animals, BytePair(270), tmp_path / "animals.jsonl", 5)
    assert (tmp_path / "data" / "notes.md").read_text() == "mine"


def test_folders_of_another_kind_or_another_tokenizer_are_refused(animals, tmp_path):
    prepare_pairs(animals, BytePair(270), tmp_path / "pairs", 3)
    with pytest.raises(DamagedError, match="expected prepared labels, found pairs"):
        PreparedLabelled.open(tmp_path / "pairs")
    prepare(DataConfig(corpus="stories", documents=5), BytePair(270), tmp_path / "text", 3)
    with pytest.raises(DamagedError, match="expected prepared pairs, found text"):
        PreparedPairs.open(tmp_path / "text")
    with pytest.raises(MissingError, match=r"train\.tokens"):
        Prepared.open(tmp_path / "pairs")
    with pytest.raises(MissingError, match=r"no data\.json"):
        PreparedPairs.open(tmp_path / "none")
    build_tokenizer(BytePair(271), ["other " * 7]).save(tmp_path / "pairs/tokenizer")
    with pytest.raises(DamagedError, match="another vocabulary"):
        PreparedPairs.open(tmp_path / "pairs")


@pytest.mark.parametrize("name", ["train.source.tokens", "validation.target.tokens"])
def test_damage_is_noticed(name, animals, tmp_path):
    made = prepare_pairs(animals, BytePair(270), tmp_path / "data", 3)
    path = tmp_path / "data" / name
    data = bytearray(path.read_bytes())
    data[4096] ^= 1
    path.write_bytes(data)
    with pytest.raises(DamagedError, match="was altered"):
        made.verify()
    path.write_bytes(data[:-8])
    with pytest.raises(HornbookError, match="truncated"):
        PreparedPairs.open(tmp_path / "data")
    path.unlink()
    with pytest.raises(MissingError, match=name):
        PreparedPairs.open(tmp_path / "data")


def test_files_of_different_pairs_are_noticed(animals, tmp_path):
    made = prepare_pairs(animals, BytePair(270), tmp_path / "data", 3)
    other = prepare_pairs(table(tmp_path / "b.jsonl", PAIRS[:23]), made.tokenizer, tmp_path / "other", 3)
    (tmp_path / "data/train.target.tokens").write_bytes(other.train.target.path.read_bytes())
    with pytest.raises(DamagedError, match=r"has 17 rows, train\.source\.tokens has 32"):
        PreparedPairs.open(tmp_path / "data")


# Labels ---------------------------------------------------------------------------------------------------------------

LABELLED = [
    (f"{one} {other} {place}", one if place % 5 else "", str(place % 3))
    for place, (one, other) in enumerate((one, other) for one in NAMES for other in NAMES)
]
"""49 texts with two labels, some of the first unknown."""


@pytest.fixture
def labelled(tmp_path) -> DataConfig:
    """The 49 texts as a .tsv file."""
    (tmp_path / "labelled.tsv").write_text(
        "".join(f"{kind}\t{text}\t{rest}\n" for text, kind, rest in [("text", "kind", "rest"), *LABELLED])
    )
    return DataConfig(text=(str(tmp_path / "labelled.tsv"),), validation_fraction=0.2)


def prepared(config, out, tokenizer=None) -> PreparedLabelled:
    """The labelled texts, prepared."""
    config = dataclasses.replace(config, columns=("text", "kind", "rest"))
    return prepare_labelled(config, tokenizer or Characters(), out, 3)


def test_labels_stay_with_their_texts(labelled, tmp_path):
    prepared(labelled, tmp_path / "data")
    made = PreparedLabelled.open(tmp_path / "data")
    assert made.questions == (Question("kind", tuple(sorted(NAMES))), Question("rest", ("0", "1", "2")))
    found = []
    for part in (made.train, made.validation):
        assert part.labels.dtype == np.int64 and part.labels.shape == (len(part), 2)
        for index, (kind, rest) in enumerate(part.labels.tolist()):
            text = made.tokenizer.decode(part.ids(index).tolist())
            found.append(
                (text, "" if kind == IGNORED else made.questions[0].classes[kind], made.questions[1].classes[rest])
            )
    assert sorted(found) == sorted(LABELLED)
    assert (len(made.train), len(made.validation)) == (39, 10)
    assert made.about == {"questions": made.info["questions"]} and made.info["kind"] == "labels"
    assert made.hashes.keys() >= {"train.labels", "validation.text"}
    made.verify()


def test_numbers_have_labels_too(tmp_path):
    made = prepare_labelled(DataConfig(corpus="numbers-it", documents=101), BytePair(300), tmp_path / "data", 5)
    assert [question.name for question in made.questions] == ["digits", "divisible by 3"]
    assert made.questions[0].classes == tuple("123456789") and made.questions[1].classes == ("no", "yes")
    assert (len(made.train), len(made.validation)) == (101, 1000)
    assert set(made.validation.labels[:, 0].tolist()) == {3, 4, 5, 6, 7, 8}


@pytest.mark.parametrize(
    ("labels", "said"),
    [(["a"] * 7, "label: expected at least two different labels, found 'a'"), ([""] * 7, "found none")],
)
def test_a_question_with_one_answer_is_none(labels, said, tmp_path):
    (tmp_path / "a.csv").write_text("".join(f"text {number},{label}\n" for number, label in enumerate(labels)))
    with pytest.raises(TextError, match=said):
        prepare_labelled(DataConfig(text=(str(tmp_path / "a.csv"),)), Words(), tmp_path / "data", 0)
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_damaged_labels_are_noticed(labelled, tmp_path):
    made = prepared(labelled, tmp_path / "data")
    path = tmp_path / "data/train.labels.npy"
    good = np.load(path)
    for labels, said in ((good[:-1], "expected int64"), (good + 7, "classes that data.json does not name")):
        np.save(path, labels)
        with pytest.raises(DamagedError, match=said):
            PreparedLabelled.open(tmp_path / "data")
    np.save(path, np.roll(good, 1, axis=0))
    with pytest.raises(DamagedError, match=r"labels\.npy was altered"):
        made.verify()
    path.write_bytes(b"no array")
    with pytest.raises(DamagedError, match="is damaged"):
        PreparedLabelled.open(tmp_path / "data")
    path.unlink()
    with pytest.raises(MissingError, match="does not exist"):
        PreparedLabelled.open(tmp_path / "data")
