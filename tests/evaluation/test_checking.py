"""Models of one's own: a right one passes every check, and each usual mistake is named."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest
import torch

from hornbook.batches import Positions
from hornbook.errors import HornbookError, MissingError, SettingError
from hornbook.evaluation.checking.checks import BOTH_WAYS, CAUSAL
from hornbook.evaluation.checking.subject import Subject
from hornbook.model.cache import make_cache
from hornbook.model.config import EncoderOnly, ModelConfig
from hornbook.model.initialise import initialise
from hornbook.model.models import build_model
from hornbook.workflows.check import check_file, examine
from tests.evaluation import learners_models

FILE = Path(learners_models.__file__)

MISTAKES = [
    ("OneAhead", "causal", "off by one"),
    ("NoMask", "causal", "no causal mask"),
    ("NoMask", "causal by gradient", "no causal mask"),
    ("OverQueries", "causal", "softmax over the queries"),
    ("LateMask", "causal", "added after the softmax"),
    ("Backwards", "looks back", "hides the past instead of the future"),
    ("Deaf", "looks back", "what attention returns is not used"),
    ("Deaf", "gradients", "never used"),
    ("OneLength", "any length", "cut it to the text"),
    ("Mixed", "rows apart", "view where transpose was meant"),
    ("Companionable", "rows apart", "BatchNorm"),
    ("Dropping", "repeatable", "dropout runs in evaluation"),
    ("NoPlaces", "order", "positions are not added"),
    ("FromTheEnd", "lengths apart", "counted from the end"),
    ("InAList", "registered", "nn.ModuleList"),
    ("Loud", "first loss", "weights begin too large"),
    ("Unregistered", "registered", "register_buffer"),
    ("Unsaved", "saving", "not in the state"),
    ("Detached", "gradients", "detach()"),
    ("LastOnly", "shape", "only one place is answered"),
    ("BatchSecond", "shape", "batch and time are swapped"),
]


@cache
def failures(target: str, both_ways: bool = False) -> dict[str, tuple[str, str]]:
    """What failed, by the name of the check: what was seen, and what is likely."""
    found = check_file(f"{FILE}:{target}", vocabulary=37, context=13, reads_both_ways=both_ways)
    return {each.name: (each.finding.seen, each.finding.likely) for each in found if each.finding.state == "failed"}


def test_a_right_model_passes_every_check() -> None:
    found = check_file(f"{FILE}:Good", vocabulary=37, context=13)
    assert {each.name: each.finding.state for each in found} == {
        check.__name__.replace("_", " "): "left out" if check.__name__ == "caching" else "passed" for check in CAUSAL
    }


@pytest.mark.parametrize(("name", "check", "likely"), MISTAKES)
def test_each_mistake_is_found_and_named(name: str, check: str, likely: str) -> None:
    found = failures(name)
    assert likely in found[check][1], found


def test_a_mask_that_is_off_by_one_is_told_from_none_by_how_far_it_reaches() -> None:
    assert "2 tokens after it" in failures("OneAhead")["causal"][0], "once for each of two layers"
    assert "the first answer knows the last token" in failures("NoMask")["causal"][0]


def test_an_error_of_the_model_itself_is_told_with_its_line() -> None:
    seen, _ = failures("Raises")["shape"]
    assert "RuntimeError" in seen and "super().forward(tokens) @ self.places.weight" in seen


def test_an_encoder_has_to_see_both_ways() -> None:
    assert failures("Reader", both_ways=True) == {}
    assert "a causal mask is left" in failures("Good", both_ways=True)["both ways"][1]


def ours(config: ModelConfig) -> torch.nn.Module:
    """A model of ours, its weights drawn."""
    model = build_model(config)
    initialise(model, config, torch.initial_seed() % 1000)
    return model


class Cached(torch.nn.Module):
    """Our decoder, with its cache as the checks expect one."""

    def __init__(self, right: bool = True) -> None:
        super().__init__()
        self.config = ModelConfig(vocabulary=37, context=13, width=24, heads=2, depth=2)
        self.model, self.right = ours(self.config), right

    def forward(self, tokens, cache=None):
        if cache is None and tokens.shape[1] > 1:
            return self.model(tokens)
        cache = cache or make_cache(self.config, 1, dtype=torch.float64)
        wrong = None if self.right else Positions.counting(*tokens.shape, tokens.device)
        return self.model(tokens, wrong, cache), cache


@pytest.mark.slow
def test_a_cache_has_to_say_what_the_whole_text_says() -> None:
    right, wrong = (
        {each.name: each.finding for each in examine(Subject(lambda r=r: Cached(r), 37, 13), CAUSAL)}
        for r in (True, False)
    )
    assert all(finding.state == "passed" for finding in right.values()), right
    assert "positions have to go on" in wrong["caching"].likely


@pytest.mark.slow
@pytest.mark.parametrize("architecture", [None, EncoderOnly()])
def test_models_of_ours_pass(architecture) -> None:
    settings = {"architecture": architecture} if architecture else {}
    config = ModelConfig(vocabulary=37, context=13, width=24, heads=2, depth=2, **settings)
    checks = BOTH_WAYS if architecture else CAUSAL
    found = examine(Subject(lambda: ours(config), 37, 13), checks)
    assert [each for each in found if each.finding.state == "failed"] == []


def test_what_cannot_be_examined_is_refused(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("x = 1\ny = x.z\n")
    (tmp_path / "needy.py").write_text("class Needy:\n    def __init__(self, heads): ...\n")
    for target, error, said in [
        ("Good", SettingError, "expected FILE:Class"),
        (f"{tmp_path}/none.py:Good", MissingError, "does not exist"),
        (f"{FILE}:Goode", SettingError, "did you mean 'Good'"),
        (f"{tmp_path}/broken.py:X", HornbookError, "line 2: y = x.z"),
        (f"{tmp_path}/needy.py:Needy", SettingError, "it needs heads; give it as in --set heads=64"),
    ]:
        with pytest.raises(error, match=said):
            check_file(target)
    with pytest.raises(SettingError, match="did you mean 'width'"):
        check_file(f"{FILE}:Good", settings={"widht": 3})
    with pytest.raises(SettingError, match="makes a Needy, expected a"):
        check_file(f"{tmp_path}/needy.py:Needy", settings={"heads": 1})


@pytest.mark.slow
def test_the_command_says_what_is_wrong_and_exits_with_4(hornbook) -> None:
    bad = hornbook("check", f"{FILE}:BatchSecond", "--set", "width=16", "--vocabulary", "29", expect=4)
    assert "-> batch and time are swapped" in bad.stdout and "checks failed: shape" in bad.stderr
    told = json.loads(hornbook("check", f"{FILE}:LastOnly", "--json", expect=4).stdout)
    assert not told["ok"] and len(told["checks"]) == len(CAUSAL)
