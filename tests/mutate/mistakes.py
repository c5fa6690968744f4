"""Mistakes that could be made in the core, one line each: where, what is right, what would be wrong, who should notice.

Whoever adds to the core adds to these tables. ``right`` has to stand in its file exactly once.
"""

from __future__ import annotations

from tests.mutate.in_evaluation import EVALUATION
from tests.mutate.in_figures import FIGURES
from tests.mutate.in_finetuning import FINETUNING
from tests.mutate.in_generation import GENERATION
from tests.mutate.in_last_lessons import LAST_LESSONS
from tests.mutate.in_later_lessons import LATER_LESSONS
from tests.mutate.in_lessons import LESSONS
from tests.mutate.in_model import MODEL
from tests.mutate.in_proof import PROOF
from tests.mutate.in_text import TEXT
from tests.mutate.in_training import TRAINING
from tests.mutate.mistake import Mistake

MISTAKES: list[Mistake] = [
    *MODEL,
    *TEXT,
    *TRAINING,
    *GENERATION,
    *FINETUNING,
    *EVALUATION,
    *PROOF,
    *FIGURES,
    *LESSONS,
    *LATER_LESSONS,
    *LAST_LESSONS,
]
