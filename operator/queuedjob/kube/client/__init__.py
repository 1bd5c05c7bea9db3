"""The way to the API server: connection, requests, lists and watches, and its errors as ours. Knows no kind."""
