"""What changes with another token in the text: the others stay what they are, and all of them are read anew."""

from __future__ import annotations

import torch
from jaxtyping import Float, Int
from torch import Tensor

from hornbook.errors import SettingError
from hornbook.evaluation.loss import still
from hornbook.model.models import Model


def edited(tokens: Int[Tensor, "B T"], place: int, token: int) -> Int[Tensor, "B T"]:
    """The same texts with ``token`` at ``place`` of each.

    Raises:
        SettingError: the texts have no such place.
    """
    count = tokens.shape[1]
    if not -count <= place < count:
        raise SettingError(f"place: {place} is not in a text of {count} tokens, counted from 0, or from -1 at its end")
    tokens = tokens.clone()
    tokens[:, place] = token
    return tokens


def before_and_after(
    model: Model, place: int, token: int, *inputs: Int[Tensor, "B _"]
) -> tuple[Float[Tensor, "T V"], Float[Tensor, "T V"]]:
    """log p of what ``model`` answers at every place of the first text, and with ``token`` at ``place`` of it.

    An encoder-decoder's source is left as it is: the text is the one that it has written.

    Raises:
        SettingError: the text has no such place, or the model no such token.
    """
    if not 0 <= token < model.config.vocabulary:
        raise SettingError(f"token: found {token}, expected one of 0 to {model.config.vocabulary - 1}")
    *source, tokens = inputs
    with still(model.modules()), torch.no_grad():
        before = model(*source, tokens)[0].double().log_softmax(-1)
        return before, model(*source, edited(tokens, place, token))[0].double().log_softmax(-1)
