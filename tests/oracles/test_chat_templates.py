"""Chat templates: transformers renders the same text from the same Jinja, and marks the same tokens."""

from __future__ import annotations

import pytest

from hornbook.data.chat_templates import TEMPLATES, ChatTemplate, end_spelt
from hornbook.tokenizers.build import build_tokenizer
from hornbook.tokenizers.config import BytePair

transformers = pytest.importorskip("transformers")

SPECIAL = ("<|im_start|>", "<|im_end|>", "<|user|>", "<|assistant|>", "<|system|>", "<|end|>")

TALKS = {
    "one turn": [{"role": "user", "content": "Hi!"}, {"role": "assistant", "content": "Hello."}],
    "system": [
        {"role": "system", "content": "Be kind.\n\nAnd short."},
        {"role": "user", "content": "  Why is  the sky blue? "},
        {"role": "assistant", "content": "Light."},
    ],
    "turns": [
        {"role": "user", "content": "¿Qué?"},
        {"role": "assistant", "content": "Nada — 'nothing'."},
        {"role": "user", "content": "{{ 7 * 7 }} {% raw %}"},
        {"role": "assistant", "content": "49?"},
    ],
}

OTHERS = {
    "trimmed": (
        "{% for message in messages %}\n"
        "    {%- if message.role == 'system' and loop.first %}\n"
        "        {{- '[SYS]' + message.content | trim + '[/SYS]\\n' }}\n"
        "    {%- elif message['role'] == 'user' %}\n"
        "        {{- '[INST] ' ~ message['content'] | trim ~ ' [/INST]' }}\n"
        "    {%- elif message.role == 'assistant' %}\n"
        "        {% generation %}{{ ' ' + message.content.strip() + eos_token }}{% endgeneration %}\n"
        "    {%- endif %}\n"
        "{% endfor %}"
    ),
    "counted": (
        "{% set count = namespace(turns=0) %}{% for message in messages if message.role != 'system' %}"
        "{% set count.turns = count.turns + 1 %}{{ count.turns }}. {{ message.role | upper }}: {{ message.content }}\n"
        "{% if loop.last and add_generation_prompt %}{{ count.turns + 1 }}. ASSISTANT:{% endif %}{% endfor %}"
    ),
    "as json": "{{ messages | tojson }}{% if add_generation_prompt %} ->{% endif %}",
}
"""Other ways to write templates: white space controlled, filters, namespaces, loops with conditions."""


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """Our tokenizer, and the same in transformers."""
    ours = build_tokenizer(BytePair(300, special=SPECIAL), ["hello hello why is the sky blue and why is it high"])
    folder = tmp_path_factory.mktemp("tokenizer")
    ours.save(folder)
    theirs = transformers.PreTrainedTokenizerFast(
        tokenizer_file=str(folder / "tokenizer.json"), eos_token=end_spelt(ours), clean_up_tokenization_spaces=False
    )
    return ours, theirs


@pytest.mark.parametrize("talk", TALKS)
@pytest.mark.parametrize("prompt", [False, True])
@pytest.mark.parametrize("name", [*TEMPLATES, *OTHERS])
def test_the_text_is_that_of_transformers(name, prompt, talk, both):
    ours, theirs = both
    source, messages = {**TEMPLATES, **OTHERS}[name], TALKS[talk]
    if prompt:
        messages = messages[:-1]
    expected = theirs.apply_chat_template(messages, chat_template=source, tokenize=False, add_generation_prompt=prompt)
    found = ChatTemplate(source).filled(messages, prompt, end_spelt(ours), ("", "", ""))
    assert found == expected
    if name != "as json":  # its text quotes the messages, in which special tokens are broken
        assert ChatTemplate(source).render(messages, ours.special, prompt, end_spelt(ours)).text == expected


@pytest.mark.parametrize("talk", TALKS)
@pytest.mark.parametrize("name", ["chatml", "phi3", "alpaca", "plain"])
def test_the_tokens_and_the_mask_are_those_of_transformers(name, talk, both):
    ours, theirs = both
    ids, asked = ChatTemplate.named(name).encode(TALKS[talk], ours)
    expected = theirs.apply_chat_template(
        TALKS[talk],
        chat_template=TEMPLATES[name],
        return_dict=True,
        return_assistant_tokens_mask=True,
    )
    assert ids == expected["input_ids"]
    assert asked == [bool(mine) for mine in expected["assistant_masks"]]
