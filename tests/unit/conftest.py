"""For all unit tests: an example takes what it takes. A deadline would fail right code on a busy machine."""

from hypothesis import settings

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
