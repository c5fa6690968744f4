"""What people write who are nearly there: one line of a solution made wrong, and what they should then be told."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class WrongOne:
    """``right`` becomes ``wrong`` in the solutions of a lesson; ``hint`` is a part of what the check has to say."""

    lesson: str
    exercise: str
    what: str
    right: str
    wrong: str
    hint: str


def wrong_in(lesson: str, *rows: tuple[str, str, str, str, str]) -> list[WrongOne]:
    """The wrong answers to one lesson."""
    return [WrongOne(lesson, *row) for row in rows]


# fmt: off
WRONG: list[WrongOne] = [
    *wrong_in(
        "text_to_tokens",
        ("count_pairs", "words count once", "counts.get(pair, 0) + times", "counts.get(pair, 0) + 1", "add `times`"),
        ("count_pairs", "pairs of a word count once", "for pair in pairwise(tokens)", "for pair in set(pairwise(tokens))", "places"),
        ("merge", "a token is used twice", "index += 2", "index += 1", "go on by two"),
        ("encode", "characters for bytes", "list(text.encode())", "[ord(character) for character in text]", "bytes"),
        ("encode", "merges out of order", "in enumerate(merges)", "in sorted(enumerate(merges), key=lambda each: each[1])", "order"),
    ),
    *wrong_in(
        "attention",
        ("softmax", "over the columns", "powers / powers.sum(-1, keepdim=True)", "powers / powers.sum(0, keepdim=True)", "dim=-1"),
        ("softmax", "overflow", "scores - scores.amax(-1, keepdim=True)", "scores", "Take the largest score off"),
        ("causal_mask", "without the diagonal", ".tril()", ".tril(-1)", "see itself"),
        ("attention", "no scale", " / math.sqrt(query.shape[-1])", "", "scale is missing"),
        ("attention", "no mask", "scores = scores.masked_fill(~causal_mask(query.shape[-2]), -torch.inf)", "pass", "mask is missing"),
        ("attention", "zero for minus infinity", "-torch.inf", "0.0", "-inf"),
        ("split_heads", "no transpose", "hidden.view(batch, time, heads, width // heads).transpose(1, 2)", "hidden.view(batch, heads, time, width // heads)", "mixed"),
    ),
    *wrong_in(
        "batches_and_targets",
        ("windows", "the last target is missing", "range(0, len(ids) - context, stride)", "range(0, len(ids) - context + 1, stride)", "context + 1"),
        ("windows", "targets not shifted", "ids[start + 1 : start + context + 1]", "ids[start : start + context]", "one token further on"),
        ("pad", "the filling is asked for", "[ignored] * (length - len(text) + 1)", "[filler] * (length - len(text) + 1)", "not `filler`"),
        ("mean_loss", "over all places", "sum(asked) / len(asked)", "sum(asked) / len(losses)", "not by all places"),
    ),
    *wrong_in(
        "embeddings_and_positions",
        ("position_waves", "sines before cosines", "torch.stack([angle.sin(), angle.cos()], dim=-1).flatten(1)", "torch.cat([angle.sin(), angle.cos()], dim=1)", "side by side"),
        ("position_waves", "fast pairs last", "10_000.0 ** (-torch.arange(0, width, 2) / width)", "10_000.0 ** (torch.arange(0, width, 2) / width)", "more slowly"),
        ("lookup", "booleans", ".to(table.dtype)", "", "numbers of one kind"),
        ("wavelength", "no full turn", "2 * math.pi * ", "", "full turn"),
    ),
    *wrong_in(
        "norms_and_residuals",
        ("layer_norm", "divided by C - 1", "variance = centred.square().mean(-1, keepdim=True)", "variance = hidden.var(-1, keepdim=True)", "C - 1"),
        ("layer_norm", "epsilon outside", "torch.sqrt(variance + epsilon)", "(torch.sqrt(variance) + epsilon)", "under the root"),
        ("layer_norm", "over the tokens", "(-1, keepdim=True)\n    variance = centred.square().mean(-1, keepdim=True)", "(1, keepdim=True)\n    variance = centred.square().mean(1, keepdim=True)", "wrong axis"),
        ("gelu", "the share alone", "return x * (1", "return (1", "multiply by x"),
        ("residual", "the stream is normed", "hidden + branch(norm(hidden))", "norm(hidden) + branch(norm(hidden))", "added as it came"),
        ("residual", "no plus", "hidden + branch(norm(hidden))", "branch(norm(hidden))", "stream is missing"),
    ),
    *wrong_in(
        "the_gpt_block",
        ("block", "both parts read the same", "stream = stream + attend(norms[0](stream))\n    return stream + think(norms[1](stream))", "return stream + attend(norms[0](stream)) + think(norms[1](stream))", "what the first has written"),
        ("count_parameters", "no last norm", " + 2 * width\n", "\n", "last norm"),
        ("count_parameters", "a tied head is counted", "(0 if tied else vocabulary * width)", "vocabulary * width", "learned once"),
        ("logits", "softmax", "stream @ table.T", "(stream @ table.T).softmax(-1)", "No softmax"),
    ),
    *wrong_in(
        "generating",
        ("chances", "times the temperature", "logits / degree", "logits * degree", "makes hot cold"),
        ("chances", "divided after the softmax", "(logits / degree).softmax(-1)", "logits.softmax(-1) / degree", "before the softmax"),
        ("pick", "one chance", "if uniform < reached", "if uniform < chance", "sum of the chances"),
        ("write", "the beginning of the text", "text[-context:]", "text[:context]", "end of the text"),
        ("write", "the prompt is returned", "return text[len(prompt) :]", "return text", "new tokens only"),
    ),
    *wrong_in(
        "the_loss",
        ("cross_entropy", "a sum", "gather(1, targets[:, None]).mean()", "gather(1, targets[:, None]).sum()", "return the mean"),
        ("cross_entropy", "bits", "return -log_chances.gather(1, targets[:, None]).mean()", "return -log_chances.gather(1, targets[:, None]).mean() / math.log(2)", "in bits"),
        ("cross_entropy", "overflow", "logits - logits.amax(-1, keepdim=True)", "logits", "largest logit"),
        ("bits_per_byte", "characters", "len(text.encode())", "len(text)", "bytes of the text"),
        ("bits_per_byte", "nats", " / math.log(2)", "", "ln 2"),
        ("entropy", "zeros", " if chance > 0", "", "0 · ln 0"),
    ),
    *wrong_in(
        "the_training_loop",
        ("loss_gradient", "no target", "gradient[target] -= 1", "pass", "Less 1"),
        ("sgd_step", "uphill", "weight - rate * gradient", "weight + rate * gradient", "take it off"),
        ("train", "one weight for all", "sgd_step(weight, gradient_of(weight, batch), rate)", "sgd_step(weight, gradient_of(batches[0] * 0 + 4, batch), rate)", "ask again"),
    ),
    *wrong_in(
        "adamw_by_hand",
        ("running_mean", "no correction", "return mean / (1 - beta ** len(values))", "return mean", "bias correction"),
        ("running_mean", "beta for the new value", "beta * mean + (1 - beta) * value", "(1 - beta) * mean + beta * value", "kept of the old mean"),
        ("adam_direction", "epsilon under the root", "(corrected_square**0.5 + epsilon)", "(corrected_square + epsilon) ** 0.5", "not under it"),
        ("adam_direction", "one beta for both", "square / (1 - beta2**step)", "square / (1 - beta1**step)", "its own beta"),
        ("adamw", "L2", "0.9 * mean + 0.1 * gradient\n        square = 0.999 * square + 0.001 * gradient**2\n        direction = (mean / (1 - 0.9**step)) / ((square / (1 - 0.999**step)).sqrt() + 1e-8)\n        weight = weight * (1 - rate * decay) - rate * direction", "0.9 * mean + 0.1 * (gradient + decay * weight)\n        square = 0.999 * square + 0.001 * (gradient + decay * weight) ** 2\n        direction = (mean / (1 - 0.9**step)) / ((square / (1 - 0.999**step)).sqrt() + 1e-8)\n        weight = weight - rate * direction", "L2"),
        ("adamw", "decay without the rate", "1 - rate * decay", "1 - decay", "multiplied with the learning rate"),
    ),
    *wrong_in(
        "schedules_and_precision",
        ("learning_rate", "the first step is 0", "peak * (step + 1) / (warmup + 1)", "peak * step / warmup", "not 0"),
        ("learning_rate", "counted from the beginning", "(step - warmup) / (steps - warmup)", "step / steps", "end of the warm-up"),
        ("clip", "each for itself", "limit / float(norm)", "limit / float(each.norm())", "for itself"),
        ("clip", "scaled up", "min(1.0, limit / float(norm))", "limit / float(norm)", "short enough"),
        ("accumulated", "mean of means", "torch.stack(totals).sum(0) / sum(counts)", "torch.stack([t / c for t, c in zip(totals, counts, strict=True)]).mean(0)", "mean of the means"),
    ),
    *wrong_in(
        "a_first_training",
        ("training_curve", "in the order of lines", "sorted(updates, key=lambda entry: entry[\"step\"])", "updates", "sort by step"),
        ("training_curve", "evaluations too", " if entry[\"kind\"] == \"update\"", "", "update"),
        ("best_step", "of equals the later", "(validation[step], step)", "(validation[step], -step)", "earliest"),
        ("learning_by_heart", "validation alone", " and training[place - 1] > training[place]", "", "training loss rises too"),
        ("learning_by_heart", "not at the end", "return place if place < len(validation) - 1 else -1", "return validation.index(min(validation))", "return -1"),
    ),
]
