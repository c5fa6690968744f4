"""The words of the command line as Python: what ``import hornbook`` gives (see the package's ``__init__``).

    model = hornbook.load("runs/quickstart-1")
    model.generate("Once upon a time", max_tokens=40, temperature=0.8)     -> ["Once there lived ..."]
    model.evaluate().measured.bits_per_byte

In: names of runs and recipes, and keywords called as the flags are. Out: strings and the values that the rooms pass to
each other; nothing is printed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hornbook.data.config import NextToken
from hornbook.errors import SettingError
from hornbook.generation.config import Sampling
from hornbook.model.models import Model
from hornbook.tokenizers.protocol import Tokenizer
from hornbook.training.run_folder import Run
from hornbook.workflows.evaluate import Evaluation, evaluate, evaluate_text
from hornbook.workflows.examination import Examination
from hornbook.workflows.examine import examine
from hornbook.workflows.load import Loaded, load_prepared, load_run
from hornbook.workflows.recipe import FLAGS, load_recipe
from hornbook.workflows.train import train as train_recipe
from hornbook.workflows.write import written


@dataclass(frozen=True)
class Opened:
    """A run, ready to be used; made by ``load``."""

    loaded: Loaded

    @property
    def model(self) -> Model:
        """The PyTorch module."""
        found: Model = self.loaded.model
        return found

    @property
    def tokenizer(self) -> Tokenizer:
        """What turns text into the model's tokens and back."""
        return self.loaded.tokenizer

    @property
    def run(self) -> Run:
        """The folder it came from."""
        return self.loaded.run

    def generate(
        self, prompt: str = "", *, samples: int = 1, max_tokens: int = 200, temperature: float | None = None, **how: Any
    ) -> list[str]:
        """What the run has to say to ``prompt``: so many texts, without the prompt.

        ``how``: ``top_k``, ``top_p``, ``min_p``, ``repetition_penalty``, ``stop`` (texts), ``seed``. Temperature is 1,
        or 0 for runs that answer, as for ``hornbook generate``.

        Raises:
            SettingError: a number that cannot be. TextError: the prompt cannot be read.
        """
        if temperature is None:
            temperature = 1.0 if isinstance(self.loaded.recipe.task, NextToken) else 0.0
        sampling = Sampling(max_tokens=max_tokens, temperature=temperature, **how)
        return [sample.text for sample, _ in written(self.loaded, prompt, sampling, samples)]

    def evaluate(self, text: Sequence[str | Path] = ()) -> Evaluation | Examination:
        """How good it is on its validation split, or (for a model of texts) on files of one's own."""
        prepared = load_prepared(self.loaded.run)
        if text:
            return evaluate_text(self.loaded, prepared, [str(file) for file in text])
        if isinstance(self.loaded.recipe.task, NextToken):
            return evaluate(self.loaded, prepared)
        return examine(self.loaded, prepared)


def load(run: str | Path = "latest", checkpoint: str = "best") -> Opened:
    """Open a run: a folder, a name under ``runs/``, or ``latest``.

    Raises:
        MissingError: there is no such run or checkpoint. DamagedError: a file of it is not as it was written.
    """
    return Opened(load_run(run, checkpoint))


def train(recipe: str | Path, *settings: str, run: str | Path | None = None, **flags: Any) -> Opened:
    """Train a recipe, a shipped one by name or a TOML file, and open the run.

    ``settings`` are ``"model.depth=8"`` and the like; ``flags`` are ``text`` (files), ``corpus``, ``minutes``,
    ``steps``, ``tokens`` and ``seed``, as on the command line. Stopped by Ctrl-C it has saved, and raises
    ``KeyboardInterrupt``.

    Raises:
        SettingError: a setting that does not exist or cannot be. MissingError: no such recipe or text.
    """
    overrides = list(settings)
    for name, value in flags.items():
        if name not in FLAGS:
            raise SettingError(f"train: {name!r} is no keyword; there are run, {', '.join(FLAGS)}, or give 'a.b=c'")
        overrides += FLAGS[name](value)
    outcome = train_recipe(load_recipe(recipe, overrides), None if run is None else Path(run))
    if outcome.exit_code:
        raise KeyboardInterrupt(f"stopped and saved after step {outcome.step}: {outcome.run.folder}")
    return load(outcome.run.folder)
