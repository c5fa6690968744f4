"""A lesson is read from its script: cells, head, exercises; as a notebook it has the same cells."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hornbook.course.lesson import Cell, find_lesson, read_lesson
from hornbook.course.notebook import write_notebook
from hornbook.errors import DamagedError, SettingError

SCRIPT = '''"""For Python."""

# %% [markdown]
# # 07. Counting
#
# **Question:** How many
# are there?
#
# **You need:** Fingers.
#
# **Minutes:** 3

# %%
from __future__ import annotations

print("# %% is no cell here")

# %% [markdown]
# ## Exercises
#
# ### `count(things: list[str]) -> int`
#
# How many are there?
#
# Hint: `len` knows
# it.
#
# ### `nothing() -> None`
#
# Do nothing.
'''


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "07_counting.py"
    path.write_text(SCRIPT, encoding="utf-8")
    return path


def test_a_script_is_cut_into_cells_and_its_head_is_understood(script: Path) -> None:
    lesson = read_lesson(script)
    assert (lesson.number, lesson.name, lesson.title, lesson.minutes) == (7, "counting", "Counting", 3)
    assert lesson.question == "How many are there?" and lesson.need == "Fingers."
    assert [cell.kind for cell in lesson.cells] == ["markdown", "code", "markdown"]
    assert lesson.cells[1] == Cell("code", 'from __future__ import annotations\n\nprint("# %% is no cell here")')
    assert lesson.cells[0].source.startswith("# 07. Counting\n\n**Question:** How many\nare there?")


def test_exercises_have_a_signature_a_task_and_a_hint(script: Path) -> None:
    count, nothing = read_lesson(script).exercises
    assert (count.name, count.signature) == ("count", "(things: list[str]) -> int")
    assert (count.task, count.hint) == ("How many are there?", "`len` knows it.")
    assert (nothing.task, nothing.hint) == ("Do nothing.", "")


@pytest.mark.parametrize("lost", ["# # 07. Counting", "# **You need:** Fingers.", "# **Minutes:** 3"])
def test_a_lesson_without_its_head_is_refused(script: Path, lost: str) -> None:
    script.write_text(SCRIPT.replace(lost, "#"), encoding="utf-8")
    with pytest.raises(DamagedError, match="first cell"):
        read_lesson(script)


def test_a_notebook_has_the_cells_of_the_lesson_and_is_the_same_every_time(script: Path, tmp_path: Path) -> None:
    lesson, path = read_lesson(script), tmp_path / "deep" / "counting.ipynb"
    write_notebook(lesson, path)
    first = path.read_bytes()
    found = json.loads(first)
    assert (found["nbformat"], found["nbformat_minor"]) == (4, 5)
    assert [(cell["cell_type"], "".join(cell["source"])) for cell in found["cells"]] == [
        (cell.kind, cell.source) for cell in lesson.cells
    ]
    assert len({cell["id"] for cell in found["cells"]}) == 3
    assert all(("outputs" in cell) == (cell["cell_type"] == "code") for cell in found["cells"])
    write_notebook(lesson, path)
    assert path.read_bytes() == first


def test_a_lesson_is_found_by_number_and_by_name_and_a_wrong_name_gets_the_nearest() -> None:
    assert {find_lesson(wanted).stem for wanted in ("4", "04", "attention", "04_attention")} == {"04_attention"}
    with pytest.raises(SettingError, match="did you mean '04_attention'"):
        find_lesson("04_attentoin")
    with pytest.raises(SettingError, match="there is no '99'"):
        find_lesson("99")
