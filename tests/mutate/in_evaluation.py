"""Mistakes in what says how good a model is."""

from __future__ import annotations

from tests.mutate.mistake import mistakes_in

# fmt: off
EVALUATION = [
    *mistakes_in(
        "evaluation/closely.py", "evaluation/test_closely.py",
        ("powers(1 + (where - 1) % context)", "powers(1 + where % context)", "the place in the window is one off"),
        ("seen[targets]", "seen[targets - 1]", "the count of another token"),
        ("(best - own - losses).exp()", "(best - own).exp()", "confidence is a ratio and no probability"),
        ("together = -(-file.documents // UNITS)", "together = file.documents // UNITS", "fewer documents than units are divided by 0"),
        ("unit_bytes *= measured.bytes", "unit_bytes *= measured.tokens", "bits per token are called bits per byte"),
    ),
    *mistakes_in(
        "evaluation/intervals.py", "evaluation/test_closely.py",
        ("counts[drawn].sum()", "counts.sum()", "totals and counts are not drawn together"),
        ("(1 - LEVEL) / 2, (1 + LEVEL) / 2", "1 - LEVEL, LEVEL", "an interval of 90 %"),
    ),
    *mistakes_in(
        "evaluation/texts/rouge.py", "evaluation/test_texts.py",
        ("(own & wanted).total()", "len(own & wanted)", "a run that comes twice counts once"),
        ("(row + met | row - met) & full", "(row + met | row) & full", "what is met is not taken out of the row"),
        ('r"[a-z0-9]+"', 'r"\\w+"', "letters with accents and _ are words"),
    ),
    *mistakes_in(
        "evaluation/texts/bert_score.py", "evaluation/test_texts.py",
        ("alike.amax(dim=0)", "alike.amax(dim=1)", "recall is precision"),
    ),
    *mistakes_in(
        "evaluation/memorised.py", "evaluation/test_memorised.py",
        ("place[reach:] + 1", "place[reach:]", "the end of the text is like the smallest suffix"),
        ("for nearest in (before[asked], behind[asked]):", "for nearest in (before[asked],):", "the neighbour behind is not asked"),
        ("(own < len(text)) & (other < stop)", "own < len(text)", "a copy runs on from training into a text in question"),
    ),
    *mistakes_in(
        "evaluation/contamination.py", "evaluation/test_contamination.py",
        ("start + PIECE + run - 1", "start + PIECE", "runs across two pieces are missed"),
        ("begins + run, -1", "begins + 1, -1", "only the first token of a run counts as seen"),
        ("max(len(tokens) - run + 1, 0)", "max(len(tokens) - run, 0)", "the last run is left out"),
    ),
    *mistakes_in(
        "evaluation/questions/likelihood.py", "evaluation/test_questions.py",
        ("continuation = text[len(kept) :] + continuation", "pass", "blanks between are lost"),
        ("[-context - 1 :]", "[: context + 1]", "of a long text the beginning is read"),
        ("targets[place, len(ids) - 1 - asked : len(ids) - 1]", "targets[place, width - asked :]", "short rows are asked behind their end"),
        ("*ids[:begin])[-context:]", "*ids[:begin])[-1:]", "the last window looks back one token"),
    ),
    *mistakes_in(
        "evaluation/questions/scores.py", "evaluation/test_questions.py",
        ("(totals / lengths).argmax()", "totals.argmax()", "length is not taken out"),
        ('text.rpartition(MARK)[2]', 'text.partition(MARK)[0]', "the number before the mark"),
        ("NUMBER.findall(text)[::-1]", "NUMBER.findall(text)", "the first number and not the last"),
        ("(1 + float(np.sign(ratio)) * (abs(ratio) > ROUNDED)) / 2", "float(ratio > 0)", "equal sentences count against the first"),
    ),
    *mistakes_in(
        "evaluation/inside/temperature.py", "evaluation/inside/test_temperature.py",
        ("self.whole.capped(scores) / self.temperatures", "self.whole.capped(scores / self.temperatures)", "a cap comes after the temperature"),
        ("self.whole.capped(scores) / self.temperatures", "self.whole.capped(scores) * self.temperatures", "hot attention is sharp"),
        ("scoring.sinks / temperatures.flatten()", "scoring.sinks", "a sink has no temperature"),
        ("None if bias is None else bias / temperatures", "bias", "a bias has no temperature"),
        ("if not at_work():", "if False:", "every layer has the temperature"),
        ("values[slice(None) if temperature.head is None else temperature.head]", "values[slice(None)]", "every head has the temperature"),
    ),
    *mistakes_in(
        "evaluation/inside/editing.py", "evaluation/inside/test_editing.py",
        ("tokens[:, place] = token", "tokens[:, place:] = token", "what follows is overwritten"),
        ("tokens = tokens.clone()", "pass", "the text itself is changed"),
    ),
    *mistakes_in(
        "evaluation/inside/observing.py", "evaluation/inside/test_temperature.py",
        ("return Changed(kernel.around, beneath(kernel.within, other)) if isinstance(kernel, Changed) else other", "return other", "who looks on sees the unchanged model"),
    ),
]
