"""The kinds: their models, with every default, and their phases. May import `api.types`."""
