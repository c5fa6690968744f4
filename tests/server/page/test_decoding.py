"""The decoding lab: every filter's distribution, the tree, and beams beside the best text there is."""

from __future__ import annotations

import pytest
import torch

from hornbook.generation.config import Beams, Sampling
from hornbook.generation.sampling import filtered, filters
from hornbook.generation.translate import continuations
from hornbook.workflows.load import load_run
from tests.server.asking import ask


@pytest.fixture(scope="module")
def letters(runs):
    return load_run(runs / "letters")


def test_the_last_stage_is_the_distribution_that_is_drawn_from(page, letters) -> None:
    settings = {"temperature": 0.7, "top_k": 3, "top_p": 0.9, "min_p": 0.02, "repetition_penalty": 1.3}
    found = ask(page, "POST", "/page/decoding/filters", {"prompt": "abca", **settings})[1]
    assert [each["name"] for each in found["stages"]] == [
        *("model", "repetition_penalty", "temperature", "top_k", "top_p", "min_p")
    ]
    tokens = torch.tensor([letters.tokenizer.encode("abca")])
    with torch.no_grad():
        logits = filtered(letters.model(tokens)[:, -1], tokens, filters(Sampling(**settings)))
    drawn = logits.double().softmax(-1)[0]
    last = found["stages"][-1]
    assert last["p"] == pytest.approx(drawn[[each["id"] for each in found["tokens"]]].tolist(), abs=1e-6)
    assert last["kept"] == int((drawn > 0).sum()) < found["stages"][0]["kept"] == letters.tokenizer.vocab_size


def test_filters_that_do_nothing_have_no_stage(page) -> None:
    found = ask(page, "POST", "/page/decoding/filters", {"prompt": "abca", "top_p": 1.0})[1]
    assert [each["name"] for each in found["stages"]] == ["model"]


def test_a_tree_grows_from_parents_to_children_and_probabilities_multiply(page) -> None:
    nodes = ask(page, "POST", "/page/decoding/tree", {"prompt": "ab", "branches": 2, "depth": 3})[1]["nodes"]
    assert len(nodes) == 2 + 4 + 8
    for place, node in enumerate(nodes):
        assert node["parent"] < place
        above = 1.0 if node["parent"] < 0 else nodes[node["parent"]]["path_p"]
        assert node["path_p"] == pytest.approx(above * node["p"], rel=1e-4)
    [likeliest] = ask(page, "POST", "/page/next", {"prompt": "ab", "top": 1})[1]["next"]
    assert nodes[0]["token"]["id"] == likeliest["id"] and nodes[0]["p"] == pytest.approx(likeliest["p"], rel=1e-4)


def test_beams_are_those_of_the_search_and_none_is_better_than_the_best(page, letters) -> None:
    asked = {"prompt": "ab", "beams": 2, "max_tokens": 3}
    found = ask(page, "POST", "/page/decoding/beams", asked)[1]
    beams = Beams(beams=2, best=2, max_tokens=3, length_penalty=0.0)
    [expected] = continuations(letters.model, [letters.tokenizer.encode("ab")], None, beams)
    assert found["found"][0]["log_p"] == pytest.approx(expected[0].log_probability, abs=1e-4)
    assert len(found["steps"]) == 3 and all(sum(each["kept"] for each in s["beams"]) == 2 for s in found["steps"])
    best = found["exhaustive"]
    assert best["score"] >= max(each["score"] for each in [*found["found"], found["greedy"]]) - 1e-6
    assert 1 <= best["looked_at"] <= 1 + 7 + 49


def test_the_best_is_not_looked_for_among_too_many(page) -> None:
    found = ask(page, "POST", "/page/decoding/beams", {"prompt": "ab", "max_tokens": 20})[1]
    assert found["exhaustive"] is None and "looked through" in found["exhaustive_because"]


def test_an_encoder_decoder_s_answer_is_searched_like_a_text(page) -> None:
    asked = {"model": "turner", "source": "a b", "beams": 2, "max_tokens": 3}
    found = ask(page, "POST", "/page/decoding/beams", asked)[1]
    assert found["exhaustive"]["score"] >= found["found"][0]["score"] - 1e-6
    nodes = ask(page, "POST", "/page/decoding/tree", {"model": "turner", "source": "a b", "depth": 2})[1]["nodes"]
    assert sum(each["p"] for each in nodes if each["parent"] < 0) <= 1.0001
