"""A stand-in GitLab: one project in nested groups, with everything issues touch."""
