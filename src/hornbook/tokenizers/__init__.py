"""Text <-> token ids.

In: strings, and a ``TokenizerConfig`` that says which kind of tokenizer is wanted. Out: lists of ids, and the same text
back from them. Start reading at ``protocol.py`` (what every tokenizer does), then ``bytepair.py`` (the algorithm, as it
is explained), ``bytepair_training.py`` (the same merges, fast) and ``gpt2.py``.
"""
