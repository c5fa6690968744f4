"""LoRA in the files of Hugging Face's PEFT: ``adapter_config.json`` and ``adapter_model.safetensors``, there and back.

    lora_A.weight [R, I] = A    lora_B.weight [O, R] = B    by the names of the family that the base is written as

Where a family keeps several of our matrices in one (GPT-2's ``c_attn`` holds query, key and value), their products
stand side by side in one of k times the rank: A below one another, B on the diagonal. The function is the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn

from hornbook.errors import DamagedError, MissingError, SettingError
from hornbook.files import read_json, replacing_folder, write_json
from hornbook.finetuning.adapting import body_of, low_rank
from hornbook.finetuning.config import LowRank
from hornbook.finetuning.low_rank import LowRankLinear, widened
from hornbook.formats.family import TRANSPOSED, Tie
from hornbook.formats.huggingface import family_of
from hornbook.formats.safetensors_files import opened, save
from hornbook.seeds import torch_generator

CONFIG, TENSORS, BASE = "adapter_config.json", "adapter_model.safetensors", "hornbook.json"
"""The files; the last says which weights an adapter was learned on, and PEFT does not look at it."""

PREFIX = "base_model.model."


def products_of(model: nn.Module) -> dict[str, LowRankLinear]:
    """The layers of the body that have a product beside them, by their names."""
    named = body_of(model).named_modules()
    found = {name: module for name, module in named if isinstance(module, LowRankLinear)}
    if not found:
        raise SettingError("adapting: this run has no products beside its matrices; train one with adapting=low_rank")
    return found


def fingerprint(model: nn.Module) -> str:
    """A SHA-256 of the weights that do not learn, whichever layers have products beside them."""
    digest = hashlib.sha256()
    plain: dict[str, nn.Linear | nn.Embedding] = {}
    for name, module in body_of(model).named_modules():
        if isinstance(module, LowRankLinear):
            plain[name] = widened(module.base)
        elif isinstance(module, nn.Linear | nn.Embedding):
            plain[name.removesuffix(".base")] = module
    for name in sorted(plain):
        digest.update(name.encode())
        digest.update(plain[name].weight.detach().float().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def write_adapter(folder: Path, model: nn.Module, config: LowRank, base_name: str) -> list[str]:
    """Write the products of a model as PEFT has them; the names of the modules they belong to.

    Raises:
        SettingError: no family can say the model, or learned lengths (DoRA) stand in a matrix with others.
    """
    products, body = products_of(model), body_of(model)
    family = family_of(body.config)
    tensors: dict[str, Tensor] = {}
    ranks: dict[str, int] = {}
    transposed = False
    for tie in family.ties(body.config):
        layers = {name: products.get(name.removesuffix(".weight")) for name in tie.ours}
        if not tie.theirs.endswith(".weight") or not any(layers.values()):
            continue
        module = tie.theirs.removesuffix(".weight")
        transposed = transposed or tie.change is TRANSPOSED
        down, up = joined(tie, layers, body.state_dict())
        ranks[module] = len(down)
        tensors[f"{PREFIX}{module}.lora_A.weight"] = down
        tensors[f"{PREFIX}{module}.lora_B.weight"] = up
        if config.magnitude:
            tensors[f"{PREFIX}{module}.lora_magnitude_vector"] = length_of(tie, layers)
    usual = max(set(ranks.values()), key=list(ranks.values()).count)
    described = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": base_name,
        "r": usual,
        "lora_alpha": config.scale * usual,
        "rank_pattern": {name: rank for name, rank in ranks.items() if rank != usual},
        "alpha_pattern": {name: config.scale * rank for name, rank in ranks.items() if rank != usual},
        "lora_dropout": config.dropout,
        "target_modules": sorted(ranks),
        "fan_in_fan_out": transposed,
        "bias": "none",
        "use_dora": config.magnitude,
        "use_rslora": False,
        "inference_mode": True,
    }
    with replacing_folder(folder) as partial:
        save(tensors, partial / TENSORS)
        write_json(partial / CONFIG, described)
        write_json(partial / BASE, {"schema": 1, "base": base_name, "base_sha256": fingerprint(model)})
    return sorted(ranks)


def joined(
    tie: Tie, layers: Mapping[str, LowRankLinear | None], state: Mapping[str, Tensor]
) -> tuple[Float[Tensor, "K I"], Float[Tensor, "O K"]]:
    """The products of all our matrices in one of theirs: A [k R, I], B [O, k R]."""
    downs, ups = [], []
    for name in tie.ours:
        layer = layers[name]
        if layer is None:
            rows = state[name].shape[0]
            ups.append(torch.zeros(rows, 0))
        else:
            downs.append(layer.down.detach())
            ups.append(layer.up.detach())
    return torch.cat(downs).contiguous(), diagonal(ups)


def diagonal(blocks: Sequence[Float[Tensor, "_ _"]]) -> Float[Tensor, "O K"]:
    """Blocks below one another, each to the right of the one before."""
    whole: Tensor = torch.block_diag(*blocks)  # type: ignore[no-untyped-call]
    return whole.contiguous()


def length_of(tie: Tie, layers: Mapping[str, LowRankLinear | None]) -> Float[Tensor, " O"]:
    """The learned lengths of a matrix's rows."""
    [layer, *others] = layers.values()
    if others or layer is None or layer.length is None:
        raise SettingError(
            f"adapting.magnitude: {tie.theirs} holds several of our matrices, and PEFT has one length for each of its "
            "rows; export the merged model (--to hf)"
        )
    return layer.length.detach()


# Reading --------------------------------------------------------------------------------------------------------------


def read_adapter(folder: Path, model: nn.Module) -> LowRank:
    """Put the products that a folder of PEFT holds beside the matrices of ``model``; what they are.

    Raises:
        MissingError: a file is not there.
        SettingError: it is no LoRA, or one for another base model.
        DamagedError: tensors are missing or of other shapes than the model's.
    """
    described, tensors = read_folder(folder)
    body = body_of(model)
    learned_on = read_json(folder / BASE) if (folder / BASE).exists() else {}
    if learned_on and learned_on["base_sha256"] != fingerprint(model):
        raise SettingError(
            f"{folder}: this LoRA was learned on another model, {learned_on['base']}; it can be added to that one only"
        )
    state, shapes = {}, {name: tensor.shape for name, tensor in body.state_dict().items()}
    scales = {float(alpha) / rank for alpha, rank in ranks_in(described, tensors)}
    if len(scales) != 1:
        raise SettingError(f"{folder}: its products have different scales ({scales}); ours have one")
    for tie in family_of(body.config).ties(body.config):
        module = f"{PREFIX}{tie.theirs.removesuffix('.weight')}"
        if f"{module}.lora_A.weight" in tensors:
            down, up = tensors.pop(f"{module}.lora_A.weight"), tensors.pop(f"{module}.lora_B.weight")
            for name, part in zip(tie.ours, torch.split(up, [shapes[each][0] for each in tie.ours]), strict=True):
                if part.any() or len(tie.ours) == 1:
                    used = part.any(dim=0) if len(tie.ours) > 1 else torch.ones(len(down), dtype=torch.bool)
                    state[name.removesuffix(".weight")] = (down[used], part[:, used])
    if tensors:
        raise SettingError(f"{folder}: {next(iter(tensors))} belongs to no matrix of this model; it is for another one")
    [scale], rank = scales, len(next(iter(state.values()))[0])
    config = LowRank(rank=rank, alpha=scale * rank, targets=tuple(sorted({name.rpartition(".")[2] for name in state})))
    add(model, config, state, folder)
    return config


def add(model: nn.Module, config: LowRank, state: Mapping[str, tuple[Tensor, Tensor]], folder: Path) -> None:
    """Put products beside matrices, and check that each has its own."""
    low_rank(model, config, torch_generator(0, "adapter"))
    for name, layer in products_of(model).items():
        if name not in state:
            raise DamagedError(f"{folder}: there is no product for {name}; the file is incomplete")
        down, up = state[name]
        if down.shape != layer.down.shape or up.shape != layer.up.shape:
            raise DamagedError(
                f"{folder}: the product for {name} is {list(up.shape)} x {list(down.shape)}, expected "
                f"{list(layer.up.shape)} x {list(layer.down.shape)}: it is for another model"
            )
        with torch.no_grad():
            layer.down.copy_(down)
            layer.up.copy_(up)


def read_folder(folder: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The description and the tensors of an adapter."""
    if not (folder / CONFIG).is_file() or not (folder / TENSORS).is_file():
        raise MissingError(f"{folder} is no LoRA: expected {CONFIG} and {TENSORS} in it")
    described = read_json(folder / CONFIG)
    if described.get("peft_type") != "LORA" or described.get("use_dora"):
        kind = "DoRA" if described.get("use_dora") else described.get("peft_type")
        raise SettingError(f"{folder / CONFIG}: expected a plain LoRA, found {kind}")
    with opened(folder / TENSORS) as file:
        return described, {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118


def ranks_in(described: Mapping[str, Any], tensors: Mapping[str, Tensor]) -> list[tuple[float, float]]:
    """For every product its alpha and what it is divided by (the rank, or its root where that is said)."""
    found = []
    for name, tensor in tensors.items():
        if name.endswith("lora_A.weight"):
            module = name.removeprefix(PREFIX).removesuffix(".lora_A.weight")
            alpha = described.get("alpha_pattern", {}).get(module, described["lora_alpha"])
            found.append((float(alpha), len(tensor) ** (0.5 if described.get("use_rslora") else 1.0)))
    return found
