"""Which documents are for training and which for validation, and none for both.

A validation text that also occurs in training measures memory, not prediction: exact copies are found by hash and
dropped from validation.
"""

from __future__ import annotations

import dataclasses
import hashlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from hornbook.data.config import DataConfig
from hornbook.data.spool import Spool, digest
from hornbook.errors import SettingError, TextError


@dataclass(frozen=True)
class Part:
    """Documents in reading order; ``first`` and ``last`` are the characters at which the outer two are cut, if any."""

    documents: list[int]
    first: int = 0
    last: int | None = None

    def texts(self, spool: Spool) -> Iterator[tuple[int, str, bool]]:
        """Each document's index, its text, and whether the text ends where it ends."""
        for place, index in enumerate(self.documents):
            first = self.first if place == 0 else 0
            last = self.last if place == len(self.documents) - 1 else None
            yield index, spool.text(index)[first:last], last is None

    def digests(self, spool: Spool) -> list[bytes]:
        """What stands for the texts: a cut document counts as the piece that is here."""
        digests = [spool.digest(index) for index in self.documents]
        if self.first:
            digests[0] = digest(spool.text(self.documents[0])[self.first :].encode())
        if self.last is not None:
            digests[-1] = digest(spool.text(self.documents[-1])[: self.last].encode())
        return digests

    def cut(self, index: int) -> bool:
        """Whether this document is here in part only."""
        return bool((self.first and index == self.documents[0]) or (self.last and index == self.documents[-1]))


@dataclass(frozen=True)
class Division:
    """The two parts, and how many documents were dropped from validation because training has them too."""

    train: Part
    validation: Part
    duplicates: int = 0


def by_position(spool: Spool, config: DataConfig, seed: int) -> Division:
    """Cut behind the first ``int((1 - validation_fraction) * characters)`` characters, as nanoGPT does."""
    keep = int((1 - config.validation_fraction) * sum(spool.characters))
    passed = cut = 0
    while passed + spool.characters[cut] < keep:
        passed += spool.characters[cut]
        cut += 1
    inside, documents = keep - passed, list(range(len(spool)))
    if inside == spool.characters[cut]:
        return Division(Part(documents[: cut + 1]), Part(documents[cut + 1 :]))
    return Division(Part(documents[: cut + 1] if inside else [], last=inside), Part(documents[cut:], first=inside))


def by_document(spool: Spool, config: DataConfig, seed: int) -> Division:
    """Keep aside whole documents, ``validation_fraction`` of their number and at least one.

    Documents with a known log-probability were drawn one by one from their source: the last are as good as any. Of
    others those are taken whose text hashes lowest with the seed, so that exact copies fall on the same side and a
    document rarely changes sides when others are added.
    """
    count = len(spool)
    if count < 2:
        raise SettingError(
            'split: found "document", but there is a single document; give more texts or use split = "position"'
        )
    aside = number_aside(config, count)
    documents = list(range(count))
    if not any(math.isnan(value) for value in spool.log_probabilities):
        return Division(Part(documents[: count - aside]), Part(documents[count - aside :]))
    chosen = set(sorted(documents, key=lambda index: drawn(spool.digest(index), seed))[:aside])
    return Division(
        Part([index for index in documents if index not in chosen]),
        Part([index for index in documents if index in chosen]),
    )


def number_aside(config: DataConfig, count: int) -> int:
    """How many of so many documents are kept aside."""
    return min(max(1, round(config.validation_fraction * count)), count - 1)


def drawn(digest: bytes, seed: int) -> bytes:
    """What a document's place in the draw is decided by: equal texts have equal ones."""
    return hashlib.sha256(str(seed).encode() + digest).digest()


SPLITS: dict[str, Callable[[Spool, DataConfig, int], Division]] = {"position": by_position, "document": by_document}


def divide(spool: Spool, config: DataConfig, seed: int) -> Division:
    """Divide the documents and drop from validation what training has too.

    Raises:
        SettingError: a single document cannot be split by document.
        TextError: nothing is left for one of the two parts.
    """
    division = SPLITS[config.split](spool, config, seed)
    for name, part in (("training", division.train), ("validation", division.validation)):
        if not part.documents:
            raise TextError(
                f"nothing is left for {name}: {sum(spool.characters)} characters in {len(spool)} documents with "
                f"validation_fraction = {config.validation_fraction}; use a longer text or another fraction"
            )
    seen, validation = set(division.train.digests(spool)), division.validation
    kept = [place for place, found in enumerate(validation.digests(spool)) if found not in seen]
    duplicates = len(validation.documents) - len(kept)
    if not kept:
        raise TextError(
            f"nothing is left for validation: all {duplicates} of its documents also occur in training; "
            "give texts that differ"
        )
    first = validation.first if kept[0] == 0 else 0
    validation = dataclasses.replace(validation, documents=[validation.documents[place] for place in kept], first=first)
    return dataclasses.replace(division, validation=validation, duplicates=duplicates)
