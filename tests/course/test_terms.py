"""What can be explained: no setting without a meaning, no place, figure or lesson that does not exist."""

from __future__ import annotations

import ast
import math
import re
from pathlib import Path
from typing import Any

import pytest

import hornbook
from hornbook.course.concepts import CONCEPTS, place_of
from hornbook.course.lesson import read_lessons
from hornbook.course.terms import PICTURES, TERMS, errors, find_terms, same
from hornbook.errors import EXIT_CODES
from hornbook.model.parts import PARTS
from hornbook.settings import build, parse, plain
from hornbook.workflows.drawings import DRAWINGS
from hornbook.workflows.recipe import KINDS, LENGTHS, Recipe, load_recipe
from hornbook.workflows.recipe_settings import choices, settings

PACKAGE = Path(hornbook.__file__).parent
FIGURES = {drawing.name for drawing in DRAWINGS}
LESSONS = {lesson.number for lesson in read_lessons()}


def leaves(value: Any, path: str = "") -> list[str]:
    """Every path of a table of plain data, kinds left out."""
    if isinstance(value, dict):
        return [leaf for name, item in value.items() if name != "kind" for leaf in leaves(item, f"{path}.{name}")]
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return leaves(value[0], f"{path}.0")
    return [path.removeprefix(".")]


def defined(file: str) -> set[str]:
    """The names that a file of the package defines."""
    names = set()
    for node in ast.parse((PACKAGE / file).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names.update(target.id for target in targets if isinstance(target, ast.Name))
    return names


def test_every_setting_has_a_meaning() -> None:
    assert len(settings()) > 150
    bare = [f"{each.owner}.{each.name}" for each in settings() if not re.match(r".{9,}\.$", each.meaning)]
    assert not bare, "write a sentence under each of these fields"


def test_every_setting_stands_where_it_says() -> None:
    lines = {each.file: (PACKAGE / each.file).read_text(encoding="utf-8").splitlines() for each in settings()}
    assert not [each for each in settings() if not lines[each.file][each.line - 1].startswith(f"    {each.name}: ")]


def test_the_settings_are_those_of_a_recipe_written_out() -> None:
    explained = {path for setting in settings() for path in setting.paths}
    for name in ("quickstart", "numbers", "spam", "sums", "prefer"):
        assert set(leaves(plain(load_recipe(name, environment={}), KINDS))) <= explained


def test_a_recipe_of_the_defaults_as_they_are_explained_is_the_default_recipe() -> None:
    whole = {each.name: parse(each.default) for each in settings() if each.owner == "Recipe" and each.default}
    training = {each.name: parse(each.default) for each in settings() if each.owner == "TrainingConfig"}
    assert {training[length] for length in LENGTHS} == {"none"}
    training["steps"] = 7
    assert build(Recipe, {**whole, "training": training}, KINDS) == build(Recipe, {"training": {"steps": 7}}, KINDS)


def test_every_choice_with_its_settings_as_explained_is_the_choice() -> None:
    owners = {kind.__name__: kind for kind in KINDS}
    for choice in choices():
        table = {name: parse(value) for name, _, value in (each.partition(" = ") for each in choice.settings)}
        assert build(owners[choice.owner], {"kind": choice.name, **table}, KINDS) == owners[choice.owner]()
        assert len(choice.meaning) > 10


def test_every_kind_that_a_recipe_can_spell_is_explained() -> None:
    assert {choice.owner for choice in choices()} == {kind.__name__ for kind in KINDS}


def test_the_concepts_are_in_order_and_each_has_its_name_alone() -> None:
    names = [concept.name.lower() for concept in CONCEPTS]
    assert len(names) > 90
    assert names == sorted(set(names))


def test_the_place_of_every_concept_exists() -> None:
    places = [place_of(concept) for concept in CONCEPTS if concept.place]
    assert len(places) > 85
    names = {file: defined(file) for file, _ in places}
    assert not [(file, symbol) for file, symbol in places if symbol and symbol not in names[file]]


def test_the_figures_and_the_lessons_of_every_concept_exist() -> None:
    assert {concept.figure for concept in CONCEPTS} - {""} <= FIGURES
    assert {number for concept in CONCEPTS for number in concept.lessons} <= LESSONS
    assert all(concept.lessons and concept.meaning for concept in CONCEPTS)


def test_every_picture_of_a_part_or_a_setting_exists_and_so_do_they() -> None:
    assert set(PICTURES.values()) <= FIGURES
    groups = {name for part in PARTS for name in (part.group, f"{part.group}: {part.name}")}
    assert set(PICTURES) <= groups | {choice.paths[0] for choice in choices()}


def test_a_nat_has_the_bits_that_its_concept_says() -> None:
    assert f"1 nat is {1 / math.log(2):.3f} bits" in find_terms("nat")["concept"][0].meaning


def test_every_paper_is_named_with_its_year() -> None:
    papers = [paper for concept in CONCEPTS for paper in concept.paper.split("; ") if paper]
    assert len(papers) > 50
    assert not [paper for paper in papers if not re.match(r"[^\d]+ (19|20)\d\d(, .+)?$", paper)]


def test_every_error_ends_with_a_code_that_is_explained() -> None:
    assert len(errors()) > 8
    assert {error.exit_code for error in errors()} < set(EXIT_CODES)


@pytest.mark.slow
def test_every_name_of_every_entry_finds_it() -> None:
    for kind in TERMS:
        for entry in kind.entries()[::6]:
            for name in {kind.names(entry)[0], kind.names(entry)[-1]}:
                assert entry in find_terms(name)[kind.word], name


@pytest.mark.parametrize(
    ("wanted", "name", "meant"),
    [
        ("model.depth", "model.depth", True),
        ("model.norm", "model.pattern.0.norm", True),
        ("pattern.norm", "model.pattern.0.norm", True),
        ("norm.pattern", "model.pattern.0.norm", False),
        ("pattern.norm", "model.embedding_norm", False),
        ("depth", "model.depth", False),
        ("top k", "top_k", True),
    ],
)
def test_words_of_a_path_have_to_be_in_its_order_and_the_last_its_last(wanted: str, name: str, meant: bool) -> None:
    assert same(wanted, name) is meant
