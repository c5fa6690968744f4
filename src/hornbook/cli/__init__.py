"""One thin module per command: it parses, calls a workflow and prints. No logic lives here.

In: the words of a command line. Out: results on stdout (with ``--json`` one JSON object), progress on stderr, an exit
code. Start reading at ``app.py``.
"""
