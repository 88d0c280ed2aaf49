"""The part of JQL that the stand-in understands; what it does not, it refuses by name."""
