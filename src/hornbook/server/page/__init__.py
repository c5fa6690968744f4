"""What the web page asks for, under /page (docs/page-api.md): each file is a screen, or what several of them need.

In: JSON. Out: JSON, events, and attention maps as bytes. Nothing is computed here: questions go to other rooms, above
all to ``workflows.watching``, through the one thread that only reads (server/desk.py), and texts to the thread that
writes (server/worker.py). Start reading at ``place``.
"""
