"""Byte-pair encoding as it is explained: training and encoding in the plainest code that is still right.

Sennrich et al. 2016 (section 3.2) took it from data compression (Gage 1994); GPT-2 (Radford et al. 2019, section 2.2)
let it begin with the 256 bytes instead of characters, so that every string can be written and nothing is unknown.

Training: cut the text into pieces (``patterns.py``) and write each as bytes. Over and over, find the pair of neighbours
that occurs most often and give it a token of its own. Encoding: begin with bytes again and undo nothing: merge the pair
that was learned first, until no pair is left that was learned. ``bytepair_training.py`` and tiktoken do the same work
faster, and tests hold them to what stands here.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from hornbook.tokenizers.config import BYTES
from hornbook.tokenizers.patterns import pieces
from hornbook.tokenizers.special import well_formed

Pair = tuple[int, int]


def learn_merges(words: Mapping[str, int], merges: int, minimum_count: int = 2) -> list[Pair]:
    """The pairs to merge, in the order they are learned; merge ``i`` makes token ``256 + i``.

    The pair with the highest count wins, and among equals the smallest one, compared by its first id and then by its
    second: the same text gives the same merges everywhere. A merge changes only the words the pair occurs in, so only
    their pairs are counted again; ``inside`` remembers which words those are.

    Args:
        words: how often each piece of text occurs.
        merges: how many to learn; there are fewer when no pair is left that occurs often enough.
        minimum_count: a pair that occurs less often than this is not worth a token.
    """
    tokens, times = [list(word.encode()) for word in words], list(words.values())
    counts: Counter[Pair] = Counter()
    inside: defaultdict[Pair, set[int]] = defaultdict(set)
    for word, ids in enumerate(tokens):
        for pair in pairwise(ids):
            counts[pair] += times[word]
            inside[pair].add(word)

    learned: list[Pair] = []
    while len(learned) < merges and counts:
        best = max(counts, key=lambda pair: (counts[pair], -pair[0], -pair[1]))
        if counts[best] < minimum_count:
            break
        for word in inside.pop(best):
            before, after = tokens[word], merged(tokens[word], best, BYTES + len(learned))
            for pair in pairwise(before):
                counts[pair] -= times[word]
            for pair in pairwise(after):
                counts[pair] += times[word]
                inside[pair].add(word)
            tokens[word] = after
        del counts[best]
        learned.append(best)
    return learned


def merged(ids: Sequence[int], pair: Pair, token: int) -> list[int]:
    """The ids with every occurrence of the pair made one token, from left to right: ``a a a`` becomes ``aa a``."""
    result: list[int] = []
    index = 0
    while index < len(ids):
        if tuple(ids[index : index + 2]) == pair:
            result.append(token)
            index += 2
        else:
            result.append(ids[index])
            index += 1
    return result


def train(texts: Iterable[str], merges: int, pattern: str, minimum_count: int = 2) -> list[Pair]:
    """Cut the texts into pieces, count them, and learn merges from the counts."""
    words = Counter(piece for text in texts for piece in pieces(well_formed(text), pattern))
    return learn_merges(words, merges, minimum_count)


def vocabulary_of(merges: Iterable[Pair]) -> list[bytes]:
    """The bytes of every token: the 256 bytes in order of value, then what each merge puts together."""
    vocabulary = [bytes([value]) for value in range(BYTES)]
    for left, right in merges:
        vocabulary.append(vocabulary[left] + vocabulary[right])
    return vocabulary


def encode_piece(piece: bytes, ranks: Mapping[bytes, int]) -> list[int]:
    """The ids of one piece: merge the pair of lowest rank, the leftmost among equals, until none is left.

    ``ranks`` gives the id of every token by its bytes. The id is also the rank, since ids are given in the order of
    learning; and a pair is known by the bytes it would become, since no two merges make the same bytes.
    """
    parts = [piece[index : index + 1] for index in range(len(piece))]
    while True:
        joined = [left + right for left, right in pairwise(parts)]
        candidates = [(ranks[part], index) for index, part in enumerate(joined) if part in ranks]
        if not candidates:
            return [ranks[part] for part in parts]
        _, index = min(candidates)
        parts[index : index + 2] = [joined[index]]


def encode(text: str, ranks: Mapping[bytes, int], pattern: str) -> list[int]:
    """The ids of a text: those of its pieces, one piece after another."""
    return [token for piece in pieces(well_formed(text), pattern) for token in encode_piece(piece.encode(), ranks)]


def merges_of(ranks: Mapping[bytes, int]) -> list[tuple[bytes, bytes]]:
    """The two halves that each token was merged from, in order of rank: the merges, given only what they made.

    A token's bytes, encoded with the tokens before it, are its two halves. Most tokens can only be halved one way.

    Raises:
        ValueError: the ranks are not those of a byte-pair encoding in the order of learning.
    """
    halves: list[tuple[bytes, bytes]] = []
    for token, rank in sorted(ranks.items(), key=lambda item: item[1]):
        if len(token) == 1:
            continue
        splits = [(token[:cut], token[cut:]) for cut in range(1, len(token))]
        ways = [way for way in splits if all(ranks.get(part, rank) < rank for part in way)]
        if len(ways) > 1:
            earlier = tokens_inside(token, ranks, rank)
            parts = {number: part for part, number in earlier.items()}
            ids = encode_piece(token, earlier)
            ways = [(parts[ids[0]], parts[ids[1]])] if len(ids) == 2 else []
        if not ways:
            raise ValueError(f"token {rank} ({token!r}) is not a merge of two tokens before it")
        halves.append(ways[0])
    return halves


def tokens_inside(token: bytes, ranks: Mapping[bytes, int], rank: int) -> dict[bytes, int]:
    """Every part of a token's bytes that is itself a token, of a rank below ``rank``."""
    parts = {token[start:stop] for start in range(len(token)) for stop in range(start + 1, len(token) + 1)}
    return {part: ranks[part] for part in parts if ranks.get(part, rank) < rank}
