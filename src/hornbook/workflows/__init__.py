"""The rooms put together into what a person asks for; the only room that starts trainings.

In: the name of a recipe or of a run. Out: a run folder, and plain values for the command line to print. Start reading
at ``train.py``, which calls everything else in the order it happens.
"""
