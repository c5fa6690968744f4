"""Lesson 1, text to tokens. Read it here, as a notebook or with ``hornbook learn show 01``; run it with Python."""

# %% [markdown]
# # 01. Text to tokens
#
# **Question:** How does a text become numbers, and how is it that no text is ever impossible to write?
#
# **You need:** Python: lists, dictionaries, loops. No mathematics.
#
# **Minutes:** 18
#
# A model computes with numbers. So the first step is always the same: cut the text into pieces, and give each kind of
# piece a number. A piece is called a *token*, its number an *id*, and the list of all kinds of tokens the *vocabulary*.
#
# There are three ways to cut, and this lesson goes through all of them:
#
# | cut into | vocabulary | a text becomes | what is not in the vocabulary |
# |---|---|---|---|
# | characters | tens | long | is an error |
# | words | tens of thousands | short | is lost |
# | byte pairs | as many as you like | in between | does not exist |

# %%
from __future__ import annotations

from collections import Counter
from itertools import pairwise

from hornbook.tokenizers.bytepair import encode_piece, learn_merges, merged, train, vocabulary_of
from hornbook.tokenizers.bytepair_tokenizer import BytePairTokenizer
from hornbook.tokenizers.characters import CharacterTokenizer
from hornbook.tokenizers.patterns import GPT2_PATTERN, pieces
from hornbook.tokenizers.words import WordTokenizer, cut_words, known_share

TEXT = "The cat sat. The cat ran, and the dog sat!"

# %% [markdown]
# ## Characters
#
# The vocabulary is the set of characters that occur, sorted. The id of a character is its place in that list. By hand,
# for the text `abba c`: the sorted characters are `' '`, `'a'`, `'b'`, `'c'`, so the ids are 0, 1, 2, 3. The text is
# `[1, 2, 2, 1, 0, 3]`. That is the whole tokenizer:

# %%
alphabet = sorted(set("abba c"))
ids = [alphabet.index(character) for character in "abba c"]
print("characters:", alphabet, ids)
assert ids == [1, 2, 2, 1, 0, 3]
assert CharacterTokenizer.train(["abba c"]).encode("abba c") == ids

# %% [markdown]
# ## Words
#
# Characters make long texts: every letter is a step of work for the model, and it has to learn spelling before meaning.
# Words are the other extreme. We cut at blanks, which are dropped, and keep each punctuation mark as its own token.

# %%
words = cut_words(TEXT)
print("words:", words)
assert words == ["The", "cat", "sat", ".", "The", "cat", "ran", ",", "and", "the", "dog", "sat", "!"]

vocabulary = sorted(set(words))
number_of = {word: number for number, word in enumerate(vocabulary)}
tokenizer = WordTokenizer.train([TEXT])
assert tokenizer.encode(TEXT) == [number_of[word] for word in words]
assert tokenizer.vocab_size == len(vocabulary) + 2  # beside the words: <|endoftext|> and <|unk|>

# %% [markdown]
# `The` and `the` are two different tokens. To the model they have nothing in common until it learns it.
#
# ### Unknown words
#
# Now a word comes that was not in the training text. It has no number. All the tokenizer can do is to write a special
# token, `<|unk|>`, and the word is gone: decoding does not bring it back. Blanks do not come back as they were either.

# %%
ids = tokenizer.encode("The horse   sat.")
back = tokenizer.decode(ids)
print("unknown:", ids, repr(back))
assert ids[1] == tokenizer.special["<|unk|>"]
assert back == "The <|unk|> sat."
assert known_share(tokenizer, "The horse sat.") == 3 / 4

# %% [markdown]
# A bigger vocabulary helps, but never enough: names, typing errors, other languages, numbers. There is always one more.
#
# ## Byte pairs: begin with bytes
#
# The way out is to begin with something that is never missing. Every text in a computer is a list of bytes, and there
# are only 256 of them. With the 256 bytes as the first 256 tokens, every text can be written. `é` is two bytes, an
# emoji four:

# %%
for text in ("e", "é", "🙂"):
    print(repr(text), "is", list(text.encode()))
assert len("é".encode()) == 2 and len("🙂".encode()) == 4

# %% [markdown]
# ## Merge by merge
#
# Bytes alone would make texts long again. So we look for the pair of neighbours that occurs most often, give it a token
# of its own (256, then 257, ...), and replace the pair everywhere. Then we look again. That is byte-pair encoding, BPE.
#
# By hand: three words, how often each occurs, and every pair of neighbours counted as often as its word occurs:
#
# | word | times | pairs |
# |---|---|---|
# | `low` | 5 | `l o` 5, `o w` 5 |
# | `lot` | 2 | `l o` 2, `o t` 2 |
# | `newer` | 6 | `n e` 6, `e w` 6, `w e` 6, `e r` 6 |
#
# `l o` occurs 5 + 2 = 7 times and wins. It becomes token 256. `low` is now `lo w`, and `lot` is `lo t`. Next time four
# pairs of `newer` have 6 each. On a tie we take the pair whose first byte is the smallest (`e r` before `e w`), so that
# the same text gives the same tokens on every machine.

# %%
COUNTED = {"low": 5, "lot": 2, "newer": 6}


def count_pairs(words: dict[tuple[int, ...], int]) -> Counter[tuple[int, int]]:
    """How often each pair of neighbours occurs: once for each place, times how often the word occurs."""
    counts: Counter[tuple[int, int]] = Counter()
    for tokens, times in words.items():
        for pair in pairwise(tokens):
            counts[pair] += times
    return counts


def learn(words: dict[str, int], merges: int) -> list[tuple[int, int]]:
    """Byte-pair encoding in the plainest way: count all pairs, merge the most frequent one, and again."""
    split = {tuple(word.encode()): times for word, times in words.items()}
    learned: list[tuple[int, int]] = []
    for token in range(256, 256 + merges):
        counts = count_pairs(split)
        best = min(counts, key=lambda pair: (-counts[pair], pair))
        learned.append(best)
        split = {tuple(merged(tokens, best, token)): times for tokens, times in split.items()}
    return learned


first = count_pairs({tuple(word.encode()): times for word, times in COUNTED.items()})
assert first[ord("l"), ord("o")] == 7 and first[ord("o"), ord("w")] == 5
learned = learn(COUNTED, 4)
names = vocabulary_of(learned)
for number, (left, right) in enumerate(learned):
    print(f"merge {number}: {names[left]!r} + {names[right]!r} becomes token {256 + number}")
assert [names[256 + number] for number in range(4)] == [b"lo", b"er", b"ew", b"new"]
assert learned == learn_merges(COUNTED, 4)  # the package counts only what has changed, and learns the same

# %% [markdown]
# One detail of merging: it goes from left to right and never uses a token twice. `a a a` with the pair `a a` becomes
# `aa a`, and not `a aa` or `aa aa`.

# %%
a = ord("a")
assert merged([a, a, a], (a, a), 256) == [256, a]
assert merged([a, a, a, a, a], (a, a), 256) == [256, 256, a]

# %% [markdown]
# ## Encoding
#
# To encode a new word, begin with its bytes and apply the merges *in the order in which they were learned*. A merge
# that was learned early stands for something frequent, and later merges were learned on top of it. `lower` was never
# seen. It becomes `lo`, `w`, `er`: three tokens, and nothing is unknown.

# %%
ranks = {name: number for number, name in enumerate(names)}


def encode_word(word: bytes, merges: list[tuple[int, int]]) -> list[int]:
    """All merges, one after another, in the order of learning."""
    tokens = list(word)
    for number, pair in enumerate(merges):
        tokens = merged(tokens, pair, 256 + number)
    return tokens


tokens = encode_word(b"lower", learned)
print("lower:", tokens, [names[token] for token in tokens])
assert [names[token] for token in tokens] == [b"lo", b"w", b"er"]
assert encode_piece(b"lower", ranks) == tokens  # the package looks for the lowest rank instead: the same tokens
assert b"".join(names[token] for token in encode_word("né🙂".encode(), learned)) == "né🙂".encode()
one_way, other_way = {b"a": 0, b"b": 1, b"c": 2, b"bc": 3, b"ab": 4}, {b"a": 0, b"b": 1, b"c": 2, b"ab": 3, b"bc": 4}
assert encode_piece(b"abc", one_way) == [0, 3]  # `b c` was learned first: a, bc
assert encode_piece(b"abc", other_way) == [3, 2]  # `a b` was learned first: ab, c

# %% [markdown]
# ## Pieces
#
# A merge must not put the end of one word and the beginning of the next into one token. So the text is first cut into
# pieces by a pattern, and merges never cross a cut. In GPT-2's pattern the blank belongs to the word that follows it:

# %%
cut = pieces("The cat's 42 hats", GPT2_PATTERN)
print("pieces:", cut)
assert cut == ["The", " cat", "'s", " 42", " hats"]
assert "".join(cut) == "The cat's 42 hats"  # nothing is lost

# %% [markdown]
# Everything together: train on a text, and encode with what was learned. More merges make the same text shorter. What
# does a token buy? Divide bytes by tokens.

# %%
SOURCE = "the cat sat on the mat and the other cat sat on the other mat. " * 20
shorter = []
for merges in (0, 4, 8, 16):
    pairs = train([SOURCE], merges, GPT2_PATTERN)
    tokenizer_of_pairs = BytePairTokenizer.from_merges(pairs, GPT2_PATTERN, ())
    encoded = tokenizer_of_pairs.encode(SOURCE)
    assert tokenizer_of_pairs.decode(encoded) == SOURCE
    assert not any(b" " in name[1:] for name in vocabulary_of(pairs))  # no merge has crossed a cut
    shorter.append(len(encoded))
    print(f"{merges:>3} merges: {len(encoded):>5} tokens, {len(SOURCE.encode()) / len(encoded):.2f} bytes for each")
assert shorter[0] == len(SOURCE.encode())  # no merge: every byte is a token
assert shorter == sorted(shorter, reverse=True)

# %% [markdown]
# ## What people get wrong
#
# - **Counting words once.** A pair counts as often as its word occurs in the text, not once for each different word.
# - **Encoding greedily by the longest token.** BPE applies merges in the order of learning. The longest match gives
#   other tokens, and a model that was trained on the first reads nonsense in the second.
# - **Letting merges cross words.** Without the cut into pieces, frequent phrases eat the vocabulary.
# - **Believing that `<|endoftext|>` in a user's text is the special token.** It has to stay ordinary characters. Else
#   anybody can end your texts for you.
# - **Comparing the loss of two tokenizers for each token.** Long tokens are harder to guess. Lesson 8 compares fairly.
#
# ## Exercises
#
# `hornbook learn start 01` writes the functions to fill in, `hornbook learn check 01` grades them.
#
# ### `count_pairs(words: dict[tuple[int, ...], int]) -> dict[tuple[int, int], int]`
#
# How often does each pair of neighbours occur? `words` says how often each word, as a tuple of ids, occurs in the text.
#
# Hint: go through the places of a word, not through its different pairs: `(1, 1, 1)` has the pair `(1, 1)` twice.
#
# ### `merge(ids: list[int], pair: tuple[int, int], token: int) -> list[int]`
#
# The ids with every occurrence of the pair replaced by the token, from left to right, none used twice.
#
# Hint: walk with an index; it goes on by two after a merge, and by one otherwise. Mind the last id.
#
# ### `encode(text: str, merges: list[tuple[int, int]]) -> list[int]`
#
# The ids of a text that is one piece: its bytes, then the merges in the order of learning; merge 0 makes token 256.
#
# Hint: begin with `list(text.encode())`: bytes and not characters.
