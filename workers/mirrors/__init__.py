"""Mirrors: what a pair of tickets has to be told, and telling it."""
