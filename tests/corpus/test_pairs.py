"""Pairs and labelled texts: from every kind of table and to it, bad lines by file and line, corpora by name."""

from __future__ import annotations

import json
import tempfile
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hornbook.corpus.pair_sources import PAIR_CORPORA, PairCorpus, load_labelled, load_pairs
from hornbook.corpus.pairs import LabelledText, Pair, read_labelled, read_pairs, write_pairs
from hornbook.corpus.sources import TITLES, load_corpus, make_documents
from hornbook.errors import MissingError, SettingError, TextError

PAIRS = [("one, two", "un, deux"), ('she said "no"', "elle a dit « non »"), ("three", "trois")]


def texts(pairs) -> list[tuple[str, str]]:
    """Pairs without their names."""
    return [(pair.source, pair.target) for pair in pairs]


@pytest.mark.parametrize("suffix", [".tsv", ".csv", ".jsonl"])
def test_what_is_written_is_read(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"pairs{suffix}"
    written = write_pairs((Pair(str(i), *pair) for i, pair in enumerate(PAIRS)), path)
    assert texts(read_pairs([path])) == PAIRS
    assert (written.documents, written.path) == (3, path)
    assert written.characters == sum(len(text) for pair in PAIRS for text in pair) < written.bytes
    assert next(pair.name for pair in read_pairs([str(tmp_path / "*")])).startswith(f"{path}:")


@given(st.lists(st.tuples(st.text("ab\",'; é", min_size=1), st.text('x"\n, y', min_size=1)), min_size=1, max_size=7))
def test_commas_quotation_marks_and_line_ends_survive_a_csv_file(pairs) -> None:
    pairs = [(source.strip() or "a", target.strip() or "x") for source, target in pairs]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pairs.csv"
        write_pairs((Pair("", *pair) for pair in pairs), path)
        assert texts(read_pairs([path])) == pairs


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.tsv", "one\tun\n\ntwo\tdeux\n"),
        ("a.tsv", "\ufeffsource\ttarget\r\none\tun\r\ntwo\tdeux"),
        ("a.tsv", "note\ttarget\tsource\nx\tun\tone\ny\tdeux\ttwo\n"),
        ("a.csv", "one,un\n two , deux \n"),
        ("a.csv", 'target,source\n"un","one"\ndeux,two\n'),
        ("a.jsonl", '{"target": "un", "source": "one"}\n\n{"source": "two", "target": "deux", "n": 3}\n'),
    ],
)
def test_columns_are_found_by_name_or_by_order(name: str, content: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8", newline="")
    assert texts(read_pairs([tmp_path / name])) == [("one", "un"), ("two", "deux")]


def test_the_names_of_columns_can_be_told(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("en,fr\none,un\n")
    assert texts(read_pairs([tmp_path / "a.csv"], "fr", "en")) == [("un", "one")]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.tsv", "one\tun\ntwo\n", "a.tsv:2: expected 2 columns (source, target), found 1"),
        ("a.tsv", "one\tun\tx\n", "a.tsv:1: expected 2 columns"),
        ("a.tsv", "source\tanswer\none\tun\n", "a.tsv:1: there is no column 'target'; the columns are source, answer"),
        ("a.tsv", "source\ttargets\none\tun\n", "did you mean 'targets'"),
        ("a.tsv", "one\tun\n \tdeux\n", "a.tsv:2: the source is empty"),
        ("a.tsv", "source\ttarget\n", "a.tsv: there is no row in this table"),
        ("a.csv", 'one,un\n"two,deux\n', "a.csv:2: this is not a row of a .csv file"),
        ("a.csv", 'one,"un" x\n', "a.csv:1: this is not a row"),
        ("a.jsonl", '{"source": "a", "target": "b"}\n{"source": "a"}\n', "a.jsonl:2: there is no field 'target'"),
        ("a.jsonl", '{"source": "a", "target": ["b"]}\n', "a.jsonl:1: the field 'target' holds list"),
        ("a.jsonl", '{"source": "a", "target": null}\n', "a.jsonl:1: the target is empty"),
        ("a.jsonl", "[1]\n", "a.jsonl:1: expected an object"),
        ("a.jsonl", '{"source": \n', "a.jsonl:1: this line is not JSON"),
        ("a.tsv", b"one\tun\nt\xe9l\tdeux\n", "a.tsv:2: this line is not UTF-8"),
    ],
)
def test_a_bad_line_is_named_by_file_and_line(name: str, content: str | bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(TextError) as raised:
        list(read_pairs([tmp_path / name]))
    assert said in str(raised.value)


def test_files_that_are_no_tables_and_files_that_are_not_there_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("one\tun\n")
    with pytest.raises(SettingError, match=r"expected a table, a file that ends in \.tsv, \.csv, \.jsonl"):
        list(read_pairs([tmp_path / "a.txt"]))
    with pytest.raises(MissingError, match=r"a\.tsv does not exist \(did you mean 'a.txt'\?\)"):
        list(read_pairs([tmp_path / "a.tsv"]))
    with pytest.raises(SettingError, match="no table was named"):
        list(read_pairs([]))


def test_labels_may_be_words_numbers_and_truth_values_and_may_be_unknown(tmp_path: Path) -> None:
    lines = [{"text": " a b ", "kind": "ham", "long": 3}, {"text": "c", "kind": None, "long": True}]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, lines)))
    (tmp_path / "a.csv").write_text("long,text,kind\n3, a b ,ham\ntrue,c,\n")
    for name in ("a.jsonl", "a.csv"):
        found = list(read_labelled([tmp_path / name], "text", ("kind", "long")))
        assert [(text.text, text.labels) for text in found] == [("a b", ("ham", "3")), ("c", ("", "true"))]
        assert isinstance(found[0], LabelledText) and found[0].name.startswith(str(tmp_path / name))
    with pytest.raises(SettingError, match="label_fields"):
        list(read_labelled([tmp_path / "a.csv"], "text", ()))


def test_a_text_that_a_table_cannot_hold_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(TextError, match="3: this row has a tab or a line end in it"):
        write_pairs([Pair("2", "a", "b"), Pair("3", "a\tb", "c")], tmp_path / "a.tsv")
    with pytest.raises(SettingError, match=r"end the name in \.tsv, \.csv, \.jsonl"):
        write_pairs([], tmp_path / "a.txt")
    assert list(tmp_path.iterdir()) == []


# By name --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAIR_CORPORA)
def test_a_corpus_with_a_name_brings_its_held_out_part_and_the_labels_of_its_texts(name: str) -> None:
    assert isinstance(PAIR_CORPORA[name], PairCorpus) and name in TITLES
    pairs, labelled = load_pairs(name, 17, seed=3), load_labelled(name, 17, seed=3)
    training, held_out = list(pairs.training), list(islice(pairs.held_out, 101))
    assert len(training) == len(list(labelled.training)) == 17
    assert len(held_out) == len(list(islice(labelled.held_out, 101))) == 101
    assert not {pair.source for pair in training} & {pair.source for pair in held_out}
    assert training == list(load_pairs(name, 17, seed=3).training) != list(load_pairs(name, 17, seed=4).training)


def test_the_quick_variant_writes_english_words_only() -> None:
    pairs = list(load_pairs("numbers-en", 101, seed=3).training)
    assert all(pair.source.startswith("en: ") for pair in pairs)


def test_tables_bring_no_held_out_part(tmp_path: Path) -> None:
    write_pairs([Pair("", *pair) for pair in PAIRS], tmp_path / "a.tsv")
    supplied = load_pairs([tmp_path / "a.tsv"], 2)
    assert supplied.held_out is None and texts(supplied.training) == PAIRS[:2]


def test_unknown_names_and_counts_are_refused() -> None:
    with pytest.raises(SettingError, match="did you mean 'numbers'"):
        load_pairs("number")
    with pytest.raises(SettingError, match="did you mean 'numbers-en'"):
        make_documents("numbers-e")
    with pytest.raises(SettingError, match="'numbers' is no running text but pairs: numbers in English"):
        load_corpus("numbers")


def test_the_command_writes_a_table(hornbook, tmp_path: Path) -> None:
    result = json.loads(hornbook("corpus", "make", "numbers", "--documents", "19", "--out", "n.csv", "--json").stdout)
    assert result["documents"] == 19
    assert texts(read_pairs([tmp_path / "n.csv"])) == texts(load_pairs("numbers", 19).training)
    assert "tables" in hornbook("corpus", "make", "numbers", "--out", "n.txt", expect=2).stderr
