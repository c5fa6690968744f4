"""Inside: what is drawn is what the model did, a part switched off changes the answer, a checkpoint the loss."""

from __future__ import annotations

import gzip
import http.client
import json
import math

import numpy as np
import pytest
import torch

from hornbook.evaluation.attention_maps import cross_attention, self_attention
from hornbook.evaluation.inside.ablation import with_and_without
from hornbook.evaluation.inside.temperature import Temperature
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


def test_attention_at_a_temperature_moves_the_answer_and_at_1_does_not(page, seen, letters) -> None:
    warm = [
        {"of": "attention:1", "value": 0.001}
    ]  # a small model, which hardly looks at anything more than at the rest
    found = ask(page, "POST", "/page/inside/ablate", {"prompt": TEXT, "temperatures": warm})[1]
    tokens = torch.tensor([letters.tokenizer.encode(TEXT)])
    by_hand = with_and_without(letters.model, [Temperature(0.001, "attention", 1)], tokens)[1]
    assert found["after"]["next"][0]["p"] == pytest.approx(float(by_hand[-1].exp().max()), rel=1e-5)
    assert found["kl_bits"] > 1e-4 and found["after"]["loss"] != found["before"]["loss"]
    usual = [{"value": 1.0}]
    same = ask(page, "POST", "/page/inside/ablate", {"prompt": TEXT, "temperatures": usual})[1]
    assert same["kl_bits"] < 1e-6 and same["after"]["loss"] == pytest.approx(same["before"]["loss"], abs=1e-5)
    both = {"prompt": TEXT, "temperatures": warm, "parts": ["mlp:0"]}
    together = ask(page, "POST", "/page/inside/ablate", both)[1]
    alone = ask(page, "POST", "/page/inside/ablate", {"prompt": TEXT, "parts": ["mlp:0"]})[1]
    assert len({round(each["kl_bits"], 9) for each in (found, together, alone)}) == 3
    across = {"model": "turner", "source": "a b c", "prompt": "b"}
    for kind in ("attention:0.1", "cross", "encoder:1"):
        warm = [{"of": kind, "value": 0.001}]
        assert ask(page, "POST", "/page/inside/ablate", {**across, "temperatures": warm})[1]["kl_bits"] > 0, kind


def test_an_edited_text_is_scored_as_a_text_of_these_tokens(page, seen) -> None:
    ids = [each["id"] for each in seen["tokens"]]
    other = next(token for token in ids if token != ids[4])
    found = ask(page, "POST", "/page/inside/edit", {"prompt": TEXT, "place": 4, "token": other})[1]
    edited = [*ids[:4], other, *ids[5:]]
    scored = ask(page, "POST", "/page/score", {"tokens": edited})[1]
    bits = [-math.log2(each["p"]) for each in scored["tokens"][1:]]
    assert found["after"]["surprise_bits"][1:] == pytest.approx(bits, rel=1e-4)
    assert found["after"]["loss"] == pytest.approx(scored["loss"], rel=1e-5)
    assert found["before"]["surprise_bits"][1:4] == pytest.approx(found["after"]["surprise_bits"][1:4], abs=1e-6)
    assert max(found["kl_bits_by_place"][:4]) < 1e-6 < found["kl_bits"] == found["kl_bits_by_place"][-1]
    assert found["replaced"]["id"] == ids[4] and found["token"]["id"] == other and found["place"] == 4
    looked = ask(page, "POST", "/page/inside", {"tokens": edited})[1]
    assert found["after"]["next"][0]["p"] == pytest.approx(looked["next"][0]["p"], rel=1e-3)
    itself = ask(page, "POST", "/page/inside/edit", {"prompt": TEXT, "place": -6, "token": ids[-6], "after": 7})[1]
    assert itself["kl_bits"] == 0.0 and itself["before"] == itself["after"]


def test_an_encoder_s_text_is_edited_and_its_answers_move_everywhere(page) -> None:
    asked = {"model": "reader", "prompt": "The old mill", "place": 2, "token": 7}
    found = ask(page, "POST", "/page/inside/edit", asked)[1]
    assert found["after"]["loss"] is None and set(found["after"]["surprise_bits"]) == {None}
    assert found["kl_bits_by_place"][0] > 0


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
        ("POST", "/page/inside/ablate", {"prompt": "a", "parts": ["mlp:" + "9" * 5000]}, 400),
        ("POST", "/page/inside/ablate", {"prompt": "a"}, 400),
        ("POST", "/page/inside/ablate", {"prompt": "a", "temperatures": [{"of": "cross", "value": 2}]}, 400),
        ("POST", "/page/inside/ablate", {"prompt": "a", "temperatures": [{"of": "attention:9", "value": 2}]}, 400),
        ("POST", "/page/inside/ablate", {"prompt": "a", "temperatures": [{"of": "attention:x", "value": 2}]}, 400),
        ("POST", "/page/inside/edit", {"prompt": "abc", "place": 3, "token": 1}, 400),
        ("POST", "/page/inside/edit", {"prompt": "abc", "place": 1 << 70, "token": 1}, 400),
        ("POST", "/page/inside/edit", {"prompt": "abc", "place": 0, "token": 9999}, 400),
        ("POST", "/page/inside/edit", {"prompt": "abc", "place": 0, "token": -1}, 400),
        ("POST", "/page/inside/edit", {"prompt": "abc", "place": 0, "token": 1 << 70}, 400),
        ("POST", "/page/inside/edit", {"prompt": "abc", "place": 0, "token": 1, "after": 3}, 400),
        ("POST", "/page/inside/neighbours", {"token": 99}, 400),
    ):
        found, answer, _ = ask(page, method, path, body)
        assert found == status and answer["error"]["message"], path


@pytest.mark.parametrize("value", ["0", "-1", "NaN", "Infinity", "1e30", "1e-30", "null", '"2"'])
def test_temperatures_that_are_none_are_refused_in_words(page, value) -> None:
    body = b'{"prompt": "a", "temperatures": [{"value": %s}]}' % value.encode()
    connection = http.client.HTTPConnection("127.0.0.1", page.port, timeout=60)
    connection.request("POST", "/page/inside/ablate", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    found = json.loads(answer.read())
    connection.close()
    assert 400 <= answer.status < 500 and found["error"]["message"], found
