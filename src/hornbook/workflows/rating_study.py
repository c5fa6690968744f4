"""From runs and prompts to a study: every run writes to every prompt, once, and the texts are frozen."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import torch

from hornbook.batches import Texts
from hornbook.corpus.conversations import records
from hornbook.data.chat_templates import ChatTemplate
from hornbook.data.config import Continue, NextToken
from hornbook.errors import MissingError, SettingError, TextError
from hornbook.evaluation.loss import still, token_losses
from hornbook.evaluation.rating.study import (
    Mode,
    Model,
    Prompt,
    Study,
    Text,
    checked_name,
    studies_root,
    write_study,
)
from hornbook.files import read_text, sha256_of
from hornbook.generation.config import Sampling
from hornbook.generation.text import encode_prompt
from hornbook.model.models import Decoder, EncoderDecoder
from hornbook.seeds import derive
from hornbook.training.checkpoints import MODEL
from hornbook.workflows.load import Loaded, load_run
from hornbook.workflows.write import beginning, written

Report = Callable[[str], None]

PROMPT_FIELDS, REFERENCE_FIELDS = ("prompt", "instruction", "question"), ("reference", "output", "answer")
"""What a prompt and what should have come are called in .json and .jsonl files; the first that is there counts."""


def read_prompts(path: Path) -> list[Prompt]:
    """The prompts of a file: lines of a .txt file, or objects of a .json or .jsonl file, perhaps with references.

    Raises:
        MissingError: the file is not there. TextError: there is no prompt in it.
    """
    if path.suffix not in (".json", ".jsonl"):
        if not path.is_file():
            raise MissingError(f"{path} does not exist; a file of prompts has one on each line, or is .json or .jsonl")
        found = [Prompt(line.strip()) for line in read_text(path).splitlines() if line.strip()]
    else:
        found = []
        for where, record in records([path]):
            prompt = next((str(record[name]) for name in PROMPT_FIELDS if record.get(name)), "")
            if not prompt:
                raise TextError(f"{where}: expected a field prompt, found {', '.join(record)}")
            given = str(record.get("input") or "").strip()
            reference = next((str(record[name]) for name in REFERENCE_FIELDS if record.get(name)), None)
            found.append(Prompt(f"{prompt}\n\n{given}" if given else prompt, reference))
    if not found:
        raise TextError(f"{path}: there is no prompt in it")
    return found


def new_study(
    name: str,
    runs: Sequence[str],
    prompts: Path,
    samples: int,
    sampling: Sampling,
    mode: Mode = "both",
    report: Report = print,
) -> Path:
    """Let every run (``RUN`` or ``RUN@CHECKPOINT``) write ``samples`` texts to every prompt, and freeze them.

    Returns the path of the study's file. Every prompt draws with a seed of its own, the same for all runs.

    Raises:
        SettingError: there is such a study already, a run writes no text, or pairs are wanted of a single run.
        MissingError: a run or the file of prompts is not there.
    """
    folder = free_study(name)
    asked = read_prompts(prompts)
    origin = {"prompts": str(prompts), "prompts_sha256": sha256_of(prompts)}
    return write_study(frozen(name, runs, asked, samples, sampling, mode, origin, report), folder)


def new_study_of(
    name: str, runs: Sequence[str], prompts: Sequence[str], samples: int, sampling: Sampling, mode: Mode = "both"
) -> Path:
    """The same for prompts that stand in no file.

    Raises:
        SettingError, MissingError: as ``new_study`` says.
    """
    folder = free_study(name)
    asked = [Prompt(prompt) for prompt in prompts]
    origin = {"prompts": "given with the study"}
    return write_study(frozen(name, runs, asked, samples, sampling, mode, origin, lambda line: None), folder)


def free_study(name: str) -> Path:
    """The folder of a study that is to be written.

    Raises:
        SettingError: there is such a study already.
    """
    folder = studies_root() / checked_name("study", name)
    if (folder / "study.json").exists():
        raise SettingError(f"{folder / 'study.json'} is there already, and a study stays as it is; give another name")
    return folder


def frozen(
    name: str,
    runs: Sequence[str],
    asked: Sequence[Prompt],
    samples: int,
    sampling: Sampling,
    mode: Mode,
    origin: Mapping[str, str],
    report: Report,
) -> Study:
    """What every run writes to every prompt; ``origin`` says where the prompts come from."""
    if not runs or len(set(runs)) < len(runs):
        raise SettingError("run: give at least one run, and none twice")
    if len(runs) == 1 and mode == "pairs":
        raise SettingError("mode: pairs are of texts of different runs; give two runs, or --mode scales")
    models: list[Model] = []
    texts: list[Text] = []
    for number, given in enumerate(runs):
        loaded = opened(given)
        models.append(identity(loaded))
        report(f"{given}: {samples * len(asked)} texts")
        texts += texts_of(loaded, number, asked, samples, sampling)
    settings = asdict(sampling) | {"samples": samples, **origin}
    kept: Mode = "scales" if len(runs) == 1 else mode
    return Study(name, sampling.seed, kept, named_apart(models), tuple(asked), tuple(texts), settings)


def opened(given: str) -> Loaded:
    """A run at the checkpoint behind its ``@``, else at its best."""
    name, _, checkpoint = given.partition("@")
    loaded = load_run(name, checkpoint or "best")
    if not isinstance(loaded.model, Decoder | EncoderDecoder):
        raise SettingError(f"{loaded.run.folder} writes no text; a study needs runs that do")
    return loaded


def identity(loaded: Loaded) -> Model:
    """Who writes: run, checkpoint, and the hash of the weights."""
    weights = sha256_of(loaded.checkpoint / MODEL)
    return Model(loaded.run.name, str(loaded.run.folder), loaded.checkpoint.name, weights)


def named_apart(models: Sequence[Model]) -> tuple[Model, ...]:
    """The models; those of runs of the same name are named with their checkpoints, and with a number if need be."""
    names = [model.name for model in models]
    apart = [f"{model.name}@{model.checkpoint}" if names.count(model.name) > 1 else model.name for model in models]
    return tuple(
        dataclasses.replace(model, name=name if apart.count(name) == 1 else f"{name}-{number}")
        for number, (model, name) in enumerate(zip(models, apart, strict=True), 1)
    )


def texts_of(loaded: Loaded, model: int, prompts: Sequence[Prompt], samples: int, sampling: Sampling) -> list[Text]:
    """What a run writes to every prompt, and what its own text costs it."""
    found = []
    for number, asked in enumerate(prompts):
        how = dataclasses.replace(sampling, seed=derive(sampling.seed, "prompt", number))
        for sample, (text, _) in enumerate(written(loaded, asked.prompt, how, samples)):
            nats = cost(loaded, asked.prompt, text.token_ids)
            found.append(Text(model, number, sample, text.text, nats, 0 if nats is None else len(text.token_ids)))
    return found


def cost(loaded: Loaded, prompt: str, token_ids: Sequence[int]) -> float | None:
    """-ln p of a text after its prompt under the model that wrote it, undistorted by temperature and filters.

    ``None`` for models that read the prompt elsewhere (an encoder), and for a text that outgrows the context.
    """
    model, tokenizer = loaded.model, loaded.tokenizer
    if not isinstance(model, Decoder):
        return None
    if isinstance(loaded.recipe.task, NextToken | Continue):
        before = encode_prompt(tokenizer, beginning(loaded, prompt))
    else:
        template = ChatTemplate(str(loaded.run.info["template"]))
        before, _ = template.encode([{"role": "user", "content": prompt}], tokenizer, prompt=True)
    tokens = torch.tensor([[*before, *token_ids]])
    if not token_ids or tokens.shape[1] > model.config.context:
        return None
    device = model.embedding.device
    with still(model.modules()), torch.inference_mode():
        losses = token_losses(model, Texts(tokens[:, :-1].to(device), tokens[:, 1:].to(device)))
    return float(losses[0, len(before) - 1 :].double().sum())
