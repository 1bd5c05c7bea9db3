"""The models of the kinds, with every default, and the phases. May import `api.types`."""
