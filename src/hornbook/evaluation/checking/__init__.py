"""Checks for a language model that somebody else has written: does it do what such a model has to do?

In: a way to build the model (``Subject``). Out: a ``Finding`` for each check, in words. Start at checks.py: each check
is a function of a dozen lines; subject.py is how they speak to the model.
"""
