"""A model and a prompt come in, text goes out: choosing the next token, again and again, with or without a memory.

Start reading at sampling.py (each filter is a small function from logits to logits), then generate.py and text.py; many
texts at once are reading.py, beam.py and translate.py.
"""
