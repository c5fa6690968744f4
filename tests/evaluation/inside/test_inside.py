"""Looking inside changes nothing, sums are whole, and a part switched off is the part zeroed by hand."""

from __future__ import annotations

import copy
import math
from dataclasses import replace

import pytest
import torch

from hornbook.errors import SettingError
from hornbook.evaluation.inside.ablation import Part, ablate, patching, read_part, switched_off
from hornbook.evaluation.inside.attribution import attribute, stream_norms
from hornbook.evaluation.inside.head_scores import head_scores
from hornbook.evaluation.inside.lens import lens_logits, look_through
from hornbook.evaluation.inside.observing import observe
from hornbook.evaluation.inside.trace import trace
from hornbook.model.config import RMS, BlockConfig
from tests.evaluation.inside.small_models import CONFIG, KINDS, SOURCE, TOKENS, given, made


@pytest.mark.parametrize("kind", KINDS)
def test_observing_sees_the_pass_and_leaves_the_model_as_it_was(kind):
    model = made(KINDS[kind])
    seen = observe(model, *given(kind))
    torch.testing.assert_close(seen.logits, model(*given(kind)), atol=1e-5, rtol=1e-5)
    assert len(seen.layers) == KINDS[kind].depth
    for layer, following in zip(seen.layers, seen.layers[1:], strict=False):
        assert torch.equal(layer.after, following.before)
    for layer in seen.layers + seen.encoder:
        torch.testing.assert_close(layer.before + sum(layer.added.values()), layer.after)
        for looked in layer.looked.values():
            torch.testing.assert_close(looked.weights.sum(-1), torch.ones(looked.weights.shape[:-1]))
    assert set(seen.layers[0].looked) == ({"attention", "cross"} if kind == "both" else {"attention"})
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())


def test_scores_become_the_weights():
    looked = observe(made(KINDS["encoder"]), TOKENS).layers[1].looked["attention"]
    torch.testing.assert_close(looked.scores.softmax(-1), looked.weights)


@pytest.mark.parametrize("kind", KINDS)
def test_the_last_lens_is_the_model_itself(kind):
    model = made(KINDS[kind])
    seen = observe(model, *given(kind))
    torch.testing.assert_close(lens_logits(model, seen)[-1], seen.logits, atol=1e-5, rtol=1e-5)
    lens = look_through(model, seen)
    assert (lens.rank[-1] == 0).all() and (lens.divergence[-1] == 0).all() and (lens.divergence[0] > 0).all()
    assert (lens.top[-1, :, 0] == seen.logits[0].argmax(-1)).all()
    assert (lens.entropy <= math.log2(23) + 1e-5).all()


@pytest.mark.parametrize("change", [{}, {"norm": RMS()}, {"placement": "sandwich"}, {"arrangement": "parallel"}])
def test_what_the_parts_put_into_a_logit_is_all_of_it(change):
    model = made(replace(CONFIG, pattern=(BlockConfig(**change),)))
    with torch.no_grad():  # nothing that belongs to no part
        for name, parameter in model.named_parameters():
            if name.endswith(("bias", "shift")):
                parameter.zero_()
    seen = observe(model, TOKENS)
    shares = attribute(model, seen, 3, 7, 11)
    assert sum(shares.values()) == pytest.approx(float(seen.logits[0, 3, 7] - seen.logits[0, 3, 11]), abs=1e-4)
    assert shares["bias"] == pytest.approx(0.0, abs=1e-4)
    assert set(shares) >= {"embedding", "head 0.2", "head 1.0", "mlp 1"} and abs(shares["head 1.0"]) > 1e-4


def test_no_sum_no_attribution():
    model = made(replace(CONFIG, pattern=(BlockConfig(placement="post"),)))
    with pytest.raises(SettingError, match="no sum of what its parts added"):
        attribute(model, observe(model, TOKENS), 3, 7, 11)


def test_shares_of_a_layer_are_whole():
    for row in stream_norms(observe(made(KINDS["both"]), SOURCE, TOKENS)):
        assert row["attention"] + row["cross"] + row["feed_forward"] == pytest.approx(1.0)


def test_a_head_switched_off_is_its_columns_zeroed_by_hand():
    model = made(CONFIG).requires_grad_(False)
    by_hand = copy.deepcopy(model)
    with torch.no_grad():
        by_hand.stack.block(1).attention.output.weight[:, 16:24] = 0.0
    with switched_off(model, Part("head", 1, 2)):
        torch.testing.assert_close(model(TOKENS), by_hand(TOKENS), atol=1e-5, rtol=1e-5)
    assert (model(TOKENS) - by_hand(TOKENS)).abs().max() > 1e-4  # ten times what is tolerated


def test_an_mlp_and_a_layer_switched_off_leave_the_stream_alone():
    model = made(KINDS["shared"])  # one block in three layers: only the one at work in this layer is off
    for part, branches in ((Part("mlp", 1), ["attention"]), (Part("layer", 1), [])):
        with switched_off(model, part):
            seen = observe(model, TOKENS)
        layer = seen.layers[1]
        torch.testing.assert_close(seen.layers[2].before, layer.before + sum(layer.added[name] for name in branches))
        torch.testing.assert_close(seen.layers[0].after, observe(model, TOKENS).layers[0].after)


def test_the_mean_says_the_same_everywhere():
    model = made(CONFIG)
    usual = observe(model, TOKENS).layers[0].looked["attention"].heads[:, 1]
    with switched_off(model, Part("mlp", 1), "mean"):
        added = observe(model, TOKENS).layers[1].added["feed_forward"]
    assert added.std(dim=1).max() < 1e-6 and usual.std(dim=-2).max() > 1e-3
    assert ablate(model, Part("head", 0, 1), TOKENS, fill="mean").divergence > 0


def test_a_part_is_written_as_it_is_read_and_others_are_refused():
    assert str(read_part("head:2.1")) == "head:2.1" and str(read_part("mlp:0")) == "mlp:0"
    for wrong in ("haed:2.1", "head:2", "mlp:x", "layer:1.2"):
        with pytest.raises(SettingError, match="part: "):
            read_part(wrong)
    for absent in (Part("layer", 2), Part("head", 0, 3)):
        with pytest.raises(SettingError, match="2 layers with 3 heads"), switched_off(made(CONFIG), absent):
            pass


def test_patching_the_last_place_of_the_last_layer_brings_everything_back():
    model = made(CONFIG)
    back = patching(model, TOKENS, torch.tensor([[3, 9, 4, 1, 5]]), 7, 11)
    assert back.shape == (2, 5)
    assert back[1, 4] == pytest.approx(1.0, abs=1e-4)
    torch.testing.assert_close(back[:, 0], torch.zeros(2), atol=1e-4, rtol=0)  # nothing differed there yet
    torch.testing.assert_close(back[1, :4], torch.zeros(4), atol=1e-4, rtol=0)  # nobody looks at it any more
    with pytest.raises(SettingError, match="5 and 7 tokens"):
        patching(model, TOKENS, SOURCE, 7, 11)


def test_heads_are_told_by_what_they_look_at():
    before = torch.eye(5).roll(-1, dims=1).tril()
    before[0, 0] = 1.0
    first = torch.zeros(5, 5)
    first[:, 0] = 1.0
    after_same = first.clone()
    after_same[3] = torch.tensor([0.0, 0.0, 1.0, 0.0, 0.0])  # token 1 stood at 1: what followed is at 2
    rows = head_scores(torch.stack([before, first, after_same]), TOKENS[0])
    assert [row["previous"] for row in rows] == pytest.approx([1.0, 0.25, 0.5])
    assert [row["first"] for row in rows] == pytest.approx([0.25, 1.0, 0.75])
    assert [row["induction"] for row in rows] == pytest.approx([1.0, 0.0, 1.0])
    assert [row["entropy"] for row in rows] == pytest.approx([0.0, 0.0, 0.0])
    assert head_scores(torch.full((1, 4, 4), 0.25), torch.arange(4))[0]["entropy"] == pytest.approx(2.0)
    assert math.isnan(head_scores(torch.full((1, 4, 4), 0.25), torch.arange(4))[0]["induction"])


@pytest.mark.parametrize("kind", KINDS)
def test_every_tensor_has_its_line_and_the_last_are_the_logits(kind):
    model = made(KINDS[kind])
    tensors, logits = trace(model, *given(kind)), model(*given(kind)).detach()
    last = tensors[-1]
    assert last.shape == tuple(logits.shape)
    assert (last.mean, last.high) == pytest.approx((float(logits.mean()), float(logits.max())), abs=1e-5)
    assert last.file == "model/models.py" and "F.linear" in last.code
    weights = [each for each in tensors if each.function == "softmax"]
    wanted = {"both": 6}.get(kind, KINDS[kind].depth)
    assert len(weights) == wanted and all(each.shape[1] == 3 and each.low >= 0 for each in weights)
    assert {each.file for each in weights} == {"model/scoring.py"}
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())
