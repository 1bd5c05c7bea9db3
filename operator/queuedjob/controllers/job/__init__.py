"""The controller of QueuedJobs and of their pods."""
