"""Mistakes to make on purpose: a named fault spoils one training, and whoever trained it looks for what is wrong.

In: the name of a fault. Out: the training with one part replaced, from outside: no line of the model or of the loop
knows of it. Start reading at ``faults.py``, the table; then the file of the room that a fault is in.
"""
