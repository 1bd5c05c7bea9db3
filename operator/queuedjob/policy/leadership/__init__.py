"""Who may write: the rules of the Lease. Pure."""
