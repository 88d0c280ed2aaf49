"""The names that variables of a tracker usually have, for sources that name none."""

TOKENS: dict[str, tuple[str, ...]] = {
    "github": ("GITHUB_TOKEN",),
    "gitlab": ("GITLAB_TOKEN",),
    "jira": ("JIRA_TOKEN", "JIRA_API_TOKEN"),
    "linear": ("LINEAR_API_KEY",),
    "azure_devops": ("ADO_PERSONAL_ACCESS_TOKEN", "AZURE_DEVOPS_EXT_PAT"),
}
EMAILS: dict[str, tuple[str, ...]] = {"jira": ("JIRA_EMAIL", "JIRA_USER_EMAIL")}
FIELDS: dict[str, dict[str, str]] = {
    "jira": {"customer": "JIRA_CUSTOMER_NAME_FIELD_ID", "sprint": "JIRA_SPRINT_FIELD_ID"}
}
"""Tracker, then our field, then the variable that holds the tracker's id of it."""

SECRET_KEYS = "TICKETSYNC_SECRET_KEYS"  # noqa: S105 - a name
API_TOKEN = "TICKETSYNC_API_TOKEN"  # noqa: S105 - a name
"""Tokens with all rights at the admin API, without a row; several, apart by spaces."""


def client_id(tracker: str) -> str:
    """The variable with the id of our app at a tracker."""
    return f"{tracker.upper()}_CLIENT_ID"


def client_secret(tracker: str) -> str:
    """The variable with that app's secret."""
    return f"{tracker.upper()}_CLIENT_SECRET"


def schema_name(tracker: str) -> str:
    """The variable that says where the views of a tracker stand."""
    return f"{tracker.upper()}_SCHEMA_NAME"
