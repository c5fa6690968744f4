"""A small world of children, animals, places and things, and the stories that happen in it.

In come a seed and an index; out comes a ``Story``: its text, the exact log-probability of that text, and the facts a
reader could be asked. ``words.py`` holds the words, ``shared_rules.py`` and the ``plots_*.py`` the sentences,
``grammar.py`` the little language they are written in, ``telling.py`` the machine that tells them, ``scene.py`` the
simulated world that watches over who has what, ``proof.py`` and ``probability.py`` the probabilities. Start reading
at ``stories.py``.
"""
