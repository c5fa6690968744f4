"""Tokenizers from settings."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import pytest

from hornbook.errors import SettingError, TextError
from hornbook.settings import build_value, plain
from hornbook.tokenizers.build import BUILDERS, build_tokenizer
from hornbook.tokenizers.config import GPT2, KINDS, BytePair, Characters, Saved, TokenizerConfig, Words
from hornbook.tokenizers.patterns import pattern_named
from hornbook.tokenizers.protocol import Tokenizer
from hornbook.tokenizers.saved import LOADERS, load_tokenizer


@pytest.mark.parametrize("config", [Characters(), Words(), BytePair(300)], ids=str)
def test_every_kind_is_built_from_texts_read_once(config: TokenizerConfig) -> None:
    tokenizer = build_tokenizer(config, (text for text in ["to be or not to be", "that is the question"]))
    assert isinstance(tokenizer, Tokenizer)
    assert tokenizer.kind == KINDS[type(config)]
    assert tokenizer.decode(tokenizer.encode("to be")) == "to be"


def test_gpt2_reads_no_text(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HORNBOOK_GPT2", str(shared / "gpt2" / "r50k_base.tiktoken"))
    texts = iter(["never read"])
    assert build_tokenizer(GPT2(), texts).vocab_size == 50_257
    assert next(texts) == "never read"


def test_every_kind_can_be_built_saved_and_spelt() -> None:
    assert BUILDERS.keys() == KINDS.keys()
    assert LOADERS.keys() - {"sentencepiece"} == set(KINDS.values()) - {"saved"}, "these two come from elsewhere"


@pytest.mark.parametrize("texts", [[], [""]], ids=str)
@pytest.mark.parametrize("config", [Characters(), Words(), BytePair(300)], ids=str)
def test_no_text_is_an_error(config: TokenizerConfig, texts: list[str]) -> None:
    with pytest.raises(TextError, match="empty"):
        build_tokenizer(config, texts)


def test_a_vocabulary_that_the_text_cannot_fill_is_smaller_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        tokenizer = build_tokenizer(BytePair(5000), ["the the the"])
    assert 257 < tokenizer.vocab_size < 270
    assert "too small for a vocabulary of 5000 tokens" in caplog.text
    assert str(tokenizer.vocab_size) in caplog.text


def test_the_vocabulary_counts_everything() -> None:
    assert build_tokenizer(BytePair(269), ["the theme of the thesis then there " * 3]).vocab_size == 269
    assert build_tokenizer(BytePair(257), ["the"]).vocab_size == 257


@pytest.mark.parametrize("size", [-1, 0, 256])
def test_a_vocabulary_without_room_for_the_bytes_is_refused(size: int) -> None:
    with pytest.raises(SettingError, match=r"^vocabulary: .* need 257"):
        BytePair(size)


@pytest.mark.parametrize("size", [-1, 1, 2])
def test_a_vocabulary_without_room_for_a_word_is_refused(size: int) -> None:
    with pytest.raises(SettingError, match=r"^vocabulary"):
        Words(size)


def test_settings_are_read_and_written_as_toml_says_them() -> None:
    assert build_value(TokenizerConfig, "characters", KINDS, "tokenizer") == Characters()
    table = {"kind": "bytepair", "vocabulary": 512, "pattern": "gpt4", "special": []}
    config = build_value(TokenizerConfig, table, KINDS, "tokenizer")
    assert config == BytePair(512, "gpt4")
    assert plain(config, KINDS) == table
    with pytest.raises(SettingError, match=r"tokenizer\.pattern.*gpt2"):
        build_value(TokenizerConfig, table | {"pattern": "gpt3"}, KINDS, "tokenizer")
    with pytest.raises(SettingError, match="did you mean 'gpt2'"):
        pattern_named("gpt22")


def test_settings_import_nothing_heavy() -> None:
    heavy = "{'torch', 'numpy', 'tiktoken', 'regex'}"
    code = f"import sys, hornbook.tokenizers.config; print(sorted({heavy} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_more_special_tokens_stand_behind_the_end_of_text_and_are_counted(tmp_path) -> None:
    names = ("<|mask|>", "<|span-0|>")
    tokenizer = build_tokenizer(BytePair(262, special=names), ["the theme of the thesis " * 9])
    assert tokenizer.vocab_size == 262
    assert list(tokenizer.special) == ["<|endoftext|>", *names]
    assert tokenizer.roles.mask == tokenizer.special["<|mask|>"] == 260
    assert tokenizer.encode("a<|mask|>", allow_special=True)[-1] == 260
    assert 260 not in tokenizer.encode("a<|mask|>")
    tokenizer.save(tmp_path)
    assert load_tokenizer(tmp_path).special == tokenizer.special
    with pytest.raises(SettingError, match="different names"):
        BytePair(special=("<|mask|>", "<|mask|>"))


def test_digits_are_tokens_of_their_own_whatever_stands_before_them() -> None:
    tokenizer = build_tokenizer(BytePair(300, pattern="digits"), ["en: 1234 one, 1234 1234 two hundred " * 20])
    assert [tokenizer.decode([token]) for token in tokenizer.encode("en: 1234")][-4:] == list("1234")


def test_a_tokenizer_that_is_there_is_opened_from_its_folder(tmp_path) -> None:
    build_tokenizer(Characters(), ["abc"]).save(tmp_path)
    assert build_tokenizer(Saved(str(tmp_path)), []).encode("cab") == [2, 0, 1]
    with pytest.raises(SettingError, match=r"tokenizer\.folder: say in which folder"):
        build_tokenizer(Saved(), [])
