"""How good a model is, beside what it must beat and what it cannot pass.

In: a model and the token files of a prepared text. Out: losses in nats per token and bits per byte (``loss``), where
they arise and how far they may be off (``closely``, ``intervals``), the ladder of simpler models on the same targets
(``baselines``, ``kneser_ney``), the entropy of a source that is known (``floor``), what training already has of the
text (``contamination``) or a model writes word for word (``memorised``), texts beside those of people (``texts``),
questions with known answers (``questions``), and the page that shows it all (``report``). Start reading at ``loss``.
"""
