"""Objects of the API server, a module a kind: bodies become facts of `policy`, its steps become bodies and patches."""
