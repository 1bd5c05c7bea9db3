"""A pytest plugin: few examples of each property, the same ones each time, so that a score can be repeated."""

from hypothesis import settings

settings.register_profile("few", max_examples=10, derandomize=True, database=None, deadline=None)
