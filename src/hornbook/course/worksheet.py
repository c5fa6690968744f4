"""A GPT to be calculated with a pencil: width 4, five words, every number of one pass forwards and back, with blanks.

``worksheet`` prints it, ``grade`` reads a filled one and finds the first line that is wrong, and what usually leads
there. All numbers come from by_hand.py. A worksheet is named by its seed: the same seed gives the same numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float64

from hornbook.course import by_hand
from hornbook.course.by_hand import Numbers, Seen, Weights
from hornbook.errors import TextError
from hornbook.seeds import numpy_generator

WORDS = ("the", "cat", "sat", "on", "mat")
TOKENS = np.array([[0, 1, 2]])
TARGETS = np.array([[1, 2, 3]])
WIDTH, HEADS, HIDDEN, CONTEXT = 4, 2, 4, 3
BLANK = "____"
DIGITS = 3
NEAR = (0.006, 0.01)
"""How far an answer may be off, absolutely and as a share: whoever goes on from rounded numbers is still right."""

BLOCK = "stack.blocks.0"
ATTENTION = f"{BLOCK}.attention"


def weights_of(seed: int) -> Weights:
    """Weights of one decimal between -0.9 and 0.9; scales of norms are 1, shifts and biases 0 but for one of each."""
    draw = numpy_generator(seed, "worksheet")

    def matrix(rows: int, columns: int) -> Float64[np.ndarray, "rows columns"]:
        return draw.integers(-9, 10, (rows, columns)) / 10.0

    weights: Weights = {
        "embedding.tokens.weight": matrix(len(WORDS), WIDTH),
        "stack.position_encodings.0.table.weight": matrix(CONTEXT, WIDTH),
    }
    for name in ("query", "key", "value", "output"):
        weights[f"{ATTENTION}.{name}.weight"] = matrix(WIDTH, WIDTH)
        weights[f"{ATTENTION}.{name}.bias"] = np.zeros(WIDTH)
    weights[f"{BLOCK}.feed_forward.up.weight"] = matrix(HIDDEN, WIDTH)
    weights[f"{BLOCK}.feed_forward.up.bias"] = matrix(1, HIDDEN)[0]
    weights[f"{BLOCK}.feed_forward.down.weight"] = matrix(WIDTH, HIDDEN)
    weights[f"{BLOCK}.feed_forward.down.bias"] = np.zeros(WIDTH)
    for name in (f"{BLOCK}.around_attention.before", f"{BLOCK}.around_feed_forward.before", "stack.norm"):
        weights[f"{name}.scale"], weights[f"{name}.shift"] = np.ones(WIDTH), np.zeros(WIDTH)
    return weights


# What usually leads to a wrong number -------------------------------------------------------------------------------

Slip = tuple[str, Callable[[Weights, Seen], Numbers]]
"""What somebody may have done, and the numbers that this gives."""


def unmasked(weights: Weights, seen: Seen) -> Numbers:
    """Shares of all tokens, later ones among them."""
    return by_hand.softmax(seen[f"{ATTENTION}.scores"])


def narrow_deviation(name: str) -> Callable[[Weights, Seen], Numbers]:
    """A variance divided by C - 1."""
    return lambda weights, seen: seen[name] * np.sqrt((WIDTH - 1) / WIDTH)


NORM_SLIPS = {
    before: ("the variance divides by C = 4, not by C - 1", narrow_deviation(before))
    for before in (f"{BLOCK}.attends", f"{BLOCK}.thinks", "last")
}


@dataclass(frozen=True)
class Step:
    """One intermediate result: its name in ``Seen``, what it is called here, its formula, and usual slips."""

    name: str
    title: str
    formula: str
    slips: tuple[Slip, ...] = ()


STEPS: tuple[Step, ...] = (
    Step(
        "stream.0",
        "stream 0",
        "the row of the word in `table` + the row of the place in `places`",
        (("the row of the place is not added", lambda w, s: w["embedding.tokens.weight"][TOKENS]),),
    ),
    Step(f"{BLOCK}.attends", "norm 1", "(x - mean) / sqrt(variance + 0.00001)", (NORM_SLIPS[f"{BLOCK}.attends"],)),
    Step(f"{ATTENTION}.query", "query", "norm 1 times the rows of W_query; the first two features are head 0"),
    Step(f"{ATTENTION}.key", "key", "the same with W_key"),
    Step(f"{ATTENTION}.value", "value", "the same with W_value"),
    Step(
        f"{ATTENTION}.scores",
        "score",
        "query · key / sqrt(2), for this token and those before it",
        (("the division by sqrt(head width) is missing", lambda w, s: s[f"{ATTENTION}.scores"] * np.sqrt(2)),),
    ),
    Step(
        f"{ATTENTION}.shares",
        "share",
        "exp(score) / the sum of exp over what the token may see",
        (("later tokens take part in the sum: mask before the softmax", unmasked),),
    ),
    Step(f"{ATTENTION}.mixed", "mixed", "shares times values; head 0 left, head 1 right"),
    Step(
        f"{BLOCK}.between",
        "stream ½",
        "stream 0 + mixed times the rows of W_output",
        (("the stream itself is not added (the residual)", lambda w, s: s[f"{BLOCK}.between"] - s["stream.0"]),),
    ),
    Step(f"{BLOCK}.thinks", "norm 2", "(x - mean) / sqrt(variance + 0.00001)", (NORM_SLIPS[f"{BLOCK}.thinks"],)),
    Step(
        f"{BLOCK}.raised",
        "raised",
        "norm 2 times the rows of W_up + b_up",
        (("the bias is not added", lambda w, s: s[f"{BLOCK}.raised"] - w[f"{BLOCK}.feed_forward.up.bias"]),),
    ),
    Step(
        f"{BLOCK}.active",
        "active",
        "GELU: x / 2 · (1 + tanh(0.79788 · (x + 0.044715 x³)))",
        (
            (
                "that is ReLU; GELU lets some of the negative through",
                lambda w, s: np.maximum(s[f"{BLOCK}.raised"], 0.0),
            ),
        ),
    ),
    Step(
        "stream.1",
        "stream 1",
        "stream ½ + active times the rows of W_down",
        (("the stream itself is not added (the residual)", lambda w, s: s["stream.1"] - s[f"{BLOCK}.between"]),),
    ),
    Step("last", "norm 3", "(x - mean) / sqrt(variance + 0.00001)", (NORM_SLIPS["last"],)),
    Step("logits", "logit", "norm 3 times the rows of `table`, a logit for each word"),
    Step("chances", "chance", "exp(logit) / the sum of exp over all words"),
    Step(
        "losses",
        "losses of row",
        "-ln(chance of the word that follows)",
        (("that is bits: the logarithm is the natural one", lambda w, s: s["losses"] / np.log(2)),),
    ),
    Step(
        "loss",
        "loss",
        "the mean over the three tokens",
        (("that is the sum: divide by the number of tokens", lambda w, s: s["loss"] * TOKENS.size),),
    ),
    Step(
        "d_logits",
        "d logit",
        "(chance - 1 for the right word, - 0 for others) / 3",
        (("the loss is a mean over 3 tokens: divide by 3", lambda w, s: s["d_logits"] * TOKENS.size),),
    ),
)


def calculated(seed: int) -> tuple[Weights, Seen, Weights]:
    """Weights, everything that the way forwards sees, and all gradients."""
    weights = weights_of(seed)
    seen = by_hand.forward(weights, HEADS, TOKENS, TARGETS)
    right = np.eye(len(WORDS))[TARGETS]
    seen["d_logits"] = (seen["chances"] - right) / TARGETS.size
    return weights, seen, by_hand.backward(weights, TOKENS, TARGETS, seen)


# A worksheet is lines -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """A row of numbers with a name; ``blank`` is the place that is left open, ``slips`` what else may come out."""

    name: str
    values: tuple[float, ...]
    blank: int
    formula: str
    slips: tuple[tuple[str, tuple[float, ...]], ...] = ()

    def written(self, filled: bool = False) -> str:
        """As it stands on the sheet."""
        shown = [f"{value:.{DIGITS}f}" for value in self.values]
        if not filled:
            shown[self.blank] = BLANK
        return f"{self.name} = {' '.join(shown)}"


def rows(title: str, numbers: Numbers) -> Iterator[tuple[str, Numbers]]:
    """A result cut into lines: of each head and token, or of each row of a matrix. Scores end at the token itself."""
    if numbers.ndim <= 1:
        yield title, np.atleast_1d(numbers)
    elif numbers.ndim == 2:
        yield from ((f"{title} {row}", each) for row, each in enumerate(numbers))
    elif numbers.ndim == 3:
        yield from ((f"{title}, token {token}", each) for token, each in enumerate(numbers[0]))
    else:
        for head, tokens in enumerate(numbers[0]):
            for token, each in enumerate(tokens):
                yield f"{title}, head {head}, token {token}", each[: token + 1] if title in ("score", "share") else each


def lines_of(seed: int) -> list[Line]:
    """Every line of a worksheet, in the order in which they can be calculated."""
    weights, seen, gradients = calculated(seed)
    results = [(step.title, step.formula, seen[step.name], step.slips) for step in STEPS]
    results += [(f"d {name}", "see by_hand.py", each, ()) for name, each in sorted(gradients.items())]
    lines: list[Line] = []
    for title, formula, numbers, slips in results:
        wrong = [(why, dict(rows(title, np.asarray(make(weights, seen))))) for why, make in slips]
        for name, row in rows(title, numbers):
            other = tuple((why, tuple(map(float, each[name]))) for why, each in wrong)
            lines.append(Line(name, tuple(map(float, row)), len(lines) % len(row), formula, other))
    return lines


def worksheet(seed: int = 0, filled: bool = False) -> str:
    """The sheet as text: what is given behind ``#``, then a line for each row of numbers; or ``filled``."""
    weights = weights_of(seed)
    said = [
        f"# Hornbook worksheet, seed {seed}",
        f"# Width {WIDTH}, {HEADS} heads, words {', '.join(WORDS)}. Text: the cat sat; what follows: cat sat on.",
        f"# Fill in every {BLANK} with {DIGITS} digits and have it graded: hornbook learn worksheet --grade FILE",
        "# All scales of norms are 1; all shifts, and all biases but b_up, are 0.",
    ]
    given = {
        "table": weights["embedding.tokens.weight"],
        "places": weights["stack.position_encodings.0.table.weight"],
        **{f"W_{name}": weights[f"{ATTENTION}.{name}.weight"] for name in ("query", "key", "value", "output")},
        **{f"W_{name}": weights[f"{BLOCK}.feed_forward.{name}.weight"] for name in ("up", "down")},
        "b_up": weights[f"{BLOCK}.feed_forward.up.bias"][None],
    }
    for name, matrix in given.items():
        said += [f"# {name} {row}: {' '.join(f'{number:4.1f}' for number in each)}" for row, each in enumerate(matrix)]
    formula = ""
    for line in lines_of(seed):
        if line.formula != formula:
            said += ["", f"# {line.formula}"]
            formula = line.formula
        said.append(line.written(filled))
    return "\n".join(said) + "\n"


@dataclass(frozen=True)
class Graded:
    """How a worksheet stands: ``right`` of ``lines`` lines; the first that is wrong, or open, in words."""

    state: Literal["right", "wrong", "open"]
    right: int
    lines: int
    said: str = ""
    hint: str = ""


def grade(text: str) -> Graded:
    """Compare a filled sheet line by line with the right numbers, and stop at the first line that differs.

    Raises:
        TextError: it is no worksheet, or a line of it is missing.
    """
    title = re.match(r"# Hornbook worksheet, seed (\d+)", text)
    if title is None:
        raise TextError("this is no worksheet: its first line should be '# Hornbook worksheet, seed N'")
    written = text_lines(text)
    lines = lines_of(int(title[1]))
    for place, line in enumerate(lines):
        if line.name not in written:
            raise TextError(f"the line {line.name!r} is missing from the worksheet; print a new one and compare")
        number, found = written[line.name]
        where = f"line {number}, {line.name}"
        if BLANK in found:
            return Graded("open", place, len(lines), f"{where} is not filled in", line.formula)
        values = as_numbers(found, len(line.values), where)
        if not all(map(near, values, line.values)):
            return Graded(
                "wrong", place, len(lines), f"{where}: {difference(values, line.values)}", likely(line, values)
            )
    return Graded("right", len(lines), len(lines))


def text_lines(text: str) -> dict[str, tuple[int, list[str]]]:
    """The lines of a sheet by their names: where each stands, and what is written there."""
    found = {}
    for number, line in enumerate(text.splitlines(), start=1):
        name, equals, numbers = line.partition(" = ")
        if equals and not line.startswith("#"):
            found[name.strip()] = (number, numbers.split())
    return found


def as_numbers(words: Sequence[str], count: int, where: str) -> list[float]:
    """What is written, as numbers (``TextError`` where it is none, or too few, or too many)."""
    if len(words) != count:
        raise TextError(f"{where}: expected {count} numbers, found {len(words)}")
    try:
        return [float(word.replace(",", ".")) for word in words]
    except ValueError as error:
        raise TextError(f"{where}: expected numbers, found {' '.join(words)!r}") from error


def near(found: float, right: float) -> bool:
    """Is a number right, when it may come from rounded ones?"""
    return abs(found - right) <= NEAR[0] + NEAR[1] * abs(right)


def difference(found: Sequence[float], right: Sequence[float]) -> str:
    """The first number that is wrong, and what it should be."""
    place = next(place for place, pair in enumerate(zip(found, right, strict=True)) if not near(*pair))
    return f"number {place + 1} is {found[place]:g}, expected {right[place]:.{DIGITS}f}"


def likely(line: Line, found: Sequence[float]) -> str:
    """What was probably done wrong, or how the line is calculated."""
    wrong = [place for place, pair in enumerate(zip(found, line.values, strict=True)) if not near(*pair)]
    for why, numbers in line.slips:
        if all(near(found[place], numbers[place]) for place in wrong):
            return why
    if all(near(-found[place], line.values[place]) for place in wrong):
        return f"the sign is wrong: {line.formula}"
    return line.formula
