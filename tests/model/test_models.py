"""The decoder as a whole: nothing that should make no difference makes one."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
import torch
from torch import nn

import hornbook.model
from hornbook.batches import Positions
from hornbook.errors import SettingError, TextError
from hornbook.model.attention import Attention
from hornbook.model.config import (
    NTK,
    RMS,
    Alibi,
    AttentionConfig,
    Bidirectional,
    BlockConfig,
    BlockSparse,
    Causal,
    Dense,
    Layer,
    Learned,
    ModelConfig,
    NoPositionEncoding,
    RelativeBias,
    Rotary,
    Sinusoidal,
    Sizes,
    SlidingWindow,
)
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder
from hornbook.model.norms import PLACEMENTS
from hornbook.model.position_encodings import Order, PositionEncoding

RULES = [Causal(), Bidirectional(), SlidingWindow(3), BlockSparse(2)]
ENCODINGS = [NoPositionEncoding(), Learned(), Sinusoidal(), Rotary(100.0, NTK()), Alibi(), RelativeBias(8, 16)]
VOCABULARY = 31


def config(rule=Causal(), encoding=Learned(), kv_heads=4, kernel="fused", **block):
    attention = AttentionConfig(mask=rule, kernel=kernel, **block.pop("attention", {}))
    pattern = (BlockConfig(attention=attention, feed_forward=block.pop("feed_forward", Dense(44)), **block),)
    return ModelConfig(
        vocabulary=VOCABULARY,
        context=17,
        width=40,
        heads=4,
        kv_heads=kv_heads,
        depth=2,
        position_encoding=encoding,
        pattern=pattern,
    )


def lively(description):
    """A model with large weights and shifted norms, so that no part of it is nearly nothing."""
    model = Decoder(description).eval()
    draw = torch.Generator().manual_seed(11)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(
                torch.randn(parameter.shape, generator=draw) * 0.3 + (1.0 if name.endswith("scale") else 0.0)
            )
    return model


def some_tokens(batch=2, time=9, seed=1):
    return torch.randint(VOCABULARY, (batch, time), generator=torch.Generator().manual_seed(seed))


def gradients(model, loss):
    model.zero_grad()
    loss.backward()
    return [parameter.grad.clone() for parameter in model.parameters() if parameter.grad is not None]


@pytest.mark.parametrize(
    ("kv_heads", "rule", "encoding"), list(itertools.product([4, 2, 1], RULES, ENCODINGS)), ids=str
)
def test_fused_equals_explicit_in_value_and_gradient(kv_heads, rule, encoding):
    one, two = (lively(config(rule, encoding, kv_heads, kernel)) for kernel in ("explicit", "fused"))
    x, y = one(some_tokens()), two(some_tokens())
    torch.testing.assert_close(x, y, atol=1e-5, rtol=1e-4)
    ours, theirs = gradients(one, x.square().mean()), gradients(two, y.square().mean())
    assert len(ours) == len(list(one.parameters()))
    for left, right in zip(ours, theirs, strict=True):
        torch.testing.assert_close(left, right, atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize("rule", [Causal(), SlidingWindow(3)], ids=str)
@pytest.mark.parametrize("encoding", ENCODINGS, ids=str)
def test_the_future_changes_no_bit_of_the_past(rule, encoding):
    model, tokens = lively(config(rule, encoding, kernel="explicit")), some_tokens()
    with torch.no_grad():
        before = model(tokens)
        for time in range(1, 9):
            changed = tokens.clone()
            changed[:, time:] = (changed[:, time:] + 7) % VOCABULARY
            after = model(changed)
            assert torch.equal(after[:, :time], before[:, :time])
            assert not torch.equal(after[:, time], before[:, time])


def test_a_sliding_window_forgets_what_lies_behind_all_its_layers():
    model, tokens = lively(config(SlidingWindow(3), Rotary())), some_tokens(time=9)
    changed = tokens.clone()
    changed[:, 0] = (changed[:, 0] + 7) % VOCABULARY
    with torch.no_grad():
        same = (model(tokens) - model(changed)).abs().amax((0, 2)) == 0
    assert same.tolist() == [False] * 5 + [True] * 4  # two layers of a window of 3 reach back 4


@pytest.mark.parametrize("kernel", ["explicit", "direct", "fused"])
@pytest.mark.parametrize("encoding", ENCODINGS, ids=str)
@pytest.mark.parametrize("rule", RULES, ids=str)
def test_padding_changes_nothing_and_gives_no_nan(rule, encoding, kernel):
    model, tokens = lively(config(rule, encoding, kernel=kernel)), some_tokens()
    padded = model(tokens, Positions.lengths(torch.tensor([9, 5]), 9))
    torch.testing.assert_close(padded[1:, :5], model(tokens[1:, :5]), atol=1e-5, rtol=1e-4)
    assert all(gradient.isfinite().all() for gradient in gradients(model, padded[:, :5].square().mean()))


def test_token_0_is_a_token_like_any_other():
    model = lively(config())
    tokens = torch.zeros(1, 5, dtype=torch.long)
    with torch.no_grad():
        assert not torch.equal(model(tokens)[0, -1], model(tokens[:, :4])[0, -1])


@pytest.mark.parametrize("encoding", ENCODINGS, ids=str)
@pytest.mark.parametrize("rule", RULES, ids=str)
def test_packed_documents_do_not_see_each_other(rule, encoding):
    model, one, two = lively(config(rule, encoding)), some_tokens(1, 5, 2), some_tokens(1, 7, 3)
    positions = Positions(torch.cat([torch.arange(5), torch.arange(7)])[None], torch.tensor([[0] * 5 + [1] * 7]))
    with torch.no_grad():
        together = model(torch.cat([one, two], 1), positions)
        torch.testing.assert_close(together, torch.cat([model(one), model(two)], 1), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("encoding", [NoPositionEncoding(), Rotary(100.0)], ids=str)
def test_relative_orders_depend_only_on_distance(encoding):
    model, tokens = lively(config(encoding=encoding)), some_tokens()
    here, there = (Positions((torch.arange(9) + start).expand(2, 9)) for start in (0, 13))
    with torch.no_grad():
        torch.testing.assert_close(model(tokens, here), model(tokens, there), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("encoding", [Learned(), Sinusoidal()], ids=str)
def test_absolute_orders_do_not(encoding):
    model, tokens = lively(config(encoding=encoding)), some_tokens(time=3)
    with torch.no_grad():
        assert not torch.allclose(model(tokens), model(tokens, Positions(torch.arange(3).expand(2, 3) + 1)), atol=0.01)


def test_without_positions_and_mask_permuted_inputs_permute_the_outputs():
    tokens, order = some_tokens(), torch.tensor([3, 8, 0, 1, 7, 2, 6, 4, 5])
    for rule, encoding, blind in [
        (Bidirectional(), NoPositionEncoding(), True),
        (Bidirectional(), Rotary(100.0), False),
        (Bidirectional(), Sinusoidal(), False),
        (Causal(), NoPositionEncoding(), False),  # the mask alone tells a decoder about order
    ]:
        model = lively(config(rule, encoding))
        with torch.no_grad():
            same = torch.allclose(model(tokens)[:, order], model(tokens[:, order]), atol=1e-5, rtol=1e-4)
        assert same == blind


def test_many_heads_are_single_heads_side_by_side():
    sizes = Sizes(width=10, heads=2, kv_heads=2, head_width=5, context=7, dropout=0.0)
    torch.manual_seed(0)
    both, hidden = Attention(AttentionConfig(), sizes), torch.randn(3, 7, 10)
    order = Order.of(PositionEncoding(), Positions.counting(3, 7))

    def run(attention):
        return attention(hidden, order, attention.keys_and_values(hidden, order))

    apart = torch.zeros(3, 7, 10)
    for head in range(2):
        rows = slice(5 * head, 5 * head + 5)
        single = Attention(AttentionConfig(output_bias=False), replace(sizes, heads=1, kv_heads=1))
        with torch.no_grad():
            for name in ("query", "key", "value"):
                getattr(single, name).weight.copy_(getattr(both, name).weight[rows])
                getattr(single, name).bias.copy_(getattr(both, name).bias[rows])
            single.output.weight.copy_(both.output.weight[:, rows])
        apart = apart + run(single)
    torch.testing.assert_close(run(both), apart + both.output.bias, atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("norm", [Layer(), RMS()])
@pytest.mark.parametrize("placement", PLACEMENTS)
@pytest.mark.parametrize("feed_forward", [Dense(44, "relu"), Dense(44, "silu", gated=True)], ids=str)
def test_every_combination_trains(norm, placement, feed_forward):
    description = config(norm=norm, placement=placement, feed_forward=feed_forward, attention={"query_key_norm": RMS()})
    model, tokens = Decoder(description), some_tokens()
    initialise(model, description, 0)
    optimizer, losses = torch.optim.AdamW(model.parameters(), 3e-3), []
    for _ in range(30):
        loss = nn.functional.cross_entropy(model(tokens[:, :-1]).flatten(0, 1), tokens[:, 1:].flatten())
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert losses[-1] < 0.7 * losses[0]


def test_layers_alternate_and_equal_encodings_are_one_module():
    local = BlockConfig(attention=AttentionConfig(mask=SlidingWindow(4), position_encoding=Rotary(10_000.0)))
    everywhere = BlockConfig(attention=AttentionConfig(position_encoding=Learned()))
    description = replace(config(), depth=6, pattern=(local, local, everywhere), position_encoding=NoPositionEncoding())
    model = Decoder(description)
    assert [type(block.attention.rule) for block in model.stack.blocks] == [SlidingWindow, SlidingWindow, Causal] * 2
    assert model.stack.encoding_of == [0, 0, 1, 0, 0, 1]
    assert [name for name in model.state_dict() if "position" in name] == ["stack.position_encodings.1.table.weight"]


def test_an_attention_map_is_watched_by_an_ordinary_hook():
    model, maps = lively(config(kernel="explicit")), []
    model.stack.blocks[1].attention.weights.register_forward_hook(lambda module, inputs, out: maps.append(out.detach()))
    model(some_tokens(2, 5))
    assert maps[0].shape == (2, 4, 5, 5)
    torch.testing.assert_close(maps[0].sum(-1), torch.ones(2, 4, 5))
    assert (maps[0].triu(1) == 0).all()


@pytest.mark.parametrize("encoding", ENCODINGS, ids=str)
def test_the_state_is_the_parameters_and_nothing_else(encoding):
    model = Decoder(config(encoding=encoding))
    assert set(model.state_dict()) == {name for name, _ in model.named_parameters()}
    assert not list(model.buffers())
    assert "stack.blocks.1.attention.query.weight" in model.state_dict()


def test_reading_is_one_hot_times_table_and_touches_only_the_rows_it_read():
    description = replace(config(), tied=False, embedding_scale=True)
    model, tokens = lively(description), torch.tensor([[3, 5, 3]])
    one_hot = nn.functional.one_hot(tokens, VOCABULARY).float()
    table = model.embedding.tokens.weight
    torch.testing.assert_close(model.embedding.read(tokens), one_hot @ table * 40**0.5)
    model(tokens).square().sum().backward()
    assert table.grad.abs().sum(-1).nonzero().flatten().tolist() == [3, 5]


def test_a_tied_head_writes_with_the_table_it_reads_with():
    model, hidden = lively(config()), torch.ones(1, 1, 40)
    torch.testing.assert_close(model.write(hidden)[0, 0], model.embedding.tokens.weight.sum(-1))
    untied = lively(replace(config(), tied=False, head_bias=True))
    expected = untied.embedding.head.weight.sum(-1) + untied.embedding.head_bias
    torch.testing.assert_close(untied.write(hidden)[0, 0], expected)


def test_logits_are_the_hidden_states_written():
    model, tokens = lively(config()), some_tokens()
    assert torch.equal(model(tokens), model.write(model.hidden(tokens)))


def test_the_embedding_norm_is_applied():
    model = lively(replace(config(), embedding_norm=Layer()))
    tokens, seen = some_tokens(), []
    model.stack.blocks[0].register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0]))
    model(tokens)
    embedded = model.embedding.read(tokens) + model.stack.position_encodings[0].table.weight[:9]
    torch.testing.assert_close(seen[0], model.stack.first_norm(embedded))


def test_dropout_acts_in_training_only():
    model, tokens = lively(replace(config(), dropout=0.3)), some_tokens()
    assert torch.equal(model(tokens), model(tokens))
    model.train()
    assert not torch.equal(model(tokens), model(tokens))


def test_too_long_a_text_is_refused_naming_the_context():
    with pytest.raises(TextError, match=r"18 tokens is too long.*context of 17"):
        Decoder(config())(some_tokens(1, 18))
    Decoder(config(encoding=Rotary()))(some_tokens(1, 18))


def test_a_model_needs_to_know_how_many_tokens_there_are():
    with pytest.raises(SettingError, match="vocabulary: 0 stands for"):
        Decoder(ModelConfig())


@pytest.mark.parametrize("encoding", ENCODINGS, ids=str)
def test_sixteen_bits_come_close(encoding):
    description = config(encoding=encoding, attention={"query_key_norm": RMS()})
    model, tokens = Decoder(description), some_tokens()
    initialise(model, description, 0)
    exact = model(tokens)
    with torch.autocast("cpu", torch.bfloat16):
        mixed = model(tokens)
    torch.testing.assert_close(mixed.float(), exact, atol=0.02, rtol=0.05)
    model.bfloat16()
    whole = model(tokens)
    assert whole.dtype == torch.bfloat16
    torch.testing.assert_close(whole.float(), exact, atol=0.03, rtol=0.05)


def test_the_model_uses_nothing_prebuilt():
    for module in lively(config()).modules():
        own = type(module).__module__.startswith(hornbook.model.__name__)
        assert own or type(module) in (nn.Linear, nn.Embedding, nn.Identity, nn.Dropout, nn.ModuleList)
