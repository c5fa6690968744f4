"""From a model and batches to a trained model: in come an ``nn.Module``, batches and an objective; out come updates.

``training_steps`` in loop.py is the one loop, and a generator: whoever iterates decides what to log, evaluate, sample
and save. Around it: config.py (settings, no torch), objectives.py (losses as sums), optimizers.py with adamw.py and
muon.py, schedules.py (the learning rate) and timer.py (how far a run has come), precision.py and compiling.py (speed),
guards.py (what went wrong), checkpoints.py and run_folder.py (what stays on disk), metrics.py and interrupts.py. Start
with loop.py.
"""
