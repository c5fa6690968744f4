"""Mistakes in fine-tuning: what is added, what is trained, what merging does; and in the memory of many texts."""

from __future__ import annotations

from tests.mutate.mistake import mistakes_in

# fmt: off
FINETUNING = [
    *mistakes_in(
        "finetuning/low_rank.py", "finetuning/test_adapting.py",
        ("self.down), self.up) * self.scale", "self.down), self.up)", "the product is not scaled"),
        ("(plain - bias + change) * (self.length / norms) + bias", "(plain + change) * (self.length / norms)", "the bias is scaled with the row"),
        ("weight = base.weight + self.change()", "weight = base.weight - self.change()", "merging takes the product away"),
        ("weight = weight * (self.length / weight.norm(dim=1))[:, None]", "weight = weight * self.length[:, None]", "merging forgets to divide by the length"),
    ),
    *mistakes_in(
        "finetuning/adapting.py", "finetuning/test_adapting.py",
        ("model.requires_grad_(False)", "pass", "nothing is frozen"),
        ("trainable(model.head, model.pooler)", "pass", "a new head does not learn"),
        ("stack.blocks[-config.count :]", "stack.blocks[: config.count]", "the first blocks learn"),
    ),
    *mistakes_in(
        "finetuning/adapters.py", "finetuning/test_adapting.py",
        ("nn.init.zeros_(self.up.weight)", "pass", "an adapter changes the model before it has learned"),
        ("seen = new if self.rest is None else self.rest.extend(new)", "seen = new", "what stands before the text hides the cache"),
        ("return 0 if self.rest is None else self.rest.length", "return 0", "the text begins anew at every token"),
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
]
