"""A plan on paper adds up, and its memory is what processes were measured to hold."""

from __future__ import annotations

import pytest

from hornbook.errors import SettingError
from hornbook.model.count import count
from hornbook.model.presets import PRESETS
from hornbook.workflows.plan_at_scale import GPUS, Asked, config_of, plan_at_scale

XL = PRESETS["gpt2-xl"]


def test_the_hours_are_the_operations_over_what_the_gpus_do_in_that_time() -> None:
    planned = plan_at_scale(XL, Asked(30e9, utilisation=0.4))
    operations = 30e9 * count(XL).training_flops_per_token()
    assert planned.hours * 3600 * 8 * 989e12 * 0.4 == pytest.approx(operations)
    assert planned.steps * planned.step_tokens == pytest.approx(30e9, rel=1e-4)
    assert planned.computing * planned.steps == pytest.approx(planned.hours * 3600, rel=1e-4)


def test_what_is_held_is_sixteen_bytes_a_parameter_or_a_share_of_it() -> None:
    whole = plan_at_scale(XL, Asked(1e9, distribution="data_parallel")).bytes
    for gpus in (1, 2, 8):
        share = plan_at_scale(XL, Asked(1e9, gpus=gpus)).bytes
        for name in ("weights", "gradients", "moments"):
            assert getattr(share, name) * gpus == pytest.approx(getattr(whole, name))
    assert whole.weights + whole.gradients + whole.moments == 16 * count(XL).parameters


def test_one_pass_in_slices_sends_as_much_as_a_ring_of_gradients() -> None:
    asked = Asked(1e9, batch=64, rows=8)
    sharded, ring = plan_at_scale(XL, asked), plan_at_scale(XL, Asked(1e9, batch=64, distribution="data_parallel"))
    assert sharded.passes == 1
    assert sharded.bytes.sent == pytest.approx(ring.bytes.sent)  # 4 + 4 bytes a parameter: bfloat16 twice, float32 once


def test_blocks_are_computed_twice_only_where_memory_is_short_and_that_costs_a_third() -> None:
    small, large = plan_at_scale(XL, Asked(1e9, rows=8)), plan_at_scale(XL, Asked(1e9, rows=64))
    assert not small.recomputed and large.recomputed
    assert large.memory < GPUS["h100"].memory
    assert large.hours == pytest.approx(small.hours * 4 / 3)


def test_what_does_not_fit_together_is_refused() -> None:
    with pytest.raises(SettingError, match="did you mean 'h100'"):
        Asked(1e9, gpu="h10")
    with pytest.raises(SettingError, match="take a multiple of 64"):
        Asked(1e9, batch=100)
    with pytest.raises(SettingError, match="fully_sharded"):
        Asked(1e9, distribution="fully_shared")


def test_a_preset_and_a_recipe_are_both_models_and_settings_change_them() -> None:
    assert config_of("gpt2-xl") == XL
    assert config_of("gpt2", ["model.context=2048"]).context == 2048
    assert config_of("moby-dick").vocabulary > 0
