"""A run beside the source of its text, where that is known: ``hornbook evaluate RUN --against-truth``.

In: a run that was trained on the story world or a Markov source. Out: how far its probabilities are from the true ones
at places of held-out texts, every one of them read from its beginning, so that model and source know the same.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from jaxtyping import Integer

from hornbook.data.prepare import Prepared
from hornbook.data.token_file import TokenFile
from hornbook.errors import SettingError
from hornbook.evaluation.loss import still
from hornbook.evaluation.truth import TRUTHS, AgainstTruth, against_truth
from hornbook.seeds import numpy_generator
from hornbook.workflows.load import Loaded

OF_A_TEXT = 25
"""So many places of a text are looked at, at most: others tell more than its neighbours would."""


def run_against_truth(loaded: Loaded, prepared: Prepared, places: int = 400) -> AgainstTruth:
    """The model of a run at ``places`` places, drawn from its validation texts, from the first text on.

    Raises:
        SettingError: nobody knows the source of its text, or tokens of its kind; or ``places`` is not positive.
    """
    corpus = loaded.recipe.data.corpus
    if corpus not in TRUTHS:
        raise SettingError(
            f"against-truth: the source of {corpus or ', '.join(loaded.recipe.data.text)} is not known; it is of "
            f"{', '.join(TRUTHS)}"
        )
    if places < 1:
        raise SettingError(f"places: expected 1 or more, found {places}")
    truth, end = TRUTHS[corpus](loaded.tokenizer), loaded.tokenizer.roles.end
    start = [] if end is None else [end]
    generator = numpy_generator(0, "against the truth")
    true, logits, seen = [], [], list[int]()
    for text in whole_texts(prepared.validation, cut=loaded.recipe.data.split == "position"):
        read = [*start, *text.tolist()][: loaded.recipe.model.context]
        possible = np.arange(1, len(read) + 1) - len(start)  # how many tokens of the text are known
        if end is None:
            possible = possible[possible < len(text)]  # what comes after the last is another text
        chosen = np.sort(generator.permutation(possible)[: min(OF_A_TEXT, places - len(seen))])
        with torch.no_grad(), still(loaded.model.modules()):
            found = loaded.model(torch.tensor([read]))[0]
        logits.append(found[chosen - 1 + len(start)].double())
        true += [truth(text[:place].tolist()) for place in chosen]
        seen += chosen.tolist()
        if len(seen) >= places:
            break
    return against_truth(np.stack(true), torch.cat(logits), np.array(seen))


def whole_texts(file: TokenFile, cut: bool) -> Iterator[Integer[np.ndarray, " T"]]:
    """The tokens of every text, its end-of-text left out; where the split has ``cut`` one in two, not that half."""
    stops = [*file.document_starts[1:].tolist(), len(file)]
    for number, (first, stop) in enumerate(zip(file.document_starts.tolist(), stops, strict=True)):
        text = np.asarray(file.tokens[first:stop]).astype(np.int64)
        if cut and number == 0:
            continue
        yield text if file.end is None else text[text != file.end]
