"""Wrong answers to lessons 13 to 30, as in wrong_answers.py."""

from __future__ import annotations

from tests.lessons.wrong_answers import WrongOne, wrong_in

# fmt: off
WRONG_LATER: list[WrongOne] = [
    *wrong_in(
        "sampling",
        ("with_temperature", "multiplied", "logits / degree", "logits * degree", "Divide by the temperature"),
        ("keep_top_k", "zero for minus infinity", "logits < smallest, -torch.inf", "logits < smallest, 0.0", "minus infinity"),
        ("keep_top_k", "the k-th is lost", "logits < smallest", "logits <= smallest", "too few"),
        ("nucleus", "the token that crosses the line is lost", "chances.cumsum(-1) - chances < mass", "chances.cumsum(-1) < mass", "crosses the line"),
    ),
    *wrong_in(
        "other_weights",
        ("split_attention", "sideways", "joined.T.chunk(3)", "joined.chunk(3, dim=1)", "transpose"),
        ("split_attention", "another order", "return query, key, value", "return query, value, key", "exchanged"),
        ("rename", "weight is not scale", '"weight": "scale", "bias": "shift"', '"weight": "weight", "bias": "bias"', "names of the parts"),
    ),
    *wrong_in(
        "classification",
        ("last_token", "the last place", "lengths - 1]", "-1]", "padding"),
        ("mean_token", "the width of the row", "sum(1) / lengths[:, None]", "sum(1) / hidden.shape[1]", "width of the row"),
        ("f1", "the ordinary mean", "2 * precision * recall / (precision + recall)", "(precision + recall) / 2", "harmonic"),
        ("f1", "nothing found", "if right == 0:", "if right < 0:", "before you divide"),
    ),
    *wrong_in(
        "instructions",
        ("answer_targets", "not shifted", "asked[1:]", "asked[:-1]", "one place on"),
        ("answer_targets", "the question is asked", "[IGNORED] * len(prompt) + answer", "prompt + answer", "question is asked"),
        ("masked_mean", "divided by all", "asked.sum()", "asked.numel()", "not by all"),
        ("padded", "on the left", "row + [filling] * (width - len(row))", "[filling] * (width - len(row)) + row", "right"),
    ),
    *wrong_in(
        "lora",
        ("lora", "no scale", "alpha / len(down) * (x @ down.T)", "(x @ down.T)", "scale alpha / rank is missing"),
        ("lora", "divided by the width", "alpha / len(down) * (x @", "alpha / down.shape[1] * (x @", "divided by the width"),
        ("merged", "the change alone", "weight + alpha / len(down) * up @ down", "alpha / len(down) * up @ down", "change alone"),
    ),
    *wrong_in(
        "preferences",
        ("answer_log_probability", "the question counts", " * (targets != -100)", "", "not asked are counted"),
        ("dpo_loss", "no reference", "(chosen - chosen_ref) - (rejected - rejected_ref)", "chosen - rejected", "reference is left out"),
        ("dpo_loss", "the sign", "F.logsigmoid(beta * margin)", "F.logsigmoid(-beta * margin)", "sign is wrong"),
        ("dpo_loss", "log of sigmoid", "F.logsigmoid(beta * margin)", "(beta * margin).sigmoid().log()", "logsigmoid"),
    ),
    *wrong_in(
        "rewards",
        ("group_advantages", "all questions together", "rewards.mean(dim=1, keepdim=True)) / (rewards.std(dim=1, keepdim=True)", "rewards.mean()) / (rewards.std()", "by itself"),
        ("policy_loss", "the larger", "torch.minimum", "torch.maximum", "smaller"),
        ("policy_loss", "the sign", "return -torch", "return torch", "sign"),
    ),
    *wrong_in(
        "encoder",
        ("hide", "always the mask", "torch.where(fate < 0.9, other, tokens)", "torch.full_like(tokens, mask)", "Every chosen token is masked"),
        ("may_see", "padding is looked at", "there[:, :, None] & there[:, None, :]", "there[:, :, None].expand(-1, -1, time)", "Padding must not be looked at"),
    ),
    *wrong_in(
        "encoder_decoder",
        ("teacher_forced", "no end", "[*answer, end]", "[*answer]", "both have one token more"),
        ("cross_attention", "no scale", " / math.sqrt(query.shape[-1])", "", "scale is missing"),
        ("cross_attention", "the keys", "softmax(-1) @ value", "softmax(-1) @ key", "values, not the keys"),
        ("whole_answers", "multiplied", "word_accuracy**words", "word_accuracy * words", "power"),
    ),
    *wrong_in(
        "beam_search",
        ("continue_beams", "the beams do not count", "(scores[:, None] + nexts)", "nexts", "have to be added"),
        ("continue_beams", "divided by the beams", "best.indices // nexts.shape[1], best.indices % nexts.shape[1]", "best.indices // len(scores), best.indices % len(scores)", "number of tokens V"),
        ("rank", "multiplied", "log_chance / length**penalty", "log_chance * length**penalty", "Divide"),
    ),
    *wrong_in(
        "speed",
        ("online_softmax", "the sum is not corrected", "total * shrink + powers.sum()", "total + powers.sum()", "sum has to shrink"),
        ("to_int8", "cut off", ".round().to(torch.int8)", ".to(torch.int8)", "Round to the nearest"),
        ("to_int8", "one scale", "weight.abs().amax(1) / 127", "(weight.abs().max() / 127).expand(len(weight))", "One scale"),
        ("tokens_read", "the last is read", "prompt + written - 1", "prompt + written", "never read"),
    ),
    *wrong_in(
        "scaling_laws",
        ("fit_power_law", "no floor", "np.array(losses) - floor", "np.array(losses)", "floor is not taken off"),
        ("layer_parameters", "one matrix too few", "12 * depth", "11 * depth", "four matrices"),
        ("training_operations", "forwards only", "6 * parameters", "2 * parameters", "backwards costs twice"),
    ),
    *wrong_in(
        "looking_inside",
        ("read_lens", "no norm", "F.layer_norm(stream, scale.shape, scale, shift, 1e-5)", "stream", "last norm is missing"),
        ("divergence", "in nats", " / math.log(2)", "", "nats"),
        ("divergence", "the other direction", "p.exp() * (p - q)", "q.exp() * (q - p)", "direction"),
        ("looks_back", "the future", "diagonal(-distance", "diagonal(distance", "future"),
    ),
    *wrong_in(
        "serving",
        ("steps_needed", "one row works", "while line and len(busy) < rows:", "while line and not busy:", "All rows work"),
        ("certain", "nothing is held back", "len(stop) - 1, 0, -1", "0, 0, -1", "hold it back"),
        ("pages_needed", "rounded down", "-(-tokens // size)", "tokens // size", "round up"),
    ),
    *wrong_in(
        "distributed",
        ("combine", "the mean of means", "sum(totals) / sum(counts)", "sum(t / c for t, c in zip(totals, counts)) / len(totals)", "mean of the workers' means"),
        ("rows_of", "everybody reads all", "range(worker, rows, workers)", "range(rows)", "all rows"),
        ("bytes_per_worker", "one average", "-16 * parameters", "-12 * parameters", "two averages"),
    ),
    *wrong_in(
        "recurrent",
        ("rnn", "nothing is carried", "reads @ x + remembers @ h", "reads @ x", "Nothing is carried"),
        ("additive_scores", "no tanh", "torch.tanh((query @ w_query.T)[:, None] + (keys @ w_key.T)[None])", "((query @ w_query.T)[:, None] + (keys @ w_key.T)[None])", "tanh is missing"),
        ("lstm_cell", "gates exchanged", "gate_in, forget, new, out = gates.chunk(4)", "forget, gate_in, new, out = gates.chunk(4)", "Input and forget gates"),
    ),
    *wrong_in(
        "presets",
        ("heads_for", "the width of a head", "abs(width // heads - wish)", "abs(heads - wish)", "width of a head"),
        ("steps_for", "rounded down", "-(-20 * parameters // (rows * context))", "20 * parameters // (rows * context)", "Round up"),
        ("rate_for", "wider, faster", "0.003 * 128 / width", "0.003 * width / 128", "smaller rate"),
    ),
    *wrong_in(
        "pytorch",
        ("distances", "below zero", ".abs()", "", "never negative"),
        ("derivative", "the value", "float(x.grad)", "float(function(x))", "value of the function"),
        ("pick", "whole columns", "scores[torch.arange(len(scores)), targets]", "scores[:, targets]", "whole columns"),
    ),
]
# fmt: on
