"""A model on disk so that a training can go on from it: whole or not there at all, and checked when it is read.

    step-000200/model.safetensors  optimizer.safetensors  progress.json  MANIFEST.json (sizes and SHA-256 of the others)

Tensors are named as the model's state names them; a weight shared by two layers is saved once. Nothing is ever
executed.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Shaped
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from hornbook.errors import DamagedError, HornbookError, MissingError
from hornbook.files import is_there, read_json, read_text, replacing_folder, sha256_of, write_json
from hornbook.training.optimizers import Optimizer, optimizer_tensors, restore_optimizer
from hornbook.training.shards import is_sharded, local_of, own_part, sharded_like, whole_of

SCHEMA = 1
MODEL, OPTIMIZER, PROGRESS, MANIFEST = "model.safetensors", "optimizer.safetensors", "progress.json", "MANIFEST.json"


def checkpoint_name(step: int) -> str:
    """``step-000200``: after 200 updates."""
    return f"step-{step:06d}"


@dataclass(frozen=True)
class Held:
    """What a checkpoint holds: the tensors of a model and of an optimizer, if there is one, and plain data (JSON)."""

    model: Mapping[str, Tensor]
    optimizer: Mapping[str, Tensor] | None
    progress: Mapping[str, Any]

    @classmethod
    def by(cls, model: nn.Module, optimizer: Optimizer | None, progress: Mapping[str, Any]) -> Held:
        """The tensors themselves, which the next step changes; ``progress`` says at least ``step``: updates made."""
        return cls(model_tensors(model), optimizer_tensors(optimizer, model) if optimizer else None, progress)

    def copied(self) -> Held:
        """Copies of them, on the CPU, which no step changes."""
        parts = [self.model, self.optimizer or {}]
        model, optimizer = ({name: copy_of(tensor) for name, tensor in part.items()} for part in parts)
        return Held(model, optimizer if self.optimizer is not None else None, dict(self.progress))


def copy_of(tensor: Shaped[Tensor, "*_"]) -> Shaped[Tensor, "*_"]:
    """The whole of a tensor on the CPU, and never the tensor itself."""
    whole = whole_of(tensor.detach())
    return whole.clone() if whole.device.type == "cpu" else whole.cpu()


def save_checkpoint(folder: Path, model: nn.Module, optimizer: Optimizer | None, progress: Mapping[str, Any]) -> Path:
    """``write_checkpoint`` for a model and an optimizer as they are now."""
    return write_checkpoint(folder, Held.by(model, optimizer, progress))


def write_checkpoint(folder: Path, held: Held) -> Path:
    """Write a checkpoint to ``folder``, which appears when everything is on the disk, and return it.

    Raises:
        HornbookError: the disk is full or the folder cannot be written; nothing half-written remains.
    """
    with replacing_folder(folder) as partial:
        write_tensors(partial / MODEL, held.model)
        if held.optimizer is not None:
            write_tensors(partial / OPTIMIZER, held.optimizer)
        write_json(partial / PROGRESS, {"schema": SCHEMA, **held.progress})
        write_json(partial / MANIFEST, manifest(partial))
    return folder


def help_saving(model: nn.Module, optimizer: Optimizer | None) -> None:
    """In the other processes of a training, while the first saves: give it the slices that lie here."""
    held = [*model_tensors(model).values(), *(optimizer_tensors(optimizer, model).values() if optimizer else ())]
    for tensor in held:
        whole_of(tensor)


def load_checkpoint(folder: Path, model: nn.Module, optimizer: Optimizer | None = None) -> dict[str, Any]:
    """Give ``model``, and ``optimizer`` if there is one, what a checkpoint holds; its progress.

    Raises:
        MissingError: there is no such checkpoint, or it has no optimizer and one was asked for.
        DamagedError: a file is not as it was written; names the file and the last checkpoint that is whole.
        HornbookError: the model is another one: tensors are missing, left over or of other shapes.
    """
    verify_checkpoint(folder)
    progress = read_progress(folder)
    with opened(folder / MODEL) as file:
        fill_model(model, file, folder / MODEL)
    if optimizer is not None:
        if not (folder / OPTIMIZER).exists():
            raise MissingError(f"{folder} holds a model and no optimizer state; training cannot be resumed from it")
        with opened(folder / OPTIMIZER) as file:
            learned = dict(model.named_parameters())
            tensors = {name: of_parameter(file.get_tensor(name), learned, name) for name in file.keys()}  # noqa: SIM118
        restore_optimizer(optimizer, model, tensors)
    return progress


def of_parameter(
    whole: Shaped[Tensor, "*_"], parameters: Mapping[str, nn.Parameter], name: str
) -> Shaped[Tensor, "*_"]:
    """What an optimizer remembers under ``name`` (``blocks.0.weight.exp_avg``), laid out like its parameter."""
    like = parameters.get(name.rpartition(".")[0])
    if like is None or whole.shape != like.shape or not is_sharded(like):
        return whole
    return sharded_like(own_part(whole, like).clone(), like)


def load_model(folder: Path, model: nn.Module) -> dict[str, Any]:
    """``load_checkpoint`` for those who only want to use the model."""
    return load_checkpoint(folder, model)


def read_progress(folder: Path) -> dict[str, Any]:
    """What a checkpoint says about how far training had come."""
    progress = read_json(folder / PROGRESS)
    if not isinstance(progress, dict) or progress.get("schema") != SCHEMA:
        found = progress.get("schema") if isinstance(progress, dict) else progress
        raise DamagedError(f"{folder / PROGRESS}: expected schema {SCHEMA}, found {found!r}")
    return progress


@dataclass(frozen=True)
class Progress:
    """How far a training had come, checked: ``best`` is the step and loss of its best evaluation, if there was one."""

    step: int
    tokens: int
    seconds: float
    owed: bool
    first_step_seconds: float | None
    best: tuple[int, float] | None
    scale: float
    good: int

    @classmethod
    def of(cls, said: Mapping[str, Any], folder: Path) -> Progress:
        """What ``read_progress`` gave, for a training that goes on.

        Raises:
            DamagedError: a part is missing, or cannot be what it says.
        """
        path = folder / PROGRESS
        first, best, scale = said.get("first_step_seconds"), said.get("best"), part_of(said, "scale", path)
        return cls(
            step=int(number_of(said, "step", path, whole=True)),
            tokens=int(number_of(said, "tokens", path, whole=True)),
            seconds=number_of(said, "seconds", path),
            owed=bool(said.get("owed")),
            first_step_seconds=None if first is None else number_of(said, "first_step_seconds", path),
            best=None if best is None else best_of(part_of(said, "best", path), path),
            scale=number_of(scale, "value", path),
            good=int(number_of(scale, "good", path, whole=True)),
        )


def best_of(said: Mapping[str, Any], path: Path) -> tuple[int, float]:
    """The step and the loss of the best evaluation."""
    return int(number_of(said, "step", path, whole=True)), number_of(said, "loss", path, least=-LARGEST)


def part_of(said: Mapping[str, Any], name: str, path: Path) -> Mapping[str, Any]:
    """A table in a progress; nothing of the kind is a ``DamagedError``."""
    found = said.get(name)
    if not isinstance(found, Mapping):
        raise DamagedError(f"{path}: expected a table under {name!r}, found {str(found)[:40]!r}{ANOTHER}")
    return found


LARGEST = float(1 << 53)
ANOTHER = "; go on from another checkpoint"
"""What to do about a progress that says nothing of use."""


def number_of(said: Mapping[str, Any], name: str, path: Path, whole: bool = False, least: float = 0.0) -> float:
    """A finite number of at least so much in a progress, perhaps a whole one; anything else is a ``DamagedError``."""
    found = said.get(name)
    kind = int if whole else int | float
    if not isinstance(found, kind) or isinstance(found, bool) or not least <= found < LARGEST:
        expected = "whole number" if whole else "number"
        raise DamagedError(f"{path}: expected a {expected} as {name!r}, found {str(found)[:40]!r}{ANOTHER}")
    return float(found)


# Checking -------------------------------------------------------------------------------------------------------------


def manifest(folder: Path) -> dict[str, Any]:
    """Sizes and SHA-256 of the files in a folder."""
    files = sorted(path for path in folder.iterdir() if path.name != MANIFEST and not path.name.startswith("."))
    return {
        "schema": SCHEMA,
        "files": {path.name: {"size": path.stat().st_size, "sha256": sha256_of(path)} for path in files},
    }


def verify_checkpoint(folder: Path) -> None:
    """Compare every byte with what the manifest says.

    Raises:
        MissingError: there is no such folder.
        DamagedError: a file is missing, of another size or altered; names the last checkpoint beside it that is whole.
    """
    if not folder.is_dir():
        raise MissingError(f"there is no checkpoint {folder}{whole_neighbour(folder)}")
    wrong = damage(folder)
    if wrong:
        raise DamagedError(f"{wrong}; do not use this checkpoint{whole_neighbour(folder)}")


def damage(folder: Path) -> str:
    """What is wrong with a checkpoint's files, or nothing."""
    path = folder / MANIFEST
    try:
        said = read_json(path)
        if said.get("schema") != SCHEMA:
            return f"{path}: expected schema {SCHEMA}, found {said.get('schema')!r}"
        if read_text(path) != json.dumps(said, indent=2, ensure_ascii=False) + "\n":
            return f"{path} was altered after it was written"
        for name, expected in said["files"].items():
            file = folder / name
            if not is_there(file) or not file.is_file():
                return f"{str(file)[:200]} is missing"
            if file.stat().st_size != expected["size"]:
                return f"{file}: expected {expected['size']:,} bytes, found {file.stat().st_size:,}"
            if sha256_of(file) != expected["sha256"]:
                return f"{file} is damaged: its SHA-256 is not the one in {MANIFEST}"
        for name in (MODEL, PROGRESS):
            if name not in said["files"]:
                return f"{path}: expected an entry for {name}, found {', '.join(said['files']) or 'none'}"
    except MissingError:
        return f"{path} is missing"
    except DamagedError as error:
        return str(error)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        return f"{path} is not a manifest of ours ({type(error).__name__}: {error})"
    return ""


def checkpoints_in(folder: Path) -> list[Path]:
    """The checkpoints in a folder, the newest last; those that are not finished are not among them."""
    found = [path for path in folder.glob("step-*") if re.fullmatch(r"step-\d{6,}", path.name) and path.is_dir()]
    return sorted(found, key=lambda path: int(path.name.removeprefix("step-")))


def whole_neighbour(folder: Path) -> str:
    """`` (the last whole one beside it is step-000400; ...)``, or that there is none: the end of a sentence."""
    for other in reversed(checkpoints_in(folder.parent)):
        if other != folder and not damage(other):
            where = folder.parent.parent / "latest"
            return f"; the last whole one is {other.name}: to go on from there, write that name into {where}"
    return "; there is no other checkpoint beside it"


# Tensors --------------------------------------------------------------------------------------------------------------


def model_tensors(model: nn.Module) -> dict[str, Tensor]:
    """A model's state by name, every tensor once: of two names for one weight the first."""
    seen: set[int] = set()
    tensors: dict[str, Tensor] = {}
    for name, tensor in model.state_dict(keep_vars=True).items():
        if id(tensor) not in seen:
            seen.add(id(tensor))
            tensors[name] = tensor.detach()
    return tensors


def write_tensors(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Write tensors as safetensors; what the system refuses becomes an ``OSError``, as for any other file."""
    whole = {name: whole_of(tensor.detach()).cpu().contiguous() for name, tensor in tensors.items()}
    try:
        save_file(whole, path, metadata={"schema": str(SCHEMA)})
    except SafetensorError as error:
        number = re.search(r"os error (\d+)", str(error))
        raise OSError(
            int(number[1]) if number else 5, os.strerror(int(number[1])) if number else str(error), str(path)
        ) from error


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """A safetensors file, opened; one that is something else is a ``DamagedError`` and nothing in it is executed."""
    try:
        with safe_open(path, framework="pt") as file:
            yield file
    except SafetensorError as error:
        raise DamagedError(f"{path} is not a safetensors file ({error}); nothing in it was loaded") from error


def fill_model(model: nn.Module, file: Any, path: Path) -> None:
    """Copy the tensors of an opened file into a model that has exactly these.

    Raises:
        HornbookError: names every tensor that is missing, left over or of another shape; the model is as it was.
    """
    wanted, names = model_tensors(model), set(file.keys())
    found = {name: list(file.get_slice(name).get_shape()) for name in names}
    wrong = [f"{name}: missing, expected {list(tensor.shape)}" for name, tensor in wanted.items() if name not in names]
    wrong += [f"{name}: not in this model, found {found[name]}" for name in sorted(names - set(wanted))]
    shapes = [(name, found[name], list(tensor.shape)) for name, tensor in wanted.items() if name in names]
    wrong += [f"{name}: expected {expected}, found {there}" for name, there, expected in shapes if there != expected]
    if wrong:
        more = f"\n  and {len(wrong) - 12} more" if len(wrong) > 12 else ""
        listed = "\n  ".join(wrong[:12])
        raise HornbookError(
            f"{path} holds another model than the one that was built{vocabularies(shapes)}:\n  {listed}{more}"
        )
    with torch.no_grad():
        for name, tensor in wanted.items():
            local_of(tensor).copy_(own_part(file.get_tensor(name), tensor))


def vocabularies(shapes: list[tuple[str, list[int], list[int]]]) -> str:
    """A hint where tensors differ in the number of rows only, and all in the same way, as with another tokenizer."""
    different = [(there, expected) for _, there, expected in shapes if there != expected]
    rows = {
        (there[0], expected[0]) for there, expected in different if there and expected and there[1:] == expected[1:]
    }
    if len(rows) != 1 or any(there[1:] != expected[1:] for there, expected in different):
        return ""
    (there, expected) = rows.pop()
    return (
        f" (its vocabulary seems to have {there:,} tokens, the model's {expected:,}: use the tokenizer of the same run)"
    )


def check_vocabulary(progress: Mapping[str, Any], fingerprint: str, size: int) -> None:
    """Refuse a tokenizer that is not the one a checkpoint was trained with.

    ``progress["vocabulary"]`` is ``{"fingerprint": ..., "size": ...}``; a checkpoint that says nothing is not refused.

    Raises:
        HornbookError: with both vocabularies and what to do.
    """
    trained = progress.get("vocabulary")
    if isinstance(trained, Mapping) and trained.get("fingerprint") != fingerprint:
        raise HornbookError(
            f"the checkpoint was trained with a vocabulary of {in_thousands(trained.get('size'))} tokens "
            f"(fingerprint {str(trained.get('fingerprint'))[:12]}), this tokenizer has {size:,} ({fingerprint[:12]}); "
            "use the tokenizer in the folder of the checkpoint's run"
        )


def in_thousands(size: object) -> str:
    """A number as it is read most easily; what is no number as it is."""
    return f"{size:,}" if isinstance(size, int) else str(size)[:40]
