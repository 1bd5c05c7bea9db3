"""The controller of DeadLetters."""
