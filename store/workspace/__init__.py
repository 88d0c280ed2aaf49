"""The workspace: tickets as Markdown folders for people, editors and agents."""
