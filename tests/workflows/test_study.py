"""Studies with real trainings: equals are equal, what differs is found, and what was trained is not trained again."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import pytest

from hornbook.errors import SettingError
from hornbook.evaluation.paired import paired
from hornbook.seeds import numpy_generator
from hornbook.training.run_folder import Run
from hornbook.workflows.evaluate import evaluate
from hornbook.workflows.load import load_prepared, load_run
from hornbook.workflows.recipe import Recipe, load_recipe
from hornbook.workflows.study import Side, Study, run_trials
from hornbook.workflows.study_ab import Answer, compare_two
from hornbook.workflows.watchers import Silent, Status

STEPS = 17
AT_THE_END = ("training.evaluate_every=0", "training.save_every=0")
QUICK = (f"training.steps={STEPS}", *AT_THE_END, "model.depth=1", "model.dropout=0.0")
SLOWER = ("training.optimizer.learning_rate=2e-3", "training.optimizer.adamw.learning_rate=3e-4")
SEEDS = [1, 2, 3]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory, small_recipe: str) -> Path:
    """A folder with ``small.toml`` and ``text.txt`` that all of these tests share."""
    folder = tmp_path_factory.mktemp("studies")
    words = "the cat sat on a mat and saw the rat that ate the bat in a hat"
    text = "\n".join(f"{number} {words[number % 29 :]} {words[: number % 31]}" for number in range(300))
    (folder / "text.txt").write_text(text, encoding="utf-8")
    (folder / "small.toml").write_text(small_recipe.replace("text.txt", str(folder / "text.txt")), encoding="utf-8")
    return folder


def recipe(here: Path, *settings: str) -> Recipe:
    """``small.toml``, in less than half a second."""
    return load_recipe(here / "small.toml", [*QUICK, *settings])


def study(here: Path, name: str, *settings: str, seeds: int = 1, watcher: Silent | None = None) -> Answer:
    """The small recipe beside itself with some settings changed."""
    return compare_two(here / name, recipe(here), recipe(here, *settings), seeds, watcher or Silent())


@pytest.fixture(scope="module")
def answer(here: Path) -> Answer:
    """The small recipe beside a tenth of its learning rates, with three seeds."""
    return study(here, "study", *SLOWER, seeds=3)


class Interrupted(Exception):
    """Stands for whatever ends a process between two steps."""


@dataclasses.dataclass
class StopsAfter(Silent):
    """A watcher that breaks off after so many steps of all runs together."""

    steps: int

    def updated(self, status: Status) -> None:
        """Break off."""
        self.steps -= 1
        if self.steps == 0:
            raise Interrupted


def test_a_tenth_of_the_learning_rate_is_found_and_everything_is_written_down(answer: Answer) -> None:
    assert answer.found.verdict == "worse" and answer.found.interval[0] > 0
    assert answer.same_batches
    assert answer.budgets["A"].tokens == answer.budgets["B"].tokens == STEPS * 6 * 13
    assert answer.budgets["A"].flops == answer.budgets["B"].flops > 0
    folder = answer.study.folder
    written = json.loads((folder / "study.json").read_text())
    assert written["result"]["verdict"] == "worse" and written["result"]["seeds"] == SEEDS
    assert written["result"]["changes"]["training.optimizer.learning_rate"] == {"A": 0.02, "B": 0.002}
    assert len(written["trials"]) == 6
    assert answer.sentence() in (folder / "report.md").read_text()
    page = (folder / "report.html").read_text()
    assert answer.sentence().replace("<", "&lt;") in page and page.count("<svg") == 2
    assert not re.search(r"(?:src|href)=\"(?!#)", page)


def test_the_text_is_prepared_once_and_every_seed_reads_the_same(answer: Answer) -> None:
    folder = answer.study.folder
    assert len(list(folder.glob("data-*"))) == 1
    runs = [Run.open(run) for run in (folder / "runs").iterdir()]
    assert len({json.dumps(run.info["data_sha256"]) for run in runs}) == 1
    assert sorted(run.info["seed"] for run in runs) == [1, 1, 2, 2, 3, 3]
    assert len(set(answer.study.scores("A", SEEDS))) == 3


def test_a_score_is_that_of_the_best_checkpoint_on_the_whole_validation_text(answer: Answer) -> None:
    loaded = load_run(answer.study.folder / "runs" / "B-seed-2")
    measured = evaluate(loaded, load_prepared(loaded.run)).measured
    assert answer.study.scores("B", [2]) == [measured.bits_per_byte]


@pytest.mark.slow
def test_a_study_that_was_cut_off_ends_as_one_that_was_not_and_trains_nothing_twice(here: Path, answer: Answer) -> None:
    with pytest.raises(Interrupted):
        study(here, "cut", *SLOWER, watcher=StopsAfter(STEPS + 5))
    first = here / "cut/runs/A-seed-1/metrics.jsonl"
    before = (first.stat().st_mtime_ns, first.read_bytes())
    cut = study(here, "cut", *SLOWER)
    assert (first.stat().st_mtime_ns, first.read_bytes()) == before
    for side in "AB":
        assert cut.study.scores(side, [1]) == answer.study.scores(side, [1])
    assert (cut.found.verdict, cut.found.level) == ("declined", 0.02)
    more = study(here, "cut", *SLOWER, seeds=2)  # another seed is another look, at half the level
    assert more.found.differences == answer.found.differences[:2]
    assert (more.found.level, more.study.looks, len(more.trials)) == (0.01, [1, 2], 4)
    assert study(here, "cut", *SLOWER, seeds=2).found.level == 0.01  # the same look again
    assert "1, 2 seeds" in more.remarks()[-1]


@pytest.mark.slow
def test_a_recipe_beside_itself_differs_in_nothing(here: Path) -> None:
    found = study(here, "itself", seeds=2).found
    assert found.differences == (0.0, 0.0) and found.verdict == "no evidence"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        (["training.steps=34"], "1,326 and 2,652 tokens"),
        (["training.steps=none", "training.minutes=1.0"], "equal tokens"),
        (["data.text=['other.txt']"], "different texts"),
        (["data.validation_fraction=0.2"], "different texts"),
        (["task=masked_tokens", "model.architecture=encoder"], "different tasks"),
    ],
)
def test_what_does_not_compare_is_refused_before_anything_is_trained(
    here: Path, changed: list[str], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(here)
    Path("other.txt").write_text("quite another text " * 300, encoding="utf-8")
    with pytest.raises(SettingError, match=reason):
        study(here, "refused", *changed)
    assert not (here / "refused").exists()


def test_no_seeds_are_refused(here: Path) -> None:
    with pytest.raises(SettingError, match="at least 2"):
        study(here, "none", seeds=0)


@pytest.mark.slow
def test_another_tokenizer_on_the_same_text_compares_and_sees_other_batches(here: Path) -> None:
    found = study(here, "tokens", "tokenizer={kind='bytepair', vocabulary=300}")
    assert not found.same_batches
    assert found.budgets["A"].tokens == found.budgets["B"].tokens
    assert found.budgets["A"].counted.parameters < found.budgets["B"].counted.parameters
    assert len(list((here / "tokens").glob("data-*"))) == 2


def test_a_folder_of_another_study_is_refused_and_the_setting_is_named(here: Path, answer: Answer) -> None:
    with pytest.raises(SettingError, match=r"model\.width = 22, and 38 was asked for"):
        study(here, "study", *SLOWER, "model.width=38")
    assert (answer.study.folder / "study.json").exists()
    (here / "full").mkdir()
    (here / "full/letter.txt").write_text("mine")
    with pytest.raises(SettingError, match="holds no study"):
        study(here, "full")


@pytest.mark.slow
def test_a_run_that_diverges_stands_with_the_loss_of_knowing_nothing(here: Path) -> None:
    found = study(here, "wild", "training.optimizer={kind='adamw', learning_rate=1e30}", "training.clip=0.0")
    [trial] = [trial for trial in found.trials if trial.diverged]
    assert trial.side == "B" and trial.score > found.study.scores("A", [1])[0]
    assert any("diverged" in remark for remark in found.remarks())


POOL = range(1, 81)
LOWER = ("training.optimizer.learning_rate=6e-3", "training.optimizer.adamw.learning_rate=9e-4")
"""Three tenths of the small recipe's."""


@pytest.fixture(scope="module")
def pool(here: Path) -> Study:
    """80 runs of one recipe that differ in their seeds alone, and as many at three tenths of its learning rates."""
    pool = Study.open(here / "pool", "ab", [Side("A", recipe(here)), Side("B", recipe(here, *LOWER))])
    with pool.checked():
        pass
    run_trials(pool, POOL, Silent())
    return pool


@pytest.mark.broad
def test_real_runs_of_one_recipe_are_told_apart_in_at_most_five_of_a_hundred_studies(pool: Study) -> None:
    scores, draw, wrong = pool.scores("A", POOL), numpy_generator(3, "sides"), 0
    for _ in range(1000):
        drawn = [scores[place] for place in draw.permutation(80)[:10]]
        wrong += paired(drawn[:5], drawn[5:]).verdict != "no evidence"
    print(f"{wrong} of 1,000 studies of five seeds told a recipe from itself")
    assert 0 < wrong <= 50


@pytest.mark.broad
def test_three_tenths_of_the_learning_rate_are_found_in_at_least_ninety_of_a_hundred_studies(pool: Study) -> None:
    first, second, draw, found = pool.scores("A", POOL), pool.scores("B", POOL), numpy_generator(3, "seeds"), 0
    for _ in range(1000):
        drawn = draw.permutation(80)[:5]
        found += paired([first[place] for place in drawn], [second[place] for place in drawn]).verdict == "worse"
    print(f"{found} of 1,000 studies of five seeds found the lower learning rate")
    assert found >= 900
