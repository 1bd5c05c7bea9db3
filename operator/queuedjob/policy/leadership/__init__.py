"""Who may write: the rules of the Lease. Pure. No operator asks them yet (docs/decisions/005)."""
