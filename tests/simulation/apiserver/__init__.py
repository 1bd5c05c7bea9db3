"""A simulated API server: the semantics of the real one, as far as this operator and its cluster meet them.

`ApiServer.handle` and `ApiServer.watch` carry out one request at once, whole: pure Python, no clock, no randomness, no
asyncio. What may vary in a real cluster is decided outside: when a request arrives, and whether (`transport`); when a
watch tells what it knows (`transport`, `source`); when the garbage collector gets round to it (`housekeeping`).

Its truth is shown by tests/api/test_semantics.py, which asks the real API server the same questions.
"""
