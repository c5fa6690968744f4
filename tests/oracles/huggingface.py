"""Their model and ours side by side, from one description and with the same numbers, and the ways to compare them.

transformers is the oracle: models are built from its own configuration classes, never fetched, and every number in them
is drawn, so that no norm, bias or gate stands at a value where a mistake would not show.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
import transformers
from torch import Tensor, nn

from hornbook.batches import NOTHING, Positions
from hornbook.formats.families.table import FAMILIES
from hornbook.formats.family import PLUS_ONE, SAME, Family, convert, convert_back
from hornbook.formats.huggingface import read_folder, settings_of, write_folder
from hornbook.generation.config import Sampling
from hornbook.generation.generate import generate
from hornbook.model.cache import make_cache
from hornbook.model.initialise import initialise
from hornbook.model.models import Decoder, Model, build_model
from hornbook.seeds import numpy_generator, torch_generator

transformers.logging.set_verbosity_error()

VOCABULARY, CONTEXT = 61, 47
LOGITS, GRADIENTS = 2e-5, 1e-4
"""How far numbers in 32 bits may be apart."""


def drawn(seed: str, count: int = 6, **choices: Sequence[Any]) -> list[dict[str, Any]]:
    """``count`` settings; every option of every choice appears, if there are no more than ``count`` of them."""
    rows: list[dict[str, Any]] = [{} for _ in range(count)]
    for key, options in choices.items():
        order = numpy_generator(0, seed, key).permutation(count)
        for place, row in zip(order, rows, strict=True):
            row[key] = options[int(place) % len(options)]
    return rows


def sizes(
    shape: tuple[int, int, int, int | None], windows: Mapping[str, Any] | None = None, **settings: Any
) -> dict[str, Any]:
    """Settings of Llama's line: ``shape`` is width, heads, heads of keys and values, and the width of a head."""
    width, heads, kv_heads, head_width = shape
    said = {
        "vocab_size": VOCABULARY,
        "pad_token_id": None,  # the table's row of padding has no gradient there
        "max_position_embeddings": CONTEXT,
        "hidden_size": width,
        "intermediate_size": 53,
        "num_attention_heads": heads,
        "num_key_value_heads": kv_heads,
        **({} if head_width is None else {"head_dim": head_width}),
        **(windows or {}),
        **settings,
    }
    return copy.deepcopy(said)  # their classes add to the tables that they are given


def longer(**row: Any) -> dict[str, Any]:
    """Settings of a model for a text of 200 tokens, with a table of its own for writing: where the same table reads and
    writes, a model of drawn numbers says its last token again and again."""
    return sizes(**{**row, "max_position_embeddings": 256, "tie_word_embeddings": False})


def numbers(model: nn.Module, seed: int = 0, deviation: float = 0.3) -> None:
    """Draw every parameter; the scales of norms lie around what leaves the stream as it is."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            generator = torch_generator(seed, "oracle", name)
            scales = parameter.dim() == 1 and name.endswith("weight")  # of norms; a matrix has two axes
            around = float(parameter.mean()) if scales else 0.0  # 1, or where they add 1 themselves 0
            parameter.copy_(torch.empty(parameter.shape).normal_(around, deviation, generator=generator))


@dataclass(frozen=True)
class Pair:
    """Their model, and ours with the same numbers."""

    theirs: Any
    ours: Model
    family: Family

    def both(self, dtype: torch.dtype) -> Pair:
        """The same in another number format."""
        return replace(self, theirs=self.theirs.to(dtype), ours=self.ours.to(dtype))


def their_model(config: Any, head: Any = transformers.AutoModelForCausalLM, deviation: float = 0.3) -> Any:
    """A model of theirs with drawn numbers."""
    model = head.from_config(config, attn_implementation="eager").eval()
    numbers(model, deviation=deviation)
    return model


def our_model(theirs: Any) -> Pair:
    """Their model as ours, by way of its settings and tensors."""
    family = FAMILIES[theirs.config.model_type]
    config = family.read(theirs.config.to_dict())
    ours = build_model(config).eval()
    ours.load_state_dict(convert(theirs.state_dict(), family, config))
    return Pair(theirs, ours, family)


def a_pair(config: Any, head: Any = transformers.AutoModelForCausalLM, deviation: float = 0.3) -> Pair:
    """Their model of this configuration and ours, with the same numbers."""
    return our_model(their_model(config, head, deviation))


def some_tokens(batch: int = 3, time: int = 23, seed: int = 1, vocabulary: int = VOCABULARY) -> Tensor:
    """Drawn tokens [B, T]."""
    return torch.randint(vocabulary, (batch, time), generator=torch_generator(seed, "tokens"))


def near(one: Tensor, other: Tensor, within: float) -> None:
    """Both agree to ``within``, in absolute terms."""
    torch.testing.assert_close(one, other, atol=within, rtol=0.0)


# Comparing ------------------------------------------------------------------------------------------------------------


def agree_in_logits(pair: Pair) -> None:
    """The same tokens give the same logits."""
    tokens = some_tokens()
    with torch.no_grad():
        theirs, ours = pair.theirs(tokens).logits, pair.ours(tokens)
    assert theirs.std() > 0.3
    near(ours, theirs, LOGITS)


def gradients_in_their_terms(model: nn.Module, family: Family, config: Any) -> dict[str, Tensor]:
    """The gradients of our parameters, by their names; a constant that is added has no part in them."""

    def ties(config: Any) -> list[Any]:
        return [replace(tie, change=SAME) if tie.change is PLUS_ONE else tie for tie in family.ties(config)]

    ours = {name: parameter.grad for name, parameter in model.named_parameters()}
    return convert_back(ours, replace(family, ties=ties), config)


def agree_in_gradients(pair: Pair) -> None:
    """The same loss has the same gradient in every parameter."""
    tokens = some_tokens(2, 17)
    asked = torch.empty(2, 17, VOCABULARY).normal_(generator=torch_generator(2, "asked")) / 60
    (pair.theirs(tokens).logits * asked).sum().backward()
    (pair.ours(tokens) * asked).sum().backward()
    ours = gradients_in_their_terms(pair.ours, pair.family, pair.ours.config)
    theirs = dict(pair.theirs.named_parameters())
    assert set(ours) == set(theirs)
    for name, parameter in theirs.items():
        assert parameter.grad.abs().max() > 1e-3, name
        torch.testing.assert_close(
            ours[name], parameter.grad, atol=GRADIENTS, rtol=0.0, msg=lambda m, n=name: f"{n}: {m}"
        )


LENGTHS = (5, 17, 11)


def padded(left: bool, time: int = 17) -> tuple[Tensor, Tensor, Positions]:
    """Tokens of three lengths, where they stand (a mask of 0 and 1), and the same in our terms."""
    there = torch.zeros(len(LENGTHS), time, dtype=torch.long)
    for row, length in enumerate(LENGTHS):
        there[row, time - length :] = 1
    if not left:
        there = there.flip(1)
    index = torch.where(there == 1, there.cumsum(1) - 1, NOTHING)
    return some_tokens(len(LENGTHS), time, seed=3), there, Positions(index)


def agree_when_padded(pair: Pair) -> None:
    """Padding on either side changes nothing at the real places, in both of us alike."""
    for left in (False, True):
        tokens, there, positions = padded(left)
        index = positions.index.clamp(min=0)
        with torch.no_grad():
            theirs = pair.theirs(tokens, attention_mask=there, position_ids=index).logits
            ours = pair.ours(tokens, positions)
        near(ours[there == 1], theirs[there == 1], LOGITS)


def agree_when_cached(pair: Pair, steps: int = 9) -> None:
    """A padded prompt and then one token after another, each of us with its own cache: the same logits all along."""
    tokens, there, positions = padded(left=True)
    following = some_tokens(len(LENGTHS), steps, seed=4)
    cache = make_cache(pair.ours.config, len(LENGTHS), tokens.shape[1] + steps)
    with torch.no_grad():
        said = pair.theirs(tokens, attention_mask=there, position_ids=positions.index.clamp(min=0), use_cache=True)
        pair.ours(tokens, positions, cache)
        for step in range(steps):
            there = torch.cat([there, torch.ones_like(there[:, :1])], dim=1)
            index, token = there.sum(1, keepdim=True) - 1, following[:, step : step + 1]
            said = pair.theirs(
                token, attention_mask=there, position_ids=index, past_key_values=said.past_key_values, use_cache=True
            )
            near(pair.ours(token, Positions(index), cache), said.logits, LOGITS)


def same_tensors(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> None:
    """Both hold the same names and, bit for bit, the same numbers."""
    assert set(one) == set(other)
    assert [name for name in one if not torch.equal(one[name], other[name])] == []


def read_by_them(folder: Path, head: Any = transformers.AutoModelForCausalLM) -> Any:
    """The model of a folder, as transformers reads it; nothing may be missing or left over."""
    model, said = head.from_pretrained(folder, output_loading_info=True, attn_implementation="eager")
    assert not said["missing_keys"] and not said["unexpected_keys"] and not said["mismatched_keys"], said
    return model.eval()


def agree_after_writing(pair: Pair, folder: Path) -> None:
    """What we write, they read as the model that we meant; and what they write, we read."""
    write_folder(folder / "ours", pair.ours, family=pair.family, begin=1, end=2, max_shard_bytes=10_000)
    back = read_by_them(folder / "ours")
    assert (back.config.bos_token_id, back.config.eos_token_id) == (1, 2)
    pair.theirs.save_pretrained(folder / "theirs")
    config, state = read_folder(folder / "theirs")
    same_tensors(state, pair.ours.state_dict())
    with torch.no_grad():
        ours = pair.ours(some_tokens())
        near(back(some_tokens()).logits, ours, LOGITS)
    assert settings_of(config, pair.family) == settings_of(pair.ours.config, pair.family)


def survives_the_trip(pair: Pair, folder: Path) -> None:
    """A model of ours, begun and trained a little, comes back from their format with every bit in its place."""
    model = build_model(pair.ours.config)
    assert isinstance(model, Decoder)
    initialise(model, model.config, seed=7)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for step in range(3):
        optimizer.zero_grad()
        tokens = some_tokens(seed=step)
        nn.functional.cross_entropy(model(tokens)[:, :-1].flatten(0, 1), tokens[:, 1:].flatten()).backward()
        optimizer.step()
    write_folder(folder, model, family=pair.family)
    config, state = read_folder(folder)
    same_tensors(state, model.state_dict())
    build_model(config).load_state_dict(state)


def greedy_of_both(pair: Pair, count: int) -> tuple[list[int], list[int]]:
    """The likeliest token, again and again, in 64 bits: theirs and ours."""
    pair = pair.both(torch.float64)
    prompt = [3, 1, 4, 1, 5]
    said = pair.theirs.generate(
        torch.tensor([prompt]), attention_mask=torch.ones(1, 5, dtype=torch.long), do_sample=False,
        max_new_tokens=count, eos_token_id=None, pad_token_id=0,
    )  # fmt: skip
    assert isinstance(pair.ours, Decoder)
    steps = generate(pair.ours, prompt, Sampling(max_tokens=count, temperature=0.0))
    return said[0, len(prompt) :].tolist(), [token for (token,) in steps if token is not None]


def agree_in_greedy_text(config: Any, count: int = 200, deviation: float = 0.3) -> None:
    """Both write the same text of ``count`` tokens, and not one word again and again."""
    theirs, ours = greedy_of_both(a_pair(config, deviation=deviation), count)
    assert ours == theirs and len(ours) == count
    assert len(set(ours)) > 10
