"""How varied texts are: in themselves (distinct-n, Li et al. 2016), among each other (self-BLEU, Zhu et al. 2018)."""

from __future__ import annotations

from collections.abc import Sequence

from hornbook.evaluation.texts.bleu import sacrebleu
from hornbook.evaluation.texts.rouge import ngrams, words


def distinct(texts: Sequence[str], n: int) -> float:
    """Of all runs of ``n`` words in the texts, the share of different ones; 0 where there is none.

    It falls with the amount of text, so only texts of about the same length compare.
    """
    found = [run for text in texts for run in ngrams(words(text), n)]
    return len(set(found)) / len(found) if found else 0.0


def self_bleu(texts: Sequence[str]) -> float:
    """How much texts repeat one another, from 0 to 100: the mean BLEU of each, the others its references.

    A single text repeats nobody: 0.
    """
    if len(texts) < 2:
        return 0.0
    metric = sacrebleu(effective_order=True)
    others = [[*texts[:place], *texts[place + 1 :]] for place in range(len(texts))]
    scores = [metric.sentence_score(text, rest).score for text, rest in zip(texts, others, strict=True)]
    return float(sum(scores) / len(scores))
