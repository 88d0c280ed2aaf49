"""A stand-in Linear: one workspace, its GraphQL API and its webhooks."""
