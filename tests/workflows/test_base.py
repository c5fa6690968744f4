"""Beginning with another run: its weights, its tokenizer, some of them trained, and what was forgotten."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from hornbook.errors import MissingError, SettingError
from hornbook.finetuning.adapting import body_of
from hornbook.finetuning.config import Everything, LowRank
from hornbook.tokenizers.saved import fingerprint
from hornbook.workflows.base import forgetting
from hornbook.workflows.load import load_run
from hornbook.workflows.recipe import load_recipe
from hornbook.workflows.recorded import read_evaluation
from hornbook.workflows.report import finish
from hornbook.workflows.train import resume, train
from tests.workflows.test_train import Interrupted, StopsAfter, weights

KINDS = {
    "everything": "everything",
    "head": "head",
    "last_blocks": "last_blocks",
    "biases": "biases",
    "low_rank": "{kind = 'low_rank', rank = 2, targets = ['query', 'up']}",
    "dora": "{kind = 'low_rank', rank = 2, magnitude = true}",
    "int8": "{kind = 'low_rank', rank = 2, base = 'int8'}",
    "adapters": "{kind = 'adapters', width = 3}",
    "prefix": "{kind = 'prefix', length = 2}",
    "prompt": "{kind = 'prompt', length = 2}",
}


@pytest.fixture
def base(place: Path) -> Path:
    """A run that continues texts, and a table of labelled lines."""
    train(load_recipe("small.toml", ["training.steps=4", "tokenizer.kind=words", "model.tied=false"]), Path("base"))
    rows = [f"{'cat' if n % 2 else 'rat'} the cat sat on {n} mat,{'odd' if n % 2 else 'even'}" for n in range(40)]
    Path("labels.csv").write_text("\n".join(["line,parity", *rows, rows[0], rows[1]]) + "\n")
    return place / "base"


def classified(*overrides: str):
    return load_recipe(
        "classify",
        [
            "base=base",
            "data.text=['labels.csv']",
            "data.columns=['line', 'parity']",
            "training.minutes=none",
            "training.steps=3",
            "training.precision=float32",
            "training.threads=1",
            *overrides,
        ],
    )


@pytest.mark.slow
@pytest.mark.usefixtures("base")
def test_a_recipe_with_a_base_has_its_model_and_its_tokenizer():
    recipe, base = classified(), load_recipe("base/config.toml")
    assert recipe.base == str(Path("base").resolve())
    assert (recipe.model.width, recipe.model.context) == (base.model.width, base.model.context)
    assert recipe.model.dropout == 0.1, "what the recipe says of the training stays"
    train(load_recipe("small.toml", ["training.steps=1", "model.position_encoding=none"]), Path("turned"))
    assert load_recipe("classify", ["base=turned"]).model.context == 256
    run = train(recipe, Path("run")).run
    assert fingerprint(load_run(run.folder).tokenizer) == fingerprint(load_run("base").tokenizer)


@pytest.mark.slow
@pytest.mark.usefixtures("base")
def test_a_training_begins_with_the_weights_of_its_base():
    run = train(
        classified("training.optimizer.learning_rate=1e-12", "training.optimizer.weight_decay=0.0"), Path("run")
    )
    before, after = (body_of(load_run(name).model).state_dict() for name in ("base", run.run.folder))
    assert before.keys() == after.keys()
    for name, tensor in before.items():
        torch.testing.assert_close(after[name], tensor, atol=1e-9, rtol=0)


@pytest.mark.slow
@pytest.mark.parametrize("name", KINDS)
@pytest.mark.usefixtures("base")
def test_every_way_of_adapting_trains_stops_goes_on_and_is_used(name):
    recipe = classified(f"adapting={KINDS[name]}", "training.save_every=1")
    whole = train(recipe, Path("whole")).run
    with pytest.raises(Interrupted):
        train(recipe, Path("cut"), StopsAfter(2))
    assert weights(resume("cut").run) == weights(whole)
    info = json.loads((whole.folder / "run.json").read_text())
    assert (info["trained"] == info["parameters"]) == (name == "everything")
    result = finish(whole)
    assert result.sentence()
    base, own = (body_of(load_run(folder).model) for folder in ("base", whole.folder))
    there = dict(own.named_parameters())
    there |= {name.replace(".inner", ""): tensor for name, tensor in there.items() if ".inner" in name}
    changed = [
        name for name, tensor in base.named_parameters() if name in there and not torch.equal(there[name], tensor)
    ]
    assert bool(changed) == (name not in ("head", "adapters", "prefix", "prompt"))


@pytest.mark.slow
@pytest.mark.usefixtures("base")
def test_what_was_forgotten_is_in_the_report_and_in_the_evaluation():
    run = train(classified("training.steps=6", "training.optimizer.learning_rate=0.01"), Path("run")).run
    finish(run)
    found = read_evaluation(run)
    assert found is not None
    lost = found["forgetting"]
    assert lost["after"] > lost["before"]
    assert "What it has forgotten" in run.report.read_text()
    kept = train(classified("adapting=prefix", "training.steps=1"), Path("kept")).run
    assert forgetting(load_run("base")) is None, "a run without a base has nothing to forget"
    measured = forgetting(load_run(kept.folder))
    assert measured is not None
    assert measured.before == pytest.approx(lost["before"])


@pytest.mark.slow
@pytest.mark.usefixtures("base")
def test_copies_are_dropped_before_anything_is_divided():
    run = train(classified(), Path("run")).run
    data = json.loads((run.folder / "data" / "data.json").read_text())
    assert data["source"]["rows"] == 40
    assert [part["text"]["documents"] for part in (data["train"], data["validation"])] == [32, 8]


@pytest.mark.parametrize(
    ("overrides", "complaint"),
    [
        (["base=nowhere"], "nowhere does not exist"),
        (["model.width=44"], "do not fit this model"),
        (["data.columns=['line', 'partiy']"], "no column 'partiy'.*did you mean 'parity'"),
        (["data.columns=['line']"], "at least one label"),
        (["adapting={kind = 'low_rank', targets = ['qurey']}"], "no matrix 'qurey'.*did you mean 'query'"),
        (["adapting={kind = 'last_blocks', count = 9}"], "has 3 blocks, found 9"),
    ],
)
@pytest.mark.usefixtures("base")
def test_what_does_not_fit_is_refused_and_nothing_is_left_behind(overrides, complaint):
    with pytest.raises((SettingError, MissingError, Exception), match=complaint):
        train(classified(*overrides), Path("run"))
    assert not Path("run").exists()


@pytest.mark.usefixtures("base")
def test_a_table_with_one_class_is_refused():
    Path("labels.csv").write_text("line,parity\n" + "".join(f"the cat {n},odd\n" for n in range(9)))
    with pytest.raises(Exception, match="at least two different labels, found 'odd'"):
        train(classified(), Path("run"))
    assert not Path("run").exists()


@pytest.mark.slow
@pytest.mark.usefixtures("base")
def test_balanced_classes_are_as_many_and_weights_make_them_count_alike():
    rows = [f"the cat sat on {n} mats,{'many' if n % 5 else 'few'}" for n in range(50)]
    Path("labels.csv").write_text("\n".join(["line,parity", *rows]) + "\n")
    run = train(classified("data.balanced=true"), Path("even")).run
    assert json.loads((run.folder / "data" / "data.json").read_text())["source"]["rows"] == 20
    train(classified("task.class_weights=balanced"), Path("weighed"))


def test_the_default_is_to_train_everything():
    assert load_recipe("classify").adapting == Everything()
    assert load_recipe("classify", ["adapting=low_rank"]).adapting == LowRank()
