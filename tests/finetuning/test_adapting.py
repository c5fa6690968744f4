"""What is trained is what was asked for; nothing changes before the first step, and nothing when it is merged."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from hornbook.batches import Positions
from hornbook.errors import SettingError
from hornbook.finetuning.adapting import ADAPTATIONS, adapt, trained_share
from hornbook.finetuning.config import (
    KINDS,
    Adapters,
    Adapting,
    Biases,
    Everything,
    LastBlocks,
    LowRank,
    OnlyHead,
    Prefix,
    Prompt,
)
from hornbook.finetuning.low_rank import LowRankLinear, merge
from hornbook.model.cache import make_cache
from hornbook.model.config import (
    RMS,
    AttentionConfig,
    BlockConfig,
    Dense,
    EncoderAndDecoder,
    EncoderOnly,
    ModelConfig,
    Rotary,
)
from hornbook.model.heads import Classifier
from hornbook.model.models import Decoder, Encoder, EncoderDecoder, build_model
from hornbook.training.config import AdamW, Muon
from hornbook.training.linear_cross_entropy import linear_cross_entropy
from hornbook.training.optimizers import build_optimizer, parameter_groups
from tests.model.lively import close, enliven, some_tokens

ADDED: list[Adapting] = [LowRank(rank=2), LowRank(rank=2, magnitude=True), Adapters(3)]
"""Ways that change nothing before they have learned something."""

BEFORE: list[Adapting] = [Prefix(3), Prompt(3)]
EVERY: list[Adapting] = [Everything(), OnlyHead(), LastBlocks(), Biases(), *ADDED, *BEFORE]


def config(architecture=None, tied: bool = True) -> ModelConfig:
    changes = {} if architecture is None else {"architecture": architecture}
    return ModelConfig(vocabulary=31, context=20, width=24, heads=4, kv_heads=2, depth=2, tied=tied, **changes)


def models() -> list[torch.nn.Module]:
    kinds = (None, EncoderOnly(), EncoderAndDecoder(depth=2))
    return [enliven(build_model(config(kind))) for kind in kinds]


def said(model: torch.nn.Module, tokens: torch.Tensor) -> torch.Tensor:
    return model(tokens, tokens) if isinstance(model, EncoderDecoder) else model(tokens)


def test_every_choice_has_a_function_and_a_name():
    assert set(ADAPTATIONS) == set(KINDS) == {type(each) for each in EVERY}


@pytest.mark.parametrize("way", EVERY, ids=lambda way: KINDS[type(way)])
@pytest.mark.parametrize("place", range(3), ids=["decoder", "encoder", "encoder-decoder"])
def test_only_what_was_asked_for_gets_a_gradient_and_all_of_it_does(way, place):
    model, tokens = adapt(models()[place], way), some_tokens(2, 7, 31)
    said(model, tokens).float().logsumexp(-1).sum().backward()
    for name, parameter in model.named_parameters():
        learns = parameter.grad is not None
        assert learns == parameter.requires_grad, name
    trained, total = trained_share(model)
    assert 0 < trained <= total


@torch.no_grad()
@pytest.mark.parametrize("way", ADDED, ids=str)
@pytest.mark.parametrize("place", range(3), ids=["decoder", "encoder", "encoder-decoder"])
def test_before_the_first_step_nothing_has_changed(way, place):
    model, tokens = models()[place].eval(), some_tokens(2, 7, 31)
    before = said(model, tokens)
    close(said(adapt(model, way).eval(), tokens), before)


def shaken(model: torch.nn.Module) -> torch.nn.Module:
    """The model as if it had learned something."""
    draw = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.add_(0.1 * torch.randn(parameter.shape, generator=draw, dtype=parameter.dtype))
    return model.eval()


@torch.no_grad()
@pytest.mark.parametrize(
    "way",
    [
        LowRank(rank=3),
        LowRank(rank=3, stabilised=True, alpha=4.0),
        LowRank(rank=2, magnitude=True),
        LowRank(targets=("query", "key", "value", "output", "up", "down")),
    ],
    ids=["plain", "stabilised", "magnitude", "all matrices"],
)
def test_merged_and_unmerged_say_the_same(way):
    model, tokens = enliven(Decoder(config())), some_tokens(2, 7, 31)
    adapted = shaken(adapt(model, way))
    before = adapted(tokens)
    merged = merge(adapted)
    assert not any(isinstance(each, LowRankLinear) for each in merged.modules())
    torch.testing.assert_close(merged(tokens), before, atol=1e-5, rtol=0)
    plain = Decoder(config()).double()
    plain.load_state_dict(merged.state_dict())  # names and shapes are those of the plain model


@torch.no_grad()
def test_low_rank_is_the_formula():
    linear = torch.nn.Linear(5, 4, dtype=torch.float64)
    layer = LowRankLinear(linear, LowRank(rank=2, alpha=6.0), torch.Generator().manual_seed(0)).double()
    layer.up.copy_(torch.randn(4, 2, generator=torch.Generator().manual_seed(1)))
    features = torch.randn(3, 5, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    weight = linear.weight + 6.0 / 2 * layer.up @ layer.down
    torch.testing.assert_close(layer(features), features @ weight.T + linear.bias)
    assert LowRank(rank=4, alpha=6.0, stabilised=True).scale == 6.0 / 4**0.5


@torch.no_grad()
@pytest.mark.parametrize("base", ["bfloat16", "int8", "int4"])
def test_a_frozen_base_in_few_bits_says_nearly_the_same_and_merges(base):
    block = BlockConfig(attention=AttentionConfig(), feed_forward=Dense(64), norm=RMS())
    wide = ModelConfig(vocabulary=31, context=20, width=64, heads=4, depth=2, pattern=(block,))
    torch.manual_seed(0)
    model, tokens = Decoder(wide).eval(), some_tokens(2, 7, 31)
    exact = model(tokens)
    adapted = adapt(model, LowRank(base=base, targets=("query", "value", "output")))
    found = adapted(tokens)
    assert 0 < (found - exact).abs().max() < 0.1 * exact.abs().max()
    torch.testing.assert_close(merge(adapted)(tokens), found, atol=0.05, rtol=0.05)


@torch.no_grad()
@pytest.mark.parametrize("way", [*ADDED, *BEFORE], ids=lambda way: KINDS[type(way)])
def test_writing_with_a_cache_is_reading_it_all_anew(way):
    rotary = ModelConfig(
        vocabulary=31, context=20, width=24, heads=4, kv_heads=2, depth=2, position_encoding=Rotary(100.0)
    )
    model, tokens = shaken(adapt(enliven(Decoder(rotary)), way)), some_tokens(2, 9, 31)
    cache = make_cache(rotary, 2, 9, dtype=torch.float64)
    parts = [model(piece, cache=cache) for piece in (tokens[:, :5], tokens[:, 5:6], tokens[:, 6:])]
    close(torch.cat(parts, dim=1), model(tokens))


@torch.no_grad()
def test_a_prompt_stands_before_the_text_and_is_seen_by_every_token():
    model, tokens = enliven(Decoder(config())), some_tokens(1, 6, 31)
    before = model(tokens)
    prompted = shaken(adapt(model, Prompt(2)))
    assert ((prompted(tokens) - before).abs().amax(-1) > 1e-6).all()
    shorter = prompted(tokens[:, :4])
    close(prompted(tokens)[:, :4], shorter)  # and no token sees what comes after it


def test_a_new_head_learns_whatever_else_does():
    reader = Classifier(Encoder(config(EncoderOnly())), [3], "mean")
    adapted = adapt(reader, LowRank(rank=1))
    assert all(parameter.requires_grad for parameter in adapted.head.parameters())
    assert not adapted.body.embedding.tokens.weight.requires_grad
    trained, total = trained_share(adapted)
    assert trained < 0.1 * total


def test_only_the_last_blocks_the_last_norm_and_the_head_learn():
    model = adapt(Decoder(config(tied=False)), LastBlocks(1))
    learning = {
        name.split(".")[0] + "." + name.split(".")[1] for name, p in model.named_parameters() if p.requires_grad
    }
    assert learning == {"stack.blocks", "stack.norm", "embedding.head"}
    assert not any(parameter.requires_grad for parameter in model.stack.blocks[0].parameters())


@pytest.mark.parametrize("magnitude", [False, True])
def test_a_head_of_its_own_may_have_a_product_too_and_its_loss_knows_of_it(magnitude):
    model, tokens = enliven(Decoder(config(tied=False))), some_tokens(2, 7, 31)
    adapted = shaken(adapt(model, LowRank(rank=2, targets=("query", "head"), magnitude=magnitude)))
    head = adapted.embedding.head
    assert isinstance(head, LowRankLinear)
    hidden, targets = adapted.hidden(tokens), some_tokens(2, 7, 31, seed=2)
    expected = F.cross_entropy(adapted.write(hidden).flatten(0, 1), targets.flatten(), reduction="sum")
    table = adapted.embedding.table
    found = linear_cross_entropy(adapted.ready(hidden), table, targets)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=0)
    wanted, given = (torch.autograd.grad(loss, [head.up, head.down], retain_graph=True) for loss in (expected, found))
    torch.testing.assert_close(given, wanted, rtol=1e-4, atol=1e-5)
    before = adapted(tokens)
    torch.testing.assert_close(merge(adapted)(tokens), before, atol=1e-5, rtol=0)
    assert isinstance(adapted.embedding.head, torch.nn.Linear)


def test_a_tied_table_is_no_head_that_could_have_a_product():
    with pytest.raises(SettingError, match="no matrix 'head'"):
        adapt(Decoder(config()), LowRank(targets=("query", "head")))


def test_muon_moves_the_two_factors_of_a_product_and_no_optimizer_lets_them_decay():
    model = models()[0]
    adapt(model, LowRank(rank=2))
    for optimizer, mover in ((Muon(learning_rate=0.5, weight_decay=0.1), "muon"), (AdamW(weight_decay=0.1), "adamw")):
        [group] = parameter_groups(optimizer, model)
        assert (group.name, group.optimizer, group.weight_decay) == ("factors", mover, 0.0)
        assert {name.rpartition(".")[2] for name in group.parameters} == {"down", "up"}
    weights = [module.up for module in model.modules() if isinstance(module, LowRankLinear)]
    optimizer = build_optimizer(Muon(learning_rate=0.5), model)
    model(some_tokens(2, 7, 31)).square().mean().backward()
    optimizer.step()
    for up in weights:  # from zero by one orthogonal step: both directions grow alike
        least, most = torch.linalg.svdvals(up)[[1, 0]]
        assert least > 0.6 * most


def test_low_rank_of_8_trains_a_quarter_of_a_percent_of_gpt2():
    shape = ModelConfig(vocabulary=50257, context=1024, width=768, heads=12, depth=12)
    with torch.device("meta"):
        model = Decoder(shape)
    whole = sum(each.numel() for each in model.parameters())
    added = 12 * 2 * 8 * (768 + 768)
    small = adapt(Decoder(config()), LowRank(rank=8))
    assert trained_share(small)[0] == 2 * 8 * ((24 + 24) + (24 + 12))  # query, and value of two heads
    assert round(100 * added / whole, 2) == 0.24


@pytest.mark.parametrize(
    ("way", "words"),
    [
        (LowRank(targets=("querry",)), "the model has no matrix 'querry' .did you mean 'query'"),
        (LastBlocks(3), "the model has 2 blocks, found 3"),
    ],
)
def test_what_the_model_does_not_have_is_refused_by_name(way, words):
    with pytest.raises(SettingError, match=words):
        adapt(Decoder(config()), way)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: LowRank(rank=0),
        lambda: LowRank(alpha=0.0),
        lambda: LowRank(dropout=1.0),
        lambda: LowRank(targets=()),
        lambda: LowRank(magnitude=True, base="int8"),
        lambda: LastBlocks(0),
        lambda: Adapters(0),
        lambda: Prefix(0),
        lambda: Prompt(0),
    ],
)
def test_sizes_that_are_none_are_refused(wrong):
    with pytest.raises(SettingError, match=r"expected|leave it"):
        wrong()


@torch.no_grad()
def test_packed_texts_are_refused_where_something_stands_before_one_text():
    model = adapt(Decoder(config()), Prefix(2))
    positions = Positions(torch.tensor([[0, 1, 0, 1]]), torch.tensor([[0, 0, 1, 1]]))
    with pytest.raises(SettingError, match="cannot serve packed texts"):
        model(some_tokens(1, 4, 31), positions)
