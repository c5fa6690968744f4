"""Questions with known answers, and pairs of sentences: what a model knows, asked without training it for that.

In: a model that continues texts and a file of questions (``files``). Out: how likely each choice is (``likelihood``,
``choices``), whether what it wrote has the right number or words (``exact``), which of two sentences it takes for
likelier (``pairs``). Start reading at ``likelihood``.
"""
