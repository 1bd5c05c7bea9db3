"""The command `queuedjob retry`."""
