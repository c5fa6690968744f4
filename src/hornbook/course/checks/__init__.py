"""One file for each lesson, named as the lesson is: ``check_NAME(function)`` grades the exercise ``NAME``.

A check hands the learner's function small numbers and compares what comes back with the right answer; what the common
mistakes would have given is computed too, so that a wrong answer is met with the hint it needs.
"""
