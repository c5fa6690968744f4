"""The model is one graph to the compiler."""

from __future__ import annotations

import subprocess
import sys

import pytest

# In a process of its own: dynamo cannot trace through the wrappers that check shapes in tests.
PROGRAM = """
import torch
from hornbook.batches import Positions
from hornbook.model.config import *
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder

torch.set_num_threads(1)
small = "{backend}" == "inductor"  # a real compiler takes its time
for encoding in (Rotary(),) if small else (Learned(), Rotary(), Sinusoidal(), NoPositionEncoding()):
    torch._dynamo.reset()
    block = BlockConfig(attention=AttentionConfig(query_key_norm=RMS()), norm=RMS())
    config = ModelConfig(vocabulary=31, context=16, width=32, heads=4, kv_heads=2, position_encoding=encoding,
                         depth=1 if small else 2,
                         pattern=(block, BlockConfig(attention=AttentionConfig(mask=SlidingWindow(5)))))
    model, tokens = Decoder(config), torch.randint(31, (2, 9))
    initialise(model, config, 0)
    compiled = torch.compile(model, backend="{backend}", fullgraph=True)
    torch.testing.assert_close(compiled(tokens), model(tokens), atol=1e-5, rtol=1e-4)
    if small:
        continue
    padded = Positions.lengths(torch.tensor([9, 4]), 9)
    torch.testing.assert_close(compiled(tokens, padded)[:, :4], model(tokens, padded)[:, :4], atol=1e-5, rtol=1e-4)
    with torch.autocast("cpu", torch.bfloat16):
        compiled(tokens).float().square().mean().backward()
"""


@pytest.mark.parametrize("backend", ["aot_eager", "inductor"])
@pytest.mark.slow
def test_the_model_compiles_into_one_graph_and_means_the_same(backend):
    done = subprocess.run([sys.executable, "-c", PROGRAM.replace("{backend}", backend)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
