"""How varied texts are: in themselves, and among each other.

    distinct-n   different n-grams of all texts / their n-grams               Li et al. 2016
    rep-n        1 - different n-grams of one text / its n-grams, averaged    Welleck et al. 2019 (seq-rep-n)
    self-BLEU    the mean BLEU of each text, the others its references        Zhu et al. 2018

None is good or bad by itself: natural text repeats itself too, so the numbers of a held-out text belong beside them.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from hornbook.evaluation.texts.bleu import sacrebleu
from hornbook.evaluation.texts.rouge import ngrams


def distinct(texts: Sequence[Sequence[Hashable]], n: int) -> float:
    """Of all runs of ``n`` words or tokens in the texts, the share of different ones; 0 where there is none.

    It falls with the amount of text, so only texts of about the same length compare.
    """
    found = [run for text in texts for run in ngrams(text, n)]
    return len(set(found)) / len(found) if found else 0.0


def repeated(texts: Sequence[Sequence[Hashable]], n: int) -> float:
    """Which share of a text's runs of ``n`` came before in it, averaged over the texts that have any; 0 for none."""
    found = [ngrams(text, n) for text in texts]
    shares = [1 - len(set(each)) / len(each) for each in found if each]
    return sum(shares) / len(shares) if shares else 0.0


def self_bleu(texts: Sequence[str]) -> float:
    """How much texts repeat one another, from 0 to 100; a single text repeats nobody: 0."""
    if len(texts) < 2:
        return 0.0
    metric = sacrebleu(effective_order=True)
    others = [[*texts[:place], *texts[place + 1 :]] for place in range(len(texts))]
    scores = [metric.sentence_score(text, rest).score for text, rest in zip(texts, others, strict=True)]
    return float(sum(scores) / len(scores))
