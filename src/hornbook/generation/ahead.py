"""Machine code of a step, made once and kept: the next process that needs it loads it in a second.

``torch.export`` writes a module's arithmetic down as a graph, and PyTorch's ahead-of-time compiler makes a library of
it: no Python runs between its parts. Weights are not in it, so all models of one shape share it. It lies in
``HORNBOOK_HOME/compiled`` under a name made of all it depends on: shapes, threads, processor, PyTorch, and the source
of the model itself. Next: fast.py.
"""

from __future__ import annotations

import copy
import hashlib
import logging
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

import hornbook.model
from hornbook.files import home, replacing
from hornbook.model.packed import unpacked

OPTIONS: dict[str, Any] = {
    "realize_acc_reads_threshold": 4,  # a norm is computed once, not again for each row of the matrix behind it
    "aot_inductor.package_constants_in_so": False,  # weights stay where they are
    "aot_inductor.compile_wrapper_opt_level": "O1",  # what calls the kernels runs for microseconds
}
"""What the compiler is told, beyond its own defaults."""

TOLERANCE = 0.05
"""How far compiled code may be off: uncompiled, narrow weights are multiplied in bfloat16."""

Compiled = Callable[..., Tensor]


def compiled_ahead(module: nn.Module, arguments: tuple[Any, ...], dynamic: Any, name: str) -> Compiled:
    """``module`` as machine code over its own weights, made now unless it lies on the disk already.

    ``dynamic`` marks the axes that may differ from call to call, as ``torch.export`` has it; ``name`` tells one module
    from another of the same source (its configuration, written out). New code has to give for ``arguments`` what the
    module gives, or it is not kept. It takes tensors that lie in memory as those of ``arguments`` do (contiguous).

    Raises:
        RuntimeError, OSError, ...: whatever the compiler meets; the caller decides what to do without it.
    """
    path = place_of(arguments, name)
    with quiet():
        if not path.exists():
            with unpacked(module):
                make(module, arguments, dynamic, path)
        return loaded(module, path)


def make(module: nn.Module, arguments: tuple[Any, ...], dynamic: Any, path: Path) -> None:
    """Compile the module, compare, and keep the code at ``path``."""
    exported = torch.export.export(module, arguments, dynamic_shapes=dynamic, strict=False)
    with tempfile.TemporaryDirectory() as folder, replacing(path) as partial:
        place = str(Path(folder) / "step.pt2")
        made = torch._inductor.aoti_compile_and_package(exported, package_path=place, inductor_configs=OPTIONS)
        expected, found = module(*copy.deepcopy(arguments)), loaded(module, Path(made))(*copy.deepcopy(arguments))
        error = float((found - expected).abs().max() / expected.abs().max())
        if not error < TOLERANCE:
            raise RuntimeError(f"compiled code is off by {error:.1%} of what it should say")
        shutil.copyfile(made, partial)


def fill(tensors: Sequence[Float[Tensor, "*_"]]) -> None:
    """Write waves into tensors that are otherwise empty, so that there is something to compare."""
    for place, each in enumerate(tensors):
        wave = torch.linspace(-1, 1, each.numel(), device=each.device).sin().roll(place)
        each.copy_(wave.view(each.shape))


def loaded(module: nn.Module, path: Path) -> Compiled:
    """The code in a file, at work on the weights of ``module``."""
    runner = torch._inductor.aoti_load_package(str(path))
    tensors = dict(module.named_parameters(remove_duplicate=False)) | dict(module.named_buffers(remove_duplicate=False))
    wanted = {full: tensors[full].detach() for full in runner.get_constant_fqns()}
    runner.load_constants(wanted, check_full_update=True, user_managed=True)

    def call(*given: Any) -> Tensor:
        answer: Tensor = runner(*given)
        return answer

    return call


def place_of(arguments: tuple[Any, ...], name: str) -> Path:
    """Where the machine code for these arguments lies, or will lie."""
    flat = torch.utils._pytree.tree_leaves(arguments)
    shapes = [(str(each.dtype), str(each.device.type), each.dim(), each.shape[-2:]) for each in flat]
    machine = (torch.__version__, torch.get_num_threads(), torch.backends.cpu.get_cpu_capability(), processor(), gpu())
    digest = hashlib.sha256(repr((name, shapes, machine, sorted(OPTIONS.items()), sources())).encode())
    return home() / "compiled" / f"{digest.hexdigest()[:32]}.pt2"


@cache
def processor() -> str:
    """What the processor can do, in its own words: code made for one is not run on another."""
    file = Path("/proc/cpuinfo")
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines() if file.exists() else []
    return next((line for line in lines if line.lower().startswith(("flags", "features"))), "")


@cache
def gpu() -> str:
    """The GPU's name, where there is one: code for one need not run on another."""
    return torch.cuda.get_device_name() if torch.cuda.is_available() else ""


@cache
def sources() -> str:
    """A digest of the model's source: an edited model is compiled anew."""
    digest = hashlib.sha256()
    for path in sorted(Path(hornbook.model.__path__[0]).glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


@contextmanager
def quiet() -> Iterator[None]:
    """Without the compiler's remarks about its own inside."""
    loggers = [logging.getLogger(each) for each in ("torch._inductor", "torch.export", "torch._export")]
    levels = [each.level for each in loggers]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for each in loggers:
            each.setLevel(logging.ERROR)
        try:
            yield
        finally:
            for each, level in zip(loggers, levels, strict=True):
                each.setLevel(level)
