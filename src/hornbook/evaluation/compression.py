"""A language model as a compressor: what it finds likely takes few bits, and the size of the file is its loss.

    bytes -> tokens, and here and there bytes that no token says -> probabilities, rounded -> arithmetic coding

Whoever restores the file must come to the very same probabilities, or everything after the first difference is noise.
So both sides take the same steps, in the same batches, in 64 bits, and what they divide the interval by is rounded:
each logarithm to the nearest 1/256 bit, then looked up in a table of whole numbers. A difference in the last digits,
as between one thread and two, then very rarely changes anything. It costs less than a millionth of a bit per token.

The text is cut into equal streams that are coded side by side, a token of each in turn: one batch for the model, one
number for the coder. Each stream begins with nothing to look back on; that is what speed costs here. Within a stream
the model looks back as far as it does when it writes (generation/generate.py).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int

from hornbook.errors import DamagedError
from hornbook.evaluation.arithmetic_coding import Decoder as Reader
from hornbook.evaluation.arithmetic_coding import Encoder as Writer
from hornbook.evaluation.exact_tokens import Said
from hornbook.evaluation.kneser_ney import KneserNey
from hornbook.generation.generate import finite, reading_only, remembered
from hornbook.model.models import Decoder

PER_BIT = 256
"""A logarithm is rounded to one part in so many of a bit."""
BITS = 32
SHARES = np.array([int(2.0 ** (BITS - step / PER_BIT)) for step in range(BITS * PER_BIT + 1)], dtype=np.int64)
"""The share of a token by how many steps its logarithm lies below the likeliest one's; none is left without any."""
ESCAPE = 1 << 12
"""The share of bytes that no token says: about 20 bits when they come, a millionth of a bit when they do not."""
END_OF_RUN = 256
"""Behind the values of a byte: here such bytes end."""

Expecting = Callable[[Int[np.ndarray, "S T"]], Float[np.ndarray, "S V"]]
"""Given all tokens of every stream so far, one more at every call: log2 of the probability of each that may follow."""


@dataclass(frozen=True)
class Expectation:
    """What is expected next, and what stands before every stream, never coded: an end of text, say, or nothing."""

    expecting: Expecting
    start: tuple[int, ...] = ()


# Probabilities -------------------------------------------------------------------------------------------------------


def of_model(model: Decoder, start: int | None, longest: int) -> Expectation:
    """What a model expects next in texts of up to ``longest`` tokens; it is used in 64 bits.

    Where nothing stands before a stream a model has nothing to read, and every first token is equally likely.
    """
    exact, starts = copy.deepcopy(model).double(), () if start is None else (start,)
    modules = list(exact.modules())
    next_logits = remembered(exact, longest + len(starts))

    def expecting(text: Int[np.ndarray, "S T"]) -> Float[np.ndarray, "S V"]:
        if not text.shape[1]:
            return np.full((len(text), model.config.vocabulary), -np.log2(model.config.vocabulary))
        with reading_only(exact, modules):
            logits = finite(next_logits(torch.from_numpy(text)))
        found: Float[np.ndarray, "S V"] = logits.log_softmax(-1).numpy() / np.log(2)
        return found

    return Expectation(expecting, starts)


def of_kneser_ney(model: KneserNey, order: int) -> Expectation:
    """What the n-gram model expects next, a stream at a time."""

    def expecting(text: Int[np.ndarray, "S T"]) -> Float[np.ndarray, "S V"]:
        recent = text[:, max(0, text.shape[1] - order + 1) :].tolist()
        found: Float[np.ndarray, "S V"] = np.log2(np.stack([model.distribution(history, order) for history in recent]))
        return found

    return Expectation(expecting)


def cumulative(logarithms: Float[np.ndarray, "S V"]) -> Int[np.ndarray, "S ends"]:
    """Where each token's stretch begins and ends, in whole numbers; behind the last token comes the escape."""
    below = logarithms.max(-1, keepdims=True) - logarithms
    steps = np.minimum(np.rint(below * PER_BIT), len(SHARES) - 1).astype(np.int64)
    ends = np.zeros((len(logarithms), logarithms.shape[1] + 2), dtype=np.int64)
    np.cumsum(SHARES[steps], axis=1, out=ends[:, 1:-1])
    ends[:, -1] = ends[:, -2] + ESCAPE
    return ends


# Coding --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Coded:
    """A file as the coder wrote it, and what the model says it should have taken."""

    data: bytes
    bits: float
    """The sum of -log2 p over all tokens, from probabilities that were not rounded."""


Told = Callable[[int], None]
"""Called with how many tokens are done."""


def empty_streams(count: int, streams: int, start: Sequence[int]) -> tuple[Int[np.ndarray, "S T"], int]:
    """Room for ``count`` tokens in equal streams, what stands before each at its start; and the tokens in each, of
    which the last streams may have fewer."""
    length = -(-count // streams)
    text = np.zeros((streams, len(start) + length), dtype=np.int64)
    text[:, : len(start)] = start
    return text, length


def encode(said: Said, streams: int, expectation: Expectation, told: Told = lambda done: None) -> Coded:
    """Code a file, a token of each stream in turn."""
    count, before = len(said.tokens), len(expectation.start)
    text, length = empty_streams(count, streams, expectation.start)
    writer, bits = Writer(), 0.0
    for step in range(length):
        logarithms = expectation.expecting(text[:, : before + step])
        stretches = cumulative(logarithms)
        for row, place in enumerate(range(step, count, length)):
            token, ends, total = said.tokens[place], stretches[row], int(stretches[row, -1])
            if place in said.between:
                writer.encode(int(ends[-2]), total, total)
                write_run(writer, said.between[place])
            writer.encode(int(ends[token]), int(ends[token + 1]), total)
            bits -= float(logarithms[row, token])
            text[row, before + step] = token
        told(min(count, (step + 1) * streams))
    write_run(writer, said.between.get(count, b""))
    return Coded(writer.finish(), bits)


def decode(data: bytes, count: int, streams: int, expectation: Expectation, told: Told = lambda done: None) -> Said:
    """What ``encode`` was given, from what it wrote, by the same steps.

    Raises:
        DamagedError: that cannot be; the data or the probabilities are others.
    """
    before = len(expectation.start)
    text, length = empty_streams(count, streams, expectation.start)
    reader, between = Reader(data), dict[int, bytes]()
    for step in range(length):
        stretches = cumulative(expectation.expecting(text[:, : before + step]))
        escape = stretches.shape[1] - 2
        for row, place in enumerate(range(step, count, length)):
            token = next_symbol(reader, stretches[row])
            if token == escape:
                between[place] = read_run(reader, len(data))
                token = next_symbol(reader, stretches[row])
            if token == escape:
                raise DamagedError("what no token says comes twice in a row, which is never written")
            text[row, before + step] = token
        told(min(count, (step + 1) * streams))
    if rest := read_run(reader, len(data)):
        between[count] = rest
    return Said(text[:, before:].reshape(-1)[:count].tolist(), between)


def next_symbol(reader: Reader, ends: Int[np.ndarray, " ends"]) -> int:
    """The symbol whose stretch the number lies in."""
    total = int(ends[-1])
    symbol = int(np.searchsorted(ends, reader.target(total), side="right")) - 1
    reader.decode(int(ends[symbol]), int(ends[symbol + 1]), total)
    return symbol


def write_run(writer: Writer, run: Sequence[int]) -> None:
    """Bytes as they are, about eight bits each, and their end."""
    for value in (*run, END_OF_RUN):
        writer.encode(value, value + 1, END_OF_RUN + 1)


def read_run(reader: Reader, most: int) -> bytes:
    """Such bytes again; there cannot be more of them than bytes in the file they are read from."""
    run = bytearray()
    while (value := reader.target(END_OF_RUN + 1)) != END_OF_RUN:
        reader.decode(value, value + 1, END_OF_RUN + 1)
        run.append(value)
        if len(run) > most:
            raise DamagedError("what no token says does not end, which is never written")
    reader.decode(value, value + 1, END_OF_RUN + 1)
    return bytes(run)
