"""The encoder: padding, token 0, companions and depth change nothing that they should not change."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file, save_file

from hornbook.model.config import (
    RMS,
    Alibi,
    AttentionConfig,
    BlockConfig,
    BlockSparse,
    Dense,
    EncoderOnly,
    Layer,
    Learned,
    ModelConfig,
    NoPositionEncoding,
    RelativeBias,
    Rotary,
    Sinusoidal,
)
from hornbook.model.heads import POOLINGS
from hornbook.model.initialise import initialise
from hornbook.model.models import Encoder, build_model
from hornbook.model.position_encodings import Order
from tests.model.lively import close, enliven, pad, padded, some_tokens

VOCABULARY = 31
ENCODINGS = [
    NoPositionEncoding(),
    Learned(),
    Sinusoidal(),
    Rotary(100.0),
    Alibi(),
    RelativeBias(8, 16, both_ways=True),
]
NETWORK = Dense(53, "gelu_tanh")
BLOCKS = {
    "pre": BlockConfig(feed_forward=NETWORK),
    "post": BlockConfig(feed_forward=NETWORK, placement="post"),
    "sandwich": BlockConfig(feed_forward=NETWORK, norm=RMS(), placement="sandwich"),
    "inside": BlockConfig(feed_forward=NETWORK, norm=RMS(), placement="inside"),
    "parallel": BlockConfig(feed_forward=NETWORK, arrangement="parallel"),
    "sparse": BlockConfig(
        attention=AttentionConfig(mask=BlockSparse(3, near=1, first=1, stride=2, both_ways=True)), feed_forward=NETWORK
    ),
}


def config(encoding=Learned(), block=BLOCKS["post"], kernel="fused", **other):
    block = replace(block, attention=replace(block.attention, kernel=kernel))
    settings = {"width": 30, "heads": 5, "head_width": 6, "depth": 3, "context": 29, **other}
    kind = EncoderOnly(segments=2, transform="gelu")
    return ModelConfig(
        architecture=kind,
        vocabulary=VOCABULARY,
        pattern=(block,),
        position_encoding=encoding,
        embedding_norm=Layer(),
        head_bias=True,
        **settings,
    )


def encoder(*arguments, **settings):
    return enliven(Encoder(config(*arguments, **settings)))


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("kernel", ["explicit", "direct", "fused"])
@pytest.mark.parametrize("encoding", ENCODINGS, ids=str)
@torch.no_grad()
def test_padding_changes_no_hidden_state_no_pooled_vector_and_no_logit(encoding, kernel, side):
    model = encoder(encoding, kernel=kernel)
    rows = [some_tokens(1, length, VOCABULARY, length)[0] for length in (11, 4, 7)]
    tokens, positions = pad(rows, 17, side, filler=3)
    hidden, logits = model.hidden(tokens, positions), model(tokens, positions)
    assert hidden.isfinite().all()
    for row, text in enumerate(rows):
        alone, place = padded([len(text)], len(text)), positions.index[row] >= 0
        close(hidden[row, place], model.hidden(text[None])[0])
        close(logits[row, place], model(text[None])[0])
        for pooling in POOLINGS.values():
            close(pooling(hidden, positions)[row], pooling(model.hidden(text[None]), alone)[0])


@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
@torch.no_grad()
def test_padding_changes_nothing_in_any_kind_of_block(block):
    model, tokens = encoder(Rotary(100.0), block), some_tokens(3, 13, VOCABULARY)
    together = model(tokens, padded([13, 5, 8], 13))
    for row, length in enumerate((13, 5, 8)):
        close(together[row, :length], model(tokens[row : row + 1, :length])[0])


@torch.no_grad()
def test_what_stands_in_the_padding_makes_no_difference():
    model, tokens, positions = encoder(), some_tokens(2, 11, VOCABULARY), padded([11, 6], 11)
    changed = tokens.clone()
    changed[1, 6:] = (changed[1, 6:] + 5) % VOCABULARY
    before, after = model.hidden(tokens, positions), model.hidden(changed, positions)
    assert torch.equal(before[0], after[0]) and torch.equal(before[1, :6], after[1, :6])


@torch.no_grad()
def test_a_real_token_0_is_not_padding():
    model, tokens = encoder(), torch.tensor([[7, 0, 12, 0, 0]])
    all_five, first_three = model.hidden(tokens), model.hidden(tokens[:, :3])
    assert not torch.allclose(all_five[:, :3], first_three, atol=1e-3)  # the last two zeros are looked at
    others = model.hidden(torch.tensor([[7, 1, 12, 0, 0]]))
    assert ((all_five - others).abs().amax(-1) > 1e-3).all()  # and so is the one in the middle, by all


@torch.no_grad()
def test_every_token_sees_every_other():
    model, tokens = encoder(depth=1), some_tokens(1, 7, VOCABULARY)
    before = model.hidden(tokens)
    for place in range(7):
        changed = tokens.clone()
        changed[0, place] = (changed[0, place] + 1) % VOCABULARY
        assert ((model.hidden(changed) - before).abs().amax(-1) > 1e-6).all()


@torch.no_grad()
def test_rows_are_independent():
    model, tokens, order = encoder(), some_tokens(5, 11, VOCABULARY), torch.tensor([3, 0, 4, 1, 2])
    lengths = torch.tensor([11, 3, 8, 1, 5])
    straight = model(tokens, padded(lengths.tolist(), 11))
    permuted = model(tokens[order], padded(lengths[order].tolist(), 11))
    there = padded(lengths[order].tolist(), 11).index >= 0
    close(permuted[there], straight[order][there])


@torch.no_grad()
def test_without_segments_every_token_belongs_to_the_first():
    model, tokens = encoder(), some_tokens(2, 7, VOCABULARY)
    close(model.hidden(tokens), model.hidden(tokens, segments=torch.zeros_like(tokens)))
    second = torch.tensor([[0, 0, 0, 1, 1, 1, 1]] * 2)
    assert ((model.hidden(tokens, segments=second) - model.hidden(tokens)).abs().amax(-1) > 1e-3).all()
    with torch.no_grad():
        model.segments.weight[1] = model.segments.weight[0]
    close(model.hidden(tokens, segments=second), model.hidden(tokens))


@torch.no_grad()
def test_tokens_are_written_by_transform_table_and_bias():
    model, hidden = encoder(), torch.randn(2, 5, 30, generator=torch.Generator().manual_seed(0)).double()
    raised = torch.nn.functional.gelu(hidden @ model.transform.linear.weight.T + model.transform.linear.bias)
    centred = raised - raised.mean(-1, keepdim=True)
    normed = centred / (centred.square().mean(-1, keepdim=True) + 1e-5).sqrt()
    ready = normed * model.transform.norm.scale + model.transform.norm.shift
    close(model.write(hidden), ready @ model.embedding.tokens.weight.T + model.embedding.head_bias)


def test_tied_weights_are_one_parameter_through_initialising_saving_and_loading(tmp_path):
    description = config()
    model = Encoder(description)
    names = [name for name, parameter in model.named_parameters() if parameter.shape == (VOCABULARY, 30)]
    assert names == ["embedding.tokens.weight"]
    initialise(model, description, 5)
    save_file(model.state_dict(), tmp_path / "model.safetensors")
    loaded = Encoder(description)
    loaded.load_state_dict(load_file(tmp_path / "model.safetensors"))
    tokens = some_tokens(2, 7, VOCABULARY)
    assert torch.equal(loaded(tokens), model(tokens))
    with torch.no_grad():
        before = loaded.write(torch.ones(1, 1, 30))
        loaded.embedding.tokens.weight[4] += 1.0
        after = loaded.write(torch.ones(1, 1, 30))
    assert (after != before).nonzero().tolist() == [[0, 0, 4]]  # what is read anew is written anew


def test_a_tied_table_learns_from_reading_and_from_writing():
    model, tokens = encoder(), some_tokens(2, 7, VOCABULARY)
    model(tokens).square().mean().backward()
    both = model.embedding.tokens.weight.grad.clone()
    apart = enliven(Encoder(config(tied=False)))
    apart.load_state_dict({**model.state_dict(), "embedding.head.weight": model.embedding.tokens.weight.detach()})
    apart(tokens).square().mean().backward()
    close(both, apart.embedding.tokens.weight.grad + apart.embedding.head.weight.grad)


@pytest.mark.parametrize("encoding", ENCODINGS, ids=str)
def test_a_state_dict_holds_what_is_learned_and_nothing_else(encoding):
    model = Encoder(config(encoding, context=1009))
    assert list(model.state_dict()) == [name for name, _ in model.named_parameters()]
    assert not list(model.buffers())
    longest = max(parameter.shape[0] for parameter in model.parameters())
    assert longest == (1009 if isinstance(encoding, Learned) else 53)  # no table of waves or angles


@pytest.mark.parametrize("width", [1, 7, 33])
@torch.no_grad()
def test_waves_fit_an_odd_width(width):
    model = encoder(Sinusoidal(), width=width, heads=1, head_width=5)
    tokens = some_tokens(2, 7, VOCABULARY)
    assert model.hidden(tokens).shape == (2, 7, width)
    close(model.hidden(tokens, padded([7, 4], 7))[1, :4], model.hidden(tokens[1:, :4])[0])


def test_shared_layers_do_not_grow_with_depth():
    sizes = {depth: sum(p.numel() for p in Encoder(config(depth=depth, shared=True)).parameters()) for depth in (1, 5)}
    assert sizes[1] == sizes[5]
    blocks = [replace(BLOCKS["post"], feed_forward=Dense(hidden)) for hidden in (41, 43)]
    two = Encoder(replace(config(depth=6, shared=True), pattern=tuple(blocks)))
    assert [two.stack.block(layer).feed_forward.up.out_features for layer in range(6)] == [41, 43] * 3


def test_gradients_of_shared_layers_add_up():
    tokens = some_tokens(2, 7, VOCABULARY)
    shared, apart = encoder(depth=4, shared=True), Encoder(config(depth=4)).double()
    apart.load_state_dict({name: shared.state_dict()[in_first_layer(name)] for name in apart.state_dict()})
    close(shared(tokens), apart(tokens))
    shared(tokens).square().mean().backward()
    apart(tokens).square().mean().backward()
    total = {name: torch.zeros_like(parameter) for name, parameter in shared.named_parameters()}
    for name, parameter in apart.named_parameters():
        total[in_first_layer(name)] += parameter.grad
    for name, parameter in shared.named_parameters():
        close(parameter.grad, total[name])


def in_first_layer(name):
    """The same parameter of the first layer."""
    before, layer, rest = name.partition("stack.blocks.")
    return f"{before}{layer}0.{rest.partition('.')[2]}" if layer else name


@pytest.mark.parametrize("place", ["pre", "sandwich"])
@torch.no_grad()
def test_parallel_parts_read_one_stream_and_are_added_at_once(place):
    block = replace(BLOCKS["parallel"], placement=place)
    model = encoder(NoPositionEncoding(), block, depth=1)
    stream = torch.randn(2, 7, 30, generator=torch.Generator().manual_seed(0)).double()
    layer, order = model.stack.blocks[0], order_of(model)
    normed = layer.around_attention.before(stream)
    looked = layer.attention(normed, order, layer.attention.keys_and_values(normed, order))
    added = layer.around_attention.after(looked + layer.feed_forward(normed))
    close(layer(stream, order), stream + added)
    assert not any("around_feed_forward" in name for name in model.state_dict())


@torch.no_grad()
def test_a_sandwich_norms_before_and_after_each_part():
    model = encoder(NoPositionEncoding(), BLOCKS["sandwich"], depth=1)
    stream = torch.randn(2, 7, 30, generator=torch.Generator().manual_seed(0)).double()
    layer, order = model.stack.blocks[0], order_of(model)
    normed = layer.around_attention.before(stream)
    looked = layer.attention(normed, order, layer.attention.keys_and_values(normed, order))
    between = stream + layer.around_attention.after(looked)
    thought = layer.feed_forward(layer.around_feed_forward.before(between))
    close(layer(stream, order), between + layer.around_feed_forward.after(thought))
    outgoing = layer.around_feed_forward.after(thought) / layer.around_feed_forward.after.scale
    torch.testing.assert_close(outgoing.square().mean(-1), torch.ones(2, 7).double(), atol=1e-5, rtol=0.0)


def order_of(model, time=7):
    """Where the tokens of a test stand, as the model's stack would say it."""
    return Order.of(model.stack.position_encodings[0], padded([time, time], time))


def test_an_encoder_without_its_head_costs_what_the_head_does_not():
    bare = replace(config(), architecture=EncoderOnly(), head_bias=False)
    more = sum(p.numel() for p in build_model(config()).parameters()) - sum(
        p.numel() for p in build_model(bare).parameters()
    )
    assert more == 2 * 30 + (30 * 30 + 30 + 2 * 30) + VOCABULARY  # segments, transform with its norm, bias
