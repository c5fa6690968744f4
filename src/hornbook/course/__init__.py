"""The course: lessons that run, exercises that are graded, and paths through them.

The lessons are scripts in ``lessons/``. Here is what reads them (lesson.py), writes them as notebooks (notebook.py),
grades what a learner writes (answers.py, grading.py, checks/), and keeps to a path (paths.py, progress.py). Start
reading at lesson.py.
"""
