"""Last words as real systems print them, each with the class and the rule that it deserves; nothing.py: with none."""

Said = tuple[str, str, str]
"""Class, rule, text."""
