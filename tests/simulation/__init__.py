"""The whole operator in a deterministic simulation: its four ports are simulated, all else is the real thing."""
