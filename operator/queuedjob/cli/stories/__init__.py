"""What a job's facts mean, as sentences in a stable shape. Pure: facts and a moment in, models out."""
