"""The whole operator in a deterministic simulation: its ports are simulated, all other code is the real code."""
