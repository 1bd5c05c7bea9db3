"""The client of the API server: connection, requests, lists, watches and errors. It is the same for all kinds."""
