"""A cache whose shape never changes gives what one that grows gives."""

from __future__ import annotations

import pytest
import torch

from hornbook.batches import Positions
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
