"""Parts of a model or of a training that a learner writes: graded, and then used in place of ours.

Start at parts.py: a table of what can be written, with its signature. in_model.py and in_training.py grade, in_place.py
exchanges.
"""
