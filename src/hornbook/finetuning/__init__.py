"""A base model becomes useful: which of its weights change, what they learn from, what they are rewarded for.

A built model and a description go in, the same model with few trainable weights comes out; the one training loop does
the rest. Nothing in ``model/`` knows of it. Start reading at config.py, then adapting.py and low_rank.py.
"""
