"""No key of theirs is passed over: it changes what we read, or is refused, or changes nothing there either."""

from __future__ import annotations

import copy

import pytest
from transformers import (
    Gemma2Config,
    Gemma3TextConfig,
    GemmaConfig,
    GPT2Config,
    LlamaConfig,
    MistralConfig,
    Olmo2Config,
    PreTrainedConfig,
    Qwen3Config,
)

from hornbook.errors import SettingError
from hornbook.formats.huggingface import canonical, read_model_config
from tests.oracles.huggingface import sizes

SHAPE = (40, 5, 5, 6)
CONFIGS = {
    "gpt2": GPT2Config(vocab_size=61, n_embd=30, n_head=3, n_layer=3),
    "llama": LlamaConfig(**sizes(SHAPE, num_hidden_layers=3)),
    "mistral": MistralConfig(**sizes(SHAPE, num_hidden_layers=3)),
    "qwen3": Qwen3Config(
        **sizes(SHAPE, num_hidden_layers=3, use_sliding_window=True, sliding_window=5, max_window_layers=1)
    ),
    "olmo2": Olmo2Config(**sizes(SHAPE, num_hidden_layers=3)),
    "gemma": GemmaConfig(**sizes(SHAPE, num_hidden_layers=3)),
    "gemma2": Gemma2Config(**sizes(SHAPE, num_hidden_layers=3)),
    "gemma3_text": Gemma3TextConfig(**sizes(SHAPE, num_hidden_layers=7)),
}
WITHOUT_CONSEQUENCE = {
    "initializer_range",  # where the numbers began
    "use_cache",  # how it is computed
    "pretraining_tp",
    "reorder_and_upcast_attn",
    "summary_type",  # heads of other classes
    "summary_use_proj",
    "summary_activation",
    "summary_proj_to_labels",
    "summary_first_dropout",
    "bos_token_id",  # what a tokenizer knows
    "eos_token_id",
    "pad_token_id",
    "max_window_layers",  # layer_types, which is there as well, says it layer by layer
    "_sliding_window_pattern",
}
OF_EVERY_CONFIG = set(PreTrainedConfig().to_dict()) - {"tie_word_embeddings"}


def another(value):
    """A value of the same type that means something else."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return "something else"
    if isinstance(value, dict):
        first = next(iter(value))
        return {**value, first: another(value[first])}
    if isinstance(value, list):
        return [another(each) for each in value]
    return 3 if value is None else 2 * value + 1


@pytest.mark.parametrize("model_type", CONFIGS)
def test_no_key_of_theirs_is_passed_over(model_type):
    settings = CONFIGS[model_type].to_dict()
    meant = read_model_config(settings)
    asked = sorted(set(settings) - OF_EVERY_CONFIG - WITHOUT_CONSEQUENCE)
    assert len(asked) > 9
    passed_over = []
    for key in asked:
        changed = {**copy.deepcopy(settings), key: another(settings[key])}
        try:
            understood = read_model_config(changed)
        except SettingError as error:
            assert key in str(error) or "rope" in str(error), (key, str(error))
            continue
        if understood == meant:
            passed_over.append(key)
    assert passed_over == []


SAID = {
    "vocab_size", "max_position_embeddings", "hidden_size", "intermediate_size", "num_hidden_layers",
    "num_attention_heads", "n_embd", "n_head", "n_layer", "n_positions", "model_type",
}  # fmt: skip


@pytest.mark.parametrize("model_type", CONFIGS)
def test_a_key_that_is_not_there_means_their_default(model_type):
    short = {key: value for key, value in CONFIGS[model_type].to_dict().items() if key in SAID}
    short |= {"num_attention_heads": 16, "hidden_size": 32} if model_type == "gemma" else {}  # 16 for keys, by default
    short |= {"num_attention_heads": 4} if model_type in ("gemma2", "gemma3_text") else {}
    short |= {"num_attention_heads": 32, "hidden_size": 64} if model_type in ("qwen3", "mistral") else {}
    short |= {"hidden_size": 50} if model_type in ("llama", "olmo2") else {}
    theirs = type(CONFIGS[model_type])(**{key: value for key, value in short.items() if key != "model_type"})
    assert canonical(read_model_config(short)) == canonical(read_model_config(theirs.to_dict()))
