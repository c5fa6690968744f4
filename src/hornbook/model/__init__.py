"""Token ids come in, logits go out: attention, positions, norms, feed-forward networks, and the model built of them.

Start reading at kernels.py (``explicit``: attention in one formula), then attention.py, norms.py, blocks.py, models.py.
"""
