"""A simulated API server: the semantics of the real one, as far as this operator and its cluster use them.

`ApiServer.handle` and `ApiServer.watch` carry out one whole request at once: pure Python, no clock, no randomness, no
asyncio. What may vary in a real cluster is decided outside: whether and when a request arrives (`transport`); when a
watch delivers its events (`transport`, `source`); when the garbage collector does its work (`housekeeping`).

tests/api/test_semantics.py shows that it is right: it sends the same requests to the real API server.
"""
