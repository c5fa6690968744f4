"""A run as a compressor: the proof that its loss is what it says, in bytes that can be counted.

In: a run and a file. Out: a file that only this run restores, byte for byte, and its size beside the compressors that
everybody has. They need no model; ours is of use only to those who have the model, so its size is told too.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import math
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from hornbook.errors import DamagedError, HornbookError, MissingError, SettingError
from hornbook.evaluation.baselines import LIMIT, ORDERS
from hornbook.evaluation.compressed_file import DATA_AT, CompressedFile, unpacked
from hornbook.evaluation.compression import Expectation, Told, decode, encode, of_kneser_ney, of_model
from hornbook.evaluation.exact_tokens import said_by
from hornbook.evaluation.kneser_ney import KneserNey, choose_order
from hornbook.files import explained, replacing
from hornbook.model.models import Decoder
from hornbook.tokenizers.saved import fingerprint
from hornbook.training.checkpoints import MODEL
from hornbook.workflows.load import Loaded, load_prepared

STREAMS = 64
"""So many tokens are foreseen in one batch, at most: more gains little speed, and every stream begins with nothing."""


@dataclass(frozen=True)
class Foresight:
    """What foresees the tokens: ``of`` gives what it expects, told how long a stream will be."""

    order: int
    source: bytes
    bytes: int
    """Its size: what whoever restores the file has to have besides."""
    of: Callable[[int], Expectation]


def of_run(loaded: Loaded, order: int = 0) -> Foresight:
    """The run's model."""
    if not isinstance(loaded.model, Decoder):
        raise SettingError(f"{loaded.run.folder}: only decoders, which foresee the next token, compress; try another")
    model, roles = loaded.model, loaded.tokenizer.roles
    start = roles.end if roles.begin is None else roles.begin
    digest = hashlib.sha256(f"{fingerprint(loaded.tokenizer)} {model.config}".encode())
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.contiguous().view(-1).view(torch.uint8).numpy())
    size = (loaded.checkpoint / MODEL).stat().st_size
    return Foresight(0, digest.digest()[:16], size, lambda longest: of_model(model, start, longest))


def of_ngrams(loaded: Loaded, order: int = 0) -> Foresight:
    """The Kneser-Ney model of the run's training text: of this order, or of the one that is best on a part of it."""
    train = load_prepared(loaded.run).train
    tokens = np.asarray(train.tokens[:LIMIT])
    order = order or choose_order(tokens, train.vocab_size, ORDERS)
    digest = hashlib.sha256(f"{train.vocabulary_hash} {train.vocab_size} {order}".encode())
    digest.update(tokens.astype("<u4").tobytes())
    model = KneserNey(tokens, train.vocab_size, order)
    return Foresight(order, digest.digest()[:16], int(tokens.nbytes), lambda longest: of_kneser_ney(model, order))


METHODS: Mapping[str, Callable[[Loaded, int], Foresight]] = {"model": of_run, "kneser-ney": of_ngrams}
"""By name; a file says which by its place here."""


@dataclass(frozen=True)
class Compressed:
    """Sizes in bytes. ``bits`` is the sum of -log2 p of the tokens; ``unsaid`` bytes are no token and stay as they
    are; ``model`` is the size of what is needed to restore the file; ``others`` did the same without one."""

    out: str
    method: str
    size: int
    coded: int
    head: int
    tokens: int
    streams: int
    unsaid: int
    bits: float
    model: int
    others: dict[str, int]

    @property
    def bits_per_byte(self) -> float:
        """Of the whole file that was written, for each byte of the original."""
        return 8 * (self.coded + self.head) / self.size if self.size else math.nan

    def as_json(self) -> dict[str, Any]:
        """Everything as numbers."""
        found = asdict(self) | {"loss": self.bits * math.log(2) / self.tokens if self.tokens else None}
        return found | {"bits_per_byte": self.bits_per_byte if self.size else None}

    def rows(self) -> list[tuple[str, int]]:
        """The file by every compressor, the largest first."""
        found = {"as it is": self.size, **self.others, f"this {self.method}": self.coded + self.head}
        return sorted(found.items(), key=lambda row: -row[1])


def nothing(done: int, of: int) -> None:
    """Nobody is told how far it is."""


Progress = Callable[[int, int], None]
"""Called with how many tokens are done, and how many there are."""


def compress(
    loaded: Loaded,
    path: Path,
    out: Path | None = None,
    method: str = "model",
    streams: int = STREAMS,
    told: Progress = nothing,
) -> Compressed:
    """Write ``path`` compressed to ``out`` (``None``: beside it, with ``.hb`` at the end).

    Raises:
        MissingError: there is no such file, or the run's data are needed and gone.
        SettingError: ``out`` is there already, the run is no decoder, or ``streams`` is not from 1 to 65,535.
    """
    if not 1 <= streams <= 0xFFFF:
        raise SettingError(f"streams: expected 1 to 65,535, found {streams}")
    out = free(path.with_name(path.name + ".hb") if out is None else out)
    content, foresight = contents(path), METHODS[method](loaded, 0)
    said = said_by(loaded.tokenizer, content)
    count = len(said.tokens)
    alone = method == "kneser-ney"  # gains nothing from a batch
    streams = 1 if alone else max(1, min(streams, count // (2 * loaded.recipe.model.context)))
    coded = encode(said, streams, foresight.of(-(-count // streams)), telling(told, count))
    number = list(METHODS).index(method)
    half = hashlib.sha256(content).digest()[:16]
    file = CompressedFile(number, foresight.order, streams, count, len(content), half, foresight.source, coded.data)
    with replacing(out) as partial:
        partial.write_bytes(file.packed())
    unsaid = sum(map(len, said.between.values()))
    return Compressed(
        str(out), method, len(content), len(coded.data), DATA_AT, count, streams, unsaid, coded.bits, foresight.bytes,
        by_others(content),
    )  # fmt: skip


def decompress(loaded: Loaded, path: Path, out: Path | None = None, told: Progress = nothing) -> Path:
    """Restore a file that ``compress`` wrote, to ``out`` (``None``: its name without ``.hb``), which is returned.

    Raises:
        MissingError: there is no such file.
        SettingError: ``out`` is there already, or has to be given.
        DamagedError: the file is no such file, or not whole.
        HornbookError: it was made with another run, or this machine reckons otherwise.
    """
    file = unpacked(contents(path), str(path))
    if out is None and path.suffix != ".hb":
        raise SettingError(f"out: {path} does not end in .hb, so say with --out where the restored file should be")
    out = free(path.with_suffix("") if out is None else out)
    if not (0 <= file.method < len(METHODS) and file.streams):
        raise DamagedError(f"{path} was written by a newer version of hornbook; update")
    method = list(METHODS)[file.method]
    foresight = METHODS[method](loaded, file.order)
    if foresight.source != file.source:
        raise HornbookError(
            f"{path} was compressed with another {method}: it asks for {file.source.hex()[:12]}, and that of "
            f"{loaded.run.folder} at {loaded.checkpoint.name} is {foresight.source.hex()[:12]}; give the run and the "
            "--checkpoint that compressed it"
        )
    expectation = foresight.of(-(-file.tokens // file.streams))
    try:
        said = decode(file.data, file.tokens, file.streams, expectation, telling(told, file.tokens))
        content = said.joined(loaded.tokenizer)
    except DamagedError:
        content = b""
    if len(content) != file.size or hashlib.sha256(content).digest()[:16] != file.content:
        raise HornbookError(
            f"{path} is whole, and was made with this run, but what comes out is not what went in: this machine "
            "reckons otherwise than the one that compressed it (another processor, version of PyTorch or number of "
            "threads); restore it there"
        )
    with replacing(out) as partial:
        partial.write_bytes(content)
    return out


def contents(path: Path) -> bytes:
    """The bytes of a file that has to be there."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise MissingError(f"{path} does not exist") from None
    except OSError as error:
        raise MissingError(f"{path} cannot be read: {error.strerror}") from error


def free(out: Path) -> Path:
    """The path, if nothing is there yet; compressors do not overwrite."""
    with explained(out):
        if out.exists():
            raise SettingError(f"out: {out} is there already; remove it, or give another name with --out")
    return out


def telling(told: Progress, count: int) -> Told:
    """How far the coder is, passed on with how far it has to go."""
    return lambda done: told(done, count)


def by_others(content: bytes) -> dict[str, int]:
    """The size by compressors that everybody has, at their strongest; zstd where it is installed."""
    found = {
        "gzip -9": len(gzip.compress(content, 9)),
        "bzip2 -9": len(bz2.compress(content, 9)),
        "xz -9e": len(lzma.compress(content, preset=9 | lzma.PRESET_EXTREME)),
    }
    if program := shutil.which("zstd"):
        done = subprocess.run([program, "-19", "-q", "-c"], input=content, capture_output=True)
        if done.returncode == 0:
            found["zstd -19"] = len(done.stdout)
    return found
