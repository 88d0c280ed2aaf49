"""Edits of tickets' files: taken over into the journal, and sent to their trackers (law 11)."""
