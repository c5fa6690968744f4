"""Chat templates and the messages they are filled with: those with a name, those of others, and programs meant to harm.

A template is a program. It has to end, soon, within bounded memory, and see nothing but the messages.
"""

from __future__ import annotations

import random
import re
from pathlib import Path

from hornbook.data.chat_templates import TEMPLATES, ChatTemplate
from hornbook.files import parsed_json
from hornbook.tokenizers.build import build_tokenizer
from hornbook.tokenizers.config import BytePair
from tests.fuzz.chat_samples import AROUND, HARM, NAMES, OTHERS, PARTS, SPECIAL, TALK
from tests.fuzz.mutating import as_json, changed, damaged, grown
from tests.fuzz.target import BROKEN, RIGHT, Input


class ChatTemplates:
    """A template and the messages that it is filled with."""

    name = "chat templates"
    loaders = ("data/chat_templates.py", "data/template_process.py")

    def __init__(self, place: Path) -> None:
        self.file = place / "template.jinja"
        self.tokenizer = build_tokenizer(BytePair(300, special=SPECIAL), ["a few words: hello hello see you see you"])
        self.valid = [*TEMPLATES.values(), *OTHERS]

    def make(self, draw: random.Random) -> Input:
        """A template, and messages."""
        lot, source = draw.random(), draw.choice(self.valid)
        messages = as_json(TALK[: draw.randint(1, 5)], escaped=True)
        if lot < RIGHT:
            if draw.random() < 0.7:
                source = self.changed(draw, source)
            else:
                messages = as_json(changed(draw, TALK), escaped=True)
            data = source.encode("utf-8", "surrogatepass")
        elif lot < BROKEN:
            data = damaged(draw, source.encode())
        elif draw.random() < 0.03:
            data = draw.choice(HARM).encode()
        else:
            data = "".join(self.piece(draw) for _ in range(draw.randint(0, 6))).encode()
        if lot >= RIGHT and draw.random() < 0.1:
            messages = as_json(grown(draw), escaped=True)
        note = draw.choice((*TEMPLATES, "chatlm", "", "/nowhere.jinja")) if draw.random() < 0.02 else ""
        return Input({"template.jinja": data, "messages.json": messages}, lot < RIGHT and not note, note)

    def changed(self, draw: random.Random, source: str) -> str:
        """A template whose tags are dropped, doubled, exchanged, or changed within."""
        pieces = cut(source)
        for _ in range(draw.choice((1, 1, 2, 4))):
            place, way = draw.randrange(len(pieces)), draw.random()
            if way < 0.2:
                pieces.pop(place)
            elif way < 0.4:
                pieces.insert(place, pieces[draw.randrange(len(pieces))])
            elif way < 0.6:
                pieces.insert(place, self.piece(draw))
            else:
                pieces[place] = self.within(draw, pieces[place])
            pieces = pieces or [""]
        return "".join(pieces)

    def within(self, draw: random.Random, piece: str) -> str:
        """One word of a tag exchanged for another."""
        words = piece.split(" ")
        words[draw.randrange(len(words))] = draw.choice(
            (self.expression(draw), "", "-", "|", "is", "in", "and", "not", "~", "loop")
        )
        return " ".join(words)

    def piece(self, draw: random.Random) -> str:
        """A tag from nothing."""
        return draw.choice(AROUND) % self.expression(draw)

    def expression(self, draw: random.Random) -> str:
        """Something that a tag may ask for."""
        said = draw.choice(PARTS)
        for _ in range(draw.choice((0, 0, 1, 2, 5))):
            operator = draw.choice(("+", "~", "-", "*", "/", "//", "%", "**", "==", "<", "and", "in", "|", ".", "["))
            after = {
                "|": draw.choice(NAMES),
                ".": draw.choice(("role", "split()", "x", "items()", "__class__")),
                "[": "0]",
            }
            said += f" {operator} {after.get(operator) or draw.choice(PARTS)}"
        return said if draw.random() < 0.9 else "(" * 60 + said + ")" * 60

    def read(self, given: Input) -> None:
        """As a conversation is prepared for training, and as one is answered."""
        self.file.write_bytes(given.files["template.jinja"])
        named = given.note or str(self.file)
        template = ChatTemplate.named(named)
        messages = parsed_json(given.files["messages.json"].decode("utf-8", "replace"), "messages.json")
        if not isinstance(messages, list) or not all(isinstance(each, dict) for each in messages):
            messages = [{"role": "user", "content": messages}]
        ids, asked = template.encode(messages, self.tokenizer)
        assert len(ids) == len(asked)
        template.encode(messages[:1], self.tokenizer, prompt=True)


def cut(source: str) -> list[str]:
    """A template in tags and what stands between them."""
    return re.split(r"(?=\{[{%])|(?<=[%}]\})", source)
