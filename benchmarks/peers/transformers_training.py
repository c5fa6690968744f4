"""The other side of the training benchmarks: GPT2LMHeadModel of `transformers` in a plain loop, as fast as it goes."""

from __future__ import annotations

import contextlib
import time
from typing import Any

import torch
import transformers
from side_by_side import cores, forget_peak, own_peak, serve

STATE: dict[str, Any] = {}


def prepare(
    folder: str, sizes: dict[str, int], rows: int, precision: str, device: str, compiled: bool = True
) -> dict[str, Any]:
    """Model, optimizer and batches; then the first steps, in which the compiler is at work."""
    torch.set_num_threads(cores())
    torch._dynamo.reset()
    model = transformers.GPT2LMHeadModel.from_pretrained(folder, attn_implementation="sdpa", dtype=torch.float32)
    model.config.use_cache = False
    model.to(device).train()
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, betas=(0.9, 0.95), weight_decay=0.1, fused=True)
    draw = torch.Generator().manual_seed(0)
    tokens = torch.randint(sizes["vocabulary"], (4, rows, sizes["context"] + 1), generator=draw).to(device)
    forward = torch.compile(model, dynamic=False) if compiled else model
    narrow = torch.autocast(device, dtype=torch.bfloat16) if precision == "bfloat16" else contextlib.nullcontext()
    STATE.update(model=model, optimizer=optimizer, tokens=tokens, forward=forward, narrow=narrow, step=0)
    began = time.perf_counter()
    losses = [one_step() for _ in range(3)]
    return {
        "losses": losses,
        "seconds": time.perf_counter() - began,
        "transformers": transformers.__version__,
        "torch": torch.__version__,
    }


def one_step() -> float:
    """Forward, backward, clip, update. The loss is taken of logits that are already shifted: its fastest way."""
    tokens = STATE["tokens"][STATE["step"] % 4]
    STATE["step"] += 1
    with STATE["narrow"]:
        logits = STATE["forward"](tokens[:, :-1].contiguous()).logits
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1).float(), tokens[:, 1:].flatten())
    loss.backward()
    torch.nn.utils.clip_grad_norm_(STATE["model"].parameters(), 1.0)
    STATE["optimizer"].step()
    STATE["optimizer"].zero_grad(set_to_none=True)
    return float(loss.detach())


def step(count: int) -> dict[str, Any]:
    """So many steps; seconds for each."""
    began = time.perf_counter()
    for _ in range(count):
        loss = one_step()
    return {"seconds": (time.perf_counter() - began) / count, "loss": loss}


def held() -> dict[str, Any]:
    """The most bytes held: on a GPU by PyTorch's allocator there, or by the process."""
    return {"bytes": torch.cuda.max_memory_allocated()} if torch.cuda.is_initialized() else own_peak()


def forget() -> dict[str, Any]:
    """Begin to count the peak anew."""
    if torch.cuda.is_initialized():
        torch.cuda.reset_peak_memory_stats()
    return forget_peak()


if __name__ == "__main__":
    serve({"prepare": prepare, "step": step, "peak_memory": held, "forget_peak": forget})
