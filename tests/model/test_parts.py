"""The list of parts: nothing is missing, nothing is made up, and the page says what the command prints."""

from __future__ import annotations

import importlib
from dataclasses import replace

import pytest

from hornbook.model.blocks import BLOCKS
from hornbook.model.count import count
from hornbook.model.experts import DISPATCH, FEED_FORWARDS
from hornbook.model.feed_forward import ACTIVATIONS
from hornbook.model.kernels import KERNELS
from hornbook.model.masks import ALLOWS
from hornbook.model.models import MODELS
from hornbook.model.norms import NORMS, PLACEMENTS
from hornbook.model.parts import PARTS, REFERENCE, costs, named
from hornbook.model.position_encodings import POSITION_ENCODINGS
from hornbook.model.rotary_scaling import SCALINGS

TABLES = {
    "architecture": MODELS,
    "mask": ALLOWS,
    "kernel": KERNELS,
    "position": POSITION_ENCODINGS,
    "rotary scaling": SCALINGS,
    "norm": NORMS,
    "placement": PLACEMENTS,
    "arrangement": BLOCKS,
    "feed-forward": FEED_FORWARDS,
    "dispatch": DISPATCH,
    "activation": ACTIVATIONS,
}


@pytest.mark.parametrize("group", TABLES)
def test_every_row_of_every_table_is_explained_and_nothing_else(group):
    explained = [part.kind for part in PARTS if part.group == group and part.kind is not None]
    assert sorted(map(str, explained)) == sorted(map(str, TABLES[group]))


@pytest.mark.parametrize("part", PARTS, ids=lambda part: f"{part.group} {part.name}")
def test_every_part_lives_where_the_list_says(part):
    module = importlib.import_module("hornbook." + part.file.removesuffix(".py").replace("/", "."))
    assert hasattr(module, part.symbol)


@pytest.mark.parametrize("part", [part for part in PARTS if part.kind is not None], ids=lambda part: part.name)
def test_every_part_is_what_its_change_brings_into_the_model(part):
    said = f"{part.kind.__name__}(" if isinstance(part.kind, type) else f"'{part.kind}'"
    assert said in repr(part.change(REFERENCE)) + repr(part.change(REFERENCE).blocks)


def test_costs_are_differences_of_counts():
    multi, single = costs(named("multi-head")[0]), costs(named("multi-query")[0])
    assert multi.cache_bytes_per_token == 12 * single.cache_bytes_per_token == 2 * 2 * 12 * 768
    assert multi.parameters - single.parameters == 12 * 2 * (768 - 64) * (768 + 1)
    assert costs(named("sinks")[0]).parameters - multi.parameters == 12 * 12
    assert costs(named("tied")[0]) == costs(named("causal")[0])
    assert count(replace(REFERENCE, tied=False)).parameters - multi.parameters == 32_000 * 768
