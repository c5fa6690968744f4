"""GPT-2's vocabulary: its true ids, from the published file, and what happens when the file is not there or not it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import tokenizers
from hypothesis import given, settings

from hornbook.errors import DamagedError, MissingError
from hornbook.tokenizers import gpt2 as module
from hornbook.tokenizers.byte_alphabet import read_visible
from hornbook.tokenizers.bytepair_tokenizer import BytePairTokenizer
from hornbook.tokenizers.gpt2 import gpt2
from hornbook.tokenizers.protocol import END_OF_TEXT
from tests.tokenizers.texts import FRAGMENTS, TEXTS


@pytest.fixture(scope="module")
def ranks(shared: Path) -> Path:
    """The published file."""
    return shared / "gpt2" / "r50k_base.tiktoken"


@pytest.fixture(scope="module")
def tokenizer(ranks: Path) -> BytePairTokenizer:
    """GPT-2's tokenizer."""
    return gpt2(ranks)


@pytest.fixture(scope="module")
def other(shared: Path) -> tokenizers.Tokenizer:
    """An oracle from the other two published files, ``encoder.json`` and ``vocab.bpe``, in another library."""
    lines = (shared / "gpt2" / "vocab.bpe").read_text(encoding="utf-8").splitlines()[1:]
    vocabulary = json.loads((shared / "gpt2" / "encoder.json").read_text(encoding="utf-8"))
    model = tokenizers.models.BPE(vocab=vocabulary, merges=[tuple(line.split(" ")) for line in lines if line])
    built = tokenizers.Tokenizer(model)
    built.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    return built


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("Hello,", [15496, 11]),  # a widely read own implementation gave [1544, 18798, 11]
        ("Hello world", [15496, 995]),
        ("Every effort moves you", [6109, 3626, 6100, 345]),
        ("The verdict was", [464, 15593, 373]),
        (" ", [220]),
        ("  ", [220, 220]),
        ("\n\n", [628]),
        ("", []),
    ],
)
def test_the_ids_are_those_everyone_else_has(tokenizer: BytePairTokenizer, text: str, ids: list[int]) -> None:
    assert tokenizer.encode(text) == ids
    assert tokenizer.encode_readable(text) == ids
    assert tokenizer.decode(ids) == text


def test_there_are_50257_tokens_and_the_end_of_text_is_the_last(tokenizer: BytePairTokenizer) -> None:
    assert tokenizer.kind == "gpt2"
    assert tokenizer.vocab_size == 50_257
    assert tokenizer.special == {END_OF_TEXT: 50_256}
    assert tokenizer.encode(END_OF_TEXT, allow_special=True) == [50_256]
    assert tokenizer.encode(END_OF_TEXT) == [27, 91, 437, 1659, 5239, 91, 29]


def test_more_than_a_megabyte_of_mixed_text_has_the_same_ids_elsewhere(
    shared: Path, tokenizer: BytePairTokenizer, other: tokenizers.Tokenizer
) -> None:
    names = ["moby_dick.txt", "instruction-data.json", "sms_spam_collection.tsv"]
    parts = [(shared / "corpora" / name).read_text(encoding="utf-8")[:400_000] for name in names]
    parts += ["".join(FRAGMENTS) * 50, Path(__file__).read_text(encoding="utf-8"), " \n" * 5000]
    text = "\n".join(parts)
    assert len(text.encode()) > 1_000_000
    assert tokenizer.encode(text) == other.encode(text).ids


def test_the_verdict_has_5145_tokens(shared: Path, tokenizer: BytePairTokenizer) -> None:
    text = (shared / "corpora/the_verdict.txt").read_text(encoding="utf-8")
    assert len(text) == 20_479
    assert len(tokenizer.encode(text)) == 5_145


@settings(max_examples=200)
@given(TEXTS)
def test_the_readable_encoder_and_tiktoken_agree(tokenizer: BytePairTokenizer, text: str) -> None:
    ids = tokenizer.encode(text)
    assert ids == tokenizer.encode_readable(text)
    assert tokenizer.decode(ids) == text


@pytest.mark.slow
def test_the_merges_found_again_are_the_published_ones(shared: Path, tokenizer: BytePairTokenizer) -> None:
    lines = (shared / "gpt2" / "vocab.bpe").read_text(encoding="utf-8").splitlines()[1:]
    published = [tuple(map(read_visible, line.split(" "))) for line in lines if line]
    found = [(tokenizer.token_bytes(left), tokenizer.token_bytes(right)) for left, right in tokenizer.merges.values()]
    assert found == published


def test_the_file_is_found_by_environment_and_in_the_cache(
    ranks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def offline() -> bytes:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(module, "downloaded", offline)
    monkeypatch.setenv("HORNBOOK_GPT2", str(ranks))
    assert gpt2().vocab_size == 50_257
    monkeypatch.delenv("HORNBOOK_GPT2")
    monkeypatch.setenv("HORNBOOK_HOME", str(tmp_path))
    (tmp_path / "tokenizers").mkdir()
    (tmp_path / "tokenizers" / "r50k_base.tiktoken").write_bytes(ranks.read_bytes())
    assert gpt2().vocab_size == 50_257


def test_a_download_is_kept_for_the_next_time(ranks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HORNBOOK_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(module, "downloaded", ranks.read_bytes)
    assert gpt2().vocab_size == 50_257
    assert (tmp_path / "home" / "tokenizers" / "r50k_base.tiktoken").read_bytes() == ranks.read_bytes()
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    monkeypatch.setenv("HORNBOOK_HOME", str(tmp_path / "file"))
    assert gpt2().vocab_size == 50_257


def test_offline_the_message_says_where_to_put_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HORNBOOK_HOME", str(tmp_path))
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path / "tiktoken"))
    monkeypatch.setattr(module, "URL", "http://127.0.0.1:9/r50k_base.tiktoken")
    with pytest.raises(MissingError, match="HORNBOOK_GPT2") as caught:
        gpt2()
    assert str(tmp_path / "tokenizers" / "r50k_base.tiktoken") in str(caught.value)
    assert list(tmp_path.glob("tokenizers/*")) == []


def test_a_path_that_does_not_exist_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MissingError, match="does not exist"):
        gpt2(tmp_path / "nothing")
    monkeypatch.setenv("HORNBOOK_GPT2", str(tmp_path / "nowhere"))
    with pytest.raises(MissingError, match="nowhere does not exist"):
        gpt2()


def test_an_altered_file_is_refused(ranks: Path, tmp_path: Path) -> None:
    altered = tmp_path / "altered.tiktoken"
    altered.write_bytes(ranks.read_bytes()[:-1])
    with pytest.raises(DamagedError, match="SHA-256"):
        gpt2(altered)
