"""Ids become batches: documents enter, memory-mapped token files and ``Texts`` leave.

Start reading at ``config.py`` (what can be asked for), then ``token_file.py``, ``prepare.py`` and ``batches.py``; for
conversations at ``chat_templates.py``, ``conversations.py`` and ``asked.py``.
"""
