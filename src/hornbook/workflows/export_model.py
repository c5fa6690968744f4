"""Runs of ours for other programs: as a folder of Hugging Face, or as a GGUF file for llama.cpp.

With ``verify`` the file is read again and both models are asked the same: how far their logits are apart is what the
trip has cost, nothing at all in 32 bits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from jaxtyping import Float, Int
from torch import Tensor

from hornbook.data.config import Classify, Reward
from hornbook.errors import CheckError, HornbookError, SettingError
from hornbook.files import replacing_folder
from hornbook.finetuning.config import KINDS, Adapters, LowRank, Prefix, Prompt
from hornbook.finetuning.peft_files import write_adapter
from hornbook.formats.gguf_file import read_gguf, write_gguf
from hornbook.formats.gguf_models import gguf_tensors, model_metadata, state_from_gguf, style_of
from hornbook.formats.gguf_tokenizer import tokenizer_metadata
from hornbook.formats.huggingface import family_of, read_folder, write_folder
from hornbook.generation.generate import reading_only
from hornbook.model.config import EncoderAndDecoder, ModelConfig
from hornbook.model.models import Decoder, Encoder, EncoderDecoder, Model, build_model
from hornbook.seeds import torch_generator
from hornbook.tokenizers.protocol import Tokenizer
from hornbook.workflows.load import Loaded
from hornbook.workflows.recipe import Recipe

LARGEST = {"F32": 1e-5, "BF16": 0.25, "Q8_0": 0.5}
"""How far logits may be apart after the trip, as a share of their own spread."""


@dataclass(frozen=True)
class Verified:
    """What a trip has cost: the largest difference of any logit, and how much logits vary among themselves."""

    difference: float
    spread: float
    places: int

    def __str__(self) -> str:
        """In one line."""
        return (
            f"verified: after the trip no logit differs by more than {self.difference:.2g} "
            f"(their standard deviation is {self.spread:.2g}; {self.places} tokens were asked)"
        )


def export_huggingface(loaded: Loaded, out: Path) -> str:
    """Write a folder that transformers loads; returns the model type.

    Raises:
        SettingError: no family of Hugging Face can say this model; the message tells why. Or the folder is not empty.
    """
    refuse_full(out)
    roles, model = loaded.tokenizer.roles, exportable(loaded)
    with replacing_folder(out) as partial:
        family = write_folder(partial, model, begin=roles.begin, end=roles.end, padding=roles.padding)
        loaded.tokenizer.save(partial)
    return family.model_type


def export_gguf(loaded: Loaded, out: Path, kind: str) -> str:
    """Write a GGUF file; ``kind`` is F32, BF16 or Q8_0. Returns llama.cpp's name of the architecture.

    Raises:
        SettingError: llama.cpp's architectures that we write cannot say this model.
        MissingError: the ``gguf`` package is not installed.
    """
    model = exportable(loaded)
    metadata = model_metadata(model.config, loaded.run.name, kind)
    metadata |= tokenizer_metadata(loaded.tokenizer, model.config.vocabulary)
    write_gguf(out, metadata, gguf_tensors(model.config, model.state_dict(), kind))
    return str(metadata["general.architecture"])


def export_peft(loaded: Loaded, out: Path) -> list[str]:
    """Write the products that LoRA has learned as PEFT reads them; the modules they belong to.

    Raises:
        SettingError: the run has none, or no family of Hugging Face can say its model.
    """
    refuse_full(out)
    if not isinstance(loaded.recipe.adapting, LowRank):
        raise SettingError(f"{loaded.run.folder} was not trained with low_rank; there are no products to export")
    return write_adapter(out, loaded.model, loaded.recipe.adapting, loaded.recipe.base or loaded.run.name)


def exportable(loaded: Loaded) -> Model:
    """The model of a run, if it is one that can be written by itself."""
    try:
        refuse_more_than_a_model(loaded.recipe)
    except SettingError as error:
        raise SettingError(f"{loaded.run.folder}: {error}") from None
    assert isinstance(loaded.model, Decoder | Encoder | EncoderDecoder)
    return loaded.model


def refuse_full(out: Path) -> None:
    """Refuse to write over something."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise SettingError(f"out: {out} is there already; give a new folder")


# What can be written --------------------------------------------------------------------------------------------------


def sayable_by_huggingface(recipe: Recipe, config: ModelConfig, tokenizer: Tokenizer) -> None:
    """Refuse a model that no family of Hugging Face has a word for (``SettingError``)."""
    refuse_more_than_a_model(recipe)
    family_of(config)


def sayable_by_gguf(recipe: Recipe, config: ModelConfig, tokenizer: Tokenizer) -> None:
    """Refuse a model, or a tokenizer, that llama.cpp has no word for (``SettingError``)."""
    refuse_more_than_a_model(recipe)
    style_of(config)
    tokenizer_metadata(tokenizer, config.vocabulary)


def sayable_by_peft(recipe: Recipe, config: ModelConfig, tokenizer: Tokenizer) -> None:
    """Refuse a run that has no low-rank products (``SettingError``)."""
    if not isinstance(recipe.adapting, LowRank):
        raise SettingError("it was not trained with low_rank; there are no products to export")
    family_of(config)


def refuse_more_than_a_model(recipe: Recipe) -> None:
    """Refuse what has parts that no other program knows of (``SettingError``)."""
    if isinstance(recipe.task, Classify | Reward):
        raise SettingError("a classifier is not exported yet; export the run it was made from")
    if isinstance(recipe.adapting, Adapters | Prefix | Prompt):
        raise SettingError(
            f"what {KINDS[type(recipe.adapting)]} has learned cannot be added to the matrices as low_rank "
            "can; export the run it was made from"
        )


@dataclass(frozen=True)
class Format:
    """A format of ``hornbook export``: who reads it, how its file or folder may end, and what it has no word for."""

    words: str
    ending: str
    check: Callable[[Recipe, ModelConfig, Tokenizer], None]

    def refusal(self, recipe: Recipe, config: ModelConfig, tokenizer: Tokenizer) -> str | None:
        """Why a run cannot be written so, as far as its settings tell; ``None`` where nothing speaks against it."""
        try:
            self.check(recipe, config, tokenizer)
        except HornbookError as error:
            return str(error)
        return None


FORMATS: Mapping[str, Format] = {
    "hf": Format("a folder that transformers loads", "-hf", sayable_by_huggingface),
    "gguf": Format("one file that llama.cpp runs", ".gguf", sayable_by_gguf),
    "peft": Format("what LoRA has learned, alone, for PEFT", "-peft", sayable_by_peft),
}
"""What ``--to`` may say."""


# Verifying ------------------------------------------------------------------------------------------------------------


def verify_huggingface(loaded: Loaded, out: Path) -> Verified:
    """Read the folder again and compare logits (``CheckError`` where they differ)."""
    config, state = read_folder(out)
    again = build_model(config)
    again.load_state_dict(state)
    return compared(exportable(loaded), again, LARGEST["F32"])


def verify_gguf(loaded: Loaded, out: Path, kind: str) -> Verified:
    """Read the file again and compare logits (``CheckError`` where they differ by more than ``kind`` explains)."""
    model = exportable(loaded)
    again = build_model(model.config)
    again.load_state_dict(state_from_gguf(model.config, read_gguf(out)[1]))
    return compared(model, again, LARGEST[kind])


def compared(model: Model, again: Model, largest: float) -> Verified:
    """Both models on the same tokens, drawn at random."""
    config = model.config
    time = min(config.context, 64)
    tokens = torch.randint(0, config.vocabulary, (2, time), generator=torch_generator(0, "verify"))
    with reading_only(model), reading_only(again):
        before, after = (ASK[type(one)](one, tokens) for one in (model, again))
    found = Verified(float((before - after).abs().max()), float(before.std()), tokens.numel())
    if not found.difference <= largest * found.spread:
        raise CheckError(
            f"after the trip logits differ by up to {found.difference:.3g}, where at most "
            f"{largest * found.spread:.3g} was expected; what was written is not this model"
        )
    return found


def plainly(model: Decoder | Encoder, tokens: Int[Tensor, "B T"]) -> Float[Tensor, "B T V"]:
    """Logits for every token."""
    logits: Tensor = model(tokens)
    return logits


def of_itself(model: EncoderDecoder, tokens: Int[Tensor, "B T"]) -> Float[Tensor, "B T V"]:
    """Logits for every token of a text that looks at itself."""
    assert isinstance(model.config.architecture, EncoderAndDecoder)
    logits: Tensor = model(tokens, tokens)
    return logits


ASK: dict[type, Callable[..., Tensor]] = {Decoder: plainly, Encoder: plainly, EncoderDecoder: of_itself}
