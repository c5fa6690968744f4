"""What happens inside a model while it reads: seen, taken apart, and switched off part by part.

In: a model and the tokens it reads. Out: every tensor with the line of code that made it (``trace``), the stream, the
heads and their maps layer by layer (``observing``, ``head_scores``), what each layer would have answered (``lens``),
who moved a logit (``attribution``), and what changes without a part (``ablation``), with attention that is spread or
sharpened (``temperature``), or with another token in the text (``editing``). Start reading at ``observing``.
"""
