"""SQL and Markdown: the only writer of state."""
