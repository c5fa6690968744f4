"""What somebody wants to see of a run while using it: what may follow, what happens inside, how it was learned.

In: a run, and a text or tokens (``given``). Out: plain data, ready to be shown by a page or printed. ``following`` and
``answering`` tell what comes next and how likely it is, ``searching`` grows trees and beams, ``looking`` looks into one
pass, ``listing`` and ``curves`` read run folders, ``cards`` and ``examined`` tell what is known of a model and what is
wrong with it, ``trainings`` starts and stops processes. Start reading at ``given``.
"""
