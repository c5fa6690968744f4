"""All families, by the ``model_type`` that their ``config.json`` bears."""

from __future__ import annotations

from hornbook.formats.families.bert import BERT
from hornbook.formats.families.distilbert import DISTILBERT
from hornbook.formats.families.gemma import GEMMA
from hornbook.formats.families.gemma2 import GEMMA2
from hornbook.formats.families.gemma3 import GEMMA3
from hornbook.formats.families.gpt2 import GPT2
from hornbook.formats.families.llama import LLAMA, MISTRAL
from hornbook.formats.families.olmo2 import OLMO2
from hornbook.formats.families.qwen3 import QWEN3
from hornbook.formats.families.t5 import T5
from hornbook.formats.family import Family

FAMILIES: dict[str, Family] = {
    family.model_type: family
    for family in (GPT2, LLAMA, MISTRAL, QWEN3, OLMO2, GEMMA, GEMMA2, GEMMA3, BERT, DISTILBERT, T5)
}
"""One row for each."""
