"""The encoder-decoder: who sees what, the same with a cache as without, and the source read once."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from safetensors.torch import load_file, save_file

from hornbook.batches import NOTHING, Positions
from hornbook.model.cache import make_cache, reordered
from hornbook.model.config import (
    RMS,
    Alibi,
    AttentionConfig,
    BlockConfig,
    Causal,
    Dense,
    EncoderAndDecoder,
    Layer,
    Learned,
    ModelConfig,
    NoPositionEncoding,
    RelativeBias,
    Rotary,
    Sinusoidal,
    SlidingWindow,
)
from hornbook.model.initialise import initialise
from hornbook.model.kernels import KeysValues
from hornbook.model.models import EncoderDecoder
from hornbook.model.position_encodings import Order
from tests.model.lively import close, enliven, pad, padded, some_tokens

VOCABULARY = 31
ENCODINGS = {
    "none": (NoPositionEncoding(), None),
    "learned": (Learned(), None),
    "sinusoidal": (Sinusoidal(), None),
    "rotary": (Rotary(100.0), None),
    "alibi": (Alibi(), None),
    "relative": (RelativeBias(8, 16), RelativeBias(8, 16, both_ways=True)),
    "mixed": (Rotary(100.0), Sinusoidal()),
}
BLOCKS = {
    "post": BlockConfig(feed_forward=Dense(53, "relu"), placement="post"),
    "pre": BlockConfig(feed_forward=Dense(53, "relu")),
    "sandwich": BlockConfig(feed_forward=Dense(53, "relu"), norm=RMS(), placement="sandwich"),
    "parallel": BlockConfig(feed_forward=Dense(53, "relu"), arrangement="parallel"),
}
SOURCES = [some_tokens(1, length, VOCABULARY, length)[0] for length in (11, 3, 7)]
TARGETS = [some_tokens(1, length, VOCABULARY, 20 + length)[0] for length in (5, 9, 1)]


def config(encodings="rotary", block="post", kernel="fused", **other):
    decoder, encoder = ENCODINGS[encodings]
    description = replace(BLOCKS[block], attention=AttentionConfig(kernel=kernel))
    settings = {"width": 30, "heads": 5, "kv_heads": 1, "head_width": 6, "depth": 3, "context": 23, **other}
    return ModelConfig(
        architecture=EncoderAndDecoder(depth=2, position_encoding=encoder),
        vocabulary=VOCABULARY,
        pattern=(description,),
        position_encoding=decoder,
        **settings,
    )


def model_of(*arguments, **settings):
    return enliven(EncoderDecoder(config(*arguments, **settings)))


# Who sees what --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("kernel", ["explicit", "direct", "fused"])
@pytest.mark.parametrize("encodings", ENCODINGS)
@torch.no_grad()
def test_padding_of_source_and_target_changes_no_logit(encodings, kernel, side):
    model = model_of(encodings, kernel=kernel)
    source, source_positions = pad(SOURCES, 13, side, filler=3)
    target, positions = pad(TARGETS, 10, side, filler=5)
    together = model(source, target, source_positions, positions)
    assert together.isfinite().all()
    for row, (read, written) in enumerate(zip(SOURCES, TARGETS, strict=True)):
        close(together[row, positions.index[row] >= 0], model(read[None], written[None])[0])


@pytest.mark.parametrize("block", BLOCKS)
@torch.no_grad()
def test_what_stands_in_the_padding_of_the_source_is_never_looked_at(block):
    model, target = model_of(block=block), some_tokens(2, 5, VOCABULARY, 3)
    source, positions = some_tokens(2, 11, VOCABULARY), padded([11, 4], 11)
    changed = source.clone()
    changed[1, 4:] = (changed[1, 4:] + 9) % VOCABULARY
    assert torch.equal(model(source, target, positions), model(changed, target, positions))
    seen = source.clone()
    seen[1, 3] = (seen[1, 3] + 9) % VOCABULARY
    assert ((model(source, target, positions) - model(seen, target, positions))[1].abs().amax(-1) > 1e-6).all()


@pytest.mark.parametrize("kernel", ["explicit", "direct", "fused"])
@torch.no_grad()
def test_the_decoder_never_looks_ahead(kernel):
    model, source, target = model_of(kernel=kernel), some_tokens(2, 7, VOCABULARY), some_tokens(2, 9, VOCABULARY, 3)
    before = model(source, target)
    for time in range(1, 9):
        changed = target.clone()
        changed[:, time:] = (changed[:, time:] + 7) % VOCABULARY
        after = model(source, changed)
        assert torch.equal(after[:, :time], before[:, :time])
        assert not torch.equal(after[:, time], before[:, time])


@torch.no_grad()
def test_every_place_of_the_target_sees_the_whole_source():
    model, source, target = model_of(), some_tokens(1, 7, VOCABULARY), some_tokens(1, 5, VOCABULARY, 3)
    memory = model.encode(source)
    before = model.hidden(target, memory)
    for place in range(7):
        changed = [KeysValues(one.keys, one.values.clone(), one.positions) for one in memory]
        for one in changed:
            one.values[:, :, place] += 1.0  # in what is remembered: in the source, each token has seen all others
        assert ((model.hidden(target, changed) - before).abs().amax(-1) > 1e-6).all()


@pytest.mark.parametrize("rule", [None, Causal(), SlidingWindow(2)], ids=str)
@torch.no_grad()
def test_the_encoder_reads_both_ways_whatever_the_decoder_does(rule):
    block = replace(BLOCKS["post"], attention=AttentionConfig(mask=rule))
    model = enliven(EncoderDecoder(replace(config(), architecture=EncoderAndDecoder(depth=1), pattern=(block,))))
    source = some_tokens(1, 7, VOCABULARY)
    before = model.encode(source)[0].values
    for place in range(7):
        changed = source.clone()
        changed[0, place] = (changed[0, place] + 1) % VOCABULARY
        assert ((model.encode(changed)[0].values - before).abs().amax((1, 3)) > 1e-6).all()


@pytest.mark.parametrize("encodings", ["rotary", "alibi", "relative"])
@torch.no_grad()
def test_looking_at_the_source_pays_no_regard_to_where_one_stands(encodings):
    model, source = model_of(encodings), some_tokens(2, 7, VOCABULARY)
    same = torch.randn(2, 1, 30, generator=torch.Generator().manual_seed(0)).double().expand(2, 5, 30)
    order = Order.of(model.decoder.position_encodings[0], Positions.counting(2, 5))
    after = model.decoder.blocks[0](same, order, None, model.encode(source)[0])
    close(after, after[:, :1].expand(2, 5, 30))  # the first attention finds one value everywhere, and so does this


@torch.no_grad()
def test_a_real_token_0_of_the_source_is_not_padding():
    model, target = model_of(), some_tokens(1, 5, VOCABULARY, 3)
    whole, cut = (model(torch.tensor([[7, 0, 12, 0, 0][:length]]), target) for length in (5, 3))
    assert ((whole - cut).abs().amax(-1) > 1e-3).all()


@torch.no_grad()
def test_rows_are_independent():
    model, order = model_of(), torch.tensor([2, 0, 1])
    (source, there), (target, positions) = pad(SOURCES, 11), pad(TARGETS, 9)
    straight = model(source, target, there, positions)
    moved = model(source[order], target[order], Positions(there.index[order]), Positions(positions.index[order]))
    real = positions.index[order] >= 0
    close(moved[real], straight[order][real])


@torch.no_grad()
def test_maps_of_the_second_attention_can_be_watched():
    model = model_of(kernel="explicit")
    (source, there), target = pad(SOURCES, 11), some_tokens(3, 5, VOCABULARY, 3)
    maps = []
    for block in model.decoder.blocks:
        block.cross.weights.register_forward_hook(lambda module, inputs, output: maps.append(output))
    model(source, target, there)
    assert [tuple(seen.shape) for seen in maps] == [(3, 5, 5, 11)] * 3
    for seen in maps:
        close(seen.sum(-1), torch.ones(3, 5, 5).double())
        assert (seen.transpose(1, 3)[there.index == NOTHING] == 0).all()  # and all of it on real tokens


# With a cache ---------------------------------------------------------------------------------------------------------


def step_by_step(model, source, there, target, positions, chunk=1):
    """The logits of the target, ``chunk`` tokens at a time."""
    memory, time = model.encode(source, there), target.shape[1]
    cache = make_cache(model.config, len(target), time, dtype=torch.float64)
    logits = []
    for start in range(0, time, chunk):
        some = slice(start, start + chunk)
        hidden = model.hidden(target[:, some], memory, Positions(positions.index[:, some]), cache)
        logits.append(model.write(hidden))
    return torch.cat(logits, dim=1)


@pytest.mark.parametrize("chunk", [1, 4])
@pytest.mark.parametrize("kernel", ["explicit", "direct", "fused"])
@pytest.mark.parametrize("encodings", ENCODINGS)
@torch.no_grad()
def test_with_a_cache_is_as_without_for_texts_of_mixed_lengths(encodings, kernel, chunk):
    model = model_of(encodings, kernel=kernel)
    (source, there), (target, positions) = pad(SOURCES, 13), pad(TARGETS, 9)
    stepwise, real = step_by_step(model, source, there, target, positions, chunk), positions.index >= 0
    close(stepwise[real], model(source, target, there, positions)[real])


@pytest.mark.parametrize("block", BLOCKS)
@torch.no_grad()
def test_without_positions_a_cache_counts_on(block):
    model, source, target = model_of(block=block), some_tokens(2, 7, VOCABULARY), some_tokens(2, 6, VOCABULARY, 3)
    cache, memory = make_cache(model.config, 2, dtype=torch.float64), model.encode(source)
    stepwise = [model.write(model.hidden(target[:, time : time + 1], memory, cache=cache)) for time in range(6)]
    close(torch.cat(stepwise, dim=1), model(source, target))


@torch.no_grad()
def test_the_source_is_read_once_however_much_is_written():
    model, source = model_of(), some_tokens(2, 7, VOCABULARY)
    calls = dict.fromkeys(("encoder", "cross.key", "cross.value", "cross.query"), 0)

    def count(name):
        def hook(module, inputs, output):
            calls[name] += 1

        return hook

    model.encoder.register_forward_hook(count("encoder"))
    for block in model.decoder.blocks:
        for part in ("key", "value", "query"):
            getattr(block.cross, part).register_forward_hook(count(f"cross.{part}"))
    memory, cache = model.encode(source), make_cache(model.config, 2, dtype=torch.float64)
    token = torch.zeros(2, 1, dtype=torch.long)
    for _ in range(11):
        token = model.write(model.hidden(token, memory, cache=cache)).argmax(-1)
    assert calls == {"encoder": 1, "cross.key": 3, "cross.value": 3, "cross.query": 3 * 11}


@torch.no_grad()
def test_a_row_that_has_ended_leaves_the_others_alone():
    model, source = model_of(), some_tokens(2, 7, VOCABULARY)
    target = some_tokens(2, 6, VOCABULARY, 3)
    index = torch.arange(6).repeat(2, 1)
    index[0, 2:] = NOTHING
    stepwise = step_by_step(model, source, Positions.counting(2, 7), target, Positions(index))
    close(stepwise[1], model(source, target)[1])
    close(stepwise[0, :2], model(source, target)[0, :2])


@torch.no_grad()
def test_a_row_can_go_on_where_another_has_been():
    model, rows = model_of(), torch.tensor([1, 1, 0])
    (source, there), target = pad(SOURCES[:2], 11), some_tokens(2, 4, VOCABULARY, 3)
    memory, cache = model.encode(source, there), make_cache(model.config, 2, dtype=torch.float64)
    model.hidden(target, memory, cache=cache)
    moved = [KeysValues(one.keys[rows], one.values[rows], Positions(one.positions.index[rows])) for one in memory]
    following = some_tokens(3, 1, VOCABULARY, 4)
    after = model.write(model.hidden(following, moved, cache=reordered(cache, rows)))
    again = model(source[rows], torch.cat([target[rows], following], dim=1), Positions(there.index[rows]))
    close(after[:, -1], again[:, -1])


# Parameters -----------------------------------------------------------------------------------------------------------


def test_one_table_reads_the_source_reads_the_target_and_writes():
    description = config("sinusoidal", embedding_scale=True)
    model = EncoderDecoder(description)
    tables = [name for name, parameter in model.named_parameters() if parameter.shape == (VOCABULARY, 30)]
    assert tables == ["embedding.tokens.weight"]
    initialise(model, description, 3)
    table = model.embedding.tokens.weight
    assert model.embedding.head is None and 0 < table.detach().std() < 0.1


def test_the_table_learns_from_all_three_uses():
    model, source, target = model_of(), some_tokens(2, 7, VOCABULARY), some_tokens(2, 5, VOCABULARY, 3)
    model(source, target).square().mean().backward()
    whole, parts = model.embedding.tokens.weight.grad.clone(), []
    table = model.embedding.tokens.weight
    for learns in range(3):
        model.zero_grad()
        copies = [table if use == learns else table.detach() for use in range(3)]
        memory = model.decoder.remember(
            model.encoder(copies[0][source], Positions.counting(2, 7)), Positions.counting(2, 7)
        )
        hidden = model.decoder(copies[1][target], Positions.counting(2, 5), None, memory)
        (hidden @ copies[2].T).square().mean().backward()
        parts.append(table.grad.clone())
    assert all(part.abs().max() > 0 for part in parts)
    close(whole, sum(parts))


def test_a_model_is_the_same_after_saving_and_loading(tmp_path):
    description = config("relative", tied=False)
    model = EncoderDecoder(description)
    initialise(model, description, 3)
    save_file(model.state_dict(), tmp_path / "model.safetensors")
    loaded = EncoderDecoder(description)
    loaded.load_state_dict(load_file(tmp_path / "model.safetensors"))
    source, target = some_tokens(2, 7, VOCABULARY), some_tokens(2, 5, VOCABULARY, 3)
    assert torch.equal(loaded(source, target), model(source, target))


@pytest.mark.parametrize("encodings", ENCODINGS)
def test_a_state_dict_holds_what_is_learned_and_nothing_else(encodings):
    model = EncoderDecoder(config(encodings, context=1009))
    assert list(model.state_dict()) == [name for name, _ in model.named_parameters()]
    assert not list(model.buffers())
    long = [name for name, parameter in model.named_parameters() if parameter.shape[0] == 1009]
    assert len(long) == (2 if encodings == "learned" else 0)  # no table of waves or angles


@pytest.mark.parametrize("block", BLOCKS)
def test_every_parameter_learns(block):
    model, source, target = model_of("relative", block), some_tokens(2, 7, VOCABULARY), some_tokens(2, 8, VOCABULARY, 3)
    model(source, target).square().mean().backward()
    still = {name for name, parameter in model.named_parameters() if parameter.grad.abs().max() < 1e-9}
    assert still == {name for name in model.state_dict() if name.endswith("key.bias")}  # they move all scores alike


def test_shared_layers_share_the_second_attention_too():
    sizes = {
        depth: sum(p.numel() for p in EncoderDecoder(config(depth=depth, shared=True)).parameters()) for depth in (1, 5)
    }
    assert sizes[1] == sizes[5]
    model, source, target = model_of(depth=4, shared=True), some_tokens(2, 7, VOCABULARY), some_tokens(2, 5, VOCABULARY)
    apart = EncoderDecoder(config(depth=4)).double()
    state = model.state_dict()
    apart.load_state_dict({name: state.get(name, state.get(in_first_layer(name))) for name in apart.state_dict()})
    close(model(source, target), apart(source, target))
    model(source, target).square().mean().backward()
    apart(source, target).square().mean().backward()
    keys = [block.cross.key.weight.grad for block in apart.decoder.blocks]
    close(model.decoder.blocks[0].cross.key.weight.grad, sum(keys))


def in_first_layer(name):
    """The same parameter of the first layer of the same half."""
    before, layer, rest = name.partition(".blocks.")
    return f"{before}{layer}0.{rest.partition('.')[2]}"


def test_the_halves_may_differ_in_depth_blocks_and_positions():
    half = BlockConfig(feed_forward=Dense(41), norm=Layer(), placement="pre")
    kind = EncoderAndDecoder(depth=5, pattern=(half,), position_encoding=Learned())
    model = EncoderDecoder(replace(config("rotary", "post"), architecture=kind))
    assert len(model.encoder.blocks) == 5 and len(model.decoder.blocks) == 3
    assert model.encoder.blocks[4].feed_forward.up.out_features == 41
    assert "encoder.norm.scale" in model.state_dict() and "decoder.norm.scale" not in model.state_dict()
    assert not any(".cross." in name for name in model.encoder.state_dict())
