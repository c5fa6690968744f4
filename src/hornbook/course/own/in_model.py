"""Grading parts of a model: attention, rotary positions, learned positions, the block, dropout, LoRA.

Each check gives the part small numbers, and knows what the classic mistakes would have made of them.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from hornbook.batches import Positions
from hornbook.course.answers import WrongAnswer, expect
from hornbook.model.config import Causal, Rotary
from hornbook.model.kernels import KeysValues, Scoring, explicit
from hornbook.model.masks import Mask
from hornbook.model.position_encodings import RotaryEncoding
from hornbook.seeds import derive, torch_generator

Part = Callable[..., Tensor]
TIME, WIDTH = 5, 8


def normal(*shape: int, name: str = "x") -> Float[Tensor, "*shape"]:
    """Numbers around 0, the same each time."""
    return torch.randn(shape, generator=torch_generator(0, "own parts", name))


def check_attention(part: Part) -> None:
    """attention(query, key, value, visible, scale) against ``explicit``, causal and with padding."""
    query, key, value = (normal(2, 3, TIME, WIDTH, name=name) for name in ("query", "key", "value"))
    index = torch.tensor([[0, 1, 2, 3, 4], [0, 1, 2, -1, -1]])
    positions = Positions(index)
    mask = Mask(Causal(), positions, positions)
    visible = mask.dense().expand(2, 1, TIME, TIME).clone()
    visible[1, :, 3:, 0] = True  # padding has to look somewhere
    scale = 0.25

    def answer(shown: Bool[Tensor, "2 1 T T"], factor: float) -> Float[Tensor, "2 H T D"]:
        return (query @ key.mT * factor).masked_fill(~shown, -torch.inf).softmax(-1) @ value

    scores = query @ key.mT * scale
    masked = scores.masked_fill(~visible, -torch.inf)
    early = torch.ones(TIME, TIME, dtype=torch.bool)
    given = (query.clone(), key.clone(), value.clone(), visible.clone(), scale)
    found = part(*given)
    if isinstance(found, Tensor):
        found = found.nan_to_num()  # a row that sees nothing: so that this mistake too has a number
    expect(
        "attention(query, key, value, visible, scale=0.25)",
        found,
        masked.softmax(-1) @ value,
        {
            "The scale is missing: multiply the products by it.": answer(visible, 1.0),
            "Scores are divided by the scale: multiply by it, it is 1/sqrt(D) already.": answer(visible, 1 / scale),
            "The scale comes twice: it is 1/sqrt(D) already.": answer(visible, scale * WIDTH**-0.5),
            "1/sqrt(D) is used instead of the scale that is given.": answer(visible, WIDTH**-0.5),
            "The mask is not used: every token sees the future and the padding.": answer(
                torch.ones_like(visible), scale
            ),
            "Softmax goes over the wrong axis: each row sums to 1, dim=-1.": masked.softmax(-2).nan_to_num() @ value,
            "The mask falls on the weights: put it on the scores as -inf, before the softmax.": scores.softmax(
                -1
            ).masked_fill(~visible, 0.0)
            @ value,
            "Hidden scores have to be -inf; a score of 0 still gets a weight.": scores.masked_fill(
                ~visible, 0.0
            ).softmax(-1)
            @ value,
            "The mask is the wrong way round: True means that a token may be seen.": scores.masked_fill(
                visible, -torch.inf
            )
            .softmax(-1)
            .nan_to_num()
            @ value,
            "The mask is one place off: a token sees the next one.": answer(
                visible | (early.tril(1) & (index >= 0)[:, None, None]), scale
            ),
            "A causal mask of your own replaces the one that is given: padding is seen.": answer(
                early.tril().expand_as(visible), scale
            ),
            "The weights average the values, not the keys.": masked.softmax(-1) @ key,
        },
    )
    seen = KeysValues(key[:1], value[:1], Positions(index[:1]))
    first = Mask(Causal(), Positions(index[:1]), Positions(index[:1]))
    right = explicit(query[:1], seen, first, None, Scoring(scale), lambda weights: weights)
    expect("attention of one row", part(query[:1], key[:1], value[:1], first.dense(), scale), right)


def check_rotary(part: Part) -> None:
    """rotary(heads, positions, base): pairs i and i + D/2, in the right direction, by absolute place."""
    heads, index = normal(1, 2, 4, WIDTH), torch.tensor([[0, 1, 2, 7]])
    encoding = RotaryEncoding(Rotary(base=100.0), WIDTH)
    right = encoding.rotate(heads, encoding.turns(Positions(index)))
    speed = 100.0 ** (-torch.arange(0, WIDTH, 2) / WIDTH)

    def turned(angle: Float[Tensor, "T half"], mirrored: bool = False) -> Float[Tensor, "1 H T D"]:
        cosine, sine = angle.cos(), angle.sin() * (-1 if mirrored else 1)
        left, other = heads.chunk(2, dim=-1)
        return torch.cat([left * cosine - other * sine, other * cosine + left * sine], dim=-1)

    angle = index[0][:, None] * speed
    cosine, sine = angle.cos(), angle.sin()
    left, other = heads[..., ::2], heads[..., 1::2]
    turned_pairs = (left * cosine - other * sine, other * cosine + left * sine)
    low, high = heads.chunk(2, dim=-1)
    expect(
        "rotary(heads, positions [0, 1, 2, 7], base=100)",
        part(heads.clone(), index.clone(), 100.0),
        right,
        {
            "Neighbouring features are paired: here feature i goes with i + D/2.": torch.stack(
                turned_pairs, -1
            ).flatten(-2),
            "Neighbouring features are paired, and then put apart: feature i goes with i + D/2.": torch.cat(
                turned_pairs, -1
            ),
            "It turns the wrong way: the sign of the sine is exchanged.": turned(angle, mirrored=True),
            "The places are not used: count with the positions that are given, not 0, 1, 2, ...": turned(
                torch.arange(4)[:, None] * speed
            ),
            "The base is not used: it is given.": turned(
                index[0][:, None] * 10_000.0 ** (-torch.arange(0, WIDTH, 2) / WIDTH)
            ),
            "The exponent is -2i/D: it is half as large here.": turned(
                index[0][:, None] * 100.0 ** (-torch.arange(WIDTH // 2) / WIDTH)
            ),
            "Slow and fast are exchanged: the exponent is negative.": turned(index[0][:, None] / speed),
            "One half is turned, the other is not: both need two products.": torch.cat(
                [low * cosine - high * sine, high], -1
            ),
            "Nothing is turned.": heads,
        },
    )


def check_positions(part: Part) -> None:
    """positions(rows, table): the row of each place added to that of the token."""
    rows, table = normal(2, 3, WIDTH), normal(6, WIDTH, name="table")
    expect(
        "positions(rows [2, 3, 8], table [6, 8])",
        part(rows.clone(), table.clone()),
        rows + table[:3],
        {
            "Positions are not added.": rows,
            "The token's own row is lost: add the row of the place to it.": table[:3].expand(2, 3, WIDTH),
            "One place off: the first token stands at place 0.": rows + table[1:4],
            "The last rows of the table are used: begin at place 0.": rows + table[3:],
            "All tokens get the same row.": rows + table[0],
            "Places run along time, not along the batch.": rows + table[:2][:, None],
            "They are multiplied; add them.": rows * table[:3],
        },
        hint="rows + table[:T]",
    )


def check_block(part: Part) -> None:
    """block(hidden, attention, feed_forward, first_norm, second_norm): pre-norm, both sums."""
    hidden = normal(1, 3, WIDTH)
    a, b, c, d = (normal(WIDTH, WIDTH, name=name) / WIDTH**0.5 for name in "abcd")

    def attention(x: Float[Tensor, "1 T C"]) -> Float[Tensor, "1 T C"]:
        return torch.tanh(x @ a)

    def network(x: Float[Tensor, "1 T C"]) -> Float[Tensor, "1 T C"]:
        return torch.sigmoid(x @ b)

    def first(x: Float[Tensor, "1 T C"]) -> Float[Tensor, "1 T C"]:
        return torch.sin(x @ c)

    def second(x: Float[Tensor, "1 T C"]) -> Float[Tensor, "1 T C"]:
        return torch.cos(x @ d)

    between = hidden + attention(first(hidden))
    after = first(hidden + attention(hidden))
    found = part(hidden.clone(), attention, network, first, second)
    expect(
        "block(hidden, attention, feed_forward, first_norm, second_norm)",
        found,
        between + network(second(between)),
        {
            "The residual around attention is missing.": attention(first(hidden))
            + network(second(attention(first(hidden)))),
            "The residual around the feed-forward network is missing.": network(second(between)),
            "Both residuals are missing.": network(second(attention(first(hidden)))),
            "The norms stand after the sums; here they stand before each part.": second(after + network(after)),
            "The norms are not used.": hidden + attention(hidden) + network(hidden + attention(hidden)),
            "The first norm is used twice: each part has its own.": between + network(first(between)),
            "The norms are exchanged.": (hidden + attention(second(hidden)))
            + network(first(hidden + attention(second(hidden)))),
            "The second sum begins again with the input: it adds to what attention left.": hidden
            + network(second(between)),
            "Both parts read the input: the network reads what attention left.": hidden
            + attention(first(hidden))
            + network(second(hidden)),
            "The feed-forward network comes first; attention does.": (hidden + network(second(hidden)))
            + attention(first(hidden + network(second(hidden)))),
        },
    )


def check_dropout(part: Part) -> None:
    """dropout(x, share, training): nothing in evaluation; in training a share is 0 and the mean stays."""
    x = torch.ones(400, 50)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive(0, "own dropout"))
        still, dropped = part(x.clone(), 0.2, False), part(x.clone(), 0.2, True)
    expect(
        "dropout(ones, 0.2, training=False)",
        still,
        x,
        {
            "In evaluation the numbers stay as they are: do not scale them.": x * 0.8,
            "In evaluation the numbers stay as they are; they are scaled up.": x / 0.8,
        },
        hint="Dropout runs in evaluation: when training is False return x as it is.",
    )
    if bool((dropped[0] == dropped[1]).all() and (dropped == 0).any()):
        said = "dropout: all rows lose the same numbers"
        raise WrongAnswer(said, "Draw a number for each place: torch.rand_like(x).")
    share = float((dropped == 0).float().mean())
    if abs(share - 0.2) > 0.02:
        likely = "`share` is what is dropped, not what is kept." if abs(share - 0.8) < 0.02 else "Nothing is dropped."
        raise WrongAnswer(f"dropout(ones, 0.2, training=True): {share:.0%} of the numbers are 0, expected 20 %", likely)
    if abs(float(dropped.mean()) - 1) > 0.02:
        said = f"dropout(ones, 0.2, training=True): the mean became {float(dropped.mean()):.2f}, expected 1"
        raise WrongAnswer(said, "What is left has to be divided by 1 - share, so that the mean stays.")


def check_lora(part: Part) -> None:
    """lora(x, weight, down, up, scale)."""
    x, weight = normal(2, 5, 4), normal(3, 4, name="weight")
    down, up = normal(2, 4, name="down"), normal(3, 2, name="up")
    plain, beside = x @ weight.T, x @ down.T @ up.T
    found = part(x.clone(), weight.clone(), down.clone(), up.clone(), 3.0)
    expect(
        "lora(x [2, 5, 4], weight [3, 4], down [2, 4], up [3, 2], scale=3)",
        found,
        plain + 3 * beside,
        {
            "The scale is missing.": plain + beside,
            "The scale is divided by the rank again: it is alpha / rank already.": plain + 1.5 * beside,
            "The frozen matrix is left out.": 3 * beside,
            "The product beside the matrix is left out.": plain,
            "The scale falls on both: it belongs to the product alone.": 3 * (plain + beside),
            "The product is subtracted; add it.": plain - 3 * beside,
        },
    )
