"""Classifiers as folders of Hugging Face, in both directions: an encoder of a family, and a head of ours upon it.

The encoder is read and written as any other (huggingface.py); here stands what each of their classes puts on it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from hornbook.errors import DamagedError, SettingError, nearest
from hornbook.files import read_json, write_json
from hornbook.formats.families.bert import BERT
from hornbook.formats.families.distilbert import DISTILBERT
from hornbook.formats.family import Family, Settings, Tie, convert_back, linear
from hornbook.formats.huggingface import family_of, read_folder, settings_of
from hornbook.formats.safetensors_files import open_tensors, write_tensors
from hornbook.model.heads import Classifier, Pooler, TokenClassifier, first
from hornbook.model.models import Encoder

AnyClassifier = Classifier | TokenClassifier


@dataclass(frozen=True)
class Head:
    """What one of their classes puts on an encoder: which of our heads that is, and what its tensors are called."""

    family: Family
    build: Callable[[Encoder, int], AnyClassifier]
    ties: tuple[Tie, ...]


def of_texts(body: Encoder, classes: int) -> Classifier:
    """BERT's classifier: the vector of [CLS], its last layer, and the classes of one question."""
    return Classifier(body, (classes,), pooling="first", pooler=True)


CLASSES = tuple(linear("head", "classifier", bias=True))

HEADS: dict[str, Head] = {
    "BertForSequenceClassification": Head(
        BERT, of_texts, (*linear("pooler.linear", "bert.pooler.dense", bias=True), *CLASSES)
    ),
    "BertForTokenClassification": Head(BERT, TokenClassifier, CLASSES),
    "DistilBertForTokenClassification": Head(DISTILBERT, TokenClassifier, CLASSES),
}
"""Their classes by name, as ``architectures`` of a ``config.json`` has it."""

# Reading --------------------------------------------------------------------------------------------------------------


def read_classifier(path: Path) -> tuple[AnyClassifier, list[str]]:
    """The classifier of a folder, ready to judge, and the names of its classes.

    Raises:
        MissingError: a file is not there.
        SettingError: the model is no classifier that Hornbook reads, or its encoder is none.
        DamagedError: a file is broken, or the tensors are not those that ``config.json`` announces.
    """
    config, state = read_folder(path)
    settings = read_json(path / "config.json")
    head, opened = head_named(settings, path), open_tensors(path)
    body = Encoder(config)
    body.load_state_dict(state)
    labels = labels_of(settings, opened.shape("classifier.weight")[0], path)
    model = head.build(body, len(labels))
    parameters = dict(model.named_parameters())
    for tie in head.ties:
        for name, tensor in tie.cut(
            opened.tensor(tie.theirs), {one: parameters[one].shape for one in tie.ours}
        ).items():
            if tensor.shape != parameters[name].shape:
                raise DamagedError(
                    f"{path}: {tie.theirs} has the shape {tuple(tensor.shape)}, and this classifier would have "
                    f"{tuple(parameters[name].shape)}; fetch config.json and the tensors again from the same place"
                )
            parameters[name].data.copy_(tensor)
    return model.eval(), labels


def head_named(settings: Settings, path: Path) -> Head:
    """What the class that ``config.json`` names puts on its encoder."""
    name = str((settings.get("architectures") or [None])[0])
    if name not in HEADS:
        raise SettingError(
            f"{path / 'config.json'}: architectures: {name} is none of the classifiers that Hornbook reads: "
            f"{', '.join(HEADS)}{nearest(name, HEADS)}"
        )
    return HEADS[name]


def labels_of(settings: Settings, classes: int, path: Path) -> list[str]:
    """What the classes are called; numbered where nobody has said it."""
    names = settings.get("id2label")
    if names is None:
        return [f"LABEL_{number}" for number in range(classes)]
    if not isinstance(names, dict) or set(names) != {str(number) for number in range(classes)}:
        raise DamagedError(
            f"{path / 'config.json'}: id2label names {len(names)} classes, and the tensors have {classes}; "
            "fetch both again from the same place"
        )
    return [str(names[str(number)]) for number in range(classes)]


# Writing --------------------------------------------------------------------------------------------------------------


def write_classifier(path: Path, model: AnyClassifier, labels: Sequence[str]) -> str:
    """Write a classifier as transformers reads it, with the names of its classes. Returns the class that it is there.

    Raises:
        SettingError: transformers has no such classifier, or there are more or fewer names than classes; nothing has
            been written.
    """
    family = family_of(model.body.config)
    name = their_class(model, family)
    if len(set(labels)) != model.head.out_features:
        raise SettingError(f"labels: expected {model.head.out_features} different names of classes, found {[*labels]}")
    settings = {
        **settings_of(model.body.config, family),
        "architectures": [name],
        "id2label": {str(number): label for number, label in enumerate(labels)},
        "label2id": {label: number for number, label in enumerate(labels)},
    }
    state = model.state_dict()
    tensors = convert_back(model.body.state_dict(), family, model.body.config)
    tensors |= {tie.theirs: tie.join(state) for tie in HEADS[name].ties}
    path.mkdir(parents=True, exist_ok=True)
    write_tensors(path, {name: tensor.to(torch.float32) for name, tensor in tensors.items()})
    write_json(path / "config.json", settings)
    return name


def their_class(model: AnyClassifier, family: Family) -> str:
    """The class of theirs that this classifier is."""
    judged = "Token" if isinstance(model, TokenClassifier) else "Sequence"
    for name, head in HEADS.items():
        if head.family is family and f"For{judged}Classification" in name:
            check_alike(model)
            return name
    raise SettingError(
        f"family: {family.model_type} with a head for each {judged.lower()} is none of the classifiers that Hornbook "
        f"writes: {', '.join(HEADS)}"
    )


def check_alike(model: AnyClassifier) -> None:
    """Refuse a classifier that does otherwise than BERT's."""
    if isinstance(model, TokenClassifier):
        return
    if len(model.classes) != 1:
        raise SettingError(f"classes: transformers asks one question of a text, and this model {len(model.classes)}")
    if model.pooling is not first or not isinstance(model.pooler, Pooler):
        raise SettingError(
            'pooling: BERT judges a text by its first token, behind a pooler; build with pooling="first"'
        )
