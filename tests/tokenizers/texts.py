"""Texts that are hard on tokenizers, for hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

FRAGMENTS = [
    *" \n\t\r\u00a0\u3000\u2028'’-_.!?;(){}",
    *("  ", "\r\n", " \n \n", "   x", "'s", "'LL", "'ſ", "n't", "--", "...", "0", "1234567", "½", "٣"),
    *(
        "the",
        " the",
        "The",
        "naïve",
        "über",
        "日本語",
        "नमस्ते",
        "e\u0301",
        "👩‍👩‍👧",
        "🏳️‍🌈",
        "\U0001f9d1\U0001f3fd",
        "a" * 17,
    ),
    *("<|endoftext|>", "<|unk|>", "<|endoftext", "\x00", "\x1c", "\x7f", "\ufeff", "\ufffd", "\u200b"),
]
"""Blanks of many kinds, contractions, digits, marks, scripts, joined emoji, imitated special tokens, controls."""

# Characters assigned in the Unicode of this Python: tiktoken's and regex's tables may differ about newer ones.
CHARACTERS = st.characters(exclude_categories=("Cs", "Cn"))
TEXTS = st.one_of(st.text(CHARACTERS), st.lists(st.one_of(st.sampled_from(FRAGMENTS), CHARACTERS)).map("".join))
