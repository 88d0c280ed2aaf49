"""A stand-in Jira: Cloud (REST v3, v2, OAuth gateway) or Data Center (REST v2)."""
