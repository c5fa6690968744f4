"""Conversations as tokens: a Jinja template lays the turns out, and no text of a person can become a special token.

    template + messages  ->  text, of which is known what the assistant said  ->  ids, and for each whether it is asked

A template is a program from elsewhere: it runs in a sandbox that lets it read the messages and nothing else, in a
process whose time and memory are counted (template_process.py). Three characters that no message has mark what must
not be lost on the way through it: where the assistant's words begin and end, and where the spelling of a special token
in a message was broken. Around the assistant's words stands ``{% generation %}``, as transformers has it; a template
without it is rendered turn by turn instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hornbook.data.template_process import RENDERER, filled
from hornbook.errors import SettingError, TextError, nearest
from hornbook.files import read_text
from hornbook.tokenizers.protocol import Tokenizer
from hornbook.tokenizers.special import separate

Message = Mapping[str, Any]
"""``role`` (system, user or assistant) and ``content``; Alpaca's also an ``instruction`` and an ``input``."""

PRIVATE = range(0xE000, 0xF900)
"""Characters to which Unicode gives no meaning: the marks are those that no message has."""

CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' }}"
    "{% if message['role'] == 'assistant' %}{% generation %}{{ message['content'] + '<|im_end|>' }}{% endgeneration %}"
    "{% else %}{{ message['content'] + '<|im_end|>' }}{% endif %}{{ '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)

PHI3 = (
    "{% for message in messages %}{{ '<|' + message['role'] + '|>\n' }}"
    "{% if message['role'] == 'assistant' %}{% generation %}{{ message['content'] + '<|end|>' }}{% endgeneration %}"
    "{% else %}{{ message['content'] + '<|end|>' }}{% endif %}{{ '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}"
)

ALPACA = (
    "{% for message in messages %}{% if message['role'] == 'assistant' %}"
    "{{ '### Response:\n' }}{% generation %}{{ message['content'] + eos_token }}{% endgeneration %}"
    "{% elif message['role'] == 'system' %}{{ message['content'] + '\n\n' }}{% else %}"
    "{% if loop.first %}{{ 'Below is an instruction that describes a task' }}"
    "{% if message['input'] %}{{ ', paired with an input that provides further context' }}{% endif %}"
    "{{ '. Write a response that appropriately completes the request.\n\n' }}{% endif %}"
    "{{ '### Instruction:\n' + (message['instruction'] or message['content']) + '\n\n' }}"
    "{% if message['input'] %}{{ '### Input:\n' + message['input'] + '\n\n' }}{% endif %}"
    "{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '### Response:\n' }}{% endif %}"
)

PLAIN = (
    "{% for message in messages %}"
    "{% if message['role'] == 'assistant' %}{% generation %}{{ message['content'] + eos_token }}{% endgeneration %}"
    "{% else %}{{ message['content'] + '\n' }}{% endif %}{% endfor %}"
)

TEMPLATES = {"chatml": CHATML, "phi3": PHI3, "alpaca": ALPACA, "plain": PLAIN}
"""The formats that have a name. What a turn ends with is a special token, where the tokenizer has it."""


@dataclass(frozen=True)
class Rendered:
    """A conversation as text; ``spans`` say of each piece whether the assistant said it; ``guard`` breaks spellings."""

    spans: tuple[tuple[str, bool], ...]
    guard: str

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(text for text, _ in self.spans).replace(self.guard, "")


@dataclass(frozen=True)
class ChatTemplate:
    """A way to write conversations down; ``source`` is Jinja."""

    source: str

    @classmethod
    def named(cls, name: str) -> ChatTemplate:
        """One of ``TEMPLATES``, or the one in a file that ends in ``.jinja``.

        Raises:
            SettingError: there is no such template, or it is no template. MissingError: there is no such file.
        """
        if name in TEMPLATES:
            return cls(TEMPLATES[name])
        if name.endswith((".jinja", ".jinja2")):
            return cls(read_text(Path(name)))
        raise SettingError(
            f"template: {name!r} is none of {', '.join(TEMPLATES)}{nearest(name, TEMPLATES)}, and no file that ends in "
            ".jinja"
        )

    @property
    def marks_answers(self) -> bool:
        """Whether the template itself says what the assistant's words are."""
        return "generation %}" in self.source or "generation -%}" in self.source

    def render(
        self, messages: Sequence[Message], special: Mapping[str, int], prompt: bool = False, end: str = ""
    ) -> Rendered:
        """The conversation as text.

        Args:
            special: the special tokens, whose spelling in a message is broken.
            prompt: end with what comes before the assistant's next words.
            end: how the end of a text is spelt (``eos_token``).

        Raises:
            SettingError: the template fails, refuses these messages, or tries to leave its sandbox.
        """
        opening, closing, guard = marks_for(messages)
        broken = [guarded(message, special, guard) for message in messages]
        if self.marks_answers:
            return Rendered(split(self.filled(broken, prompt, end, (opening, closing, guard)), opening, closing), guard)
        return Rendered(tuple(self.turn_by_turn(broken, prompt, end, (opening, closing, guard))), guard)

    def filled(self, messages: Sequence[Message], prompt: bool, end: str, marks: tuple[str, str, str]) -> str:
        """The template filled once; one from elsewhere in its own process (``SettingError``: it cannot be)."""
        values = {"messages": messages, "add_generation_prompt": prompt, "eos_token": end}
        question: dict[str, Any] = {"source": self.source, "marks": marks[:2], "values": values}
        answer = filled(**question) if self.source in TEMPLATES.values() else RENDERER.ask(question)
        if "error" in answer:
            raise SettingError(f"template: {answer['error']}")
        return answer["text"]

    def turn_by_turn(
        self, messages: Sequence[Message], prompt: bool, end: str, marks: tuple[str, str, str]
    ) -> Iterator[tuple[str, bool]]:
        """What each of the assistant's turns adds to what stands before it is what the assistant said."""
        whole, at = self.filled(messages, prompt, end, marks), 0
        for number, message in enumerate(messages):
            if message.get("role") != "assistant":
                continue
            before = self.filled(messages[:number], True, end, marks)
            after = self.filled(messages[: number + 1], False, end, marks)
            if not whole.startswith(after) or not after.startswith(before):
                raise SettingError(
                    f"template: it writes turn {number + 1} in another way when more turns follow, so that what the "
                    "assistant said cannot be told apart; put {% generation %} and {% endgeneration %} around it"
                )
            yield whole[at : len(before)], False
            yield after[len(before) :], True
            at = len(after)
        yield whole[at:], False

    def encode(
        self, messages: Sequence[Message], tokenizer: Tokenizer, prompt: bool = False
    ) -> tuple[list[int], list[bool]]:
        """The ids of a conversation, and for each whether the assistant said it.

        Where the assistant begins and ends, a token begins; so a prompt that is encoded alone has the same ids.
        """
        rendered = self.render(messages, tokenizer.special, prompt, end_spelt(tokenizer))
        ids: list[int] = []
        asked: list[bool] = []
        for text, said in rendered.spans:
            for piece in separate(text, tokenizer.special):
                found = [piece] if isinstance(piece, int) else tokenizer.encode(piece.replace(rendered.guard, ""))
                ids += found
                asked += [said] * len(found)
        return ids, asked

    def end(self, tokenizer: Tokenizer) -> int | None:
        """The token with which the assistant's turns end: the special one after an answer, or the end of a text."""
        turns = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
        ids, asked = self.encode(turns, tokenizer)
        said = [token for token, mine in zip(ids, asked, strict=True) if mine and token in tokenizer.special.values()]
        return said[-1] if said else tokenizer.roles.end


def end_spelt(tokenizer: Tokenizer) -> str:
    """How the end of a text is spelt; nothing where there is none."""
    return next((name for name, token in tokenizer.special.items() if token == tokenizer.roles.end), "")


def texts_in(value: Any) -> Iterator[str]:
    """Every string in messages, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from texts_in(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from texts_in(each)


def marks_for(messages: Iterable[Message]) -> tuple[str, str, str]:
    """Three characters that none of the messages has."""
    used = set().union(*(set(text) for message in messages for text in texts_in(message)))
    free = [chr(code) for code in PRIVATE[:64] if chr(code) not in used] or [
        chr(code) for code in PRIVATE if chr(code) not in used
    ]
    if len(free) < 3:
        raise TextError("the messages have every character of Unicode's private area; take some out")
    return free[0], free[1], free[2]


def guarded(value: Any, special: Mapping[str, int], guard: str) -> Any:
    """The same message, in whose texts the spelling of every special token is broken by ``guard``."""
    if isinstance(value, Mapping):
        return {name: guarded(each, special, guard) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [guarded(each, special, guard) for each in value]
    if not isinstance(value, str):
        return value
    for spelling in special:
        value = value.replace(spelling, spelling[:1] + guard + spelling[1:])
        # Half of it at the border of the text might become whole together with what the template writes there.
        if any(value.endswith(spelling[:size]) for size in range(1, len(spelling))):
            value += guard
        if any(value.startswith(spelling[size:]) for size in range(1, len(spelling))):
            value = guard + value
    return value


def split(text: str, opening: str, closing: str) -> tuple[tuple[str, bool], ...]:
    """The text in pieces, cut at the marks, and of each whether it stood between them."""
    spans = []
    for number, piece in enumerate(text.split(opening)):
        said, _, after = piece.partition(closing) if number else ("", "", piece)
        spans += [(said, True), (after, False)]
    return tuple((piece, mine) for piece, mine in spans if piece)
