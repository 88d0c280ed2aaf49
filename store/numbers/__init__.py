"""Numbers: how long work takes, how much of it there is, how it was on any day."""
