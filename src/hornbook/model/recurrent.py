"""What came before the Transformer, to be measured beside it: a neural bigram model, and an LSTM written out.

Both read what the Transformer reads and are asked for the same: ``hidden`` gives a stream, ``write`` logits. The bigram
model knows the last token and nothing else (Bengio et al. 2003 with a history of one). The LSTM (Hochreiter and
Schmidhuber 1997, with the forget gate of Gers et al. 2000) carries what it has read in two vectors, h and c:

    i, f, g, o = W x + U h + b                  input, forget and output gates, and what might be remembered
    c' = sigmoid(f) * c + sigmoid(i) * tanh(g)
    h' = sigmoid(o) * tanh(c')

W x is one product for all tokens of a text; U h has to wait for the token before, so a text is read token by token,
which is what the Transformer did away with.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from hornbook.batches import Positions


class Bigram(nn.Module):
    """The next token from the last one: a table of vectors, and a matrix from them to logits."""

    def __init__(self, vocabulary: int, width: int) -> None:
        super().__init__()
        self.tokens, self.head = nn.Embedding(vocabulary, width), nn.Linear(width, vocabulary)

    def hidden(self, tokens: Int[Tensor, "B T"], positions: Positions | None = None) -> Float[Tensor, "B T C"]:
        """The vector of each token, whatever stands before it."""
        stream: Tensor = self.tokens(tokens)
        return stream

    def write(self, hidden: Float[Tensor, "B T C"]) -> Float[Tensor, "B T V"]:
        """Logits of the token that follows."""
        logits: Tensor = self.head(hidden)
        return logits

    @staticmethod
    def parameters_at(vocabulary: int, width: int) -> int:
        """How many parameters a model of this width has."""
        return vocabulary * (2 * width + 1)


class LSTM(nn.Module):
    """One layer of long short-term memory between a table of vectors and a matrix to logits."""

    def __init__(self, vocabulary: int, width: int) -> None:
        super().__init__()
        self.tokens, self.head = nn.Embedding(vocabulary, width), nn.Linear(width, vocabulary)
        self.reads, self.remembers = nn.Linear(width, 4 * width), nn.Linear(width, 4 * width, bias=False)
        with torch.no_grad():
            self.reads.bias.zero_()
            self.reads.bias[width : 2 * width] = 1.0  # at first little is forgotten (Jozefowicz et al. 2015)

    def hidden(self, tokens: Int[Tensor, "B T"], positions: Positions | None = None) -> Float[Tensor, "B T C"]:
        """h after each token. Where another document begins (index 0) nothing is known of the one before."""
        given = self.reads(self.tokens(tokens))
        h = c = given.new_zeros(len(tokens), given.shape[-1] // 4)
        found = []
        for step in range(tokens.shape[1]):
            if positions is not None:
                goes_on = (positions.index[:, step, None] > 0).to(h.dtype)
                h, c = h * goes_on, c * goes_on
            i, f, g, o = (given[:, step] + self.remembers(h)).chunk(4, dim=-1)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
            found.append(h)
        return torch.stack(found, dim=1)

    def write(self, hidden: Float[Tensor, "B T C"]) -> Float[Tensor, "B T V"]:
        """Logits of the token that follows."""
        logits: Tensor = self.head(hidden)
        return logits

    @staticmethod
    def parameters_at(vocabulary: int, width: int) -> int:
        """How many parameters a model of this width has."""
        return vocabulary * (2 * width + 1) + 8 * width * width + 4 * width


NEURAL_BASELINES: dict[str, type[Bigram] | type[LSTM]] = {"neural bigram": Bigram, "LSTM": LSTM}
"""By the name they have in tables."""


def of_about(
    kind: type[Bigram] | type[LSTM], vocabulary: int, parameters: int, generator: torch.Generator
) -> Bigram | LSTM:
    """The widest one that has no more than so many parameters; matrices are drawn uniformly up to 1/sqrt(fan in)."""
    width = 1
    while kind.parameters_at(vocabulary, width + 1) <= parameters:
        width += 1
    model = kind(vocabulary, width)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                bound = 1 / math.sqrt(parameter.shape[1])
                draw = torch.rand(parameter.shape, generator=generator)
                parameter.copy_((2 * draw - 1) * bound)
        model.head.bias.zero_()
    return model
