"""Lesson 26, serving. Read it here, as a notebook or with ``hornbook learn show 26``."""

# %% [markdown]
# # 26. Serving many people at once
#
# **Question:** A model writes for one person. How does it write for a hundred, and how do programs talk to it?
#
# **You need:** Lesson 23 (the cache).
#
# **Minutes:** 15
#
# To write one token, all weights are read from memory once. For eight texts they are read once too. So eight texts in
# one step cost hardly more than one, and a server lives from filling its steps.
#
# ## A batch that does not wait
#
# Four requests want 2, 8, 3 and 8 tokens, and the machine has room for two rows. *Waiting batches*: the first two run
# until both are over, 8 steps; then the other two, 8 steps: 16 steps. *Continuous batching*: as soon as a row is over
# the next request takes it. By hand: rows run (2, then 3, then ...) and (8, ...): after step 2 the third comes in and
# ends with step 5, the fourth runs from 6 to 13: 13 steps.

# %%
from __future__ import annotations

import json
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer

import torch

from hornbook.generation.config import Sampling
from hornbook.generation.engine import Engine, Request
from hornbook.generation.generate import generate
from hornbook.generation.pages import Pages
from hornbook.generation.text import Writing, complete, overlap
from hornbook.model.config import ModelConfig
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder
from hornbook.tokenizers.characters import CharacterTokenizer


def waiting_steps(wanted: list[int], rows: int) -> int:
    """Steps when a batch waits for its longest."""
    return sum(max(wanted[begin : begin + rows]) for begin in range(0, len(wanted), rows))


def continuous_steps(wanted: list[int], rows: int) -> int:
    """Steps when the next request takes the row that is free."""
    busy, line, steps = list[int](), list(wanted), 0
    while busy or line:
        while line and len(busy) < rows:
            busy.append(line.pop(0))
        busy = [left - 1 for left in busy if left > 1]
        steps += 1
    return steps


wanted = [2, 8, 3, 8]
assert waiting_steps(wanted, 2) == 16 and continuous_steps(wanted, 2) == 13

tokenizer = CharacterTokenizer.train(["abcdefghijklmnopqrstuvwxyz .,\n"])
config = ModelConfig(vocabulary=tokenizer.vocab_size, context=64, width=32, heads=4, depth=2)
model = Decoder(config).eval()
initialise(model, config, seed=0)
with torch.no_grad():
    for parameter in model.parameters():
        parameter.mul_(6.0 if parameter.dim() > 1 else 1.0)  # so that what was read makes a difference
requests = [
    Request(prompt=tuple(tokenizer.encode("once " + "abcd"[place])), sampling=Sampling(max_tokens=size, seed=place))
    for place, size in enumerate(wanted)
]
engine = Engine(model, rows=2)
together = engine.run(requests)
print(f"the engine took {engine.steps} steps for {sum(map(len, together))} tokens")
assert engine.steps == continuous_steps(wanted, 2)

# %% [markdown]
# And nobody notices the others: every text is the one that the model writes alone. If it were not so, an answer would
# depend on who else is asking.

# %%
for request, found in zip(requests, together, strict=True):
    alone = [tokens[0] for tokens in generate(model, request.prompt, request.sampling)]
    assert found == alone

# %% [markdown]
# ## Memory in pages
#
# Nobody knows how long a text becomes. To keep room for the longest wastes most of it. So the cache is cut into
# *pages* of 16 tokens, as an operating system does with memory. A text holds only the pages that it fills. By hand:
# 40 tokens need 3 pages (48 places), not 64 places. And texts that begin alike can share the pages of the beginning:
# a long instruction that stands before every question is read and stored once.

# %%
pages = Pages(count=8, size=16)
text = list(range(40))
own = [pages.take() for _ in range(-(-len(text) // 16))]
pages.fill(own, text)
assert len(own) == 3 and pages.free == 5
assert pages.shared([*range(32), 7, 7, 7]) == own[:2]  # the first 32 tokens are there already
assert pages.shared([9, 9, 9]) == []
assert pages.shared(list(range(32))) == own[:1]  # a token is always left to read: what follows has to come from it
pages.give_back(own)  # the text is over: its pages can be had, and found as long as nobody has taken them
assert pages.free == 8 and pages.shared(text) == own[:2]

shared = Engine(model, rows=4, page=4)
long_prompt = tuple(tokenizer.encode("a long beginning "))
for place in range(3):
    shared.run([Request(prompt=(*long_prompt, place), sampling=Sampling(max_tokens=1, temperature=0.0))])
read_alone = 3 * (len(long_prompt) + 1)
print(f"three prompts of {len(long_prompt) + 1} tokens: {shared.prompt_tokens} read instead of {read_alone}")
assert shared.prompt_tokens < read_alone

# %% [markdown]
# ## Text that is certain
#
# Tokens become text piece by piece, and there are two traps. A character of several bytes may be cut between two
# tokens: hold it back until it is whole. And a *stop string* may come in pieces: if the text shall end before "END"
# and "the EN" has been written, "EN" must not be shown yet.

# %%
assert overlap("the EN", "END") == 2 and overlap("the end", "END") == 0 and overlap("ENough", "END") == 0
writing = Writing(tokenizer, tokenizer.encode("x"), Sampling(stop=("stop",), max_tokens=50))
shown = [writing.push(token) for token in tokenizer.encode("we sto")]
assert "".join(shown) == "we " and writing.pending == "sto"
shown += [writing.push(token) for token in tokenizer.encode("re")]  # no stop after all: all of it comes
assert "".join(shown) == "we store"
shown += [writing.push(token) for token in tokenizer.encode(" stop")]
assert "".join(shown) == "we store " and writing.finish_reason == "stop"

# %% [markdown]
# ## Talking to it
#
# Programs send JSON by HTTP and get JSON back. Here is a whole server in 20 lines of the standard library, in the form
# that OpenAI's interface has made common. It is asked as any program would ask it.


# %%
class Answering(BaseHTTPRequestHandler):
    """POST /v1/completions."""

    def do_POST(self) -> None:
        """Read the question, write on, answer."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        how = Sampling(max_tokens=asked.get("max_tokens", 16), temperature=float(asked.get("temperature", 1)))
        (sample,) = complete(model, tokenizer, asked["prompt"], how)
        choice = {"index": 0, "text": sample.text, "finish_reason": sample.finish_reason}
        body = json.dumps({"object": "text_completion", "choices": [choice]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *said: object) -> None:
        """Say nothing."""


server = HTTPServer(("127.0.0.1", 0), Answering)  # port 0: any that is free
threading.Thread(target=server.serve_forever, daemon=True).start()
question = json.dumps({"prompt": "once upon", "max_tokens": 5, "temperature": 0}).encode()
address = f"http://127.0.0.1:{server.server_port}/v1/completions"
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
with opener.open(urllib.request.Request(address, question)) as answered:
    reply = json.load(answered)
server.shutdown()
server.server_close()
print("the server says:", reply["choices"][0])
greedy = Sampling(max_tokens=5, temperature=0.0)
here = [tokens[0] for tokens in generate(model, tokenizer.encode("once upon"), greedy)]
assert reply["choices"][0]["text"] == tokenizer.decode(here)
assert reply["choices"][0]["finish_reason"] == "length"

# %% [markdown]
# To show words as they come, the answer is a *stream*: lines `data: {...}`, an empty line after each, and `data:
# [DONE]` at the end (server-sent events).


# %%
def event(value: dict[str, object]) -> str:
    """One server-sent event."""
    return f"data: {json.dumps(value)}\n\n"


def read_events(stream: str) -> list[dict[str, object]]:
    """What a client makes of them."""
    lines = [line.removeprefix("data: ") for line in stream.split("\n\n") if line.startswith("data: ")]
    return [json.loads(line) for line in lines if line != "[DONE]"]


sent = "".join(event({"text": piece}) for piece in ("Once", " upon\n", " a")) + "data: [DONE]\n\n"
assert [each["text"] for each in read_events(sent)] == ["Once", " upon\n", " a"]
assert torch.is_grad_enabled()  # the engine leaves the process as it found it

# %% [markdown]
# The package's own: `hornbook serve latest`, and then any program that knows OpenAI's interface.
#
# ## What people get wrong
#
# - **A batch that waits for its longest text.**
# - **Padding that is looked at**, so that answers depend on the company.
# - **One random generator for all rows.** Then a seed means nothing. Each text has its own.
# - **Showing half a character, or half a stop string.**
# - **Writing on when the person has left.** Notice it, and free the row.
# - **A server open to the whole network** by accident: 127.0.0.1, unless you mean it.
#
# ## Exercises
#
# `hornbook learn start 26` writes the functions to fill in, `hornbook learn check 26` grades them.
#
# ### `steps_needed(wanted: list[int], rows: int) -> int`
#
# Steps of a server with so many rows and continuous batching, for texts of these lengths, in order.
#
# Hint: keep what is left of each running text; fill up, count a step, take one off each.
#
# ### `certain(pending: str, stop: str) -> str`
#
# The part of a text that may be shown: all before the stop string, or all that cannot be the beginning of one.
#
# Hint: first look for the whole stop string; else for the longest end of the text that begins it.
#
# ### `pages_needed(tokens: int, size: int) -> int`
#
# How many pages of `size` tokens a text holds.
#
# Hint: round up.
