"""What ``import hornbook`` gives, used as a person's own program would."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

import pytest

import hornbook
from hornbook.errors import SettingError

SMALL = (
    *("data.documents=60", "tokenizer.vocabulary=300", "model.width=16", "model.depth=1", "model.heads=2"),
    *("training.batch=4", "training.compile=never"),
)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> object:
    folder = tmp_path_factory.mktemp("api") / "run"
    return hornbook.train(
        "quickstart", *SMALL, "training.batch=4", "training.compile=never", run=folder, steps=3, seed=2
    )


def test_a_run_is_trained_loaded_and_asked(opened: object) -> None:
    assert opened.run.folder.name == "run"
    again = hornbook.load(opened.run.folder)
    texts = again.generate("Once", samples=2, max_tokens=5, seed=4)
    assert len(texts) == 2 and texts == opened.generate("Once", samples=2, max_tokens=5, seed=4)
    assert isinstance(again.tokenizer, hornbook.Tokenizer)
    assert isinstance(again.model.config, hornbook.ModelConfig) and again.model.config.width == 16


def test_it_is_evaluated_on_its_own_split_and_on_a_file(opened: object, tmp_path: Path) -> None:
    own = opened.evaluate()
    assert 0 < own.measured.loss < 2 * math.log(300)
    (tmp_path / "mine.txt").write_text("Once upon a time there was a fox. " * 30)
    assert opened.evaluate([tmp_path / "mine.txt"]).measured.bytes == 34 * 30


def test_words_that_do_not_exist_are_refused_by_name() -> None:
    with pytest.raises(SettingError, match="'step' is no keyword"):
        hornbook.train("quickstart", step=3)
    with pytest.raises(AttributeError, match="public are load, train"):
        dir(hornbook.lode)


def test_importing_the_package_imports_no_torch() -> None:
    code = "import hornbook, sys; assert 'load' in dir(hornbook) and 'torch' not in sys.modules"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
