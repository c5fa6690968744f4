"""Mistakes in what the first lessons teach: each lesson has to notice ten of them, as it runs."""

from __future__ import annotations

from tests.mutate.mistake import Mistake, mistakes_in

RUN = "lessons/test_lessons.py::test_every_claim_of_a_lesson_holds"


def noticed_by(lesson: str, file: str, *rows: tuple[str, str, str]) -> list[Mistake]:
    """Mistakes in one file that this lesson alone should notice."""
    return mistakes_in(file, f"{RUN}[{lesson}]", *rows)


# fmt: off
LESSONS = [
    *noticed_by(
        "01_text_to_tokens", "tokenizers/bytepair.py",
        ("            counts[pair] += times[word]\n            inside", "            counts[pair] += 1\n            inside", "lesson 1: words count once"),
        ("(counts[pair], -pair[0], -pair[1])", "(counts[pair], pair[0], pair[1])", "lesson 1: ties go to the larger pair"),
        ("counts[pair] -= times[word]", "pass", "lesson 1: old pairs are never taken away"),
        ("BYTES + len(learned))", "BYTES + len(learned) + 1)", "lesson 1: token numbers are one off"),
        ("index += 2", "index += 1", "lesson 1: a token is used twice"),
        ("vocabulary[left] + vocabulary[right]", "vocabulary[right] + vocabulary[left]", "lesson 1: halves are exchanged"),
        ("min(candidates)", "max(candidates)", "lesson 1: the last merge comes first"),
        ("pieces(well_formed(text), pattern))\n    return learn_merges", "[text])\n    return learn_merges", "lesson 1: merges cross words"),
    ),
    *noticed_by(
        "01_text_to_tokens", "tokenizers/words.py",
        ('rf"({MARKS})|', 'rf"(?:{MARKS})|', "lesson 1: marks are dropped"),
        ("cls(sorted(ranked[: vocabulary - 2] if vocabulary else ranked))", "cls(ranked[: vocabulary - 2] if vocabulary else ranked)", "lesson 1: words are in the order of frequency"),
        ("if not place or word in ATTACHED", "if not place", "lesson 1: marks stand apart"),
        ("return 1 - ids.count", "return ids.count", "lesson 1: the unknown share is called known"),
    ),
    *noticed_by(
        "02_batches_and_targets", "data/windows.py",
        ("return windows[:, :-1].contiguous(), windows[:, 1:].contiguous()", "return windows[:, :-1].contiguous(), windows[:, :-1].contiguous()", "lesson 2: targets are the inputs"),
        ("ids.unfold(0, context + 1, stride)", "ids.unfold(0, context + 1, 1)", "lesson 2: every window, whatever the stride"),
        ("[*ids[1:], end][:context]", "[*ids, end][:context]", "lesson 2: a text is asked for itself"),
        ("targets[row, length:] = IGNORED", "targets[row, length - 1 :] = IGNORED", "lesson 2: the end is never asked for"),
        ("if ignore_padding:", "if not ignore_padding:", "lesson 2: padding is asked for"),
        ("tokens[row, :length] =", "tokens[row, context - length :] =", "lesson 2: filled up in front"),
    ),
    *noticed_by(
        "02_batches_and_targets", "data/order.py",
        ("integers(0, self.tokens - self.context, self.batch)", "integers(0, self.tokens - self.context + 1, self.batch)", "lesson 2: the last window has no target"),
        ("integers(0, self.tokens", "integers(1, self.tokens", "lesson 2: the first window is never read"),
        ("+ places * self.stride", "+ places", "lesson 2: windows leave the grid"),
        ('numpy_generator(self.seed, "order", step)', 'numpy_generator(self.seed, "order")', "lesson 2: every step reads the same"),
    ),
    *noticed_by(
        "02_batches_and_targets", "batches.py",
        ("counting < lengths[:, None]", "counting <= lengths[:, None]", "lesson 2: padding has a position"),
    ),
    *noticed_by(
        "03_embeddings_and_positions", "model/position_encodings.py",
        ("torch.stack([angle.sin(), angle.cos()], dim=-1)", "torch.stack([angle.cos(), angle.sin()], dim=-1)", "lesson 3: cosines stand first"),
        ("torch.stack([angle.sin(), angle.cos()], dim=-1).flatten(-2)", "torch.cat([angle.sin(), angle.cos()], dim=-1)", "lesson 3: all sines before all cosines"),
        ("speeds(width, 10_000.0,", "speeds(width, 1_000.0,", "lesson 3: another base"),
        ("return hidden + waves.to(hidden.dtype)", "return waves.to(hidden.dtype)", "lesson 3: waves replace the words"),
        ("return index[..., None].float() * speed", "return (index[..., None] + 1).float() * speed", "lesson 3: places count from 1"),
        ("return hidden + self.table.weight[: hidden.shape[1]]", "return hidden + self.table.weight[-hidden.shape[1] :]", "lesson 3: places from the end of the table"),
        ("return hidden + self.table.weight[:", "return hidden - self.table.weight[:", "lesson 3: places are taken off"),
        ("if length > context:", "if length > context + 1:", "lesson 3: a place beyond the table is let in"),
    ),
    *noticed_by(
        "03_embeddings_and_positions", "model/rotary_scaling.py",
        ("return 1.0 / base **", "return base **", "lesson 3: late pairs turn faster"),
        ("dtype=torch.float32) / width)", "dtype=torch.float32) / (2 * width))", "lesson 3: the exponent is halved"),
    ),
    *noticed_by(
        "03_embeddings_and_positions", "model/models.py",
        ("return rows * self.scale if self.scale != 1.0 else rows", "return rows * math.sqrt(rows.shape[-1])", "lesson 3: rows are always scaled"),
    ),
    *noticed_by(
        "04_attention", "model/kernels.py",
        ("query @ keys.mT * scoring.scale", "query @ keys.mT", "lesson 4: no scale"),
        ("    scores = scores.masked_fill(~visible, torch.finfo(scores.dtype).min)\n", "", "lesson 4: the mask falls on the weights"),
        ("F.dropout(watch(weights), scoring.dropout) @ values", "F.dropout(watch(weights), scoring.dropout) @ keys", "lesson 4: keys are averaged"),
    ),
    *noticed_by(
        "04_attention", "model/masks.py",
        ("Causal: lambda rule, query, key: key <= query", "Causal: lambda rule, query, key: key < query", "lesson 4: a token does not see itself"),
        ("Causal: lambda rule, query, key: key <= query", "Causal: lambda rule, query, key: key <= query + 1", "lesson 4: a token sees the next"),
        ("Causal: lambda rule, query, key: key <= query", "Causal: lambda rule, query, key: key >= query", "lesson 4: the mask is upside down"),
    ),
    *noticed_by(
        "04_attention", "model/scoring.py",
        ("return scores.softmax(dim=-1)", "return scores.softmax(dim=-2)", "lesson 4: softmax over the wrong axis"),
    ),
    *noticed_by(
        "04_attention", "model/attention.py",
        ("features.view(batch, time, -1, self.head_width).transpose(1, 2)", "features.view(batch, -1, time, self.head_width)", "lesson 4: heads mix tokens"),
        ("self.output(heads.transpose(1, 2).flatten(2))", "self.output(heads.reshape(hidden.shape))", "lesson 4: heads are not put side by side"),
        ("config.scale or sizes.head_width**-0.5", "config.scale or sizes.width**-0.5", "lesson 4: divided by the root of the whole width"),
        ("self.split(self.value(source))", "self.split(self.key(source))", "lesson 4: values are keys"),
        ("answer: Tensor = self.output(heads", "answer: Tensor = nn.Identity()(heads", "lesson 4: no matrix behind the heads"),
    ),
    *noticed_by(
        "05_norms_and_residuals", "model/norms.py",
        ("centred = hidden - hidden.mean(-1, keepdim=True)", "centred = hidden - hidden.mean(-2, keepdim=True)", "lesson 5: normed over the tokens"),
        ("torch.rsqrt(centred.square()", "torch.rsqrt(hidden.square()", "lesson 5: squares without the mean taken off"),
        ("+ epsilon) * scale + shift", "+ epsilon) * scale", "lesson 5: no shift"),
        ("+ epsilon) * scale + shift", "+ epsilon) + shift", "lesson 5: no scale"),
        ("hidden * torch.rsqrt(hidden.square().mean(-1, keepdim=True)", "hidden * torch.rsqrt(hidden.square().sum(-1, keepdim=True)", "lesson 5: a sum for a mean of squares"),
        ("F.layer_norm(wide, scale.shape, scale, shift, self.epsilon)", "F.layer_norm(wide, scale.shape, scale, shift, 0.01)", "lesson 5: another epsilon"),
        ("F.rms_norm(wide, scale.shape, scale, self.epsilon)", "F.layer_norm(wide, scale.shape, scale, None, self.epsilon)", "lesson 5: the mean is taken off in rms norm"),
        ("branch(self.before(hidden))", "branch(hidden)", "lesson 5: no norm before the branch"),
        ("self.summed(hidden + self.dropout", "self.summed(self.dropout", "lesson 5: no plus"),
        ('"post":     (False, False, True)', '"post":     (True,  False, False)', "lesson 5: post is pre"),
    ),
    *noticed_by(
        "05_norms_and_residuals", "model/feed_forward.py",
        ('"gelu": F.gelu,', '"gelu": gelu_tanh,', "lesson 5: gelu is the approximation"),
        ("lowered: Tensor = self.down(active)", "lowered: Tensor = self.down(raised)", "lesson 5: no bend"),
    ),
    *noticed_by(
        "06_the_gpt_block", "model/blocks.py",
        ("hidden = self.around_attention(hidden, lambda normed: self.look(normed, order, cache))", "pass", "lesson 6: no attention"),
        ("thought: Tensor = self.around_feed_forward(hidden, self.feed_forward)", "thought: Tensor = hidden", "lesson 6: no feed-forward network"),
        ("last: Tensor = self.norm(hidden)", "last: Tensor = hidden", "lesson 6: no last norm"),
        ("hidden = encoding.embed(hidden, positions)", "pass", "lesson 6: no positions"),
        ("in enumerate(self.encoding_of):", "in list(enumerate(self.encoding_of))[:-1]:", "lesson 6: the last layer is left out"),
    ),
    *noticed_by(
        "06_the_gpt_block", "model/models.py",
        ("F.linear(scaled, self.tokens.weight) if", "F.linear(scaled, self.tokens.weight.flip(0)) if", "lesson 6: the table is read backwards"),
    ),
    *noticed_by(
        "06_the_gpt_block", "model/initialise.py",
        ("math.sqrt(branches * config.depth)", "math.sqrt(config.depth)", "lesson 6: projections into the stream begin too wide"),
        ("STANDARD = 0.02", "STANDARD = 0.2", "lesson 6: weights begin ten times too wide"),
    ),
    *noticed_by(
        "06_the_gpt_block", "model/count.py",
        ("if not config.tied:", "if config.tied:", "lesson 6: a tied head is counted"),
    ),
    *noticed_by(
        "06_the_gpt_block", "model/kernels.py",
        ("        causal = True", "        pass", "lesson 6: every token sees the future"),
    ),
    *noticed_by(
        "06_the_gpt_block", "model/norms.py",
        ('"pre":      (True,  False, False)', '"pre":      (False, True,  False)', "lesson 6: norms stand behind the parts"),
    ),
    *noticed_by(
        "07_generating", "generation/sampling.py",
        ("else logits / degree", "else logits * degree", "lesson 7: hot is cold"),
        ("cumulative = logits.double()", "cumulative = (logits / 2).double()", "lesson 7: drawn at another temperature"),
        ("uniform.to(logits.device)[:, None]", "(1 - uniform.to(logits.device))[:, None]", "lesson 7: the line is read from its end"),
        (".argmax(-1)", ".argmin(-1)", "lesson 7: greedy takes the least likely"),
        ("return top_k(logits, 1)", "return top_k(logits, 2)", "lesson 7: greedy leaves two"),
    ),
    *noticed_by(
        "07_generating", "generation/generate.py",
        ("return model.write(hidden[:, -1:])[:, 0]", "return model.write(hidden[:, :1])[:, 0]", "lesson 7: the first place is asked"),
        ("return model.write(model.hidden(window)[:, -1:])[:, 0]", "return model.write(model.hidden(window)[:, -2:-1])[:, 0]", "lesson 7: the last place but one is asked"),
        ("step = max(1, context // 2)", "step = max(1, context)", "lesson 7: the window jumps by a whole context"),
        ("-(-max(0, length - context) // step) * step", "max(0, length - context) // step * step", "lesson 7: the window is longer than the context"),
        ("        module.training = False", "        module.training = True", "lesson 7: dropout stays on"),
        ("            module.training = True", "            pass", "lesson 7: the model is left in evaluation"),
        ("torch_generator(sampling.seed,", "torch_generator(0,", "lesson 7: the seed is not used"),
    ),
    *noticed_by(
        "08_the_loss", "training/objectives.py",
        ('        reduction="sum",\n        label_smoothing', '        reduction="mean",\n        label_smoothing', "lesson 8: a mean is called a sum"),
        ("return (targets != IGNORED).sum()", "return (targets == targets).sum()", "lesson 8: what is ignored is counted"),
    ),
    *noticed_by(
        "08_the_loss", "evaluation/loss.py",
        ("return self.total / self.tokens", "return self.total / self.bytes", "lesson 8: nats per byte are called nats per token"),
        ("return math.exp(self.loss)", "return 2**self.loss", "lesson 8: perplexity to the base of 2"),
        ("return self.total / math.log(2) / self.bytes", "return self.total / self.bytes", "lesson 8: nats are called bits"),
        ("return self.total / math.log(2) / self.bytes", "return self.total / math.log(2) / self.tokens", "lesson 8: bits per token are called bits per byte"),
    ),
    *noticed_by(
        "08_the_loss", "corpus/markov.py",
        ("-(self.stationary[:, None] * self.transitions * np.log(self.transitions)).sum()", "-(self.transitions * np.log(self.transitions)).sum(1).mean()", "lesson 8: contexts count alike"),
        ("rows = np.cumsum(self.transitions, axis=1)", "rows = np.cumsum(np.full_like(self.transitions, 1 / self.symbols), axis=1)", "lesson 8: letters are drawn alike"),
    ),
    *noticed_by(
        "08_the_loss", "evaluation/baselines.py",
        ("uniform=math.log(vocab_size)", "uniform=math.log2(vocab_size)", "lesson 8: uniform in bits"),
        ("unigram=losses[1]", "unigram=losses[2]", "lesson 8: unigram looks back"),
        ("order = choose_order(used, vocab_size, orders)", "order = max(orders)", "lesson 8: the longest order, not the best"),
    ),
    *noticed_by(
        "09_the_training_loop", "training/loop.py",
        ("(loss.total * scale.value).backward()", "(loss.total * 2).backward()", "lesson 9: gradients are doubled"),
        ("            optimizer.step()", "            pass", "lesson 9: no step is made"),
        ("        parameter.grad = None", "        pass", "lesson 9: gradients pile up"),
        ('peak * schedule(step, fraction)', 'peak / 2', "lesson 9: the schedule is not asked"),
        ("else 1.0) / (count * scale),", "else 1.0) / scale,", "lesson 9: the gradient is that of a sum"),
        ("return total / count, norm", "return total, norm", "lesson 9: the loss is a sum"),
        ("clip / norm if clip and norm else 1.0", "clip / norm", "lesson 9: no clipping clips to nothing"),
        ("            step, loss, learning_rate, norm,", "            step + 1, loss, learning_rate, norm,", "lesson 9: steps count from 1"),
        ("return self.done >= 1", "return self.done > 1", "lesson 9: the last step is not the last"),
    ),
    *noticed_by(
        "09_the_training_loop", "training/timer.py",
        ("return step / (self.steps or 1)", "return (step + 1) / (self.steps or 1)", "lesson 9: a run is a step short"),
    ),
    *noticed_by(
        "09_the_training_loop", "training/objectives.py",
        ("return stream_loss(model, hidden, batch.targets)", "return stream_loss(model, hidden, batch.tokens)", "lesson 9: the loss is not shifted"),
    ),
    *noticed_by(
        "10_adamw_by_hand", "training/adamw.py",
        ("add_(gradient, alpha=1 - beta1)", "add_(gradient)", "lesson 10: a new gradient counts whole"),
        ("value=1 - beta2)", "value=1)", "lesson 10: a new square counts whole"),
        ("corrected_mean = mean / (1 - beta1**count)", "corrected_mean = mean", "lesson 10: the mean is not corrected"),
        ("corrected_square = square / (1 - beta2**count)", "corrected_square = square", "lesson 10: the mean square is not corrected"),
        ('1 - lr * group["weight_decay"]', '1 - group["weight_decay"]', "lesson 10: decay forgets the learning rate"),
        ('parameter.mul_(1 - lr * group["weight_decay"])', "pass", "lesson 10: no decay"),
        ("parameter.sub_(", "parameter.add_(", "lesson 10: uphill"),
        ("corrected_square.sqrt() +", "corrected_square +", "lesson 10: no root"),
        ('state["step"] += 1', 'state["step"] += 2', "lesson 10: steps are counted twice"),
    ),
    *noticed_by(
        "10_adamw_by_hand", "training/optimizers.py",
        ('Group("vectors", "adamw", adamw.learning_rate, 0.0,', 'Group("vectors", "adamw", adamw.learning_rate, adamw.weight_decay,', "lesson 10: norms decay"),
        ('Group("embeddings", "adamw", embedding_rate, 0.0,', 'Group("embeddings", "adamw", embedding_rate, adamw.weight_decay,', "lesson 10: tables decay"),
        ("if parameter.dim() < 2:", "if parameter.dim() < 1:", "lesson 10: vectors are tables"),
    ),
    *noticed_by(
        "11_schedules_and_precision", "training/schedules.py",
        ("math.cos(math.pi * passed / 2) ** 2", "math.cos(math.pi * passed / 2)", "lesson 11: a quarter of a wave"),
        ("schedule.final + (1 - schedule.final) * math.cos", "schedule.final + math.cos", "lesson 11: it begins above the peak"),
        ("return (step + 1) / (warmup + 1), min(", "return step / warmup, min(", "lesson 11: the first step is 0"),
        ("(fraction - end) / (1 - end)", "fraction", "lesson 11: warm-up counts as passed"),
        ("min(1.0, (1 - passed) / schedule.decay)", "(1 - passed)", "lesson 11: a trapezoid without a top"),
    ),
    *noticed_by(
        "11_schedules_and_precision", "training/loop.py",
        ("norm /= count * scale", "norm /= scale", "lesson 11: the norm is that of a sum"),
        ("min(1.0, clip / norm if", "max(1.0, clip / norm if", "lesson 11: short gradients are made long"),
        ("else 1.0) / (count * scale),", "else 1.0) / scale,", "lesson 11: the gradient is that of a sum"),
        ("return total / count, norm, int(count)", "return total / count, min(norm, clip), int(count)", "lesson 11: the norm is told after clipping"),
    ),
    *noticed_by(
        "11_schedules_and_precision", "training/precision.py",
        ("self.value / 2, 0", "self.value * 2, 0", "lesson 11: the scale grows where it overflowed"),
        ("        return finite\n", "        return True\n", "lesson 11: a step that overflowed is made"),
    ),
    *noticed_by(
        "12_a_first_training", "evaluation/loss.py",
        ("total += float(losses.sum())", "total += float(losses.mean())", "lesson 12: batches are averaged"),
        ("return self.total / math.log(2) / self.bytes", "return self.total / self.bytes", "lesson 12: nats are called bits"),
        ("return math.exp(self.loss)", "return 2**self.loss", "lesson 12: perplexity to the base of 2"),
    ),
    *noticed_by(
        "12_a_first_training", "data/windows.py",
        ("tokens[:count], targets[:count] = ids[:-1], ids[1:]", "tokens[:count], targets[:count] = ids[:-1], ids[:-1]", "lesson 12: validation asks for what it shows"),
    ),
    *noticed_by(
        "12_a_first_training", "workflows/train.py",
        ("metrics.write(update_entry(update))", "pass", "lesson 12: steps are not written down"),
        ("schedule=lambda step, fraction: factor(recipe.training.schedule, step, fraction, steps)", "schedule=lambda step, fraction: 1.0", "lesson 12: the schedule is not asked"),
        ("seed=wanted.sampling.seed + place)", "seed=wanted.sampling.seed + place + 1)", "lesson 12: samples have another seed"),
    ),
    *noticed_by(
        "12_a_first_training", "evaluation/baselines.py",
        ("uniform=math.log(vocab_size)", "uniform=math.log2(vocab_size)", "lesson 12: uniform in bits"),
    ),
    *noticed_by(
        "12_a_first_training", "workflows/evaluate.py",
        ("rows.sort(key=lambda row: -row[1])", "rows.sort(key=lambda row: row[1])", "lesson 12: the ladder stands on its head"),
    ),
    *noticed_by(
        "12_a_first_training", "model/initialise.py",
        ("STANDARD = 0.02", "STANDARD = 0.5", "lesson 12: weights begin too wide"),
    ),
    *noticed_by(
        "12_a_first_training", "training/metrics.py",
        ('"step": update.step,', '"step": update.step + 1,', "lesson 12: steps count from 1"),
    ),
]
