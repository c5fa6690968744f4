"""Lesson 28: a recurrent network, additive scores, and a cell of an LSTM."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor

from hornbook.course.answers import Answer, expect
from hornbook.model.recurrent import LSTM
from hornbook.seeds import torch_generator


def states(
    tokens: Float[Tensor, "T C"], reads: Float[Tensor, "C C"], remembers: Float[Tensor, "C C"], inside: bool = True
) -> Float[Tensor, "T C"]:
    """A recurrent network; with ``inside`` False what is remembered is added behind the tanh."""
    h, found = torch.zeros(len(remembers)), []
    for x in tokens:
        h = torch.tanh(reads @ x + remembers @ h) if inside else torch.tanh(reads @ x) + remembers @ h
        found.append(h)
    return torch.stack(found)


def check_rnn(function: Answer) -> None:
    """Token after token, all states."""
    draw = torch_generator(28, "check")
    tokens = torch.randn(4, 3, generator=draw)
    reads, remembers = (torch.randn(3, 3, generator=draw) for _ in range(2))
    right = states(tokens, reads, remembers)
    expect(
        "rnn(tokens [4, 3], reads [3, 3], remembers [3, 3])",
        function(tokens.clone(), reads.clone(), remembers.clone()),
        right,
        {
            "Nothing is carried from token to token: add remembers @ h.": torch.tanh(tokens @ reads.T),
            "tanh goes over the whole sum.": states(tokens, reads, remembers, inside=False),
            "The two matrices are exchanged.": states(tokens, remembers, reads),
            "Return the state after every token, [T, C].": right[-1],
            "The matrices are on their side: reads @ x, not x @ reads.": states(tokens, reads.T, remembers.T),
        },
    )


def check_additive_scores(function: Answer) -> None:
    """All pairs, tanh inside, queries in rows."""
    draw = torch_generator(28, "scores")
    query, keys = torch.randn(2, 4, generator=draw), torch.randn(3, 4, generator=draw)
    w_query, w_key, v = (torch.randn(*shape, generator=draw) for shape in ((4, 4), (4, 4), (4,)))
    asked, offered = query @ w_query.T, keys @ w_key.T
    right = torch.tanh(asked[:, None] + offered[None]) @ v
    expect(
        "additive_scores(query [2, 4], keys [3, 4], ...)",
        function(query.clone(), keys.clone(), w_query.clone(), w_key.clone(), v.clone()),
        right,
        {
            "The tanh is missing: without it a query changes nothing about the order of the keys.": (
                asked[:, None] + offered[None]
            )
            @ v,
            "That is a dot product; additive attention adds, then takes tanh.": asked @ offered.T,
            "Rows are queries, columns are keys: [T, S].": right.T,
            "Return scores; the softmax comes later.": right.softmax(-1),
            "The matrices are on their side: x @ w.T.": torch.tanh((query @ w_query)[:, None] + (keys @ w_key)[None])
            @ v,
            "The two matrices are exchanged.": torch.tanh((query @ w_key.T)[:, None] + (keys @ w_query.T)[None]) @ v,
        },
    )


def check_lstm_cell(function: Answer) -> None:
    """Against the package's LSTM, gate by gate."""
    width = 3
    model = LSTM(5, width)
    with torch.no_grad():
        draw = torch_generator(28, "cell")
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=draw))
        gates = model.reads(model.tokens(torch.tensor(2)))
        shown = model.hidden(torch.tensor([[2]]))[0, 0]
    i, f, g, o = gates.chunk(4)
    c = torch.randn(width, generator=torch_generator(28, "c"))
    fresh = torch.zeros(width)
    expect("the h of lstm_cell(gates [12], c of zeros)", function(gates.clone(), fresh)[0], shown, {
        "Show tanh(c), through the output gate.": o.sigmoid() * (i.sigmoid() * g.tanh()),
        "Input and forget gates are exchanged.": o.sigmoid() * (f.sigmoid() * g.tanh()).tanh(),
            "The output gate is missing.": (i.sigmoid() * g.tanh()).tanh(),
        "The new part goes through tanh, not through a sigmoid.": o.sigmoid() * (i.sigmoid() * g.sigmoid()).tanh(),
        "The order of the gates is input, forget, new, output.": g.sigmoid() * (i.sigmoid() * o.tanh()).tanh(),
    })  # fmt: skip
    new = f.sigmoid() * c + i.sigmoid() * g.tanh()
    expect("the c of lstm_cell(gates [12], c [3])", function(gates.clone(), c.clone())[1], new, {
        "Input and forget gates are exchanged.": i.sigmoid() * c + f.sigmoid() * g.tanh(),
        "The old c is forgotten: multiply it with the forget gate and add.": i.sigmoid() * g.tanh(),
        "The forget gate is missing.": c + i.sigmoid() * g.tanh(),
        "The input gate is missing.": f.sigmoid() * c + g.tanh(),
        "Gates go through a sigmoid.": f * c + i * g.tanh(),
        "h and c are exchanged: return h first.": o.sigmoid() * new.tanh(),
    })  # fmt: skip
