"""Conversations as text and as tokens: what each template writes, what of it is asked, and that nobody can forge it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hornbook.data.chat_templates import TEMPLATES, ChatTemplate
from hornbook.errors import MissingError, SettingError
from hornbook.tokenizers.build import build_tokenizer
from hornbook.tokenizers.config import BytePair
from hornbook.tokenizers.protocol import Tokenizer

SPECIAL = ("<|im_start|>", "<|im_end|>", "<|user|>", "<|assistant|>", "<|system|>", "<|end|>")

TALK = [
    {"role": "system", "content": "Be kind."},
    {"role": "user", "content": "Hi!"},
    {"role": "assistant", "content": "Hello."},
    {"role": "user", "content": "Bye!"},
    {"role": "assistant", "content": "See you."},
]

GOLDEN = {
    "chatml": (
        "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHi!<|im_end|>\n<|im_start|>assistant\n"
        "[Hello.<|im_end|>]\n<|im_start|>user\nBye!<|im_end|>\n<|im_start|>assistant\n[See you.<|im_end|>]\n"
    ),
    "phi3": (
        "<|system|>\nBe kind.<|end|>\n<|user|>\nHi!<|end|>\n<|assistant|>\n[Hello.<|end|>]\n"
        "<|user|>\nBye!<|end|>\n<|assistant|>\n[See you.<|end|>]\n"
    ),
    "alpaca": (
        "Be kind.\n\n### Instruction:\nHi!\n\n### Response:\n[Hello.<|endoftext|>]"
        "### Instruction:\nBye!\n\n### Response:\n[See you.<|endoftext|>]"
    ),
    "plain": "Be kind.\nHi!\n[Hello.<|endoftext|>]Bye!\n[See you.<|endoftext|>]",
}
"""What each template makes of ``TALK``, in brackets what carries loss."""


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    """One that knows the special tokens of every template."""
    return build_tokenizer(BytePair(300, special=SPECIAL), ["a few words to learn from: hello hello see you see you"])


def shown(tokenizer: Tokenizer, ids: list[int], asked: list[bool]) -> str:
    """The text of ids token by token, brackets around what is asked."""
    names = {token: name for name, token in tokenizer.special.items()}
    written, before = "", False
    for token, mine in zip(ids, asked, strict=True):
        written += "[" * (mine and not before) + "]" * (before and not mine)
        written += names.get(token) or tokenizer.token_bytes(token).decode()
        before = mine
    return written + "]" * before


@pytest.mark.parametrize("name", GOLDEN)
def test_every_template_asks_for_what_the_assistant_said_and_the_token_that_ends_it(name, tokenizer):
    assert shown(tokenizer, *ChatTemplate.named(name).encode(TALK, tokenizer)) == GOLDEN[name]


def test_every_template_with_a_name_has_a_golden_text():
    assert GOLDEN.keys() == TEMPLATES.keys()


def test_alpaca_with_an_input_and_without(tokenizer):
    turn = {"role": "user", "content": "Add.\n\n1 and 2", "instruction": "Add.", "input": "1 and 2"}
    answer = {"role": "assistant", "content": "3"}
    template = ChatTemplate.named("alpaca")
    assert shown(tokenizer, *template.encode([turn, answer], tokenizer)) == (
        "Below is an instruction that describes a task, paired with an input that provides further context. Write a "
        "response that appropriately completes the request.\n\n### Instruction:\nAdd.\n\n### Input:\n1 and 2\n\n"
        "### Response:\n[3<|endoftext|>]"
    )
    assert shown(tokenizer, *template.encode([turn | {"input": ""}, answer], tokenizer)) == (
        "Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n"
        "### Instruction:\nAdd.\n\n### Response:\n[3<|endoftext|>]"
    )


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_prompt_has_the_tokens_that_stand_before_the_answer_in_training(name, tokenizer):
    template = ChatTemplate.named(name)
    whole, asked = template.encode(TALK, tokenizer)
    prompt, nothing = template.encode(TALK[:-1], tokenizer, prompt=True)
    first = max(place for place in range(1, len(asked)) if asked[place] and not asked[place - 1])
    assert prompt == whole[:first]
    assert nothing == asked[:first]


@pytest.mark.parametrize("name", TEMPLATES)
@given(
    pieces=st.lists(st.sampled_from([*SPECIAL, "<|endoftext|>", "<|", "|>", "im_end", "<", ">", "\ue000", "é", " "]))
)
def test_no_text_of_a_person_becomes_a_special_token(name, pieces, tokenizer):
    template, text = ChatTemplate.named(name), "x" + "".join(pieces)
    plain, _ = template.encode([{"role": "user", "content": "x"}, TALK[2]], tokenizer)
    ids, asked = template.encode([{"role": "user", "content": text}, TALK[2]], tokenizer)
    special = set(tokenizer.special.values())
    assert [token for token in ids if token in special] == [token for token in plain if token in special]
    assert text in tokenizer.decode([token for token in ids if token not in special])
    assert tokenizer.decode([token for token, mine in zip(ids, asked, strict=True) if mine]).startswith("Hello.")


def test_a_template_without_generation_marks_is_rendered_turn_by_turn(tokenizer):
    unmarked = ChatTemplate(TEMPLATES["chatml"].replace("{% generation %}", "").replace("{% endgeneration %}", ""))
    ids, asked = unmarked.encode(TALK, tokenizer)
    assert shown(tokenizer, ids, asked) == GOLDEN["chatml"].replace("]\n", "\n]")


def test_a_template_that_rewrites_earlier_turns_is_refused(tokenizer):
    forgetful = ChatTemplate("{% for turn in messages %}{% if loop.last %}{{ turn.content }}{% endif %}{% endfor %}")
    with pytest.raises(SettingError, match=r"turn 3.*generation"):
        forgetful.encode(TALK, tokenizer)


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("{% for message in messages %}", "line 1"),
        ("{{ messages.__class__.__mro__[1].__subclasses__() }}", "sandbox"),
        ("{{ ''.__class__.__base__.__subclasses__()[0].__init__.__globals__ }}", "sandbox"),
        ("{{ raise_exception('system turns are not known') }}", "system turns are not known"),
        ("{{ messages[0]['content'] / 2 }}", "fails on these messages"),
        ("{{ messages[99].content }}", "fails on these messages"),
        ("{% for i in range(999999999) %}x{% endfor %}", "fails on these messages"),
    ],
)
def test_a_template_that_fails_or_tries_to_escape_says_so(source, complaint, tokenizer):
    with pytest.raises(SettingError, match=complaint):
        ChatTemplate(source).encode(TALK, tokenizer)


def test_the_messages_cannot_be_changed_by_a_template(tokenizer):
    talk = [dict(turn) for turn in TALK]
    with pytest.raises(SettingError, match="sandbox"):
        ChatTemplate("{{ messages.append(1) }}").encode(talk, tokenizer)
    assert talk == TALK


def test_a_template_is_named_or_a_file(tmp_path):
    (tmp_path / "mine.jinja").write_text("{{ messages[0].content }}")
    assert ChatTemplate.named(str(tmp_path / "mine.jinja")).source == "{{ messages[0].content }}"
    with pytest.raises(SettingError, match="did you mean"):
        ChatTemplate.named("chatlm")
    with pytest.raises(MissingError):
        ChatTemplate.named(str(tmp_path / "other.jinja"))


def test_a_template_knows_the_token_that_ends_an_answer(tokenizer):
    ends = {name: ChatTemplate.named(name).end(tokenizer) for name in TEMPLATES}
    spelt = {"chatml": "<|im_end|>", "phi3": "<|end|>", "alpaca": "<|endoftext|>", "plain": "<|endoftext|>"}
    assert ends == {name: tokenizer.special[spelling] for name, spelling in spelt.items()}
