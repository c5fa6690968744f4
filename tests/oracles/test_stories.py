"""A real pretrained model of llama2.c: what its authors publish, what we say, and what llama.cpp says of our file."""

from __future__ import annotations

from pathlib import Path

import pytest

from hornbook.errors import DamagedError, MissingError
from hornbook.formats.gguf_file import write_gguf
from hornbook.formats.gguf_models import gguf_tensors, model_metadata
from hornbook.formats.gguf_tokenizer import tokenizer_metadata
from hornbook.formats.llama2c_model import read_llama2c_model
from hornbook.generation.config import Sampling
from hornbook.generation.text import complete
from hornbook.model.models import Decoder
from hornbook.tokenizers.saved import fingerprint, load_tokenizer
from hornbook.tokenizers.sentencepiece_bpe import read_llama2c
from tests.oracles.llama_cpp import llama_cpp

PUBLISHED = (
    "Once upon a time, there was a little girl named Lily. She loved to play outside in the park. One day, she saw a "
    "big, red ball. She wanted to play with it, but it was too high.\n"
    "Lily's mom said, \"Lily, let's go to the park.\" Lily was sad and didn't know what to do. She said, \"I want to "
    "play with your ball, but I can't find it.\"\n"
    "Lily was sad and didn't know what to do. She said, \"I'm sorry, Lily. I didn't know what to do.\""
)


@pytest.fixture
def tokenizer(shared: Path):
    return read_llama2c(shared / "models" / "tok512.bin", 512)


@pytest.fixture
def model(shared: Path):
    config, state = read_llama2c_model(shared / "models" / "stories260K.bin")
    made = Decoder(config)
    made.load_state_dict(state)
    return made.eval()


@pytest.mark.slow
def test_an_empty_prompt_gives_the_published_text(model, tokenizer):
    assert model.config.sizes.kv_heads < model.config.sizes.heads, "its heads are grouped"
    [sample] = complete(model, tokenizer, "", Sampling(max_tokens=200, temperature=0.0))
    assert sample.text.startswith(PUBLISHED)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["F32", "BF16", "Q8_0"])
def test_llama_cpp_tells_the_same_story(model, tokenizer, kind, tmp_path):
    pytest.importorskip("xllamacpp")
    metadata = model_metadata(model.config, "stories", kind) | tokenizer_metadata(tokenizer, model.config.vocabulary)
    write_gguf(tmp_path / "stories.gguf", metadata, gguf_tensors(model.config, model.state_dict(), kind))
    told = llama_cpp(tmp_path / "stories.gguf", [tokenizer.roles.begin], 200, model.config.context)["text"]
    wanted = PUBLISHED if kind != "Q8_0" else PUBLISHED[:90]  # 8 bits turn a word sooner or later
    assert told.strip().startswith(wanted)


@pytest.mark.slow
def test_llama_cpp_cuts_a_prompt_into_our_tokens(model, tokenizer, tmp_path):
    metadata = model_metadata(model.config, "stories", "F32") | tokenizer_metadata(tokenizer, model.config.vocabulary)
    write_gguf(tmp_path / "stories.gguf", metadata, gguf_tensors(model.config, model.state_dict(), "F32"))
    prompt = "Tom and the big dog Žofie ran"
    [ours] = complete(model, tokenizer, prompt, Sampling(max_tokens=30, temperature=0.0))
    theirs = llama_cpp(tmp_path / "stories.gguf", prompt, 30, model.config.context)["text"]
    assert theirs == ours.text


def test_texts_come_back_and_special_tokens_never_arise_from_them(tokenizer):
    for text in (PUBLISHED, "", " two  spaces ", "naïve 日本 \n\t", "<s></s><unk>"):
        ids = tokenizer.encode(text)
        assert tokenizer.decode(ids) == text
        assert not set(ids) & {0, 1, 2}
    assert tokenizer.encode("<s>", allow_special=True) == [1]
    assert len(tokenizer.encode(PUBLISHED)) < len(PUBLISHED) / 2


def test_another_library_reads_the_saved_tokenizer_and_gives_the_same_ids(tokenizer, tmp_path):
    from tokenizers import Tokenizer

    tokenizer.save(tmp_path)
    theirs = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    for text in (PUBLISHED, "naïve 日本", "a"):
        assert theirs.encode(text).ids == tokenizer.around(tokenizer.encode(text))
        assert theirs.decode(tokenizer.encode(text)) == text
    again = load_tokenizer(tmp_path)
    assert fingerprint(again) == fingerprint(tokenizer)
    assert again.encode(PUBLISHED) == tokenizer.encode(PUBLISHED)


def test_a_wrong_or_broken_tokenizer_is_refused(shared: Path, tmp_path):
    whole = (shared / "models" / "tok512.bin").read_bytes()
    (tmp_path / "cut.bin").write_bytes(whole[:-3])
    with pytest.raises(DamagedError, match="does not hold 512 pieces"):
        read_llama2c(tmp_path / "cut.bin", 512)
    with pytest.raises(DamagedError, match="is not the tokenizer of a model with 300 tokens"):
        read_llama2c(shared / "models" / "tok512.bin", 300)
    with pytest.raises(MissingError, match="give the tokenizer's file"):
        read_llama2c(tmp_path / "none.bin", 512)
