"""Models: cards that agree with the models themselves, and the doctor asked through the page."""

from __future__ import annotations

import json
import shutil
from typing import get_args, get_type_hints

import pytest
import torch

from hornbook.cli.export import export
from hornbook.corpus.catalogue import CATALOGUE
from hornbook.errors import SettingError
from hornbook.model.modules import ADDED
from hornbook.training.checkpoints import read_progress
from hornbook.training.run_folder import Run
from hornbook.workflows.diagnose import diagnosis_of
from hornbook.workflows.export_model import FORMATS, export_huggingface
from hornbook.workflows.load import load_run
from hornbook.workflows.recipe import load_recipe
from hornbook.workflows.train import train
from hornbook.workflows.watchers import Silent
from hornbook.workflows.watching.cards import card_of
from tests.server.asking import ask
from tests.server.serving import serving

ALL = ("letters", "turner", "writer", "answerer", "reader")


@pytest.mark.parametrize("name", ALL)
def test_modules_add_up_to_the_parameters_of_the_model_as_it_is_loaded(page, runs, name) -> None:
    card = ask(page, "GET", f"/page/cards/{name}")[1]
    modules = {each["module"]: each["parameters"] for each in card["modules"]}
    model = load_run(runs / name).model
    assert sum(modules.values()) == card["parameters"] == sum(each.numel() for each in model.parameters())
    networks = (
        each for key, each in model.named_parameters() if "feed_forward.up" in key or "feed_forward.down" in key
    )
    assert modules["feed-forward"] == sum(each.numel() for each in networks)
    assert ("cross-attention" in modules) == (name == "turner")


def test_the_list_has_every_run_with_what_it_has_seen_and_its_best_score(page, runs) -> None:
    listed = {each["model"]: each for each in ask(page, "GET", "/page/cards")[1]["models"]}
    assert set(listed) == set(ALL)
    for name, line in listed.items():
        run = Run(runs / name)
        assert (line["tokens"], line["steps"]) == (read_progress(run.latest)["tokens"], 30)
        card = ask(page, "GET", f"/page/cards/{name}")[1]
        assert {key: card[key] for key in line if key != "error"} == {
            key: value for key, value in line.items() if key != "error"
        }
        evaluated = [each["val_loss"] for each in card["checkpoints"] if each["val_loss"] is not None]
        assert line["val_loss"] == min(evaluated)
    kinds = {name: line["kind"] for name, line in listed.items()}
    assert kinds["turner"] == "encoder_decoder" and kinds["reader"] == "encoder" and kinds["letters"] == "decoder"


SHORT = """
[training]
steps = 2
batch = 3
compile = "never"
threads = 1
evaluate_every = 0
[samples]
prompts = []
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["low_rank", "adapters", "prefix"])
def test_what_fine_tuning_has_added_is_counted_apart_and_kept_from_formats_without_a_word_for_it(
    runs, tmp_path, kind
) -> None:
    before = card_of(Run(runs / "letters"))
    head = f'name = "tuned"\nbase = "{runs}/letters"\nadapting = {{kind = "{kind}"}}\n'
    data = f'[data]\ntext = ["{runs}/text.txt"]\nsplit = "position"\nvalidation_fraction = 0.1\n'
    (tmp_path / "tuned.toml").write_text(head + data + SHORT, encoding="utf-8")
    run = train(load_recipe(str(tmp_path / "tuned.toml")), tmp_path / "tuned", Silent()).run
    card = card_of(run)
    modules = {each["module"]: each["parameters"] for each in card["modules"]}
    assert modules.pop(ADDED) == run.info["trained"] > 0
    assert modules == {each["module"]: each["parameters"] for each in before["modules"]}
    assert card["parameters"] == run.info["parameters"] and card["data"]["base"] == "letters"
    refused = {each["to"]: each["refusal"] for each in card["exports"]}
    assert (refused["hf"] is None, refused["peft"] is None) == (kind == "low_rank", kind == "low_rank")
    if kind != "low_rank":
        with pytest.raises(SettingError, match=f"{kind} has learned"):
            export_huggingface(load_run(run.folder), tmp_path / "out")


def test_a_licence_is_told_where_the_catalogue_has_one_and_is_never_made_up(page, runs, tmp_path) -> None:
    data = ask(page, "GET", "/page/cards/letters")[1]["data"]
    assert data["names"] == ["text.txt"] and data["licence"] is None and data["title"] is None
    shutil.copytree(runs / "letters", tmp_path / "plays")
    file = tmp_path / "plays" / "data" / "data.json"
    said = json.loads(file.read_text(encoding="utf-8"))
    said["config"] |= {"corpus": "tinyshakespeare", "text": []}
    file.write_text(json.dumps(said), encoding="utf-8")
    with serving([tmp_path / "plays"], root=tmp_path) as server:
        card = ask(server, "GET", "/page/cards/plays")[1]
    assert card["data"]["names"] == ["tinyshakespeare"]
    assert card["data"]["licence"] == CATALOGUE["tinyshakespeare"].licence
    assert f"- licence: {CATALOGUE['tinyshakespeare'].licence}" in card["markdown"]


def test_every_format_of_the_command_has_a_line_and_says_why_where_it_cannot_be(page) -> None:
    named = get_args(get_type_hints(export)["to"])
    exports = {each["to"]: each for each in ask(page, "GET", "/page/cards/letters")[1]["exports"]}
    assert tuple(exports) == named == tuple(FORMATS)
    assert exports["hf"]["refusal"] is None and "--to hf --out letters-hf" in exports["hf"]["command"]
    assert "characters" in exports["gguf"]["refusal"], "llama.cpp has no word for this tokenizer"
    assert "low_rank" in exports["peft"]["refusal"]
    writer = {each["to"]: each for each in ask(page, "GET", "/page/cards/writer")[1]["exports"]}
    assert writer["gguf"]["refusal"] is None


def test_the_doctor_says_through_the_page_what_he_says_elsewhere(page, runs) -> None:
    for name in ("answerer", "turner"):
        found = ask(page, "POST", f"/page/cards/{name}/doctor", {})[1]
        expected = diagnosis_of(runs / name)
        assert found["checks"] == expected.checks and found["refusal"] is None
        assert [each["name"] for each in found["findings"]] == [each.name for each in expected.findings]
        assert {each["name"]: each["value"] for each in found["path"]}["compiled"] == "no"


def test_a_learning_rate_that_left_its_schedule_is_found_and_threads_are_given_back(page, runs, tmp_path) -> None:
    shutil.copytree(runs / "answerer", tmp_path / "hasty")
    file = Run(tmp_path / "hasty").metrics
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    for line in lines:
        if line["kind"] == "update":
            line["learning_rate"] *= 3
    file.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    threads = torch.get_num_threads()
    with serving([tmp_path / "hasty"], root=tmp_path) as server:
        found = ask(server, "POST", "/page/cards/hasty/doctor", {})[1]
    assert found["findings"] and all(each["evidence"] and each["advice"] for each in found["findings"])
    assert torch.get_num_threads() == threads


def test_a_run_that_was_not_trained_here_is_not_judged_and_says_why(page, runs, tmp_path) -> None:
    shutil.copytree(runs / "letters", tmp_path / "brought")
    file = tmp_path / "brought" / "run.json"
    info = json.loads(file.read_text(encoding="utf-8"))
    del info["choices"]
    file.write_text(json.dumps(info | {"imported": "hf:somebody/small"}), encoding="utf-8")
    with serving([tmp_path / "brought"], root=tmp_path) as server:
        found = ask(server, "POST", "/page/cards/brought/doctor", {})[1]
        assert ask(server, "GET", "/page/cards/brought")[1]["data"]["imported"] == "hf:somebody/small"
    assert found["findings"] == [] and found["checks"] == 0 and "not trained here" in found["refusal"]


def test_what_is_damaged_is_listed_with_its_reason_and_what_is_not_there_is_not_found(page, runs, tmp_path) -> None:
    shutil.copytree(runs / "letters", tmp_path / "whole")
    shutil.copytree(runs / "letters", tmp_path / "broken")
    Run(tmp_path / "broken").latest.joinpath("model.safetensors").write_bytes(b"nothing")
    with serving([tmp_path / "whole"], root=tmp_path) as server:
        listed = {each["model"]: each for each in ask(server, "GET", "/page/cards")[1]["models"]}
    assert listed["whole"]["error"] is None and "safetensors" in listed["broken"]["error"]
    for method, path in (
        ("GET", "/page/cards/nobody"),
        ("GET", "/page/cards/..%2f.."),
        ("POST", "/page/cards/x/doctor"),
    ):
        status, answer, _ = ask(page, method, path, {} if method == "POST" else None)
        assert status == 404 and answer["error"]["message"]
