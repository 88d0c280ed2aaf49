"""A stand-in GitHub: issues, comments, labels, milestones, sub-issues, hooks, deliveries."""
