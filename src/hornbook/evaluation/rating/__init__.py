"""What people, and models in their place, think of texts: frozen studies, blind questions, honest numbers.

In: a study (texts that runs have written, frozen in a file). Between: a ``Session`` asks one rater, in the terminal or
from a page, and keeps every answer at once. Out: a report with intervals, agreement and win rates, or with the words
"too few ratings". Nothing here prints, asks a network or knows a model. Start reading at ``study``, then ``session``.
"""
