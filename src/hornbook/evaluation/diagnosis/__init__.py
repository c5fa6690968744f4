"""What is wrong with a training: findings from its journal, its batches, its model and its first steps.

In: a ``Case``, which holds what a training did and the parts it was made of, as values; who made a mistake, and which,
is in none of them. Out: findings with their numbers. Start reading at ``checks.py``, the table.
"""
