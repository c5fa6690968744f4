"""Mistakes on the way from text to batches, and in what models are measured against."""

from __future__ import annotations

from tests.mutate.mistake import mistakes_in

# fmt: off
TEXT = [
    *mistakes_in(
        "tokenizers/bytepair.py", "tokenizers/test_bytepair_training.py tokenizers/test_bytepair_tokenizer.py",
        ("(counts[pair], -pair[0], -pair[1])", "counts[pair]", "ties between pairs are left to chance"),
        ("counts[pair] -= times[word]", "counts[pair] -= 1", "frequent words are taken off once"),
        ("if counts[best] < minimum_count:", "if counts[best] <= minimum_count:", "pairs that occur just often enough are left out"),
        ("_, index = min(candidates)", "_, index = max(candidates)", "the merge learned last comes first"),
        ("index += 2", "index += 1", "a merged token is read again"),
    ),
    *mistakes_in(
        "tokenizers/bytepair_training.py", "tokenizers/test_bytepair_training.py",
        ("if left == right:", "if False:", "a a a becomes one token and a half"),
        ("count != -bound and count >= minimum_count", "False", "a pair whose count has fallen is dropped"),
        ("(index - run_start) % 2 == 0", "(index - run_start) % 2 == 1", "runs are merged from the second on"),
        ("(right >= 0) & (right != token)", "right >= 0", "two new tokens side by side are counted twice"),
        ("places.preceding[after] = where", "places.preceding[after] = second", "neighbours are lost after a merge"),
    ),
    *mistakes_in(
        "tokenizers/special.py", "tokenizers/test_special.py",
        ("key=len, reverse=True", "key=len", "the shorter of two special tokens is taken"),
    ),
    *mistakes_in(
        "data/order.py", "data/test_order.py data/test_batches.py",
        ("integers(0, self.tokens - self.context, self.batch)", "integers(0, self.tokens - self.context - 1, self.batch)", "the last window is never drawn"),
        ('"order", step)', '"order")', "every step reads the same windows"),
        ("(self.tokens - self.context) // self.stride", "(self.tokens - self.context) // self.stride + 1", "a window reaches beyond the text"),
        ('derive(seed, "epoch", epoch)', 'derive(seed, "epoch")', "every epoch has the same order"),
        ("epochs, places = count // size, count % size", "epochs, places = count // size, (count * 2) % size", "an epoch reads some windows twice"),
        ("outside = result >= size", "outside = result > size", "the shuffle gives a number too high"),
    ),
    *mistakes_in(
        "data/noising.py", "data/test_noising.py",
        ("np.unique(ids[:-1] * vocabulary + ids[1:])", "ids[:-1] * vocabulary + ids[1:]", "pairs count as often as they occur"),
        ("np.where(count == 1, discount, 0.0)", "np.where(count <= 2, discount, 0.0)", "what was seen twice is doubted"),
        ("    of_each[special] = 0.0", "    pass", "special tokens are noised"),
        ("np.flatnonzero(count == 0), special)", "np.flatnonzero(count == 0), [])", "a special token is asked for as a new one"),
        ('"noise", step)', '"noise")', "every step has the same noise"),
        ("np.where(targets == IGNORED, 0.0, self.doubted[np.maximum(targets, 0)])", "self.doubted[np.maximum(targets, 0)]", "what is not asked is doubted"),
    ),
    *mistakes_in(
        "data/windows.py", "data/test_windows.py data/test_packing.py data/test_batches.py",
        ("windows[:, 1:].contiguous())\n\n\ndef packed", "windows[:, :-1].contiguous())\n\n\ndef packed", "targets are the tokens themselves"),
        ("np.full(shape, IGNORED, np.int64)\n    index", "np.zeros(shape, np.int64)\n    index", "padding is asked for"),
        ("np.arange(length), number", "np.arange(at, at + length), number", "positions of packed documents count on"),
        ("np.arange(length), number", "np.arange(length), 0", "packed documents are one"),
        ("range(0, pairs, batch * context)", "range(0, pairs - batch * context + 1, batch * context)", "the rest of the text is never evaluated"),
        ("pairs = len(file) - 1", "pairs = len(file) - 2", "the last token is never a target"),
    ),
    *mistakes_in(
        "data/packing.py", "data/test_packing.py",
        ("begins = begins - 1", "begins = begins + 0", "the first token of a packed document is never asked for"),
        ("place * context", "place * (context - 1)", "runs of one document overlap"),
        ("rooms |= 1 << left", "rooms |= 1 << (left - 1)", "the room in a row is misremembered"),
    ),
    *mistakes_in(
        "data/token_header.py", "data/test_token_file.py",
        ("if size != size_of(header)", "if size < size_of(header)", "a header of fewer tokens than there are is believed"),
        ("if name not in header or not possible(header[name])", "if name not in header", "a header may say anything"),
    ),
    *mistakes_in(
        "data/token_file.py", "data/test_token_file.py",
        ("if largest >= self.vocab_size", "if largest > self.vocab_size", "a token beyond the vocabulary passes"),
        ("int(places[-1]) > end or", "False or", "documents may begin behind the last token"),
        ("vocab_size <= 1 << 16 else", "vocab_size <= 1 << 17 else", "ids above 65,535 wrap around"),
        ('np.searchsorted(self.document_starts, token, side="right")', 'np.searchsorted(self.document_starts, token, side="left")', "the first token of a document belongs to the one before"),
        ("if digest.hexdigest() != self.header", "if False and digest.hexdigest() != self.header", "a changed byte is not noticed"),
    ),
    *mistakes_in(
        "data/split.py", "data/test_split.py data/test_prepare.py",
        ("if found not in seen", "if True", "copies of training texts are validated on"),
        ("int((1 - config.validation_fraction) *", "int((1 - 2 * config.validation_fraction) *", "twice as much is kept aside"),
        ("sha256(str(seed).encode() + digest)", "sha256(digest)", "the seed does not choose the validation documents"),
    ),
    *mistakes_in(
        "evaluation/kneser_ney.py", "evaluation/test_kneser_ney.py",
        ("ones / (ones + 2 * twos)", "ones / (ones + twos)", "the discounts are estimated wrongly"),
        ("min(count, 3)]", "min(count, 2)]", "counts of three are discounted like two"),
        ("Counter(ngram[1:] for ngram in seen[length + 1])", "Counter(dict(seen[length]))", "lower orders count tokens, not what they follow"),
        ("preceded[numbers[0]] += 1", "preceded[numbers[0]] += 0", "the start of the text precedes nothing"),
        ("(history - 1) % context + 1", "history % context + 1", "windows begin one token late"),
        ("contexts = np.concatenate([[UNKNOWN], ngrams[:-1]])", "contexts = np.concatenate([[UNKNOWN], contexts[:-1]])", "the history is not moved on"),
        ("KneserNey(tokens[:kept], vocab_size, max(possible))", "KneserNey(tokens, vocab_size, max(possible))", "the order is chosen on text that was trained on"),
    ),
    *mistakes_in(
        "evaluation/baselines.py", "evaluation/test_baselines.py",
        ("choose_order(used, vocab_size, orders)", "choose_order(np.asarray(validation_tokens), vocab_size, orders)", "the order is chosen on validation text"),
        ("tokens=len(validation_tokens) - 1,", "tokens=len(validation_tokens),", "a target is counted that there is not"),
        ("loss * self.tokens / math.log(2) / self.bytes", "loss / math.log(2)", "bits per token are called bits per byte"),
    ),
    *mistakes_in(
        "evaluation/loss.py", "evaluation/test_loss.py",
        ("total += float(losses.sum())", "total += float(losses.mean()) * context * batch", "the last batch weighs as much as a full one"),
        ("return self.total / math.log(2) / self.bytes", "return self.total / math.log(2) / self.tokens", "bits per token are called bits per byte"),
        ("module.training = False", "pass", "evaluation drops out"),
        ("module.training = mode", "module.training = True", "evaluation switches frozen parts to training"),
        ('side="right") - 1, 0)', 'side="left") - 1, 0)', "the first token of a document is charged to the one before"),
    ),
    *mistakes_in(
        "evaluation/floor.py", "evaluation/test_floor.py",
        ("self.excess < -STANDARD_ERRORS", "self.excess < STANDARD_ERRORS", "honest models are accused"),
        ("/ math.sqrt(count) if count", "if count", "the spread is taken for the error of the mean"),
    ),
]
