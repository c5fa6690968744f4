"""The targets by name: everything that the project reads and did not write itself a moment ago."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.fuzz.target import Target


def tokenizer_files(place: Path) -> Target:
    """Tokenizers: ours and other people's."""
    from tests.fuzz.tokenizer_files import TokenizerFiles

    return TokenizerFiles(place)


def token_files(place: Path) -> Target:
    """Texts as token ids."""
    from tests.fuzz.token_files import TokenFiles

    return TokenFiles(place)


def checkpoints(place: Path) -> Target:
    """Weights, the optimizer's memory and the progress of a training."""
    from tests.fuzz.checkpoints import Checkpoints

    return Checkpoints(place)


def recipes(place: Path) -> Target:
    """Recipes, and settings on the command line."""
    from tests.fuzz.recipes import Recipes

    return Recipes(place)


def chat_templates(place: Path) -> Target:
    """Templates from elsewhere, which are programs, and the messages that they are filled with."""
    from tests.fuzz.chat_templates import ChatTemplates

    return ChatTemplates(place)


def http_bodies(place: Path) -> Target:
    """What is sent to the server."""
    from tests.fuzz.http_bodies import HttpBodies

    return HttpBodies(place)


TARGETS: dict[str, Callable[[Path], Target]] = {
    "tokenizer files": tokenizer_files,
    "token files": token_files,
    "checkpoints": checkpoints,
    "recipes": recipes,
    "chat templates": chat_templates,
    "HTTP bodies": http_bodies,
}
"""Each is made in an empty folder of its own, and imported when it is asked for."""
