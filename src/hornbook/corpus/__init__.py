"""Where text comes from: named corpora, files of one's own, and the worlds that are generated.

In come names, files and folders; out come ``Document``s: cleaned text with a name and, where its source is known,
its log-probability. Start reading at ``documents.py``, then ``reading.py``, ``clean.py`` and ``sources.py``.
"""
