"""The command line: one file a noun. Other rooms are imported inside the commands only."""
