"""A stand-in Azure DevOps: one organization, two projects, service hooks that go on probation."""
