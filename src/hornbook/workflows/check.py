"""A model of one's own, from a file, through the checks of evaluation/checking.

The file is the author's, and is run as Python runs any file that is imported.
"""

from __future__ import annotations

import importlib.util
import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import nn

from hornbook.errors import HornbookError, MissingError, SettingError, nearest
from hornbook.evaluation.checking.checks import BOTH_WAYS, CAUSAL, FIRST, Check
from hornbook.evaluation.checking.subject import Finding, Subject, failed, left_out, where_it_broke

VOCABULARIES = ("vocabulary", "vocab_size", "vocab", "n_vocab", "num_tokens", "n_tokens")
CONTEXTS = ("context", "block_size", "context_length", "max_length", "max_len", "max_seq_len", "n_ctx", "seq_len")
"""What the parameters of other people's models are called that the checks have to set."""


@dataclass(frozen=True)
class Checked:
    """What a check is about, in one line, and what it found."""

    name: str
    claim: str
    finding: Finding


def check_file(
    target: str,
    vocabulary: int = 61,
    context: int = 16,
    settings: Mapping[str, Any] | None = None,
    reads_both_ways: bool = False,
) -> list[Checked]:
    """Build the class that ``target`` (FILE:Class) names and examine it.

    ``settings`` are given to it as they are; sizes of vocabulary and context go to the parameters that are usually
    called so.

    Raises:
        MissingError: there is no such file.
        SettingError: there is no such class in it, or it cannot be built from this.
        HornbookError: the file cannot be run.
    """
    file, make = find_class(target)
    arguments = arguments_for(make, vocabulary, context, dict(settings or {}))
    try:
        built = make(**arguments)
    except Exception as error:
        raise SettingError(f"{target} cannot be built: {where_it_broke(error, (str(file),))}") from error
    if not isinstance(built, nn.Module):
        raise SettingError(f"{target} makes a {type(built).__name__}, expected a torch.nn.Module")
    subject = Subject(lambda: make(**arguments), vocabulary, context)
    return examine(subject, BOTH_WAYS if reads_both_ways else CAUSAL, (str(file),))


def examine(subject: Subject, checks: Sequence[Check], files: tuple[str, ...] = ()) -> list[Checked]:
    """All checks, one after another; where one of the first fails, the others are left out."""
    found: list[Checked] = []
    broken = ""
    for check in checks:
        if broken:
            finding = left_out(f"mend this first: {broken}")
        else:
            try:
                finding = check(subject)
            except Exception as error:  # whatever the author's own code raises is a finding
                finding = failed(where_it_broke(error, files), "the model itself stopped with this error")
        name, claim = check.__name__.replace("_", " "), (inspect.getdoc(check) or "").partition("\n")[0]
        found.append(Checked(name, claim, finding))
        if finding.state == "failed" and check in FIRST:
            broken = name
    return found


def find_class(target: str) -> tuple[Path, Callable[..., Any]]:
    """The file and the class (or function) in it."""
    path, colon, name = target.rpartition(":")
    if not colon or not path or not name:
        raise SettingError(f"{target!r}: expected FILE:Class, as in model.py:MyGPT")
    file = Path(path).expanduser().resolve()
    if not file.is_file():
        raise MissingError(f"{path} does not exist; give the file in which the model is written")
    module = imported(file)
    made_here = [key for key, value in vars(module).items() if callable(value) and not key.startswith("_")]
    found = getattr(module, name, None)
    if not callable(found):
        raise SettingError(f"{path} has no class {name!r}{nearest(name, made_here)}; it has {', '.join(made_here)}")
    return file, found


def imported(file: Path) -> ModuleType:
    """A file as a module; its neighbours can be imported by it."""
    specification = importlib.util.spec_from_file_location(f"checked_{file.stem}", file)
    if specification is None or specification.loader is None:
        raise SettingError(f"{file}: expected a file that ends in .py")
    module = importlib.util.module_from_spec(specification)
    sys.modules[specification.name] = module  # dataclasses look their module up
    sys.path.insert(0, str(file.parent))
    try:
        specification.loader.exec_module(module)
    except Exception as error:
        raise HornbookError(f"{file} cannot be run: {where_it_broke(error, (str(file),))}") from error
    finally:
        sys.path.remove(str(file.parent))
    return module


def arguments_for(make: Callable[..., Any], vocabulary: int, context: int, settings: dict[str, Any]) -> dict[str, Any]:
    """What the class is called with.

    Raises:
        SettingError: a setting that it does not take, or one that it needs and nobody has given.
    """
    parameters = inspect.signature(make).parameters
    open_ended = any(each.kind is each.VAR_KEYWORD for each in parameters.values())
    unknown = next((name for name in settings if name not in parameters and not open_ended), None)
    if unknown is not None:
        raise SettingError(
            f"set: {unknown!r} is no parameter{nearest(unknown, parameters)}; there are {', '.join(parameters)}"
        )
    sizes = dict.fromkeys(VOCABULARIES, vocabulary) | dict.fromkeys(CONTEXTS, context)
    arguments = {name: sizes[name] for name in parameters if name in sizes} | settings
    missing = [
        name
        for name, each in parameters.items()
        if each.default is each.empty
        and each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)
        and name not in arguments
    ]
    if missing:
        raise SettingError(f"it needs {', '.join(missing)}; give it as in --set {missing[0]}=64")
    return arguments
