"""What holds for the tests of every room."""

from hypothesis import settings

# The same examples in every run, so that the same code gets the same verdict twice; `--hypothesis-seed=1` tries others.
# Speed is judged in bench/, not by how long one example takes on a machine with other things to do.
settings.register_profile("engram", settings(), derandomize=True, deadline=None, database=None)
settings.load_profile("engram")
