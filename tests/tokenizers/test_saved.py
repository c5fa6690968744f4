"""Saving and loading: the same ids afterwards, here and in another library, and clear words about damage."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import tokenizers
from hypothesis import given
from hypothesis import strategies as st

from hornbook.errors import DamagedError, HornbookError, MissingError
from hornbook.tokenizers.build import build_tokenizer, open_tokenizer
from hornbook.tokenizers.bytepair_tokenizer import BytePairTokenizer
from hornbook.tokenizers.config import BytePair, Characters, TokenizerConfig, Words
from hornbook.tokenizers.gpt2 import gpt2
from hornbook.tokenizers.patterns import GPT2_PATTERN
from hornbook.tokenizers.protocol import END_OF_TEXT, Tokenizer
from hornbook.tokenizers.saved import fingerprint, load_tokenizer
from tests.tokenizers.texts import FRAGMENTS, TEXTS

TEXT = "".join(FRAGMENTS) * 3 + "the theme of the thesis, then: it's  the\n\n    theory of 12345 theatres\n" * 5
CONFIGS: list[TokenizerConfig] = [
    Characters(),
    Words(),
    Words(23),
    BytePair(397),
    BytePair(397, "gpt4"),
    BytePair(257),
]


@pytest.fixture(scope="module", params=CONFIGS, ids=str)
def tokenizer(request: pytest.FixtureRequest) -> Tokenizer:
    """One of each kind."""
    return build_tokenizer(request.param, [TEXT])


@pytest.fixture(scope="module")
def folder(tokenizer: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where it was saved."""
    folder = tmp_path_factory.mktemp("saved") / "tokenizer"
    tokenizer.save(folder)
    return folder


def change(folder: Path, **changes: Any) -> None:
    """Alter ``tokenizer.json`` by hand: ``model__vocab={}`` replaces what is at model.vocab."""
    path = folder / "tokenizer.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    for name, value in changes.items():
        *parents, last = name.split("__")
        inner = document
        for parent in parents:
            inner = inner[parent]
        inner[last] = value
    path.write_text(json.dumps(document), encoding="utf-8")


def test_a_loaded_tokenizer_is_the_one_that_was_saved(tokenizer: Tokenizer, folder: Path) -> None:
    loaded = load_tokenizer(folder)
    assert type(loaded) is type(tokenizer)
    assert (loaded.kind, loaded.vocab_size, loaded.special) == (tokenizer.kind, tokenizer.vocab_size, tokenizer.special)
    assert loaded.encode(TEXT) == tokenizer.encode(TEXT)
    assert [loaded.token_bytes(token) for token in range(loaded.vocab_size)] == [
        tokenizer.token_bytes(token) for token in range(tokenizer.vocab_size)
    ]
    assert fingerprint(loaded) == fingerprint(tokenizer)


def test_another_library_loads_it_and_gives_the_same_ids(tokenizer: Tokenizer, folder: Path) -> None:
    other = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    assert other.get_vocab_size() == tokenizer.vocab_size
    for text in (TEXT, " the  theme\n", "the", ""):
        known = text.replace("<|", "<<")  # that library recognises special tokens in any text
        if tokenizer.kind != "characters":
            assert other.encode(known).ids == tokenizer.encode(known)
    other.encode_special_tokens = True
    if tokenizer.kind != "words":  # there, an imitated special token may stand inside a word
        assert other.encode(TEXT).ids == tokenizer.encode(TEXT)


def test_another_library_recognises_the_special_token(tokenizer: Tokenizer, folder: Path) -> None:
    if END_OF_TEXT in tokenizer.special:
        text = f"the theme {END_OF_TEXT} the theory"
        other = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        assert other.encode(text).ids == tokenizer.encode(text, allow_special=True)
        assert tokenizer.special[END_OF_TEXT] in other.encode(text).ids


OTHERS: dict[str, tuple[Tokenizer, tokenizers.Tokenizer]] = {}


@given(pattern=st.sampled_from(["gpt2", "gpt4"]), text=TEXTS)
def test_another_library_agrees_on_arbitrary_text(
    pattern: Any, text: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    if pattern not in OTHERS:
        ours = build_tokenizer(BytePair(499, pattern), [TEXT])
        folder = tmp_path_factory.mktemp("other")
        ours.save(folder)
        theirs = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        theirs.encode_special_tokens = True
        OTHERS[pattern] = ours, theirs
    ours, theirs = OTHERS[pattern]
    ids = ours.encode(text)
    assert theirs.encode(text).ids == ids
    assert theirs.decode(ids, skip_special_tokens=False) == text


@pytest.mark.slow
def test_gpt2_survives_saving_without_the_published_file(shared: Path, tmp_path: Path) -> None:
    original = gpt2(shared / "gpt2" / "r50k_base.tiktoken")
    original.save(tmp_path)
    loaded = load_tokenizer(tmp_path)
    assert loaded.kind == "gpt2"
    assert loaded.encode("Hello, world") == original.encode("Hello, world")
    other = tokenizers.Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    text = (shared / "corpora/the_verdict.txt").read_text(encoding="utf-8")
    assert other.encode(text).ids == loaded.encode(text) == original.encode(text)


def test_a_byte_level_file_from_another_library_is_taken_over(tmp_path: Path) -> None:
    other = tokenizers.ByteLevelBPETokenizer()
    other.train_from_iterator([TEXT.replace("<|", "<<")] * 3, vocab_size=401, show_progress=False)
    other.add_special_tokens(["<|pad|>"])
    other.save(str(tmp_path / "tokenizer.json"))
    loaded = load_tokenizer(tmp_path)
    assert loaded.kind == "bytepair"
    assert set(loaded.special) == {"<|pad|>"}
    assert loaded.encode(TEXT) == other.encode(TEXT).ids
    assert loaded.decode(loaded.encode(TEXT)) == TEXT
    loaded.save(tmp_path / "again")
    assert load_tokenizer(tmp_path / "again").encode(TEXT) == loaded.encode(TEXT)


def test_a_foreign_file_is_encoded_by_its_own_merges(tmp_path: Path) -> None:
    """``abc`` is ``ab c`` by the order of our merges; a file that says ``a bc`` is read as its library reads it."""
    BytePairTokenizer.from_merges([(97, 98), (98, 99), (256, 99)], GPT2_PATTERN).save(tmp_path)
    (tmp_path / "hornbook.json").unlink()
    assert load_tokenizer(tmp_path).encode("abc") == [258]
    change(tmp_path, model__merges=["b c", "a bc", "a b"])
    other = tokenizers.Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    for text in ("abc", "ab", "bcabc"):
        assert load_tokenizer(tmp_path).encode(text) == other.encode(text).ids
    change(tmp_path, model__merges=["a b", "b c", "ab d"])
    with pytest.raises(DamagedError, match="its merge of 'ab' and 'd' leads to no token"):
        load_tokenizer(tmp_path)


def test_a_model_that_we_do_not_have_is_named(tmp_path: Path) -> None:
    build_tokenizer(Words(), [TEXT]).save(tmp_path)
    (tmp_path / "hornbook.json").unlink()
    with pytest.raises(DamagedError, match="its model is 'WordLevel', which is none of BPE, WordPiece, Unigram"):
        load_tokenizer(tmp_path)


def test_tokens_with_blanks_survive(tmp_path: Path) -> None:
    text = "    indented\n\n\n\t\tdeeply  \u00a0\u3000 " * 7
    tokenizer = build_tokenizer(BytePair(300), [text])
    tokenizer.save(tmp_path)
    assert load_tokenizer(tmp_path).encode(text) == tokenizer.encode(text)
    assert any(b"   " in tokenizer.token_bytes(token) for token in range(256, 299))


def test_files_are_utf8_and_people_can_read_the_merges(tmp_path: Path) -> None:
    tokenizer = build_tokenizer(BytePair(260), ["ééé né né the the the"])
    tokenizer.save(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hornbook.json", "tokenizer.json", "vocabulary.txt"]
    lines = (tmp_path / "vocabulary.txt").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 260
    assert lines[97] == "97\t'a'"
    assert lines[195] == r"195	b'\xc3'"
    assert lines[256] == "256\t'é'\t= 195 + 169"
    assert lines[259] == f"259\t{END_OF_TEXT}"
    json.loads((tmp_path / "tokenizer.json").read_bytes().decode("utf-8"))


def test_the_fingerprint_tells_tokenizers_apart_and_ignores_layout(tmp_path: Path) -> None:
    first, second = build_tokenizer(BytePair(300), [TEXT]), build_tokenizer(BytePair(301), [TEXT])
    third = build_tokenizer(BytePair(300, "gpt4"), [TEXT])
    assert len({fingerprint(first), fingerprint(second), fingerprint(third)}) == 3
    first.save(tmp_path)
    change(tmp_path)
    assert fingerprint(load_tokenizer(tmp_path)) == fingerprint(first)
    assert len(fingerprint(first)) == 64


@pytest.mark.parametrize("keep", [0, 1, 100, 5000])
def test_a_truncated_file_is_damaged(tmp_path: Path, keep: int) -> None:
    build_tokenizer(BytePair(300), [TEXT]).save(tmp_path)
    path = tmp_path / "tokenizer.json"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(DamagedError, match=r"tokenizer\.json"):
        load_tokenizer(tmp_path)


@pytest.mark.parametrize(
    "changes",
    [
        {"model__vocab": {}},
        {"model__vocab": []},
        {"model__merges": []},
        {"model__merges": ["a b c"]},
        {"model__type": "Unigram", "model": []},
        {"added_tokens": [{"id": "x", "content": "<|endoftext|>"}]},
        {"added_tokens": [{"id": 999, "content": "<|endoftext|>"}]},
        {"pre_tokenizer": None},
        {"pre_tokenizer": {"type": "Whitespace"}},
        {"pre_tokenizer__pretokenizers": []},
        {"pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": True, "use_regex": True}},
    ],
    ids=str,
)
def test_a_file_that_says_something_else_is_damaged(tmp_path: Path, changes: dict[str, Any]) -> None:
    build_tokenizer(BytePair(300), [TEXT]).save(tmp_path)
    change(tmp_path, **changes)
    with pytest.raises(DamagedError, match=r"tokenizer\.json is not a tokenizer that can be used here"):
        load_tokenizer(tmp_path)


def test_exchanged_merges_are_noticed(tmp_path: Path) -> None:
    build_tokenizer(BytePair(300), [TEXT]).save(tmp_path)
    document = json.loads((tmp_path / "tokenizer.json").read_text(encoding="utf-8"))
    merges = document["model"]["merges"]
    change(tmp_path, model__merges=[merges[1], merges[0], *merges[2:]])
    with pytest.raises(DamagedError, match="not in the order of its merges"):
        load_tokenizer(tmp_path)


@pytest.mark.parametrize("kind", ["characters", "words"])
def test_word_lists_with_wrong_ids_are_damaged(tmp_path: Path, kind: str) -> None:
    config = {"characters": Characters(), "words": Words()}[kind]
    build_tokenizer(config, ["ab ba"]).save(tmp_path)
    change(tmp_path, model__vocab={"a": 0, "b": 7})
    with pytest.raises(DamagedError, match="ids are not 0, 1, 2"):
        load_tokenizer(tmp_path)


def test_a_mark_from_the_future_or_of_another_kind_is_explained(tmp_path: Path) -> None:
    build_tokenizer(BytePair(300), [TEXT]).save(tmp_path)
    (tmp_path / "hornbook.json").write_text('{"schema": 2, "kind": "bytepair"}', encoding="utf-8")
    with pytest.raises(DamagedError, match="newer version"):
        load_tokenizer(tmp_path)
    for kind in ("words", "characters"):
        (tmp_path / "hornbook.json").write_text(json.dumps({"schema": 1, "kind": kind}), encoding="utf-8")
        with pytest.raises(DamagedError):
            load_tokenizer(tmp_path)
    (tmp_path / "hornbook.json").unlink()
    assert load_tokenizer(tmp_path).kind == "bytepair"


def test_an_empty_folder_is_missing_its_tokenizer(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match=r"has no tokenizer\.json"):
        load_tokenizer(tmp_path)
    with pytest.raises(MissingError, match="expected gpt2, or a folder"):
        open_tokenizer(str(tmp_path / "nothing"))


def test_a_tokenizer_is_opened_by_every_name_it_has(tmp_path: Path) -> None:
    tokenizer = build_tokenizer(BytePair(300), [TEXT])
    tokenizer.save(tmp_path / "run" / "tokenizer")
    for name in ("run", "run/tokenizer", "run/tokenizer/tokenizer.json"):
        assert open_tokenizer(str(tmp_path / name)).encode(TEXT) == tokenizer.encode(TEXT)


def test_an_unwritable_folder_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(HornbookError, match="cannot write"):
        build_tokenizer(Characters(), ["ab"]).save(tmp_path / "file" / "folder")
