"""Types of single values: durations, times, any JSON, fields with their bounds. May import nothing else of ours."""
