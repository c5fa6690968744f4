"""Plans: parameters by part add up, a few steps are made and thrown away, and a run is held against what was said."""

from __future__ import annotations

from pathlib import Path

import pytest

from hornbook.errors import MissingError, SettingError
from hornbook.evaluation.scaling_law import Fit, Point, ScalingLaw
from hornbook.files import write_json
from hornbook.model.config import ModelConfig
from hornbook.model.count import count
from hornbook.training.run_folder import Run
from hornbook.workflows.choices import operations_per_token
from hornbook.workflows.foreseen import Foreseen, line_of, outcomes
from hornbook.workflows.load import load_run
from hornbook.workflows.plan import modules_of, plan
from hornbook.workflows.recipe import Recipe, load_recipe, resolved
from hornbook.workflows.report import finish
from hornbook.workflows.train import train

LAW = ScalingLaw(1.0, 30.0, 0.4, 50.0, 0.5)


def law_of(recipe: Recipe, folder: Path) -> Path:
    """A law as a scaling study leaves it, of a recipe's text."""
    places = [(n, d) for n in (1e3, 3e3, 9e3) for d in (1e3, 3e3, 9e3)]
    fitted = Fit(LAW, tuple(Point(n, d, LAW.at(n, d) * (1 + 0.001 * (-1) ** i)) for i, (n, d) in enumerate(places)))
    own = resolved(recipe)
    told = {name: own[name] for name in ("task", "data", "tokenizer")}
    law = {"recipe": told, "context": recipe.model.context, "fit": fitted.as_json(), "next": {"confidence": 0.9}}
    write_json(folder / "law.json", law)
    return folder


@pytest.mark.parametrize("kind", ["decoder", "encoder_decoder"])
def test_parameters_by_part_add_up(kind: str) -> None:
    recipe = load_recipe("numbers", [f"model.architecture={kind}", "model.vocabulary=101", "task=translate"])
    sizes = modules_of(recipe.model)
    assert sum(sizes.values()) == count(recipe.model).parameters and ("cross-attention" in sizes) == (kind != "decoder")
    learned = modules_of(ModelConfig(vocabulary=101, width=16, heads=4, context=8))
    assert learned["positions"] == 8 * 16 and learned["token embeddings"] == 101 * 16


@pytest.mark.slow
def test_a_run_is_held_against_what_a_few_steps_said_of_it(place: Path) -> None:
    recipe = load_recipe("small.toml", ["training.evaluate_every=0", "training.save_every=0"])
    law_of(recipe, place / "law")
    said = plan(recipe, trying=True, law=place / "law")
    assert said.measured is not None and said.measured.steps >= 5 and said.expected is not None
    assert said.seconds == pytest.approx(said.measured.first + 36 * said.measured.step)
    assert said.expected.low < said.expected.loss < said.expected.high
    assert not list(place.glob("runs*"))
    outcome = train(recipe, place / "run", prediction=said.prediction())
    result = finish(outcome.run)
    weights = count(load_run("run").model.config).active_parameters
    assert said.expected.loss == pytest.approx(LAW.at(float(weights), 37.0 * 6 * 13))
    found = {each.what: each for each in outcomes(Run.open(place / "run"), 37, result.measured)}
    assert set(found) == {"training time", "steps", "most memory", "loss"} and found["steps"].miss == 0
    assert found["most memory"].found > 50 and found["loss"].found == result.measured.loss
    page = (place / "run/report.html").read_text()
    assert "What was predicted, and what came" in page and line_of(found["loss"])[1] in page
    by_the_clock = plan(load_recipe("small.toml", ["training.steps=none", "training.minutes=0.5"]), trying=True)
    assert by_the_clock.steps is not None and by_the_clock.seconds == 30 and by_the_clock.steps > 10


@pytest.mark.slow
def test_a_law_of_another_text_says_nothing_and_one_that_is_missing_is_named(place: Path) -> None:
    recipe = load_recipe("small.toml")
    folder = law_of(recipe, place / "law")
    with pytest.raises(SettingError, match="another tokenizer"):
        plan(load_recipe("small.toml", ["tokenizer=words"]), law=folder)
    with pytest.raises(SettingError, match="another context"):
        plan(load_recipe("small.toml", ["model.context=17"]), law=folder)
    with pytest.raises(MissingError, match="holds no law"):
        plan(recipe, law=place / "nowhere")
    assert plan(recipe).expected is None
    law_of(recipe, place / "runs/study-small-1")
    found = plan(recipe).expected
    assert found is not None and found.law == str(Path("runs/study-small-1"))


def test_a_miss_is_a_part_of_what_came() -> None:
    each = Foreseen("training time", "s", 80.0, 100.0)
    assert each.miss == pytest.approx(0.2) and each.inside is None
    assert line_of(each) == ("training time", "80.0 s", "100.0 s", "+20.0%")
    loss = Foreseen("loss", "nats/token", 1.0, 1.25, (0.9, 1.2))
    assert loss.inside is False and line_of(loss)[3] == "+20.0%, outside"


def test_candidates_spare_logits_where_those_are_a_plain_product() -> None:
    def operations(*settings: str) -> int:
        recipe = load_recipe("quickstart", ["model.vocabulary=4096", *settings])
        return operations_per_token(recipe, recipe.model)

    some, more_than_a_product = "task={kind='next_token', candidates=1000}", "model.head_softcap=30.0"
    assert operations() - operations(some) == 6 * 160 * (4096 - 1000)
    assert operations(more_than_a_product, some) == operations(more_than_a_product) == operations()
