"""Decisions about a dead letter. Pure. May import `policy.failure` and what that may import."""
