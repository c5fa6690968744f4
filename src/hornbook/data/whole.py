"""A text as one token file, without a split: what a model that is already trained is measured on."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from hornbook.data.config import DataConfig
from hornbook.data.prepare import documents_of, quiet, source_of
from hornbook.data.split import Part
from hornbook.data.spool import Spool
from hornbook.data.token_file import TokenFile, writing
from hornbook.data.tokenizing import write_part
from hornbook.errors import TextError
from hornbook.tokenizers.protocol import Tokenizer
from hornbook.tokenizers.saved import fingerprint


def prepare_whole(config: DataConfig, tokenizer: Tokenizer, out: Path, seed: int = 0) -> TokenFile:
    """Tokenize every document that ``config`` names into the file ``out``.

    Raises:
        TextError: there is no text in it, or characters that the tokenizer does not know.
        MissingError: a text is not there.
    """
    with Spool(out.with_suffix(".spool")) as spool:
        for document in documents_of(config, seed, quiet, Counter()):
            spool.add(document)
        if not len(spool):
            raise TextError(f"{source_of(config)}: found no text in it")
        part = Part(list(range(len(spool))))
        with writing(out, tokenizer.vocab_size, fingerprint(tokenizer), tokenizer.roles.end) as writer:
            write_part(writer, spool, part, tokenizer)
    return TokenFile.open(out)
