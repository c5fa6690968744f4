"""A conversation that is going on: what was said, and what is said next."""

from __future__ import annotations

import dataclasses
from collections.abc import Generator
from dataclasses import dataclass, field
from pathlib import Path

from hornbook.data.chat_templates import ChatTemplate, Message
from hornbook.errors import SettingError
from hornbook.generation.config import Sampling
from hornbook.model.models import Decoder
from hornbook.workflows.conversation_tasks import said
from hornbook.workflows.load import Loaded, load_run


@dataclass
class Chat:
    """A run that answers, how it draws, what it was told, and what was said: ``turns`` begin with the user's."""

    loaded: Loaded
    template: ChatTemplate
    sampling: Sampling
    system: str = ""
    turns: list[Message] = field(default_factory=list)
    tries: int = 0

    @property
    def messages(self) -> list[Message]:
        """All that the model is shown."""
        told: list[Message] = [{"role": "system", "content": self.system}] if self.system else []
        return told + self.turns

    def ask(self, text: str) -> Generator[str, None, None]:
        """Say something, and get the answer piece by piece; what came of it by the time it is closed is kept."""
        self.turns.append({"role": "user", "content": text})
        self.tries = 0
        return self.answer()

    def again(self) -> Generator[str, None, None]:
        """Another answer to the last question: drawn with another seed (with temperature 0 it is the same).

        Raises:
            SettingError: nothing was asked yet.
        """
        if not self.turns:
            raise SettingError("/again: nothing was asked yet")
        while self.turns[-1]["role"] == "assistant":
            self.turns.pop()
        self.tries += 1
        return self.answer()

    def answer(self) -> Generator[str, None, None]:
        """The answer to what was said; where there is no room for one, the question is taken back."""
        sampling = dataclasses.replace(self.sampling, seed=self.sampling.seed + len(self.turns) + 1000 * self.tries)
        loaded, whole = self.loaded, ""
        try:
            _, pieces = said(loaded.model, loaded.tokenizer, self.template, self.messages, sampling, loaded.steps)
        except SettingError:
            self.turns.pop()
            raise
        try:
            for piece in pieces:
                whole += piece
                yield piece
        finally:
            self.turns.append({"role": "assistant", "content": whole})

    def forget(self) -> None:
        """Begin anew."""
        self.turns.clear()

    def tell(self, text: str) -> None:
        """What the assistant is told beforehand; an empty text: nothing."""
        self.system = text

    def heat(self, text: str) -> None:
        """Set the temperature (``SettingError`` for what is no number of 0 or more)."""
        try:
            self.sampling = dataclasses.replace(self.sampling, temperature=float(text))
        except ValueError:
            raise SettingError(f"/temperature: expected a number such as 0.8, found {text!r}") from None


def open_chat(name: str | Path, checkpoint: str, template: str | None, sampling: Sampling, system: str = "") -> Chat:
    """A conversation with a run.

    Raises:
        MissingError: there is no such run. SettingError: it does not continue texts, or nobody knows how turns are laid
        out for it.
    """
    loaded = load_run(name, checkpoint)
    if not isinstance(loaded.model, Decoder):
        raise SettingError(f"{loaded.run.folder} writes no text; talk with a run of `hornbook finetune instruct`")
    own = loaded.run.info.get("template")
    if template is None and own is None:
        raise SettingError(
            f"{loaded.run.folder} was not taught to answer; `hornbook finetune instruct --base {loaded.run.folder}` "
            "does that, or say with --template how turns are laid out"
        )
    layout = ChatTemplate.named(template) if template else ChatTemplate(str(own))
    return Chat(loaded, layout, sampling, system)
