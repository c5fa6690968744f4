"""Valid bodies for every endpoint that reads one, and the runs that answer them."""

from __future__ import annotations

from typing import Any

SIZES = """
[model]
context = 24
width = 16
heads = 2
depth = 1
dropout = 0.0
[training]
steps = 2
batch = 2
compile = "never"
threads = 1
precision = "float32"
evaluate_every = 0
[samples]
prompts = []
"""
TEXT = '[data]\ntext = ["FOLDER/text.txt"]\nsplit = "position"\nvalidation_fraction = 0.1\n'
ASKED = '[data]\ntext = ["FOLDER/asked.json"]\nsplit = "document"\nvalidation_fraction = 0.1\n'
BYTES = '[tokenizer]\nkind = "bytepair"\nvocabulary = 270\n'
TURNS = 'special = ["<|im_start|>", "<|im_end|>"]\n'
RECIPES = {
    "writer": f'name = "writer"\n{TEXT}{BYTES}{SIZES}',
    "answerer": (
        'name = "answerer"\ntask = {kind = "instruct", template = "chatml", cut = true}\n'
        f"{ASKED}{BYTES.replace('270', '300')}{TURNS}{SIZES.replace('24', '64')}"
    ),
    "reader": (
        f'name = "reader"\ntask = "masked_tokens"\n{TEXT}{BYTES}special = ["<|mask|>"]\n'
        + SIZES.replace("[model]", '[model]\narchitecture = "encoder"')
    ),
}
"""One that writes, one that answers, one that reads."""

SAMPLING = {
    "temperature": 0.7, "top_p": 0.9, "top_k": 20, "min_p": 0.01, "repetition_penalty": 1.1, "presence_penalty": 0.5,
    "frequency_penalty": 0.1, "logit_bias": {"65": 5, "66": -100}, "seed": 1, "stop": ["\n"], "user": "me",
}  # fmt: skip
TURN = {"role": "user", "content": "Say 3."}
SCALES = {"fluency": 3, "coherence": 2, "grammar": 4, "relevance": 1}

BODIES: dict[str, list[dict[str, Any]]] = {
    "/v1/completions": [
        {"model": "writer", "prompt": "The", "max_tokens": 2},
        {"model": "writer", "prompt": ["The", "A"], "max_tokens": 2, "n": 2, "logprobs": 2, "echo": True, **SAMPLING},
        {"model": "writer", "prompt": [84, 104], "max_tokens": 2, "stream": True, "stream_options": {"include_usage": True}},
        {"model": "writer", "prompt": [[84], [104]], "max_tokens": 0, "echo": True, "logprobs": 1, "best_of": 1},
        {"prompt": "naïve", "max_tokens": 3, "stream": True, "logprobs": 0, "response_format": {"type": "text"}},
        {"model": "writer", "prompt": ["The", "A"], "max_tokens": 2, "stream": True, "echo": True, "stop": "e"},
        {"model": "writer", "prompt": [84], "max_tokens": 3, "echo": True, "n": 2, "best_of": 2, "temperature": 0},
        {"model": "writer", "prompt": "The mill " * 9, "max_tokens": 1, "echo": True, "logprobs": 1},
        {"model": "writer", "prompt": "The mill " * 9, "max_tokens": 1},
        {"model": "writer", "prompt": ["a"] * 40, "max_tokens": 1},
        {"model": "writer", "prompt": [100000], "max_tokens": 1, "best_of": 2},
        {"model": "writer", "prompt": [[]], "stream": True, "echo": True, "logprobs": 1, "max_tokens": 0},
        {"model": "writer", "prompt": "a", "logit_bias": {"x": 1}, "response_format": {"type": "json_object"}},
        {"model": "writer", "prompt": "a", "max_tokens": 1, "logit_bias": {"9999": 1}},
        {"model": "writer", "prompt": "a", "max_tokens": 0, "stream": True, "min_tokens": 3},
        {"model": "reader", "prompt": "a", "max_tokens": 1},
        {"model": "writer", "max_tokens": 2, "suffix": None, "stream": True, "echo": True, "tools": []},
    ],
    "/v1/chat/completions": [
        {"model": "answerer", "messages": [TURN], "max_tokens": 2},
        {"model": "answerer", "messages": [{"role": "system", "content": "Be"}, TURN], "max_completion_tokens": 2, **SAMPLING},
        {"model": "answerer", "messages": [TURN], "max_tokens": 2, "stream": True, "logprobs": True, "top_logprobs": 2},
        {"model": "writer", "messages": [TURN], "max_tokens": 2},
        {"model": "answerer", "messages": [{"role": "assistant", "content": "3"}], "max_tokens": 1},
        {"model": "answerer", "messages": [TURN], "top_logprobs": 2, "tools": [{"type": "function"}]},
        {"model": "answerer", "messages": [TURN, {"role": "assistant", "content": "3"}], "max_tokens": 1, "n": 2},
        {"model": "answerer", "messages": [{"role": "developer", "content": [{"type": "text", "text": "a"}]}, TURN],
         "max_tokens": 1, "logprobs": True, "stream": True, "stream_options": {"include_usage": True}},
    ],
    "/v1/embeddings": [
        {"model": "reader", "input": "The mill"},
        {"model": "reader", "input": ["The", "mill"], "encoding_format": "base64", "dimensions": 16},
        {"model": "reader", "input": [84, 104], "encoding_format": "float"},
        {"model": "reader", "input": [[84], [104, 101]]},
        {"model": "reader", "input": "The mill " * 9},
        {"model": "reader", "input": [[9999], []]},
        {"model": "writer", "input": "a", "dimensions": 3},
    ],
    "/v1/nothing": [{}],
    "GET /v1/models": [{}],
    "GET /v1/models/writer": [{}],
    "GET /tokenizer_info": [{}],
    "GET /metrics": [{}],
    "GET /health": [{}],
    "/tokenize": [
        {"model": "writer", "prompt": "naïve", "add_special_tokens": True},
        {"model": "answerer", "messages": [TURN], "add_generation_prompt": False},
        {"prompt": "<|endoftext|>"},
        {"messages": [TURN], "prompt": "a"},
    ],
    "/detokenize": [{"model": "writer", "tokens": [84, 104, 101]}, {"tokens": []}, {"tokens": [99999]}],
    "/page/write": [
        {"model": "writer", "checkpoint": "latest", "prompt": "The", "max_tokens": 2, "top": 3, "temperature": 0.5},
        {"model": "answerer", "messages": [TURN], "max_tokens": 2, "n": 2},
        {"model": "writer", "tokens": [84], "max_tokens": 2, "seed": 3, "source": None},
    ],
    "/page/next": [{"model": "writer", "checkpoint": "best", "prompt": "The", "top": 5}, {"tokens": [84], "source": None}],
    "/page/score": [{"model": "writer", "prompt": "The mill", "top": 3}, {"model": "reader", "prompt": "The"}],
    "/page/decoding/filters": [
        {"model": "writer", "prompt": "The", "temperature": 0.5, "top_k": 5, "top_p": 0.9, "min_p": 0.1, "show": 5,
         "repetition_penalty": 1.2},
    ],
    "/page/decoding/tree": [{"model": "writer", "prompt": "The", "branches": 2, "depth": 2}],
    "/page/decoding/beams": [{"model": "writer", "prompt": "The", "beams": 2, "max_tokens": 2, "length_penalty": 0.5}],
    "/page/inside": [{"model": "writer", "prompt": "The", "top": 2}, {"model": "reader", "tokens": [84, 85]}],
    "/page/inside/ablate": [
        {"model": "writer", "prompt": "The", "parts": ["block 0 attention"], "fill": "mean", "place": -1, "top": 3},
        {"model": "writer", "prompt": "The", "parts": ["0.attention", "0.1"], "fill": "zero"},
        {"model": "writer", "prompt": "The", "parts": ["mlp:0"], "temperatures": [{"of": "attention:0", "value": 2.0}]},
    ],
    "/page/inside/edit": [{"model": "writer", "prompt": "The", "place": 0, "token": 85, "after": -1, "top": 3}],
    "/page/inside/attribute": [{"model": "writer", "prompt": "The", "place": -1, "target": 84, "other": 85}],
    "/page/inside/neighbours": [{"model": "writer", "checkpoint": "2", "token": 84, "top": 3}],
    "/page/models/open": [{"model": "writer", "checkpoint": "latest"}, {"model": "writer@step-000002"}],
    "/page/train/estimate": [{"recipe": "quickstart", "overrides": ["model.depth=2", "training.minutes=1"]}],
    "/page/train": [{"recipe": "quickstart", "overrides": ["seed=2"], "run": "mine"}],
    "/page/train/writer/stop": [{}],
    "/page/train/writer/resume": [{}],
    "/page/tokens/encode": [{"text": "naïve <|endoftext|>", "tokenizers": ["writer", "reader"], "allow_special": True}],
    "/page/tokens/merges": [{"tokenizer": "writer", "text": "the mill"}],
    "/page/tokens/train": [{"text": "the cat sat on the mat", "vocabulary": 260, "pattern": "gpt4"}],
    "/page/studies": [
        {"study": "first", "runs": ["writer"], "prompts": ["The", "A"], "samples": 1, "mode": "both", "max_tokens": 2,
         "temperature": 1.0, "top_p": 0.9, "seed": 1},
    ],
    "/page/studies/first/answer": [
        {"rater": "anna", "place": 0, "scores": SCALES, "comment": "good", "seconds": 2.5},
        {"rater": "ben", "place": 0, "choice": "left"},
    ],
    "/page/studies/first/skip": [{"rater": "anna", "place": 0}],
    "/page/studies/first/undo": [{"rater": "anna"}],
}  # fmt: skip
"""By path; whatever stands in a path is right, for only bodies are changed."""

WORDS = (
    *(
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        '"model"',
        '"writer"',
        '"prompt"',
        '"The"',
        '"max_tokens"',
        "2",
        "-1",
        "1e999",
        "NaN",
    ),
    *("null", "true", '"\\ud800"', '"messages"', '"role"', '"user"', "é", "[" * 3000, "9" * 5000, "\0", "\ufeff"),
)
