"""No key of theirs is passed over in what reads, either: it changes what we read, is refused, or changes nothing there.

How it is found out stands in test_config_keys.py.
"""

from __future__ import annotations

import pytest
from transformers import BertConfig, DistilBertConfig, T5Config

from hornbook.errors import SettingError
from hornbook.formats.huggingface import read_model_config
from tests.oracles.test_config_keys import OF_EVERY_CONFIG, another

CONFIGS = {
    "BertForMaskedLM": BertConfig(vocab_size=61, hidden_size=30, num_attention_heads=3),
    "DistilBertForMaskedLM": DistilBertConfig(vocab_size=61, dim=30, n_heads=3),
    "T5ForConditionalGeneration": T5Config(vocab_size=61, d_model=30, num_heads=3, d_kv=11),
}
WITHOUT_CONSEQUENCE = {
    "initializer_range",  # where the numbers began
    "initializer_factor",
    "sinusoidal_pos_embds",
    "use_cache",  # how it is computed
    "bos_token_id",  # what a tokenizer knows
    "eos_token_id",
    "pad_token_id",
    "classifier_dropout",  # of other heads, while they are trained
    "qa_dropout",
    "seq_classif_dropout",
}
OUR_WORDS = {"dropout_rate": "dropout", "relative_attention_num_buckets": "buckets"}
"""What a value that no model can have is refused by."""


@pytest.mark.parametrize("architecture", CONFIGS)
def test_no_key_of_theirs_is_passed_over(architecture):
    settings = {**CONFIGS[architecture].to_dict(), "architectures": [architecture]}
    meant = read_model_config(settings)
    asked = sorted(set(settings) - OF_EVERY_CONFIG - WITHOUT_CONSEQUENCE)
    assert len(asked) > 9
    passed_over = []
    for key in asked:
        try:
            understood = read_model_config({**settings, key: another(settings[key])})
        except SettingError as error:
            assert OUR_WORDS.get(key, key) in str(error), (key, str(error))
            continue
        if understood == meant:
            passed_over.append(key)
    assert passed_over == []
