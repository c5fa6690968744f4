"""Figures of the documentation that are counted in seconds: one function for each entry of the ledger that names it.

A function returns its numbers as they stand on the page, in order, in any words; ``make docs-verify`` compares.
"""

from __future__ import annotations

import math
import os
import re
import tempfile
import textwrap
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from hornbook.errors import MissingError

if TYPE_CHECKING:
    from hornbook.model.config import ModelConfig

ROOT = Path(__file__).resolve().parents[1]
RECIPES_ON_TEXT = {"tinyshakespeare-char": "tinyshakespeare.txt", "moby-dick": "moby_dick.txt"}


def exchange() -> str:
    """What ``python benchmarks/exchange.py`` prints, in one process: messages are counted, and go nowhere."""
    from benchmarks.exchange import head, row
    from hornbook.training.by_hand import Ring, Vector
    from hornbook.training.world import World

    class Silent(Ring):
        def pass_on(self, slices: Sequence[Vector], give: int, take: int, into: Vector) -> None:
            into.zero_()
            self.sent += slices[give].numel() * slices[give].element_size()

    return "\n".join([head(1_000_003), *(row(Silent(World(0, size)), 1_000_003) for size in (2, 3, 4))])


def minutes_of_a_lesson() -> str:
    """The shortest and the longest that a lesson says it takes."""
    from hornbook.course.lesson import read_lessons

    minutes = [lesson.minutes for lesson in read_lessons()]
    return f"{min(minutes)} to {max(minutes)}"


def parameters(recipe: str, vocabulary: int) -> int:
    """The parameters of a recipe's model with as many tokens."""
    from hornbook.model.count import count
    from hornbook.workflows.recipe import load_recipe

    return count(replace(load_recipe(recipe).model, vocabulary=vocabulary)).parameters


def millions_of_the_character_model() -> str:
    """Parameters of the recipe ``tinyshakespeare-char``, whose text has 65 different characters, in millions."""
    return f"{parameters('tinyshakespeare-char', 65) / 1e6:.1f}"


def bytes_before_what_is_compressed() -> str:
    """The head of a file that ``hornbook compress`` writes."""
    from hornbook.evaluation.compressed_file import DATA_AT

    return str(DATA_AT)


def markov_model() -> ModelConfig:
    """The model on the page about truth: ``markov.toml`` as it stands there, with the letters of its source."""
    from hornbook.corpus.sources import MARKOV_SYMBOLS
    from hornbook.model.config import ModelConfig
    from hornbook.settings import build
    from hornbook.workflows.recipe import KINDS

    page = (ROOT / "docs" / "truth.md").read_text("utf-8")
    model = page[page.index("    [model]") : page.index("    [training]")]
    return build(ModelConfig, {**tomllib.loads(textwrap.dedent(model))["model"], "vocabulary": MARKOV_SYMBOLS}, KINDS)


def parameters_of_the_markov_model() -> str:
    """How many parameters it has."""
    from hornbook.model.count import count

    return f"{count(markov_model()).parameters:,}"


def languages_told() -> str:
    """Of the held-out sentences of the tests, all and in each language, how many are told rightly."""
    from hornbook.corpus.refining.languages import language_of
    from tests.corpus.refining.held_out import HELD_OUT

    sentences = [(language, text) for language, texts in HELD_OUT.items() for text in texts.split("\n")]
    right = sum(language_of(text) == language for language, text in sentences)
    return f"{len(sentences)} {len(sentences) // len(HELD_OUT)} {right}"


def hours_of_the_paths() -> str:
    """What the ways through the lessons say they take."""
    from hornbook.course.paths import PATHS

    return " ".join(str(hours) for hours in sorted(path.hours for path in PATHS.values()))


def mistakes_in_own_parts() -> str:
    """How many wrong lines the tests plant in learners' parts."""
    from tests.course.own.wrong_parts import MISTAKES

    return str(len(MISTAKES))


def known_of_the_quickstart() -> str:
    """What its screen has that no training decides: a uniform guess among 4,096 tokens."""
    return f"{math.log(4096):.4f} {4096:,.2f}"


def floor_of_stories() -> str:
    """How many stories of the story world, and the bits per byte that their own source leaves of them."""
    from hornbook.corpus.sources import load_corpus

    stories = list(load_corpus("stories", 100, seed=1))
    bits = -sum(story.log_probability or 0.0 for story in stories) / math.log(2)
    return f"{bits / sum(len(story.text.encode()) for story in stories):.2f} {len(stories)}"


def parameters_of_three() -> str:
    """The three models of ``hornbook quickstart --all``; the encoder's matrix answers with digits and yes or no."""
    encoder, decoder, translator = (parameters(f"numbers-{name}", 352) for name in ("encoder", "decoder", "translator"))
    classes, width = 9 + 2, 128
    return f"{encoder + classes * (width + 1):,} {decoder:,} {translator:,}"


def millions_of_numbers() -> str:
    """Parameters of the recipe ``numbers``, in millions."""
    return f"{parameters('numbers', 640) / 1e6:.2f}"


def sharded_model() -> str:
    """Parameters of the model of ``benchmarks/sharding.py``, and its 16 bytes a parameter in MB, whole and halved."""
    from benchmarks.sharding import described
    from hornbook.model.count import count

    size = count(described(512, 8)).parameters
    return f"{size:,} {16 * size / 1e6:.1f} {size:,} {8 * size / 1e6:.1f} {size:,} {16 * size / 1e6:.1f}"


def text_messages() -> str:
    """The spam collection divided as its recipe does: messages, copies, to learn from, held out, spam in %.

    And the parameters of the recipe's model, in millions.
    """
    from hornbook.data.config import DataConfig
    from hornbook.data.labels import prepare_labelled
    from hornbook.tokenizers.config import Characters

    said: list[str] = []
    config = DataConfig(
        text=(str(shared("corpora/sms_spam_collection.tsv")),),
        columns=("SMS", "Label"),
        split="document",
        validation_fraction=0.2,
        duplicates="drop",
    )
    with tempfile.TemporaryDirectory() as folder:
        data = prepare_labelled(config, Characters(), Path(folder) / "data", 1, said.append)
        spam = data.validation.labels[:, 0].mean()
        train, validation = len(data.train), len(data.validation)
    copies, messages = re.findall(r"dropped ([\d,]+) of ([\d,]+)", " ".join(said))[0]
    return f"{messages} {copies} {train:,} {validation:,} {100 * spam:.1f} {parameters('spam', 4096) / 1e6:.1f}"


def shared(name: str) -> Path:
    """A file of the real data that tests use. Errors: ``MissingError`` where there is none."""
    path = Path(os.environ.get("HORNBOOK_TEST_DATA") or ROOT.parent / "shared") / name
    if not path.exists():
        raise MissingError(f"no test data: there is no {path.name} in the folder that HORNBOOK_TEST_DATA names")
    return path


def loss_of_a_guess_among_letters() -> str:
    """ln 59."""
    return f"59 {math.log(59):.2f}"


def millions_on_stories() -> str:
    """Parameters of the recipes that ask about stories, in millions."""
    return f"{parameters('story-questions', 4096) / 1e6:.1f}"


def sizes_of_networks() -> str:
    """As many parameters as the Markov model has: a bigram model, an LSTM, and that architecture."""
    from hornbook.model.models import Decoder
    from hornbook.workflows.neural_baselines import networks

    made = networks(Decoder(markov_model()), 1)
    return " ".join(f"{sum(weight.numel() for weight in network.parameters()):,}" for _, network in made)


def rules_of_prose() -> str:
    """How many rules ``hornbook corpus refine`` holds prose to."""
    from hornbook.corpus.refining.quality import RULES

    return str(len(RULES))


def shapes_of_the_book() -> str:
    """Layers and width of the four published shapes."""
    from hornbook.model.presets import PRESETS

    shapes = [PRESETS[f"gpt-{name}"] for name in ("balanced", "deep", "demo", "real")]
    return ", ".join(f"{shape.depth} of {shape.width}" for shape in shapes)


def kneser_ney_beside_recipes() -> str:
    """What Kneser-Ney loses on the held-out part of two texts, with full history and in the recipe's windows."""
    character, novel = (f"{full:.3f} {windows:.3f}" for full, windows in map(kneser_ney, RECIPES_ON_TEXT.items()))
    return f"{character} {character} {novel}"


def kneser_ney(named: tuple[str, str]) -> tuple[float, float]:
    """Both losses for the recipe and the file that are named, in nats per token; prepared as for the training."""
    from hornbook.data.prepare import prepare
    from hornbook.evaluation.baselines import baselines
    from hornbook.workflows.recipe import FLAGS, load_recipe

    recipe = load_recipe(named[0], FLAGS["text"]([shared(f"corpora/{named[1]}")]))
    with tempfile.TemporaryDirectory() as folder:
        data = prepare(recipe.data, recipe.tokenizer, Path(folder) / "data", 1)
        train, validation = data.train.tokens, data.validation.tokens
        found = baselines(train, validation, data.tokenizer.vocab_size, 1, recipe.model.context)
    assert found.windows is not None
    return found.kneser_ney.loss, found.windows.loss
