"""One function for each thing that a language model has to do, and the order in which they are asked.

``CAUSAL`` are the checks for a model that continues texts, ``BOTH_WAYS`` those for one that reads them at once. Where
a check fails, its ``likely`` names the mistakes that usually look like this. Next: registered.py.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from hornbook.evaluation.checking.registered import forgotten_tensors, hidden_modules
from hornbook.evaluation.checking.subject import (
    Finding,
    Subject,
    answers,
    ask,
    changed_at,
    deepcopied,
    differ,
    failed,
    left_out,
    other_token,
    passed,
)

NOWHERE = "no causal mask, or one that is added after the softmax, or a softmax over the queries (dim=-2 for dim=-1)"
FIRST_LOSS = 0.25
"""How far the first loss may be from ln V, as a share of it."""
STEPS, RATE = 60, 3e-3
"""How long, and how fast, a model is taught one batch."""


def shape(subject: Subject) -> Finding:
    """It answers with a score for every token of the vocabulary at every place."""
    tokens = subject.tokens(rows=2, length=subject.context)
    found = answers(subject.model(), tokens)
    wanted = (2, subject.context, subject.vocabulary)
    if not isinstance(found, Tensor):
        return failed(f"returned {type(found).__name__}", "return the logits as a tensor [batch, time, vocabulary]")
    said = f"{list(tokens.shape)} -> {list(found.shape)}"
    if tuple(found.shape) == wanted:
        return passed(said)
    guesses = {
        (wanted[0], wanted[2]): "only one place is answered; training needs the logits of all of them",
        (wanted[1], wanted[0], wanted[2]): "batch and time are swapped (batch_first=True?)",
        (wanted[0] * wanted[1], wanted[2]): "batch and time were flattened and not separated again",
    }
    return failed(f"{said}, expected {list(wanted)}", guesses.get(tuple(found.shape), "look at the output layer"))


def any_length(subject: Subject) -> Finding:
    """It reads texts of any length up to its context, and says of a beginning what it says of it in a longer text."""
    model, whole = subject.model(), subject.tokens(length=subject.context)
    likely = "a mask or a table of positions has a fixed size: cut it to the text, as in mask[:T, :T]"
    for length in sorted({1, 2, subject.length, subject.context}):
        try:
            answers(model, whole[:, :length])
        except (RuntimeError, IndexError, ValueError) as error:
            return failed(f"{length} tokens: {str(error).splitlines()[0]}", likely)
    return passed(f"1 to {subject.context} tokens")


def causal(subject: Subject) -> Finding:
    """No place knows a later token: changing one changes no answer before it."""
    model, tokens = subject.model(), subject.tokens()
    plain, reach = answers(model, tokens)[0], 0
    for place in range(1, subject.length):
        changed = changed_at(plain, answers(model, other_token(tokens, place, subject.vocabulary))[0])
        reach = max([reach, *(place - early for early in changed if early < place)])
    if not reach:
        return passed(f"{subject.length - 1} tokens changed, no answer before them moved")
    if reach < subject.length - 1:
        steps = f"{reach} token{'s' * (reach > 1)}"
        return failed(
            f"an answer knows of a token {steps} after it",
            "the mask is off by one (torch.triu needs diagonal=1, torch.tril diagonal=0), once for every layer",
        )
    return failed("the first answer knows the last token", NOWHERE)


def causal_by_gradient(subject: Subject) -> Finding:
    """The same by calculus: the derivative of an answer by the embedding of a later token is exactly zero."""
    found = jacobian(subject)
    if found is None:
        return left_out("the model has no nn.Embedding that could be derived by")
    ahead = float(found.triu(1).max())
    if ahead == 0.0:
        return passed("every derivative by a later token is 0")
    return failed(f"a derivative by a later token is {ahead:.1e}", NOWHERE)


def looks_back(subject: Subject) -> Finding:
    """Every place knows the tokens before it."""
    model, tokens = subject.model(), subject.tokens()
    moved = changed_at(answers(model, tokens)[0], answers(model, other_token(tokens, 0, subject.vocabulary))[0])
    missing = [place for place in range(subject.length) if place not in moved]
    if not missing:
        return passed("the first token moves every answer")
    return failed(
        f"the first token does not move answer {missing[0]}",
        "the mask hides the past instead of the future, a window is too short, or what attention returns is not used",
    )


def both_ways(subject: Subject) -> Finding:
    """Every place knows all tokens, earlier and later ones."""
    model, tokens = subject.model(), subject.tokens()
    plain = answers(model, tokens)[0]
    for place in (0, subject.length - 1):
        moved = changed_at(plain, answers(model, other_token(tokens, place, subject.vocabulary))[0])
        if len(moved) < subject.length:
            return failed(
                f"token {place} moves {len(moved)} of {subject.length} answers",
                "a causal mask is left in an encoder, or what attention returns is not used",
            )
    return passed("the first and the last token move every answer")


def order(subject: Subject) -> Finding:
    """It matters in which order the tokens stand."""
    model, tokens = subject.model(), subject.tokens()
    swapped = other_token(tokens, 0, subject.vocabulary)
    swapped[0, 1] = tokens[0, 0]
    back = swapped.clone()
    back[0, 0], back[0, 1] = swapped[0, 1], swapped[0, 0]
    if differ(answers(model, swapped)[0, -1], answers(model, back)[0, -1]):
        return passed("two tokens that change places change the last answer")
    return failed(
        "two tokens changed places and the last answer did not notice",
        "positions are not added to the embeddings (or not turned into queries and keys)",
    )


def rows_apart(subject: Subject) -> Finding:
    """A text is answered alike alone and in any company, in any row."""
    model, tokens = subject.model(), subject.tokens(rows=3)
    together = answers(model, tokens)
    alone = torch.cat([answers(model, row[None]) for row in tokens])
    turned = answers(model, tokens.flip(0)).flip(0)
    if not differ(together, alone) and not differ(together, turned):
        return passed("three texts, together, alone and in another order")
    return failed(
        f"a text is answered differently beside others, by {float((together - alone).abs().max()):.1e}",
        "something runs over the batch: BatchNorm, a softmax with the wrong dim, or view where transpose was meant",
    )


def lengths_apart(subject: Subject) -> Finding:
    """What stands after a text, such as padding, does not change the answers to it."""
    model, whole, half = subject.model(), subject.tokens(), max(1, subject.length // 2)
    long, short = answers(model, whole)[:, :half], answers(model, whole[:, :half])
    if not differ(long, short):
        return passed(f"{half} tokens, alone and with {subject.length - half} behind them")
    return failed(
        f"the same beginning is answered differently in a longer text, by {float((long - short).abs().max()):.1e}",
        "something depends on the whole length: positions counted from the end, a norm over time, a missing mask",
    )


def repeatable(subject: Subject) -> Finding:
    """In evaluation it says the same twice."""
    model, tokens = subject.model(), subject.tokens()
    if not differ(answers(model, tokens), answers(model, tokens)):
        return passed("asked twice")
    return failed("asked twice, it gave two answers", "dropout runs in evaluation: F.dropout(x, p, self.training)")


def first_loss(subject: Subject) -> Finding:
    """Before it has learned anything it finds all tokens about equally likely: its loss is near ln V."""
    tokens = subject.tokens(rows=32, length=subject.context)
    loss, fair = float(loss_of(subject.model(), tokens).detach()), math.log(subject.vocabulary)
    said = f"{loss:.3f} nats, ln {subject.vocabulary} = {fair:.3f}"
    if abs(loss - fair) <= FIRST_LOSS * fair:
        return passed(said)
    if loss > fair:
        return failed(said, "weights begin too large: draw them with a deviation near 0.02, and end with a norm")
    return failed(said, "it knows the answers already: the targets leak into the input")


def gradients(subject: Subject) -> Finding:
    """What is learned reaches every parameter."""
    model = deepcopied(subject.model()).train()
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-2)
    for step in range(3):  # what begins at zero may hide others in the first steps
        optimizer.zero_grad(set_to_none=True)
        loss_of(model, subject.tokens(rows=4, length=subject.context, seed=step)).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    still = [
        name
        for name, parameter in model.named_parameters()
        if parameter.requires_grad and (parameter.grad is None or not bool(parameter.grad.any()))
    ]
    count = sum(1 for _ in model.parameters())
    if not count:
        return failed("the model has no parameters", "its layers are not attributes of the module, or are in a list")
    if not still:
        return passed(f"all {count} tensors")
    return failed(
        f"none reaches {', '.join(still[:3])}{' ...' * (len(still) > 3)} ({len(still)} of {count})",
        "a part is never used, or stands behind detach() or no_grad(), or residuals are missing around it",
    )


def registered(subject: Subject) -> Finding:
    """PyTorch knows all layers and tensors: those in plain lists are neither trained nor saved nor moved."""
    model = subject.model()
    hidden, plain = hidden_modules(model), forgotten_tensors(model)
    if hidden:
        return failed(f"{hidden[0]} holds layers", "a plain list hides layers from PyTorch: use nn.ModuleList")
    if plain:
        return failed(
            f"{plain[0]} is a plain tensor",
            "it is neither saved nor moved to a GPU: use nn.Parameter, or self.register_buffer",
        )
    return passed(f"{sum(1 for _ in model.modules())} modules")


def saving(subject: Subject) -> Finding:
    """Saved and loaded into a new model, it says the same."""
    model, other, tokens = subject.model(0), subject.model(1), subject.tokens()
    try:
        other.load_state_dict(model.state_dict())
    except RuntimeError as error:
        return failed(str(error).splitlines()[0], "two models of the same settings have to have the same tensors")
    if not differ(answers(model, tokens), answers(other, tokens)):
        return passed(f"{len(model.state_dict())} tensors")
    return failed(
        "loaded into a new model, the weights give another answer",
        "a tensor that was drawn at random is not in the state: use nn.Parameter or self.register_buffer",
    )


def caching(subject: Subject) -> Finding:
    """Token by token with a cache it says what it says at once."""
    model, tokens = subject.model(), subject.tokens()
    wanted = "(logits, cache = model(tokens, cache=cache), at first with None)"
    if "cache" not in inspect.signature(model.forward).parameters:
        return left_out(f"forward has no parameter called cache {wanted}")
    cache, parts = None, []
    with torch.no_grad():
        for place in range(subject.length):
            answer = model(tokens[:, place : place + 1], cache=cache)
            if not isinstance(answer, tuple):
                return left_out(f"forward takes a cache and returns none {wanted}")
            parts.append(answer[0])
            cache = answer[1]
    if not differ(torch.cat(parts, dim=1), answers(model, tokens)):
        return passed(f"{subject.length} tokens, one by one")
    return failed(
        "token by token the answers are others than at once",
        "positions have to go on from what the cache holds, and keys are cached after they were turned",
    )


def learns(subject: Subject) -> Finding:
    """It can learn one small batch by heart."""
    model = deepcopied(subject.model(exact=False)).train()
    tokens = subject.tokens(rows=4)
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.0)
    first = last = float(loss_of(model, tokens).detach())
    for _ in range(STEPS):
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(model, tokens)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        last = float(loss.detach())
    said = f"{first:.2f} -> {last:.2f} nats in {STEPS} steps of AdamW"
    if last < 0.5 * first:
        return passed(said)
    return failed(
        said, "gradients vanish (no residuals, no norms, a softmax of large numbers: divide by sqrt(head width))"
    )


Check = Callable[[Subject], Finding]

FIRST: tuple[Check, ...] = (registered, shape)
"""Without these the others cannot be asked."""

COMMON: tuple[Check, ...] = (rows_apart, repeatable, first_loss, gradients, saving, learns)
CAUSAL: tuple[Check, ...] = (
    *(*FIRST, any_length, causal, causal_by_gradient, looks_back, order, lengths_apart),
    *(*COMMON, caching),
)
BOTH_WAYS: tuple[Check, ...] = (*FIRST, any_length, both_ways, order, *COMMON)


def loss_of(model: nn.Module, tokens: Int[Tensor, "B T"]) -> Float[Tensor, ""]:
    """Mean cross-entropy of the next token; of the same token where there is only one."""
    logits: Tensor = ask(model, tokens)
    if tokens.shape[1] > 1:
        logits, tokens = logits[:, :-1], tokens[:, 1:]
    return F.cross_entropy(logits.flatten(0, 1), tokens.flatten())


def jacobian(subject: Subject) -> Float[Tensor, "T T"] | None:
    """How much each answer (row) moves with the embedding of each token (column); ``None`` without an embedding."""
    model, tokens = subject.model(), subject.tokens()
    seen: list[Tensor] = []

    def keep(module: nn.Module, given: tuple[Tensor, ...], rows: Tensor) -> Tensor | None:
        if seen or not given or given[0].shape != tokens.shape or not torch.equal(given[0], tokens):
            return None
        seen.append(rows.detach().requires_grad_())
        return seen[0]

    handles = [each.register_forward_hook(keep) for each in model.modules() if isinstance(each, nn.Embedding)]
    weights = torch.linspace(0.5, 1.5, subject.vocabulary, dtype=torch.float64)  # a plain sum is 0 after some norms
    summed = (ask(model, tokens)[0] * weights).sum(-1)
    for handle in handles:
        handle.remove()
    if not seen:
        return None
    moved: list[Tensor | None] = [
        torch.autograd.grad(each, seen[0], retain_graph=True, allow_unused=True)[0] for each in summed
    ]
    nothing = torch.zeros(len(summed), dtype=torch.float64)
    return torch.stack([nothing if each is None else each[0].norm(dim=-1) for each in moved])
