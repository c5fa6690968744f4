"""What can be said about data, as values: where the text comes from, how it is split, in which order it is read.

Imports neither torch nor numpy, so that a recipe can be read and refused in milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hornbook.errors import SettingError


@dataclass(frozen=True)
class RandomWindows:
    """Windows that start anywhere with equal chance, drawn anew at every step (with replacement)."""


@dataclass(frozen=True)
class Shuffled:
    """Every window of a grid exactly once per epoch, in a new order each time.

    The grid begins at another token in every epoch, so that the cuts move.
    """

    stride: int | None = None
    """Tokens between the starts of neighbouring windows; none: they lie end to end (stride = context)."""

    def __post_init__(self) -> None:
        """Refuse a stride that goes nowhere (``SettingError``)."""
        if self.stride is not None and self.stride < 1:
            raise SettingError(f"stride: found {self.stride}, expected a number of tokens of 1 or more")


@dataclass(frozen=True)
class Packed:
    """Whole documents side by side in a row, none looking at another; longer ones are cut in pieces, not truncated."""


Order = RandomWindows | Shuffled | Packed

# What is asked of a model ---------------------------------------------------------------------------------------------


def check_strength(beta: float) -> None:
    """Refuse a strength that is none."""
    if not beta > 0:
        raise SettingError(f"beta: found {beta}, expected a number above 0, as in 0.1")


def check_share(share: float) -> None:
    """Refuse a share of the tokens that is none or all."""
    if not 0 < share < 1:
        raise SettingError(f"share: found {share}, expected a share of the tokens between 0 and 1, as in 0.15")


@dataclass(frozen=True)
class NextToken:
    """At every token of a text, the next (Radford et al. 2018). For decoders."""

    candidates: int | None = None
    """Learn to tell each token from the others of its batch and a sample, so many in all, instead of from the whole
    vocabulary (Jean et al. 2015): with a large vocabulary and a small model a step takes a fraction of the time. Take
    more than the rows of a step have different tokens: what finds no place among them is not learned."""
    noise: float | None = None
    """Smooth what is learned as Kneser and Ney do, by noise in the batches with this discount (Xie et al. 2017): some
    tokens that are read become others, some that are asked for and occur once become new ones. For a text of up to a
    few million tokens that is read several times; 0.75 is a discount that n-gram models like."""

    def __post_init__(self) -> None:
        """Refuse so few that nothing is left to choose, and what is no discount (``SettingError``)."""
        if self.candidates is not None and self.candidates < 2:
            raise SettingError(f"candidates: found {self.candidates}, expected 2 tokens or more, as in 4096")
        if self.noise is not None and not 0 < self.noise <= 1:
            raise SettingError(f"noise: found {self.noise}, expected a discount above 0 and up to 1, as in 0.75")


@dataclass(frozen=True)
class MaskedTokens:
    """Tokens that were hidden, from what stands around them (Devlin et al. 2019, section 3.1). For encoders."""

    share: float = 0.15
    """The share of the tokens that are chosen; of these 80 % become ``<|mask|>``, 10 % another token, 10 % stay."""
    whole_words: bool = False
    """The tokens of a word are chosen together."""

    def __post_init__(self) -> None:
        """Refuse a share that hides nothing or everything (``SettingError``)."""
        check_share(self.share)


@dataclass(frozen=True)
class CutSpans:
    """Spans that were cut out, written one after another (Raffel et al. 2020, section 3.1.4). For encoder-decoders."""

    share: float = 0.15
    """The share of the tokens that go."""
    length: float = 3.0
    """How many tokens a span has on average."""

    def __post_init__(self) -> None:
        """Refuse sizes that cut nothing or everything (``SettingError``)."""
        check_share(self.share)
        if not self.length >= 1:
            raise SettingError(f"length: found {self.length}, expected a mean length of 1 token or more")


@dataclass(frozen=True)
class Translate:
    """The second text of a pair, from the first. For encoder-decoders."""

    label_smoothing: float = 0.0
    """The share of probability that goes to all tokens alike (Szegedy et al. 2016, section 7)."""

    def __post_init__(self) -> None:
        """Refuse a share that is none (``SettingError``)."""
        if not 0 <= self.label_smoothing < 1:
            raise SettingError(f"label_smoothing: found {self.label_smoothing}, expected a share from 0 to below 1")


@dataclass(frozen=True)
class Continue:
    """The second text of a pair after the first, as one text: what a decoder makes of translation."""

    separator: str = "\n"
    """What stands between the two texts; nothing is asked of the first."""


@dataclass(frozen=True)
class Instruct:
    """What the assistant says in conversations (Ouyang et al. 2022, supervised fine-tuning). For decoders."""

    template: str = "chatml"
    """How the turns are laid out: chatml, phi3, alpaca, plain, or a file that ends in .jinja."""
    prompt_loss: bool = False
    """What is said to the assistant is asked for too."""
    packed: bool = True
    """Whole conversations side by side in a row, instead of one in each."""
    cut: bool = False
    """What a conversation has beyond the context is left out; otherwise it is refused."""


@dataclass(frozen=True)
class DPO:
    """-log sigmoid(beta (c - r)): c and r are how much likelier than in the reference the better and the worse answer
    became, in nats (Rafailov et al. 2023, eq. 7).
    """

    beta: float = 0.1
    """How much a margin counts; small: the model may go far from its reference."""
    label_smoothing: float = 0.0
    """How often the two answers are taken to be mixed up."""

    def __post_init__(self) -> None:
        """Refuse what is no strength and no share (``SettingError``)."""
        check_strength(self.beta)
        if not 0 <= self.label_smoothing < 0.5:
            raise SettingError(f"label_smoothing: found {self.label_smoothing}, expected a share from 0 to below 0.5")


@dataclass(frozen=True)
class IPO:
    """(c - r - 1 / (2 beta))^2: a margin that is not exceeded (Azar et al. 2024, eq. 17)."""

    beta: float = 0.1
    """The margin aimed at is 1 / (2 beta) nats: with a small one the model may go far from its reference."""

    def __post_init__(self) -> None:
        """Refuse what is no strength (``SettingError``)."""
        check_strength(self.beta)


@dataclass(frozen=True)
class SimPO:
    """-log sigmoid(beta (c - r) - margin), c and r log p for each token; no reference (Meng et al. 2024, eq. 6)."""

    beta: float = 2.0
    """How much a margin, in nats a token, counts."""
    margin: float = 1.0
    """How far the better answer has to be ahead, in what beta has scaled."""

    def __post_init__(self) -> None:
        """Refuse what is no strength (``SettingError``)."""
        check_strength(self.beta)


PreferenceLoss = DPO | IPO | SimPO


@dataclass(frozen=True)
class Prefer:
    """Of two answers the better one. For decoders that can answer; the reference is the run it begins with."""

    template: str = "chatml"
    """How the turns are laid out: chatml, phi3, alpaca, plain, or a file that ends in .jinja."""
    loss: PreferenceLoss = DPO()
    """What two answers cost, from how likely the model finds them."""
    cut: bool = False
    """What a conversation has beyond the context is left out; otherwise it is refused."""


@dataclass(frozen=True)
class Reward:
    """A number for an answer, higher for the better of two (Bradley & Terry 1952; Ouyang et al. 2022, eq. 1)."""

    template: str = "chatml"
    """How the turns are laid out: chatml, phi3, alpaca, plain, or a file that ends in .jinja."""
    cut: bool = False
    """What a conversation has beyond the context is left out; otherwise it is refused."""


@dataclass(frozen=True)
class Reinforce:
    """What is rewarded, from answers that the model draws itself (Shao et al. 2024, GRPO). For decoders that answer."""

    template: str = "plain"
    """How the turns are laid out: chatml, phi3, alpaca, plain, or a file that ends in .jinja."""
    reward: Literal["exact", "number", "places", "letters"] = "exact"
    """What an answer is worth: ``exact`` 1 for the known one, letter by letter; ``number`` 1 where its last number is
    the known one; ``places`` the share of characters in their right place, counted from the end; ``letters`` from the
    front."""
    credit: Literal["answer", "rest"] = "answer"
    """What a token gets of it: what the whole ``answer`` is worth, or that of the ``rest``, from this token on. The two
    differ where every letter is worth something (``letters``); elsewhere all of it comes with the end."""
    group: int = 8
    """How many answers to each question are drawn and compared with one another."""
    max_tokens: int = 16
    """How long an answer may be."""
    temperature: float = 1.0
    """What the scores are divided by while answers are drawn."""
    advantage: Literal["group", "centred", "plain"] = "group"
    """By how much an answer beats its group, in standard deviations (``group``); the same not divided (``centred``, Liu
    et al. 2025); or the reward itself (``plain``, Williams 1992)."""
    updates: int = 1
    """How many steps are made from the same answers."""
    clip: float = 0.2
    """No probability moves further than by this share in them."""
    kl: float = 0.0
    """The price of leaving the reference, the run it begins with; 0: it is free."""
    level: Literal["token", "sequence"] = "token"
    """Whether every ``token`` counts alike, or every answer (``sequence``)."""
    cut: bool = False
    """What a question has beyond the context is left out; otherwise it is refused."""

    def __post_init__(self) -> None:
        """Refuse numbers that are none (``SettingError``)."""
        for name, value, least in (
            ("group", self.group, 2),
            ("max_tokens", self.max_tokens, 1),
            ("updates", self.updates, 1),
        ):
            if value < least:
                raise SettingError(f"{name}: found {value}, expected a whole number of {least} or more")
        if not self.temperature > 0:
            raise SettingError(
                f"temperature: found {self.temperature}, expected a number above 0: answers have to differ"
            )
        if not self.clip > 0 or self.kl < 0:
            raise SettingError(f"clip, kl: found {self.clip} and {self.kl}, expected above 0, and 0 or more")


@dataclass(frozen=True)
class Classify:
    """One class for each question that the texts are labelled with. For encoders (and decoders, by the last token)."""

    pooling: Literal["first", "last", "mean"] = "mean"
    """How a text becomes one vector: its ``first`` token, its ``last``, or the ``mean`` of all."""
    class_weights: Literal["none", "balanced"] = "none"
    """``balanced``: every class counts as much as any other, however rare it is."""
    cut: bool = False
    """What a text has beyond the context is left out; otherwise it is refused."""

    def __post_init__(self) -> None:
        """Refuse a pooling that does not exist (``SettingError``)."""
        if self.pooling not in ("first", "last", "mean"):
            raise SettingError(f"pooling: {self.pooling!r} is none of first, last, mean")


TaskConfig = (
    NextToken | MaskedTokens | CutSpans | Translate | Continue | Instruct | Prefer | Reward | Reinforce | Classify
)

KINDS: dict[type, str] = {
    RandomWindows: "random",
    Shuffled: "shuffled",
    Packed: "packed",
    NextToken: "next_token",
    MaskedTokens: "masked_tokens",
    CutSpans: "cut_spans",
    Translate: "translate",
    Continue: "continue",
    Instruct: "instruct",
    Prefer: "prefer",
    DPO: "dpo",
    IPO: "ipo",
    SimPO: "simpo",
    Reward: "reward",
    Reinforce: "reinforce",
    Classify: "classify",
}
"""How the orders and tasks are spelt in a recipe, as in ``task = {kind = "cut_spans", length = 5.0}``."""


@dataclass(frozen=True)
class DataConfig:
    """Which text, how it is divided, and in which order it is read.

    Exactly one of ``corpus`` and ``text`` is needed by the time data are prepared.
    """

    corpus: str | None = None
    """The name of a corpus (stories, tinyshakespeare...); of this and text, exactly one is needed."""
    text: tuple[str, ...] = ()
    """Files, folders and globs to read."""
    documents: int | None = None
    """How many documents to generate, or at most to read; none: as many as there are."""
    split: Literal["document", "position"] = "position"
    """By ``position`` the last part of the characters, in reading order, is for validation, and a text may be cut in
    two; by ``document`` whole documents: the last ones where they are generated (each is drawn on its own, so none is
    special), otherwise those whose text and the seed hash lowest."""
    validation_fraction: float = 0.1
    """The part that is held out."""
    order: Order = RandomWindows()
    """In which order the training text is read."""
    columns: tuple[str, ...] = ()
    """Of tables: those that are read (a text and its labels, or a source and its target)."""
    duplicates: Literal["keep", "drop"] = "keep"
    """Of tables: with ``drop`` a text counts once, before anything is divided."""
    balanced: bool = False
    """Of tables: as many texts of each class are kept as the rarest has."""

    def __post_init__(self) -> None:
        """Refuse settings that contradict each other (``SettingError``)."""
        if self.corpus is not None and self.text:
            raise SettingError(
                f"corpus: found both corpus {self.corpus!r} and text {', '.join(self.text)}; give one of the two"
            )
        if self.corpus == "":
            raise SettingError("corpus: found an empty name; expected one that `hornbook corpus list` shows")
        if self.documents is not None and self.documents < 1:
            raise SettingError(f"documents: found {self.documents}, expected a number of documents of 1 or more")
        if not 0 < self.validation_fraction < 1:
            raise SettingError(
                f"validation_fraction: found {self.validation_fraction}, expected a number between 0 and 1, as in 0.1"
            )
