"""Inside: what is drawn is what the model did, a part switched off changes the answer, a checkpoint the loss."""

from __future__ import annotations

import gzip
import math

import numpy as np
import pytest
import torch

from hornbook.evaluation.attention_maps import cross_attention, self_attention
from hornbook.workflows.load import load_run
from tests.server.asking import ask

TEXT = "abcab abcba"


@pytest.fixture(scope="module")
def letters(runs):
    return load_run(runs / "letters")


@pytest.fixture(scope="module")
def seen(page):
    return ask(page, "POST", "/page/inside", {"prompt": TEXT})[1]


def maps_of(page, seen, kind, **headers):
    status, read, told = ask(page, "GET", f"/page/inside/{seen['trace']}/maps/{kind}", **headers)
    assert status == 200
    if told.get("content-encoding") == "gzip":
        read = gzip.decompress(read)
    sizes = [seen["maps"][kind][name] for name in ("layers", "heads", "rows", "columns")]
    return np.frombuffer(read, dtype=np.uint8).reshape(sizes) / 255


def test_maps_are_the_weights_of_the_model_to_a_step_of_255(page, seen, letters) -> None:
    tokens = torch.tensor([letters.tokenizer.encode(TEXT)])
    expected = np.stack([each[0].numpy() for each in self_attention(letters.model, tokens)])
    found = maps_of(page, seen, "attention")
    assert np.abs(found - expected).max() <= 0.5 / 255 + 1e-6
    assert seen["maps"]["attention"]["causal"] and np.triu(found[0, 0], 1).max() == 0
    assert np.array_equal(found, maps_of(page, seen, "attention", Accept_Encoding="gzip"))
    head = ask(page, "GET", f"/page/inside/{seen['trace']}/head/attention/1/0")[1]
    assert np.abs(np.array(head["weights"]) - expected[1, 0]).max() < 1e-4
    assert head["scores"][0][1] is None and len(head["values"]) == len(TEXT)


def test_tokens_losses_and_the_last_row_of_the_lens_agree_with_the_answer(page, seen) -> None:
    assert "".join(each["text"] for each in seen["tokens"]) == TEXT
    scored = ask(page, "POST", "/page/score", {"prompt": TEXT})[1]
    assert seen["loss"] == pytest.approx(scored["loss"], rel=1e-4)
    bits = [-math.log2(each["p"]) for each in scored["tokens"][1:]]
    assert seen["surprise_bits"][1:] == pytest.approx(bits, rel=1e-3)
    assert seen["lens"]["top"][-1][-1][0]["id"] == seen["next"][0]["id"]
    assert len(seen["lens"]["top"]) == 3 and seen["lens"]["kl_bits"][-1] == [0.0] * len(TEXT)
    again = ask(page, "GET", f"/page/inside/{seen['trace']}/lens")[1]
    assert again["rank"] == seen["lens"]["rank"]


def test_vectors_are_shown_in_a_few_columns_and_add_up(seen) -> None:
    embedded = seen["embeddings"]
    assert embedded["columns"] == 32 == embedded["width"]
    if embedded["position"] is not None:
        total = np.array(embedded["token"]) + np.array(embedded["position"])
        assert np.abs(total - np.array(embedded["sum"])).max() < 1e-3
    for layer in seen["stream"]:
        assert layer["attention"] + layer["feed_forward"] == pytest.approx(1, abs=1e-4)
        assert len(layer["norms"]) == len(TEXT)


def test_a_head_switched_off_changes_the_distribution_and_nothing_afterwards(page, seen) -> None:
    asked = {"prompt": TEXT, "parts": ["head:1.0", "mlp:0"]}
    found = ask(page, "POST", "/page/inside/ablate", asked)[1]
    assert found["before"]["next"][0]["p"] == pytest.approx(seen["next"][0]["p"], rel=1e-3)
    assert found["kl_bits"] > 1e-4 and found["after"]["next"] != found["before"]["next"]
    assert found["after"]["loss"] != found["before"]["loss"] == pytest.approx(seen["loss"], rel=1e-4)
    assert ask(page, "POST", "/page/inside", {"prompt": TEXT})[1]["next"] == seen["next"]
    single = ask(page, "POST", "/page/inside/ablate", {"prompt": TEXT, "parts": ["head:1.0"]})[1]
    assert single["kl_bits"] != found["kl_bits"]


def test_another_checkpoint_had_another_loss(page, seen) -> None:
    earlier = ask(page, "POST", "/page/inside", {"prompt": TEXT, "checkpoint": "step-000010"})[1]
    assert earlier["loss"] > seen["loss"] + 0.01 and earlier["id"] == "letters@step-000010"


def test_parts_add_up_to_the_difference_of_two_logits(page) -> None:
    found = ask(page, "POST", "/page/inside/attribute", {"prompt": TEXT})[1]
    assert sum(each["value"] for each in found["parts"]) == pytest.approx(found["difference"], abs=1e-3)
    assert found["difference"] >= 0 and found["parts"][0]["part"] == "embedding"
    status, answer, _ = ask(page, "POST", "/page/inside/attribute", {"model": "reader", "prompt": "The"})
    assert status == 400 and "encoder" in answer["error"]["message"]


def test_the_nearest_tokens_are_nearest_by_cosine(page, letters) -> None:
    found = ask(page, "POST", "/page/inside/neighbours", {"token": 3, "top": 2})[1]
    table = letters.model.embedding.tokens.weight.detach()
    cosines = torch.nn.functional.cosine_similarity(table, table[3][None], dim=-1)
    cosines[3] = -2
    assert found["neighbours"][0]["id"] == int(cosines.argmax()) and found["token"]["id"] == 3


def test_an_encoder_looks_both_ways_and_an_encoder_decoder_across(page, runs) -> None:
    both = ask(page, "POST", "/page/inside", {"model": "reader", "prompt": "The old mill"})[1]
    assert not both["maps"]["attention"]["causal"] and both["loss"] is None
    assert np.triu(maps_of(page, both, "attention")[0, 0], 1).max() > 0
    across = ask(page, "POST", "/page/inside", {"model": "turner", "source": "a b c", "prompt": "b"})[1]
    assert set(across["maps"]) == {"attention", "cross", "encoder"}
    loaded = load_run(runs / "turner")
    source = torch.tensor([loaded.tokenizer.encode("a b c")])
    tokens = torch.tensor([[each["id"] for each in across["tokens"]]])
    expected = np.stack([each[0].numpy() for each in cross_attention(loaded.model, source, tokens)])
    assert np.abs(maps_of(page, across, "cross") - expected).max() <= 0.5 / 255 + 1e-6


def test_traces_that_are_gone_and_parts_that_are_not_there_are_errors_in_words(page, seen) -> None:
    for method, path, body, status in (
        ("GET", "/page/inside/0123/maps/attention", None, 410),
        ("GET", f"/page/inside/{seen['trace']}/maps/cross", None, 404),
        ("GET", f"/page/inside/{seen['trace']}/head/attention/9/0", None, 400),
        ("POST", "/page/inside/ablate", {"prompt": "a", "parts": ["head:9.0"]}, 400),
        ("POST", "/page/inside/ablate", {"prompt": "a", "parts": ["haed:0.0"]}, 400),
        ("POST", "/page/inside/ablate", {"prompt": "a", "parts": ["mlp:0"], "place": 5}, 400),
        ("POST", "/page/inside/neighbours", {"token": 99}, 400),
    ):
        found, answer, _ = ask(page, method, path, body)
        assert found == status and answer["error"]["message"], path
