"""Three objectives, one budget: the text holds nothing that is asked, sizes agree, every task is really done."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from hornbook.corpus.numbers.task import is_held_out
from hornbook.errors import SettingError
from hornbook.workflows.objective_tasks import (
    CONTENDERS,
    NUMBERS,
    TASKS,
    Sizes,
    commonest_label,
    held_out_pairs,
    held_out_texts,
    same,
    write_examples,
    write_reading,
)
from hornbook.workflows.study_objectives import compare_objectives
from hornbook.workflows.watchers import Silent

SMALL = Sizes(documents=60, examples=40, asked=7)
MODEL = ("model.width=32", "model.depth=2", "model.context=96", "tokenizer.vocabulary=320")
QUICK = ("training.tokens=2000", "training.batch=5", *MODEL)


def test_who_gives_every_number_the_commonest_label_is_right_as_often_as_that_comes() -> None:
    assert commonest_label(Sizes(asked=300)) == pytest.approx((100 + 210) / 600)  # 4, 5 and 6 digits alike; 3 in 10


def test_nobody_reads_what_is_asked_and_all_learn_from_the_same_numbers(tmp_path: Path) -> None:
    asked = [int(pair.source.removeprefix("en: ")) for pair in held_out_pairs(SMALL)]
    assert len(set(asked)) == SMALL.asked and all(map(is_held_out, asked))
    text = write_reading(tmp_path, SMALL, 1).read_text()
    files = write_examples(tmp_path, SMALL, 1)
    learned = text + "".join(path.read_text() for path in files.values())
    for number, labelled in zip(asked, held_out_texts(SMALL), strict=True):
        assert f"en: {number} =" not in learned and f'"{labelled.text}"' not in learned
        assert labelled.labels == (str(len(str(number))), "no" if number % 3 else "yes")
    rows = [[json.loads(line) for line in files[name].read_text().splitlines()] for name in ("labels", "label-pairs")]
    assert [(row["text"], f"{row['digits']} {row['divisible by 3']}") for row in rows[0]] == [
        (row["source"], row["target"]) for row in rows[1]
    ]
    assert same(["a", "b", ""], ["a", "c", "c"]) == pytest.approx(1 / 3) and NUMBERS.questions[0] == "digits"


@pytest.mark.slow
def test_the_three_have_one_budget_and_do_every_task_and_nothing_twice(tmp_path: Path) -> None:
    folder = tmp_path / "study"
    found = compare_objectives(folder, QUICK, SMALL, 600, 1, Silent())
    sizes = [each.counted.parameters for each in found.budgets.values()]
    assert max(sizes) / min(sizes) < 1.2 and len({each.tokens for each in found.budgets.values()}) == 1
    assert {side.recipe.data.text for side in found.study.sides} == {(str((folder / "text.jsonl").resolve()),)}
    assert [type(side.recipe.task).__name__ for side in found.study.sides] == ["NextToken", "MaskedTokens", "CutSpans"]
    for contender in CONTENDERS:
        told = found.shares[contender.name]["1"]
        assert list(told) == list(TASKS) and all(0 <= share <= 1 for share in told.values())
        counted = {task: share * SMALL.asked * (2 if task == "classify" else 1) for task, share in told.items()}
        assert all(value == pytest.approx(round(value)) for value in counted.values())
    assert found.sentence().startswith("No verdicts") and len(found.table().rows) == 3 and len(found.pairs().rows) == 12
    words = shlex.split(found.command())
    assert tuple(words[3 : 3 + len(QUICK)]) == tuple(QUICK)
    told_again = dict(zip(words[3 + len(QUICK) :: 2], words[4 + len(QUICK) :: 2], strict=True))
    wanted = {"--tuning-tokens": 600, "--seeds": 1} | {f"--{name}": size for name, size in vars(SMALL).items()}
    assert told_again == {name: str(value) for name, value in wanted.items()}
    assert any("commonest label classifies" in remark for remark in found.remarks())
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("metrics.jsonl")}
    assert len(before) == 9  # three that read, and two tasks of each that are learned
    again = compare_objectives(folder, QUICK, SMALL, 600, 1, Silent())
    assert again.shares == found.shares
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("metrics.jsonl")} == before
    with pytest.raises(SettingError, match="asks 7 questions"):
        compare_objectives(folder, QUICK, Sizes(60, 40, 8), 600, 1, Silent())
