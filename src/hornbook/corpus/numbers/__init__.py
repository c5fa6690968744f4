"""A task whose every answer is known: numbers in words, in three languages, and back. Start with task.py."""
