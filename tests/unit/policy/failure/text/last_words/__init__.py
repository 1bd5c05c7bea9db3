"""Last words as real systems print them, each with its expected class and rule; nothing.py: texts that have none."""

Said = tuple[str, str, str]
"""Class, rule, text."""
