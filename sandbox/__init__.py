"""Stand-in trackers: local, stateful servers that sign and send their own webhooks.

A leaf on purpose. Nothing in here imports the rest of the project, so that a misreading of a
vendor's page cannot sit on both sides of a test and cancel itself out.
"""
