"""Wrong versions of the operator, each breaks one rule of docs/protocol.md: the simulation must catch all of them."""
