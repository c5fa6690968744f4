"""What a classifier says of texts: for every question, how likely each class is."""

from __future__ import annotations

from collections.abc import Sequence

from hornbook.data.views import framed, padded
from hornbook.errors import SettingError, TextError
from hornbook.generation.generate import reading_only
from hornbook.model.heads import Classifier
from hornbook.workflows.load import Loaded

AT_ONCE = 64


def classify(loaded: Loaded, texts: Sequence[str]) -> list[dict[str, dict[str, float]]]:
    """For every text and question the probability of each class; what a text has beyond the context is not read.

    Raises:
        SettingError: the run was trained for something else.
        TextError: a text is empty.
    """
    model, questions = loaded.model, loaded.run.info.get("questions", [])
    if not isinstance(model, Classifier):
        raise SettingError(
            f"{loaded.run.folder} was not trained to classify; `hornbook finetune classify --base {loaded.run.folder} "
            "--text TABLE` makes a run that is"
        )
    ids = [framed(loaded.tokenizer.encode(text), loaded.tokenizer, loaded.recipe.model.context) for text in texts]
    for number, found in enumerate(ids, 1):
        if not len(found):
            raise TextError(f"text {number} is empty; there is nothing to judge")
    answers: list[dict[str, dict[str, float]]] = []
    for at in range(0, len(ids), AT_ONCE):
        some = ids[at : at + AT_ONCE]
        tokens, positions = padded(some, max(map(len, some)))
        with reading_only(model):
            chances = [logits.float().softmax(-1) for logits in model(tokens, positions)]
        for row in range(len(some)):
            answers.append(
                {
                    question["name"]: dict(zip(question["classes"], column[row].tolist(), strict=True))
                    for question, column in zip(questions, chances, strict=True)
                }
            )
    return answers
