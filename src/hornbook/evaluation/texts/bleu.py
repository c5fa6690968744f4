"""BLEU: runs of one to four words that texts share with their references (Papineni et al. 2002), by sacrebleu.

The package fixes everything that once made numbers of BLEU incomparable: how words are cut, how zeros are smoothed
(Post 2018). Its signature says which choices were made, and belongs beside every number.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hornbook.errors import MissingError
from hornbook.evaluation.texts.rouge import require_references


def sacrebleu(effective_order: bool = False) -> Any:
    """The package's BLEU; ``effective_order`` leaves out runs longer than the text, as is right for single sentences.

    Raises:
        MissingError: the package is not installed.
    """
    try:
        from sacrebleu.metrics import BLEU  # type: ignore[attr-defined]
    except ImportError:
        raise MissingError("BLEU needs the package sacrebleu: pip install 'hornbook[metrics]'") from None
    return BLEU(effective_order=effective_order)


def bleu(texts: Sequence[str], references: Sequence[str]) -> float:
    """BLEU of all texts together, from 0 to 100: counts are added up before they are divided.

    Raises:
        TextError: there is no text, or not one reference for each.
        MissingError: sacrebleu is not installed.
    """
    require_references(texts, references)
    return float(sacrebleu().corpus_score(list(texts), [list(references)]).score)


def signature() -> str:
    """Which choices make ``bleu`` what it is, as sacrebleu writes them."""
    metric = sacrebleu()
    metric.corpus_score(["a"], [["a"]])
    return str(metric.get_signature())
