"""Wrong versions of the operator, each against one rule of docs/protocol.md: the simulation must catch them all."""
