"""What can be said about data, and what is refused."""

from __future__ import annotations

import subprocess
import sys

import pytest

from hornbook import settings
from hornbook.data.config import KINDS, DataConfig, Packed, RandomWindows, Shuffled
from hornbook.errors import SettingError


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"corpus": "stories", "text": ["a.txt"]}, "corpus"),
        ({"corpus": ""}, "corpus"),
        ({"documents": 0}, "documents"),
        ({"validation_fraction": 0.0}, "validation_fraction"),
        ({"validation_fraction": 1.0}, "validation_fraction"),
        ({"validation_fraction": float("nan")}, "validation_fraction"),
        ({"split": "documents"}, "split"),
        ({"order": {"kind": "shuffled", "stride": 0}}, "order.stride"),
        ({"order": "pakced"}, "order.kind"),
    ],
)
def test_a_wrong_setting_is_refused_by_its_name(wrong, name):
    with pytest.raises(SettingError) as raised:
        settings.build(DataConfig, wrong, KINDS)
    assert str(raised.value).startswith(f"{name}:")


@pytest.mark.parametrize(
    ("spelt", "order"),
    [
        ("random", RandomWindows()),
        ("shuffled", Shuffled()),
        ({"kind": "shuffled", "stride": 7}, Shuffled(7)),
        ("packed", Packed()),
    ],
)
def test_orders_are_read_and_written_as_they_are_spelt(spelt, order):
    config = settings.build(DataConfig, {"corpus": "stories", "order": spelt}, KINDS)
    assert config.order == order
    assert settings.build(DataConfig, settings.plain(config, KINDS), KINDS) == config


def test_settings_of_data_load_neither_torch_nor_numpy():
    code = "import sys, hornbook.data.config, hornbook.cli.prepare; print({'torch', 'numpy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
