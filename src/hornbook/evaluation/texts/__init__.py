"""Texts that a model wrote beside those that people wrote: what they share, how varied they are, what they copy.

In: texts and their references. Out: BLEU (``bleu``), ROUGE (``rouge``), distinct-n and self-BLEU (``diversity``),
BERTScore (``bert_score``). Start reading at ``rouge``.
"""
