"""One file a kind: gather facts, ask `policy`, apply the answer. No decision hides in here."""
