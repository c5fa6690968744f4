"""Settings: from plain data to typed values and back, and errors that name the setting."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from hornbook.errors import SettingError
from hornbook.settings import build, merge, override, parse, plain


@dataclass(frozen=True)
class Sweet:
    """A choice with a setting."""

    sugar: float = 0.5
    grains: int = 7

    def __post_init__(self) -> None:
        if self.sugar < 0:
            raise SettingError(f"sugar: expected 0 or more, found {self.sugar}")


@dataclass(frozen=True)
class Plain:
    """A choice without."""


@dataclass(frozen=True)
class Layer:
    """Something that is repeated."""

    taste: Sweet | Plain = Plain()
    thickness: int = 3


@dataclass(frozen=True, kw_only=True)
class Cake:
    """Everything a setting can be."""

    name: str
    layers: tuple[Layer, ...] = (Layer(),)
    shape: Literal["round", "square"] = "round"
    icing: Sweet | Plain | None = None
    guests: int | None = None
    candles: int | float = 0
    lit: bool = False
    servings: dict[str, int] = field(default_factory=dict)


KINDS: dict[type, str] = {Sweet: "sweet", Plain: "plain"}


def bake(**table: Any) -> Cake:
    return build(Cake, {"name": "oak", **table}, KINDS)


def test_what_is_not_said_is_the_default() -> None:
    assert bake() == Cake(name="oak")


def test_a_bare_word_is_that_kind_with_its_defaults() -> None:
    assert bake(icing="sweet").icing == Sweet()
    assert bake(icing={"kind": "sweet", "sugar": 0.25}).icing == Sweet(0.25)
    assert bake(icing={"kind": "plain"}).icing == Plain()


def test_none_is_spelt_as_a_word_because_toml_has_none() -> None:
    assert bake(icing="none").icing is None
    assert bake(guests="none").guests is None
    assert bake(guests=11).guests == 11


def test_a_whole_number_is_a_float_where_a_float_is_wanted() -> None:
    value = bake(icing={"kind": "sweet", "sugar": 2}).icing
    assert isinstance(value, Sweet) and type(value.sugar) is float


def test_whole_and_broken_numbers_stay_apart_where_both_are_possible() -> None:
    assert type(bake(candles=5).candles) is int
    assert type(bake(candles=0.5).candles) is float


def test_lists_of_tables_become_tuples_of_dataclasses() -> None:
    assert bake(layers=[{"taste": "sweet"}, {"thickness": 5}]).layers == (Layer(Sweet()), Layer(thickness=5))


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"shap": "round"}, ["shap", "did you mean 'shape'"]),
        ({"shape": "rund"}, ["shape", "'rund'", "did you mean 'round'"]),
        ({"icing": "sweat"}, ["icing.kind", "did you mean 'sweet'"]),
        ({"icing": {"kind": "sweet", "suger": 1}}, ["icing.suger", "did you mean 'sugar'"]),
        ({"icing": {"kind": "sweet", "sugar": -1.0}}, ["icing.sugar", "expected 0 or more"]),
        ({"icing": {"sugar": 1}}, ["icing", "which kind", "sweet, plain"]),
        ({"icing": 3}, ["icing", "one of sweet, plain", "3"]),
        ({"icing": {"kind": "sweet", "grains": 1.5}}, ["icing.grains", "expected int", "1.5"]),
        ({"icing": {"kind": "sweet", "sugar": True}}, ["icing.sugar", "expected float", "True"]),
        ({"layers": {"taste": "sweet"}}, ["layers", "expected a list"]),
        ({"layers": [{}, {"thicknes": 2}]}, ["layers[1].thicknes", "did you mean 'thickness'"]),
        ({"layers": ["thin"]}, ["layers[0]", "expected a table", "'thin'"]),
        ({"guests": "many"}, ["guests", "expected int", "'many'"]),
        ({"lit": 1}, ["lit", "expected bool", "1"]),
        ({"name": 7}, ["name", "expected str", "7"]),
    ],
)
def test_an_error_names_the_setting_what_was_found_and_the_nearest_name(
    table: dict[str, Any], words: list[str]
) -> None:
    with pytest.raises(SettingError) as error:
        bake(**table)
    for word in words:
        assert word in str(error.value)


def test_a_setting_that_must_be_given_is_asked_for_by_name() -> None:
    with pytest.raises(SettingError, match="name"):
        build(Cake, {}, KINDS)


def test_plain_data_makes_the_same_value_again() -> None:
    cake = bake(layers=[{"taste": {"kind": "sweet", "sugar": 0.125}}], icing="plain", guests=13, candles=0.5, lit=True)
    data = plain(cake, KINDS)
    assert data["layers"][0] == {"taste": {"kind": "sweet", "sugar": 0.125, "grains": 7}, "thickness": 3}
    del data["servings"]
    assert build(Cake, data, KINDS) == cake


def test_tables_are_laid_over_one_another_key_by_key() -> None:
    below = {"a": {"x": 1, "y": {"z": 2}}, "b": 3}
    assert merge(below, {"a": {"y": {"w": 5}}, "c": 7}) == {"a": {"x": 1, "y": {"z": 2, "w": 5}}, "b": 3, "c": 7}
    assert below == {"a": {"x": 1, "y": {"z": 2}}, "b": 3}


def test_another_kind_drops_the_settings_of_the_one_before() -> None:
    below = {"icing": {"kind": "sweet", "sugar": 0.25}}
    assert merge(below, {"icing": {"kind": "plain"}}) == {"icing": {"kind": "plain"}}
    assert merge(below, {"icing": {"kind": "sweet", "grains": 2}})["icing"] == {
        "kind": "sweet",
        "sugar": 0.25,
        "grains": 2,
    }


def test_overrides_reach_into_tables_lists_and_bare_kinds() -> None:
    table = {"icing": "sweet", "layers": [{"thickness": 2}, {"thickness": 3}]}
    result = override(table, ["icing.sugar=0.75", "layers.1.thickness=5", "name=my cake", "deep.er.still=[1, 2]"])
    assert result["icing"] == {"kind": "sweet", "sugar": 0.75}
    assert result["layers"] == [{"thickness": 2}, {"thickness": 5}]
    assert result["name"] == "my cake"
    assert result["deep"] == {"er": {"still": [1, 2]}}
    assert table == {"icing": "sweet", "layers": [{"thickness": 2}, {"thickness": 3}]}


def test_of_two_overrides_the_later_wins() -> None:
    assert override({}, ["a=1", "a=2"]) == {"a": 2}


@pytest.mark.parametrize(
    ("assignment", "words"),
    [
        ("depth", "name=value"),
        ("=3", "name=value"),
        ("layers.2.thickness=1", "a number below 2"),
        ("layers.x=1", "a number below 2"),
        ("guests.number=1", "no settings of its own"),
        ("words.1.x=1", "no settings of its own"),
        ("words.²=1", "a number below 2"),
        ("words." + "9" * 5000 + "=1", "a number below 2"),
    ],
)
def test_an_override_that_leads_nowhere_says_why(assignment: str, words: str) -> None:
    with pytest.raises(SettingError, match=words):
        override({"layers": [{}, {}], "guests": 3, "words": ["a", 7]}, [assignment])


@pytest.mark.parametrize(
    ("text", "value"),
    [("3", 3), ("3.5", 3.5), ("1e-3", 1e-3), ("true", True), ('"3"', "3"), ("rms", "rms"), ("a b", "a b"), ("", "")],
)
def test_a_bare_word_is_a_string_and_everything_else_is_toml(text: str, value: Any) -> None:
    assert parse(text) == value
    assert type(parse(text)) is type(value)


def test_values_that_toml_cannot_hold_are_strings() -> None:
    assert parse("9" * 5000) == "9" * 5000
    assert parse("[" * 3000) == "[" * 3000


def test_a_kind_that_is_no_word_is_none_of_them() -> None:
    with pytest.raises(SettingError, match=r"icing\.kind: {} is none of sweet, plain"):
        bake(icing={"kind": {}})
