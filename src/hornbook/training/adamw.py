"""AdamW, written out: the definition that the fused kernel is held to. Next: muon.py."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch


class ExplicitAdamW(torch.optim.Optimizer):
    """Adam with decoupled weight decay (Loshchilov & Hutter 2019, algorithm 2), one parameter at a time.

    The mean of the gradients and of their squares move slowly (``betas``), start at zero and are corrected for that;
    the step is mean / sqrt(mean square), which is about 1 wherever the gradient's sign is steady. Decay pulls towards
    zero by the learning rate alone, whatever the gradient's size.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Move every parameter that has a gradient; ``closure`` belongs to PyTorch's interface and is not called."""
        for group in self.param_groups:
            (beta1, beta2), lr = group["betas"], group["lr"]
            for parameter in group["params"]:
                gradient, state = parameter.grad, self.state[parameter]
                if gradient is None:
                    continue
                if not state:
                    state["step"] = torch.tensor(0.0)
                    state["exp_avg"] = torch.zeros_like(parameter)
                    state["exp_avg_sq"] = torch.zeros_like(parameter)
                mean, square = state["exp_avg"], state["exp_avg_sq"]
                state["step"] += 1
                count = state["step"].item()
                mean.mul_(beta1).add_(gradient, alpha=1 - beta1)
                square.mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)
                corrected_mean = mean / (1 - beta1**count)
                corrected_square = square / (1 - beta2**count)
                parameter.mul_(1 - lr * group["weight_decay"])
                parameter.sub_(lr * corrected_mean / (corrected_square.sqrt() + group["eps"]))
