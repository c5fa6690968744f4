"""Other people's models as runs of ours: from then on everything that a run can do, an imported model can.

A source is a folder of Hugging Face, the name of one on its hub, or a model file of llama2.c. What comes out is a run
folder with the weights, the tokenizer and a configuration that says the model in our own parts.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from hornbook.data.config import MaskedTokens, NextToken, TaskConfig, Translate
from hornbook.errors import MissingError, SettingError
from hornbook.formats.hub import download
from hornbook.formats.huggingface import read_folder
from hornbook.formats.llama2c_model import read_llama2c_model
from hornbook.model.config import DecoderOnly, EncoderAndDecoder, EncoderOnly, ModelConfig
from hornbook.model.models import build_model
from hornbook.tokenizers.config import Saved
from hornbook.tokenizers.protocol import Tokenizer
from hornbook.tokenizers.saved import fingerprint, load_tokenizer
from hornbook.tokenizers.sentencepiece_bpe import read_llama2c
from hornbook.training.config import TrainingConfig
from hornbook.training.run_folder import Run, free_folder
from hornbook.workflows.load import IMPORTED
from hornbook.workflows.recipe import Recipe, SamplesConfig, to_toml

TASKS: dict[type, TaskConfig] = {
    DecoderOnly: NextToken(),
    EncoderOnly: MaskedTokens(),
    EncoderAndDecoder: Translate(),
}
"""What an imported model is taken to have been trained for."""


@dataclass(frozen=True)
class Found:
    """A model from elsewhere: its configuration, its weights by our names, its tokenizer."""

    config: ModelConfig
    state: Mapping[str, Tensor]
    tokenizer: Tokenizer


def import_model(
    source: str,
    out: Path | None = None,
    tokenizer: Path | None = None,
    report: Callable[[str], None] = lambda line: None,
    progress: Callable[[str], Any] | None = None,
) -> Run:
    """Make a run of a model from elsewhere.

    Args:
        source: ``hf:owner/name``, a folder with a ``config.json``, or a ``.bin`` file of llama2.c.
        out: the run's folder; ``None``: the next free one, named after the model.
        tokenizer: its tokenizer, where it does not lie beside the model: a folder, or llama2.c's ``tokenizer.bin``.
        report: is told what happens.
        progress: makes a progress bar for a file that is fetched.

    Raises:
        SettingError: a setting of the model is one that our parts cannot express.
        MissingError: a file is not there, or there is no network.
        DamagedError: a tensor is missing, too many, misshaped, or a file is broken.
    """
    if source.startswith("hf:"):
        folder = download(source, report=report, progress=progress)
        found, name = from_folder(folder, tokenizer), source.removeprefix("hf:").partition("@")[0]
    else:
        path = Path(source)
        found, name = readers(path)(path, tokenizer), path.resolve().stem
    return write_run(found, source, out or free_folder(re.sub(r"[^A-Za-z0-9._-]+", "-", name)), report)


def readers(path: Path) -> Callable[[Path, Path | None], Found]:
    """How a path is read: as a folder or as a file of llama2.c."""
    if path.is_dir():
        return from_folder
    if path.suffix == ".bin":
        return from_llama2c
    if not path.exists():
        raise MissingError(
            f"{path} does not exist; give a folder with a config.json, a .bin file of llama2.c, or hf:OWNER/NAME"
        )
    raise SettingError(
        f"{path}: what is imported is a folder with a config.json (Hugging Face), a .bin file of llama2.c, "
        f"or hf:OWNER/NAME; a {path.suffix or 'file without a suffix'} is none of them"
    )


def from_folder(folder: Path, tokenizer: Path | None) -> Found:
    """A folder of Hugging Face; its tokenizer lies in it unless another folder is given."""
    config, state = read_folder(folder)
    return Found(config, state, load_tokenizer(tokenizer or folder))


def from_llama2c(path: Path, tokenizer: Path | None) -> Found:
    """A model file of llama2.c and its tokenizer's file."""
    config, state = read_llama2c_model(path)
    if tokenizer is None:
        raise MissingError(
            f"{path} holds no tokenizer; give the file that came with it, as in --tokenizer tok{config.vocabulary}.bin"
        )
    return Found(config, state, read_llama2c(tokenizer, config.vocabulary))


def write_run(found: Found, source: str, folder: Path, report: Callable[[str], None]) -> Run:
    """The run folder, whole or not at all; its one checkpoint is step 0."""
    task = TASKS[type(found.config.architecture)]
    recipe = Recipe(
        name=folder.name,
        about=f"imported from {source}",
        task=task,
        tokenizer=Saved(),
        model=found.config,
        training=TrainingConfig(steps=1),
        samples=SamplesConfig(prompts=()),
    )
    model = build_model(found.config)
    model.load_state_dict(dict(found.state))
    run = Run.create(folder, to_toml(recipe), {"seed": recipe.seed, IMPORTED: source})
    try:
        found.tokenizer.save(run.tokenizer)
        vocabulary = {"fingerprint": fingerprint(found.tokenizer), "size": found.tokenizer.vocab_size}
        run.save(model, None, {"step": 0, "tokens": 0, "done": 1.0, "vocabulary": vocabulary})
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    report(f"{source}: {sum(parameter.numel() for parameter in model.parameters()):,} parameters -> {folder}")
    return run
