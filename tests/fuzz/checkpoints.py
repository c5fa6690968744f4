"""Checkpoints: the tables of tensors, their bytes, progress and manifest changed, and the manifest put right again.

Three layouts: a checkpoint of ours with its optimizer, safetensors in shards with an index, and a model of llama2.c.
"""

from __future__ import annotations

import json
import random
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from hornbook.formats.llama2c import HEADER, read_llama2c, shapes
from hornbook.formats.safetensors_files import INDEX, open_tensors, write_tensors
from hornbook.training.checkpoints import (
    MANIFEST,
    MODEL,
    OPTIMIZER,
    PROGRESS,
    Progress,
    check_vocabulary,
    load_checkpoint,
    manifest,
    save_checkpoint,
    verify_checkpoint,
)
from hornbook.training.config import AdamW
from hornbook.training.optimizers import build_optimizer
from tests.fuzz.mutating import as_json, changed, damaged, grown, noise
from tests.fuzz.target import BROKEN, RIGHT, Input, laid_out
from tests.training.small import a_model, train

WORDS = (
    "{",
    "}",
    '"__metadata__"',
    '"F32"',
    '"data_offsets":[0,4]',
    '"shape":[1]',
    "\0",
    "\x10\0\0\0\0\0\0\0",
    ",",
    ":",
    '"a"',
)
PROGRESSED = {
    "step": 2, "tokens": 42, "owed": False, "seconds": 1.5, "first_step_seconds": 0.25, "done": 0.5,
    "best": {"step": 1, "loss": 2.5}, "scale": {"value": 65536.0, "good": 0},
    "vocabulary": {"fingerprint": "f" * 64, "size": 17}, "journals": {"metrics.jsonl": 10, "samples.jsonl": 0},
}  # fmt: skip


class Checkpoints:
    """One of three layouts at a time."""

    name = "checkpoints"
    loaders = ("training/checkpoints.py", "formats/safetensors_files.py", "formats/llama2c.py")

    def __init__(self, place: Path) -> None:
        torch.set_num_threads(1)
        self.model = a_model()
        self.optimizer = build_optimizer(AdamW(), self.model)
        train(self.model, self.optimizer, steps=2)
        self.folder, self.right = place / "checkpoints" / "step-000002", place / "right"
        self.right.mkdir()
        folder = save_checkpoint(self.folder, self.model, self.optimizer, PROGRESSED)
        save_checkpoint(self.folder.with_name("step-000001"), self.model, None, {"step": 1})
        self.ours = {path.name: path.read_bytes() for path in folder.iterdir()}
        tensors = {f"layer.{number}.weight": torch.full((3, 5), float(number)) for number in range(6)}
        write_tensors(place / "shards", tensors, 130)
        self.shards = {path.name: path.read_bytes() for path in (place / "shards").iterdir()}
        write_tensors(place / "single", {"one": torch.ones(2, dtype=torch.bfloat16), "two": torch.tensor(1)})
        self.single = {path.name: path.read_bytes() for path in (place / "single").iterdir()}
        self.llama2c = {"model.bin": a_llama2c_model()}

    def make(self, draw: random.Random) -> Input:
        """Files of one layout."""
        lot = draw.random()
        note = draw.choice(("ours", "ours", "ours", "shards", "shards", "single", "llama2c"))
        files = dict(getattr(self, note))
        if lot >= BROKEN:
            name = draw.choice(sorted(files))
            files[name] = as_json(grown(draw)) if draw.random() < 0.4 else noise(draw, WORDS)
            if note == "ours" and name != MANIFEST and draw.random() < 0.5:
                files[MANIFEST] = self.manifest(files)
        elif lot >= RIGHT:
            for name in draw.sample(sorted(files), draw.choice((1, 1, 2)) if len(files) > 1 else 1):
                files[name] = damaged(draw, files[name])
            if draw.random() < 0.2:
                name = draw.choice(sorted(files))
                data = files.pop(name)
                files |= draw.choice(({}, {"pytorch_model.bin": data}, {"model.safetensors": data}))
            if note == "ours" and draw.random() < 0.5:
                files[MANIFEST] = self.manifest(files)
        else:
            files = CHANGES[note](draw, files)
            if note == "ours":
                files[MANIFEST] = self.manifest(files)
                if draw.random() < 0.1:
                    said = changed(draw, json.loads(files[MANIFEST]))
                    files[MANIFEST] = as_json(said, indent=2) + b"\n"
        return Input(files, lot < RIGHT, note)

    def manifest(self, files: dict[str, bytes]) -> bytes:
        """A manifest that agrees with the files."""
        laid_out(self.right, {name: data for name, data in files.items() if name != MANIFEST})
        (self.right / MANIFEST).unlink(missing_ok=True)
        return json.dumps(manifest(self.right), indent=2).encode() + b"\n"

    def read(self, given: Input) -> None:
        """As a training goes on from it, or as a model is imported."""
        READERS[given.note](self, laid_out(self.folder, given.files))

    def go_on(self, folder: Path) -> None:
        """Weights, optimizer and progress, and a step with what came of it."""
        verify_checkpoint(folder)
        progress = load_checkpoint(folder, self.model, self.optimizer)
        check_vocabulary(progress, "f" * 64, 17)
        Progress.of(progress, folder)
        for parameter in self.model.parameters():
            parameter.grad = torch.zeros_like(parameter)
        self.optimizer.step()

    def take_over(self, folder: Path) -> None:
        """Every tensor of a folder."""
        opened = open_tensors(folder)
        for name in opened.names:
            assert tuple(opened.tensor(name).shape) == opened.shape(name)

    def read_llama2c(self, folder: Path) -> None:
        """Every array of a model of llama2.c."""
        _, arrays = read_llama2c(folder / "model.bin")
        assert all(array.numel() for array in arrays.values())


READERS: dict[str, Callable[[Checkpoints, Path], None]] = {
    "ours": Checkpoints.go_on,
    "shards": Checkpoints.take_over,
    "single": Checkpoints.take_over,
    "llama2c": Checkpoints.read_llama2c,
}


def a_llama2c_model() -> bytes:
    """A model of llama2.c, all ones."""
    from hornbook.formats.llama2c import Llama2cHeader

    header = Llama2cHeader(8, 12, 1, 2, 1, 11, 5, tied=True)
    numbers = sum(torch.Size(shape).numel() for shape in shapes(header).values())
    return HEADER.pack(8, 12, 1, 2, 1, 11, 5) + struct.pack("<f", 1.0) * numbers


# What is put right after it was changed -------------------------------------------------------------------------------


def changed_safetensors(draw: random.Random, data: bytes) -> bytes:
    """A table of tensors changed, or the bytes behind it; the length of the table put right."""
    length = int.from_bytes(data[:8], "little")
    table, rest = json.loads(data[8 : 8 + length]), data[8 + length :]
    if draw.random() < 0.3:
        rest = damaged(draw, rest)
    if draw.random() < 0.8:
        table = changed(draw, table)
        if draw.random() < 0.2:
            table = with_dtype(draw, table)
    text = as_json(table)
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + rest


def with_dtype(draw: random.Random, table: Any) -> Any:
    """A tensor that is stored in another way, with as many bytes."""
    named = (
        [each for each in table.values() if isinstance(each, dict) and each.get("dtype") == "F32"]
        if isinstance(table, dict)
        else []
    )
    if named:
        draw.choice(named)["dtype"] = draw.choice(("I32", "U32", "F8_E4M3", "BF16", "C64", "BOOL", "F4"))
    return table


def change_ours(draw: random.Random, files: dict[str, bytes]) -> dict[str, bytes]:
    """One or two of the three files."""
    for name in draw.sample((MODEL, OPTIMIZER, PROGRESS, PROGRESS), draw.choice((1, 1, 2))):
        if name == PROGRESS:
            files[name] = as_json(changed(draw, json.loads(self_or(files[name]))), indent=2)
        else:
            files[name] = changed_safetensors(draw, files[name])
    return files


def self_or(data: bytes) -> bytes:
    """The progress as it was written, where it has been changed already so that it is no JSON."""
    try:
        json.loads(data)
    except (ValueError, RecursionError):
        return json.dumps({"schema": 1, **PROGRESSED}).encode()
    return data


def change_shards(draw: random.Random, files: dict[str, bytes]) -> dict[str, bytes]:
    """The index, or a shard."""
    name = draw.choice(sorted(files))
    if name == INDEX:
        files[name] = as_json(changed(draw, json.loads(files[name])))
    else:
        files[name] = changed_safetensors(draw, files[name])
    return files


def change_llama2c(draw: random.Random, files: dict[str, bytes]) -> dict[str, bytes]:
    """A number of the header, with a file that is as long as it then has to be, up to a megabyte; or the weights."""
    data = files["model.bin"]
    numbers = list(HEADER.unpack(data[: HEADER.size]))
    place = draw.randrange(len(numbers))
    numbers[place] = draw.choice(
        (0, 1, -1, 2, 3, 4, 16, -11, 2**31 - 1, -(2**31), numbers[place] * 2, draw.randrange(99))
    )
    rest = damaged(draw, data[HEADER.size :]) if draw.random() < 0.3 else data[HEADER.size :]
    rest = rest[: len(rest) // 4 * 4]
    if min(numbers[:5]) > 0 and max(map(abs, numbers)) < 200:
        from hornbook.formats.llama2c import Llama2cHeader

        header = Llama2cHeader(*numbers[:5], abs(numbers[5]), numbers[6], tied=numbers[5] > 0)
        wanted = sum(max(0, torch.Size(shape).numel()) for shape in shapes(header).values() if min(shape) >= 0)
        rest = (rest * (1 + 4 * wanted // max(1, len(rest))))[: 4 * min(wanted, 1 << 18)]
    return {"model.bin": HEADER.pack(*numbers) + rest}


CHANGES: dict[str, Callable[[random.Random, dict[str, bytes]], dict[str, bytes]]] = {
    "ours": change_ours,
    "shards": change_shards,
    "single": change_shards,
    "llama2c": change_llama2c,
}
