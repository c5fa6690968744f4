"""llama.cpp's real server as a judge, with a model of ours that says junk: it is the protocol that is tested."""

from __future__ import annotations

import pytest

from hornbook.evaluation.rating.ratings import read_ratings
from hornbook.evaluation.rating.report import report
from hornbook.formats.gguf_file import write_gguf
from hornbook.formats.gguf_models import gguf_tensors, model_metadata
from hornbook.formats.gguf_tokenizer import tokenizer_metadata
from hornbook.model.config import RMS, AttentionConfig, BlockConfig, Dense, ModelConfig, Rotary
from hornbook.model.initialise import initialise
from hornbook.model.models import build_model
from hornbook.tokenizers.build import build_tokenizer
from hornbook.tokenizers.config import BytePair
from hornbook.workflows.judge import Judge, judge_study
from tests.evaluation.rating.studies import frozen, study_of
from tests.oracles.llama_cpp import llama_cpp_server

pytest.importorskip("xllamacpp")
pytestmark = pytest.mark.slow


def test_llama_cpp_is_asked_everything_and_its_junk_is_counted(tmp_path):
    block = BlockConfig(
        norm=RMS(1e-5), attention=AttentionConfig(bias=False), feed_forward=Dense(40, "silu", gated=True, bias=False)
    )
    config = ModelConfig(
        vocabulary=300, context=2048, width=24, heads=2, depth=1, tied=False,
        position_encoding=Rotary(), pattern=(block,),
    )  # fmt: skip
    tokenizer, model = (
        build_tokenizer(BytePair(300), ["rate the text that was written to a prompt " * 30]),
        build_model(config),
    )
    initialise(model, config, 1)
    metadata = model_metadata(config, "judge", "F32") | tokenizer_metadata(tokenizer, config.vocabulary)
    file = tmp_path / "judge.gguf"
    write_gguf(file, metadata, gguf_tensors(config, model.state_dict(), "F32"))
    study = study_of(2, 2)
    folder = frozen(tmp_path / "study", study)
    with llama_cpp_server(file, 2048, "chatml") as address:
        found = judge_study(folder, Judge(f"{address}/v1", "judge", max_tokens=11), lambda line: None)
    assert found.asked == 4 + 4 + 4
    assert found.unread == found.asked  # eleven tokens of junk
    kept = read_ratings(folder, study)
    assert all(rating.problem for rating in kept)
    assert report(study, kept)["judges"][0] | {"with_people": None} == {
        "judge": "judge-judge", "asked": 12, "unread": 12, "both_orders": 0, "same_in_both": 0, "left": None,
        "with_people": None,
    }  # fmt: skip
