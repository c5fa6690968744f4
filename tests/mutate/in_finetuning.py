"""Mistakes in fine-tuning: what is added, what is trained, what merging does; and in the memory of many texts."""

from __future__ import annotations

from tests.mutate.mistake import mistakes_in

# fmt: off
FINETUNING = [
    *mistakes_in(
        "finetuning/low_rank.py", "finetuning/test_adapting.py",
        ("self.down), self.up) * self.scale", "self.down), self.up)", "the product is not scaled"),
        ("(plain - bias + change) * (self.length / norms) + bias", "(plain + change) * (self.length / norms)", "the bias is scaled with the row"),
        ("widened(self.base).weight + self.change()", "widened(self.base).weight - self.change()", "merging takes the product away"),
        ("weight * (self.length / weight.detach().norm(dim=1))[:, None]", "weight * self.length[:, None]", "merging forgets to divide by the length"),
        ("weight * (self.length / weight.detach().norm(dim=1))[:, None]", "weight * (self.length / weight.norm(dim=1))[:, None]", "a head's loss takes the norms for weights that learn"),
        ('factors: ClassVar = ("down", "up")', "factors: ClassVar = ()", "Muon does not know the factors"),
    ),
    *mistakes_in(
        "finetuning/adapting.py", "finetuning/test_adapting.py",
        ("model.requires_grad_(False)", "pass", "nothing is frozen"),
        ("trainable(model.head, model.pooler)", "pass", "a new head does not learn"),
        ("(*blocks_of(model), *writing_of(model))", "blocks_of(model)", "the head gets no product"),
        ("stack.blocks[-config.count :]", "stack.blocks[: config.count]", "the first blocks learn"),
    ),
    *mistakes_in(
        "finetuning/adapters.py", "finetuning/test_adapting.py",
        ("(self.down.bias, self.up.weight, self.up.bias)", "(self.down.bias, self.up.bias)", "an adapter changes the model before it has learned"),
        ("seen = new if self.rest is None else self.rest.extend(new)", "seen = new", "what stands before the text hides the cache"),
        ("return 0 if self.rest is None else self.rest.length", "return 0", "the text begins anew at every token"),
    ),
    *mistakes_in(
        "finetuning/preferences.py", "finetuning/test_preferences.py",
        ("return -losses.view_as(texts.targets).sum(dim=1)", "return -losses.view_as(texts.targets).mean(dim=1)", "an answer is as likely as its mean token"),
        ("margin = config.beta * (chosen - rejected)", "margin = config.beta * (rejected - chosen)", "the worse answer is preferred"),
        ("- smoothing * F.logsigmoid(-margin)", "+ smoothing * F.logsigmoid(-margin)", "smoothing has the wrong sign"),
        ("1 / (2 * config.beta)", "1 / config.beta", "IPO's margin is doubled"),
        ("rejected / lengths[1]", "rejected / lengths[0]", "SimPO divides by the other answer's length"),
        ("+ (first == second).sum() / 2", "", "a tie is a loss"),
    ),
    *mistakes_in(
        "finetuning/reinforce.py", "finetuning/test_reinforce.py",
        ("losses = -torch.minimum(ratio * advantages, clipped * advantages)", "losses = -torch.maximum(ratio * advantages, clipped * advantages)", "the clip lets go what it should hold"),
        ("divergence = (away.exp() - away - 1)", "divergence = away", "the divergence can be negative"),
        ("self.drawn[key] = self.rollout(model, batch)", "return self(model, batch)", "what was drawn is not kept"),
        ("return rewards - rewards.mean(dim=1, keepdim=True)", "return rewards - rewards.mean()", "answers are compared across questions"),
        ("[IGNORED] * (len(prompt) - 1), *answer]", "[IGNORED] * len(prompt), *answer[1:]]", "the first token of an answer is not asked"),
        (".float() / temperature", ".float()", "the gradient is not that of what was drawn from"),
        ('self.task.credit if by_letter else "answer"', "self.task.credit", "an answer that is worth something as a whole is read letter by letter"),
        ("if not answer.ended:", "if False:", "an answer without an end gets what its end would be worth"),
        ("sum(marks[len(decode(answer.tokens[:place])) :])", "sum(marks[: len(decode(answer.tokens[:place]))])", "a token is credited with what went before"),
        ("placed[row, asked] = better[row, : int(asked.sum())]", "placed[row] = better[row, 0]", "all tokens of an answer have the advantage of the first"),
    ),
    *mistakes_in(
        "finetuning/rewards.py", "finetuning/test_rewards.py",
        ('.replace(",", "")', "", "commas between thousands are not read"),
        ("numbers[-1]", "numbers[0]", "the first number counts"),
        ("*right, len(answer) == len(known)]", "*right, True]", "an end is right wherever it stands"),
    ),
    *mistakes_in(
        "data/template_process.py", "data/test_chat_templates.py data/test_template_process.py",
        ("made = ImmutableSandboxedEnvironment(", "from jinja2.sandbox import SandboxedEnvironment\n    made = SandboxedEnvironment(", "a template may change the messages"),
        ("resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))", "pass", "a template may fill the memory"),
        ("self.process.poll() is not None", "False", "after a process was lost nothing is rendered any more"),
    ),
    *mistakes_in(
        "data/chat_templates.py", "data/test_chat_templates.py",
        ("value = value.replace(spelling, spelling[:1] + guard + spelling[1:])", "pass", "a person can write special tokens"),
        ("asked += [said] * len(found)", "asked += [True] * len(found)", "prompts carry loss"),
    ),
    *mistakes_in(
        "data/asked.py", "data/test_conversations.py",
        ("self.asked[start + 1 : start + length + 1]", "self.asked[start : start + length]", "the mask stands one token too early"),
    ),
    *mistakes_in(
        "evaluation/classes.py", "evaluation/test_classes.py",
        ("2 * self.right / (self.said + self.there)", "self.right / (self.said + self.there)", "F1 is halved"),
        ("np.abs(self.confidence - self.right).sum()", "np.abs((self.confidence - self.right).sum())", "bins make up for one another"),
    ),
    *mistakes_in(
        "model/paged.py", "generation/test_engine.py",
        ("index % size", "index * 0", "every token of a page lies in its first place"),
        ("pool[self.table].transpose(1, 2)", "pool[self.table.flip(1)].transpose(1, 2)", "the pages of a text are read backwards"),
    ),
    *mistakes_in(
        "training/memory.py", "training/test_memory.py",
        ("needed > SHARE * free", "needed > free / SHARE", "what does not fit is tried"),
        ('asked == "always"', 'asked != "always"', "never means always"),
    ),
    *mistakes_in(
        "evaluation/checking/checks.py", "evaluation/test_checking.py",
        ("place - early for early in changed if early < place", "early - place for early in changed if early > place", "the past counts as the future"),
        ("found.triu(1).max()", "found.tril(-1).max()", "derivatives by earlier tokens count"),
        ("together = answers(model, tokens)", "together = torch.cat([answers(model, row[None]) for row in tokens])", "no text has company"),
        ("other, tokens = subject.model(0), subject.model(1)", "other, tokens = subject.model(0), subject.model(0)", "a model is loaded into its twin"),
    ),
    *mistakes_in(
        "corpus/reviews.py", "corpus/test_reviews.py",
        ("like, unlike = (GOOD, BAD) if good else (BAD, GOOD)", "like, unlike = (GOOD, BAD) if good else (BAD, BAD)", "complaints name no good word"),
        ("self.review(draw, UNSEEN,", "self.review(draw, THINGS,", "what is held out is about known things"),
    ),
    *mistakes_in(
        "corpus/story_world/retelling.py", "corpus/story_world/test_retelling.py",
        ("if str(name) not in told.text", "if str(name) != hero", "the new name is one that the story has already"),
    ),
]
