"""The model families of Hugging Face, one file each: what makes Llama differ from GPT-2, in a hundred lines.

``table.py`` lists them all.
"""
