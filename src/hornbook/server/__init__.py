"""Runs over HTTP, in the words of OpenAI's interface, for whoever speaks it already.

In: loaded runs. Out: a FastAPI application. Start at app.py; worker.py is where all requests to a model meet.
"""
