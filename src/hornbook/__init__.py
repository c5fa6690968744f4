"""Hornbook: language models from scratch, to read, run, change and measure.

Text flows through the package in one direction, and a room imports only what stands before it::

    errors < settings | seeds | files < batches < model | tokenizers | corpus | figures
           < data | generation | formats < training < evaluation | finetuning < workflows < course < server < cli

Start reading at ``model/attention.py``, then ``training/loop.py``, then ``workflows/train.py``.
"""

from __future__ import annotations

__version__ = "0.1.0"
