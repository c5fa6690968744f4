"""Mistakes in training: the loop, optimizers, schedules, checkpoints."""

from __future__ import annotations

from tests.mutate.mistake import mistakes_in

# fmt: off
TRAINING = [
    *mistakes_in(
        "training/objectives.py", "training/test_objectives.py",
        ("(targets != IGNORED).sum()", "(targets == targets).sum()", "ignored targets are counted"),
        ("ignore_index=IGNORED, reduction", "ignore_index=-1, reduction", "ignored targets are asked for"),
        ("logits.flatten(0, 1).float()", "logits.flatten(0, 1)", "the loss is summed in 16 bits"),
        ("model.hidden(batch.tokens, batch.positions)", "model.hidden(batch.tokens)", "packed texts see each other"),
    ),
    *mistakes_in(
        "training/loop.py", "training/test_loop.py",
        ("else 1.0) / (count * scale),", "else 1.0) / (len(losses) * scale),", "gradients averaged over micro-batches, not tokens"),
        ("return total / count, norm", "return total / len(losses), norm", "losses averaged over micro-batches, not tokens"),
        ("min(1.0, clip / norm if clip and norm else 1.0)", "(clip / norm if clip and norm else 1.0)", "small gradients are lengthened"),
        ("norm /= count * scale", "norm /= scale", "the norm that is clipped is that of the sum"),
        ('derive(seed, "dropout", step, *share.draws)', 'derive(seed, "dropout", *share.draws)', "dropout is the same at every step"),
        ('group["lr"] = peak * schedule(step, fraction)', 'group["lr"] = group["lr"] * schedule(step, fraction)', "schedules multiply up"),
        ("        parameter.grad = None\n", "        pass\n", "gradients of earlier steps stay"),
        ("        model.train()\n", "", "a model left in evaluation trains without dropout"),
        ("(update.step + 1) % every == 0", "update.step % every == 0", "things are due one step late"),
        ("made and scale.update(math.isfinite(norm)))", "made and (scale.update(math.isfinite(norm)) or True))", "a step is made with gradients that overflowed"),
        ("0.0 if scale.may_overflow else norm", "norm", "an overflow that a smaller scale would mend ends the run"),
        ("(loss.total * scale.value)", "loss.total", "the loss is not scaled, and its gradient is divided by the scale"),
        ("clock.stop()\n        yield", "yield", "the clock runs while others evaluate"),
        ("length(first), iter(batches)", "length(0), iter(batches)", "a resumed run begins its schedule again"),
    ),
    *mistakes_in(
        "training/schedules.py", "training/test_schedules.py",
        ("return (step + 1) / (warmup + 1)", "return step / (warmup + 1)", "the first step has a learning rate of 0"),
        ("math.cos(math.pi * passed / 2) ** 2", "math.cos(math.pi * passed) ** 2", "a cosine that comes back up"),
        ("(fraction - end) / (1 - end)", "fraction", "the schedule jumps after warm-up"),
        ("min(1.0, (1 - passed) / schedule.decay)", "(1 - passed) / schedule.decay", "a trapezoid without a top"),
        ("schedule.final + (1 - schedule.final) * (1 - passed)", "1 - passed", "the final learning rate is 0 whatever is asked"),
        ("warmup = round(warmup * steps)", "warmup = round(warmup)", "a part of the run is taken for a number of steps"),
        ("max(fraction / warmup, LOWEST_RISE)", "fraction / warmup", "the first step by the clock has a learning rate of 0"),
    ),
    *mistakes_in(
        "training/timer.py", "training/test_timer.py",
        ("if seconds + usual / 2 >= self.limit:", "if seconds + usual >= self.limit:", "a run by the clock ends a step early"),
        ("(seconds - self.first) / (self.limit - self.first)", "seconds / self.limit", "the time of compiling counts for the schedule"),
        ("self.spent, self.started = self.seconds, None", "self.started = None", "a stopped clock forgets"),
        ("step < len(self.fractions) else 1.0", "step < len(self.fractions) else 0.0", "a replay never ends"),
    ),
    *mistakes_in(
        "training/adamw.py", "training/test_optimizers.py",
        ("corrected_mean = mean / (1 - beta1**count)", "corrected_mean = mean", "no correction for starting at zero"),
        ("parameter.mul_(1 - lr * group", "parameter.mul_(1 - group", "decay without the learning rate"),
        ('corrected_square.sqrt() + group["eps"]', '(corrected_square + group["eps"]).sqrt()', "epsilon under the root"),
    ),
    *mistakes_in(
        "training/muon.py", "training/test_muon.py training/test_optimizers.py",
        ("gram = x @ x.mT\n", "gram = x.mT @ x\n", "the products are the wrong way round"),
        ("result if wide[place] is updates[place] else result.mT", "result", "tall matrices come back on their side"),
        ("torch._foreach_lerp_(momenta, gradients, 1 -", "torch._foreach_lerp_(momenta, gradients, ", "momentum and gradient exchanged"),
        ("max(1.0, rows / columns) ** 0.5", "max(1.0, columns / rows) ** 0.5", "the wrong matrices get larger steps"),
    ),
    *mistakes_in(
        "training/optimizers.py", "training/test_optimizers.py training/test_checkpoints.py",
        ('Group("embeddings", "adamw", embedding_rate, 0.0,', 'Group("embeddings", "adamw", embedding_rate, adamw.weight_decay,', "tables decay"),
        ('Group("vectors", "adamw", adamw.learning_rate, 0.0,', 'Group("vectors", "adamw", adamw.learning_rate, adamw.weight_decay,', "norms and biases decay"),
        ('"betas": tuple(config.betas), ', "", "the betas that were asked for are not used"),
        ("(value.to(parameter.device) if value.dim() else value).clone()", "(value.to(parameter.device) if value.dim() else value).clone() * 0", "what the optimizer remembered is lost"),
        ("if state and expected and set(state) != expected:", "if False:", "the memory of another optimizer is taken"),
        ('== "head" else "matrices"', '== "none" else "matrices"', "Muon moves the head"),
    ),
    *mistakes_in(
        "training/precision.py", "training/test_precision.py",
        ("self.value, self.good = self.value / 2, 0", "self.value, self.good = self.value * 2, 0", "the loss scale grows when gradients overflow"),
        ("self.value, self.good = self.value / 2, 0", "self.value = self.value / 2", "one good step after an overflow is enough to double"),
    ),
    *mistakes_in(
        "training/guards.py", "training/test_guards.py",
        ("math.isfinite(loss) and math.isfinite(gradient_norm)", "math.isfinite(loss) or math.isfinite(gradient_norm)", "a gradient that is no number passes"),
        ("if loss < self.loss:", "if loss <= self.loss:", "an equal loss is called better"),
        ("self.last < 0.1 * self.first", "self.last < self.first", "any progress passes for learning by heart"),
    ),
    *mistakes_in(
        "training/checkpoints.py", "training/test_checkpoints.py",
        ('if sha256_of(file) != expected["sha256"]:', "if False:", "an altered byte is loaded"),
        ('if file.stat().st_size != expected["size"]:', "if False:", "a size that is not the manifest's is not noticed"),
        ("    verify_checkpoint(folder)\n    progress", "    progress", "checkpoints are not verified when loaded"),
        ("if id(tensor) not in seen:", "if True:", "a shared weight is saved twice"),
        ("if there != expected]\n    if wrong:", "if False]\n    if wrong:", "tensors of another shape are not noticed"),
        ("int(path.name.removeprefix(", "str(path.name.removeprefix(", "step 1000000 comes before step 999999"),
        ('trained.get("fingerprint") != fingerprint', "False", "a tokenizer that does not fit is used"),
    ),
    *mistakes_in(
        "training/run_folder.py", "training/test_run_folder.py training/test_kill.py",
        ("        self.prune(keep)\n", "", "checkpoints pile up"),
        ("[:-keep]", "[: -keep - 1]", "one checkpoint more than asked for stays"),
        ("if path.name not in wanted:", "if True:", "the best checkpoint is removed"),
        ("fcntl.LOCK_EX | fcntl.LOCK_NB", "fcntl.LOCK_SH | fcntl.LOCK_NB", "two processes write one run"),
        ('part_of({"journals": {}, **progress}', 'part_of({"journals": {}}', "a resumed run logs steps twice"),
        ("st_mtime_ns)", "st_size)", "the latest run is another one"),
    ),
    *mistakes_in(
        "training/journal.py", "training/test_journal.py",
        ('path.open("ab", buffering=0)', 'path.open("ab")', "a line is not there until later"),
        ('rfind(b"\\n") + 1', '__len__()', "half a line stays and spoils the next"),
    ),
    *mistakes_in(
        "training/interrupts.py", "training/test_interrupts.py",
        ("        self.requested = number\n        self.restore()", "        self.requested = number", "a second Ctrl-C does nothing"),
        ("return 128 + self.requested", "return self.requested", "the exit code is the signal's number"),
    ),
    *mistakes_in(
        "files.py", "test_files.py training/test_checkpoints.py",
        ("            partial.unlink(missing_ok=True)", "            pass", "half-written files stay behind"),
        ("            os.replace(partial, path)\n            flush(path.parent)\n    finally:\n        with suppress", "            partial.rename(path.with_suffix('.new'))\n            flush(path.parent)\n    finally:\n        with suppress", "the file never takes its place"),
        ("    if old.exists() and not path.exists():\n        os.replace(old, path)", "    if old.exists() and not path.exists():\n        pass", "a folder whose replacement was cut off is not brought back"),
    ),
    *mistakes_in(
        "settings.py", "test_settings.py",
        ("if name not in names:", "if False:", "a misspelt setting gets no name"),
        ("and not isinstance(value, bool)", "", "true is taken for a number"),
        ('merge(typing.cast(Mapping[str, Any], old), value) if same else value', "merge(typing.cast(Mapping[str, Any], old), value) if isinstance(old, Mapping) else value", "another kind keeps the settings of the old one"),
        ("= copy(table)", "= dict(table)", "overrides change the table they were laid over"),
    ),
    *mistakes_in(
        "seeds.py", "test_seeds.py",
        ('"\\x1f".join', '"".join', "(1, 23) and (12, 3) are one seed"),
        (">> 1\n", ">> 0\n", "a seed of 64 bits, which PyTorch refuses half of the time"),
    ),
    *mistakes_in(
        "batches.py", "test_batches.py model/test_masks.py",
        ("counting < lengths[:, None]", "counting <= lengths[:, None]", "a padded row is one token too long"),
    ),
]
