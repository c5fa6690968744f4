"""What earlier projects of this kind published, text by text, and what a row of ours has to reach. No torch."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hornbook.errors import SettingError, nearest


@dataclass(frozen=True)
class Row:
    """One line of the table.

    ``text`` is a file of the folder of corpora, divided 90 to 10 by position, unless ``test`` is another file that is
    for measuring alone. ``pretrained`` names a recipe that reads ``others`` before ``recipe`` goes on with its weights.
    """

    name: str
    text: str
    recipe: str
    published: str
    perplexity: float | None = None
    """A published perplexity, of which it is said what it would be in bits per byte."""
    most: float | None = None
    """Nats per token that are to be reached."""
    below_kneser_ney: bool = True
    single_discount: float = math.inf
    """Kneser-Ney with one discount of 0.75 and the order that is best for this very text, where that is known.

    A row has to be below this too, not only below ours, which chooses order and discounts on the training part alone.
    """
    minutes: float | None = None
    """The training time in which that is to be done, what was read before counted."""
    test: str | None = None
    pretrained: str | None = None
    others: tuple[str, ...] = ()
    continued: bool = False
    """Whether BLEU and ROUGE of continuations stand beside it."""
    named: bool = False
    """Whether it is counted how many stories of ``test`` keep the name that they began with."""

    @property
    def aim(self) -> str:
        """What is to be reached, in words."""
        most = [] if self.most is None else [f"at most {self.most:g}"]
        known = f" (and {self.single_discount:g})" if math.isfinite(self.single_discount) else ""
        below = [f"below Kneser-Ney{known}"] if self.below_kneser_ney else []
        within = "" if self.minutes is None else f" in {self.minutes:g} minutes"
        return " and ".join([*most, *below]) + within

    def reached(self, loss: float, kneser_ney: float, minutes: float) -> bool:
        """Whether it was; a clock may end half a step late."""
        enough = self.most is None or loss <= self.most
        soon = self.minutes is None or minutes <= 1.01 * self.minutes
        below = not self.below_kneser_ney or loss < min(kneser_ney, self.single_discount)
        return math.isfinite(loss) and enough and soon and below


ROWS: tuple[Row, ...] = (
    Row(
        "verdict-alone",
        "the_verdict.txt",
        "published-verdict",
        "5.45 with 163M parameters, 8.11 to 9.81 with 50 to 120M (split unknown); 6.12 in the book",
        most=6.15,
        below_kneser_ney=False,
    ),
    Row(
        "verdict-after-others",
        "the_verdict.txt",
        "published-verdict-after",
        "the same",
        most=5.45,
        single_discount=5.752,
        minutes=10.0,
        pretrained="published-others",
        others=(
            "moby_dick.txt",
            "wonderful_wizard_of_oz.txt",
            "dorothy_and_the_wizard_in_oz.txt",
            "tinyshakespeare.txt",
            "tinystories_train_sample.txt",
        ),
    ),
    Row(
        "moby-dick",
        "moby_dick.txt",
        "published-moby-dick",
        "none that can be compared",
        single_discount=5.547,
        minutes=10.0,
    ),
    Row(
        "oz",
        "wonderful_wizard_of_oz.txt",
        "published-oz",
        "perplexity 42.7 (its cross-entropy, 3.2, disagrees); n-gram 300; BLEU 0.25",
        perplexity=42.7,
        single_discount=4.337,
        continued=True,
    ),
    Row(
        "characters",
        "tinyshakespeare.txt",
        "published-characters",
        "1.4697 (10.7M parameters, 3 minutes of an A100); 1.88 on a CPU",
        most=1.52,
        minutes=10.0,
        below_kneser_ney=False,
    ),
    Row(
        "stories",
        "tinystories_train_sample.txt",
        "published-stories",
        "perplexity 7.39, assumed and not measured",
        perplexity=7.39,
        test="tinystories_valid_sample.txt",
        named=True,
    ),
)
"""The table; a pretrained GPT-2, whose weights somebody has to bring, is a row of its own (``OF_GPT2``)."""

OF_GPT2 = Row(
    "gpt2-on-oz",
    "wonderful_wizard_of_oz.txt",
    "published-gpt2-on-oz",
    "perplexity 16.3",
    perplexity=16.3,
)
"""GPT-2, imported with its weights, that goes on learning on Oz."""


def chosen_rows(names: tuple[str, ...]) -> tuple[Row, ...]:
    """The rows of these names, all where there are none.

    Raises:
        SettingError: there is no such row.
    """
    known = {row.name: row for row in ROWS}
    for name in names:
        if name not in known:
            raise SettingError(f"rows: {name!r} is none of {', '.join(known)}{nearest(name, known)}")
    return tuple(known[name] for name in names) or ROWS
