"""Every picture: one function each, data in and a matplotlib ``Figure`` out.

In: plain numbers and names. Out: figures, and ``style.save`` or ``style.svg`` to write them. No global state of
matplotlib is touched, so figures can be drawn anywhere. Start reading at ``loss_curve``; ``style`` holds the look.
"""
