"""A cache whose shape never changes gives what one that grows gives."""

from __future__ import annotations

import pytest
import torch

from hornbook.batches import NOTHING, Positions
from hornbook.model.cache import make_cache
from hornbook.model.config import (
    Alibi,
    AttentionConfig,
    BlockConfig,
    Causal,
    Learned,
    ModelConfig,
    RelativeBias,
    Rotary,
    SlidingWindow,
)
from hornbook.model.kernels import KeysValues, Scoring, explicit, page_by_page, single
from hornbook.model.masks import Mask
from hornbook.model.models import Decoder
from hornbook.model.static_cache import make_static_cache
from tests.model.lively import close, enliven, some_tokens

ENCODINGS = [Learned(), Rotary(100.0), Alibi(), RelativeBias(buckets=8, max_distance=12)]


@pytest.mark.parametrize("kernel", ["auto", "single", "explicit"])
@pytest.mark.parametrize("rule", [Causal(), SlidingWindow(4)], ids=str)
@pytest.mark.parametrize("encoding", ENCODINGS, ids=str)
@torch.no_grad()
def test_token_after_token_is_what_a_growing_cache_gives(kernel, rule, encoding):
    block = BlockConfig(attention=AttentionConfig(mask=rule, kernel=kernel))
    config = ModelConfig(
        vocabulary=31,
        context=17,
        width=40,
        heads=4,
        kv_heads=2,
        depth=2,
        pattern=(block,),
        position_encoding=encoding,
    )
    model, tokens = enliven(Decoder(config)), some_tokens(3, 13, 31)
    grown = make_cache(config, 3, 13, dtype=torch.float64)
    fixed = make_static_cache(config, 3, 15, torch.device("cpu"), torch.float64)
    close(model(tokens[:, :5], cache=fixed), model(tokens[:, :5], cache=grown))
    for place in range(5, 13):
        new = tokens[:, place : place + 1]
        index = torch.full((3, 1), place)
        close(model(new, Positions(index), fixed), model(new, Positions(index), grown))


@torch.no_grad()
def test_rows_may_stand_at_different_places_and_one_prompt_is_read_for_all():
    config = ModelConfig(vocabulary=31, context=17, width=40, heads=4, depth=2)
    model, tokens = enliven(Decoder(config)), some_tokens(2, 9, 31)
    cache = make_static_cache(config, 2, 12, torch.device("cpu"), torch.float64)
    model(tokens[:1, :6], cache=cache)  # both rows begin alike
    first, second = tokens[:1], torch.cat([tokens[:1, :4], tokens[1:, 4:5]], dim=1)
    index = torch.tensor([[6], [4]])  # the second row goes on from its fifth place
    said = model(torch.stack([first[0, 6:7], second[0, 4:5]]), Positions(index), cache)
    close(said[:1], model(first[:, :7])[:, -1:])
    close(said[1:], model(second)[:, -1:])


@torch.no_grad()
def test_keys_in_pages_are_read_as_if_they_lay_in_one_piece():
    draw = torch.Generator().manual_seed(4)
    query, pages = (torch.randn(*shape, generator=draw) for shape in ((2, 4, 1, 8), (2, 2, 2, 3, 5, 8)))
    keys, values = pages  # [B, G, P, size, D]
    where = Positions(torch.arange(15).expand(2, 15))
    seen = KeysValues(keys.flatten(2, 3), values.flatten(2, 3), where, (keys, values))
    for index in ([[9], [3]], [[14], [NOTHING]]):
        mask = Mask(Causal(), Positions(torch.tensor(index)), where)
        asked = (query, seen, mask, None, Scoring(0.4), lambda weights: weights)
        torch.testing.assert_close(page_by_page(*asked), explicit(*asked))
        torch.testing.assert_close(single(*asked), explicit(*asked))
