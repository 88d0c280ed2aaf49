"""The questions asked of Linear, sized to stay below 10,000 points of complexity each.

A property costs 0.1, an object 1, and a list its children times what is asked for
(https://linear.app/developers/rate-limiting#complexity).
"""

PAGE = "pageInfo { hasNextPage endCursor }"
USER = "id name email url app"
BOT = "botActor { id type name }"
LINKED = "id identifier title url"

COMMENT = (
    f"id body createdAt updatedAt editedAt url issueId parentId user {{ {USER} }} "
    f"externalUser {{ id name email }} {BOT}"
)
NESTED = {
    "labels": "id name color parent { id }",
    "comments": COMMENT,
    "relations": f"id type relatedIssue {{ {LINKED} }}",
    "inverseRelations": f"id type issue {{ {LINKED} }}",
    "children": LINKED,
    "attachments": "id title url sourceType metadata",
}
"""Lists inside an issue; what one page of them lacks is asked for by `rest`."""

LINKS = ("relations", "inverseRelations", "children", "attachments")

_CORE = (
    "id identifier number title description url priority estimate dueDate createdAt updatedAt "
    "archivedAt startedAt completedAt canceledAt trashed previousIdentifiers reactionData "
    f"state {{ id name type color }} team {{ id key name }} assignee {{ {USER} }} "
    f"delegate {{ id name }} creator {{ {USER} }} externalUserCreator {{ id name email }} {BOT} "
    "cycle { id number name startsAt endsAt } project { id name url } "
    f"projectMilestone {{ id name targetDate }} parent {{ {LINKED} }}"
)


def issue(**sizes: int) -> str:
    """An issue with so many of each nested list; archived relatives are relatives, too."""
    parts = [_CORE]
    for name, first in sizes.items():
        archived = ", includeArchived: true" if name == "children" else ""
        parts.append(f"{name}(first: {first}{archived}) {{ nodes {{ {NESTED[name]} }} {PAGE} }}")
    return " ".join(parts)


LINK_SIZES = dict.fromkeys(LINKS, 10)
WHOLE_ISSUE = issue(labels=20, comments=10, **LINK_SIZES)
"""About 290 points with the page marks counted as often as pages: 32 stay below the limit."""

ISSUES = f"""
query Issues($filter: IssueFilter, $after: String, $team: TeamFilter) {{
  teams(filter: $team, first: 1) {{ nodes {{ id }} }}
  issues(filter: $filter, after: $after, first: 32, includeArchived: true, orderBy: createdAt) {{
    nodes {{ {WHOLE_ISSUE} }} {PAGE}
  }}
}}"""

COMMENTS = f"""
query Comments($filter: CommentFilter, $after: String) {{
  comments(filter: $filter, after: $after, first: 250, orderBy: createdAt) {{
    nodes {{ {COMMENT} }} {PAGE}
  }}
}}"""

INSIDE = f"""
query Inside($filter: IssueFilter, $after: String) {{
  issues(filter: $filter, after: $after, first: 250, includeArchived: true) {{
    nodes {{ id }} {PAGE}
  }}
}}"""

CENSUS = f"""
query Census($filter: IssueFilter, $after: String, $team: TeamFilter) {{
  teams(filter: $team, first: 1) {{ nodes {{ issueCount(includeArchived: true) }} }}
  issues(filter: $filter, after: $after, first: 250, includeArchived: true, orderBy: createdAt) {{
    nodes {{
      id identifier createdAt updatedAt archivedAt trashed state {{ name type }}
      comments(first: 10) {{ nodes {{ id }} {PAGE} }}
    }} {PAGE}
  }}
}}"""
"""About 27 points an issue; most have ten comments or less."""

COUNTS = f"""
query Counts($filter: IssueFilter, $after: String) {{
  issues(filter: $filter, after: $after, first: 40, includeArchived: true) {{
    nodes {{ id comments(first: 100) {{ nodes {{ id }} {PAGE} }} }} {PAGE}
  }}
}}"""
COUNT = f"""
query Count($id: String!, $after: String) {{
  issue(id: $id) {{ comments(first: 250, after: $after) {{ nodes {{ id }} {PAGE} }} }}
}}"""

COMMENT_BY_ID = f"query Comment($id: String!) {{ comment(id: $id) {{ {COMMENT} }} }}"
ISSUE_ID = "query IssueId($id: String!) { issue(id: $id) { id } }"

TEAM = "id key name visibility organization { urlKey }"
TEAMS = f"""
query Teams($filter: TeamFilter, $after: String) {{
  teams(filter: $filter, after: $after, first: 50) {{ nodes {{ {TEAM} }} {PAGE} }}
}}"""
VIEWER = "query Viewer { viewer { id name displayName email admin } }"
MEMBERS = f"""
query Members($id: String!, $after: String) {{
  team(id: $id) {{ members(after: $after, first: 100) {{ nodes {{ {USER} }} {PAGE} }} }}
}}"""

ONE_ISSUE = f"{{ {issue(labels=50)} }}"

CREATE = f"""
mutation Create($input: IssueCreateInput!) {{
  issueCreate(input: $input) {{ success issue {ONE_ISSUE} }}
}}"""
UPDATE = f"""
mutation Update($id: String!, $input: IssueUpdateInput!) {{
  issueUpdate(id: $id, input: $input) {{ success issue {ONE_ISSUE} }}
}}"""
DELETE = "mutation Delete($id: String!) { issueDelete(id: $id) { success } }"
COMMENT_CREATE = f"""
mutation Comment($input: CommentCreateInput!) {{
  commentCreate(input: $input) {{ success comment {{ {COMMENT} }} }}
}}"""
COMMENT_UPDATE = f"""
mutation CommentUpdate($id: String!, $input: CommentUpdateInput!) {{
  commentUpdate(id: $id, input: $input) {{ success comment {{ {COMMENT} }} }}
}}"""
COMMENT_DELETE = "mutation CommentDelete($id: String!) { commentDelete(id: $id) { success } }"
LABEL_CREATE = """
mutation Label($input: IssueLabelCreateInput!) {
  issueLabelCreate(input: $input) { success issueLabel { id name } }
}"""
RELATE = """
mutation Relate($input: IssueRelationCreateInput!) {
  issueRelationCreate(input: $input) { success issueRelation { id } }
}"""
UNRELATE = "mutation Unrelate($id: String!) { issueRelationDelete(id: $id) { success } }"
ATTACH = """
mutation Attach($input: AttachmentCreateInput!) {
  attachmentCreate(input: $input) { success attachment { id } }
}"""
DETACH = "mutation Detach($id: String!) { attachmentDelete(id: $id) { success } }"
UPLOAD = """
mutation Upload($contentType: String!, $filename: String!, $size: Int!) {
  fileUpload(contentType: $contentType, filename: $filename, size: $size) {
    success uploadFile { uploadUrl assetUrl headers { key value } }
  }
}"""

HOOK = "id url enabled label allPublicTeams resourceTypes teamIds team { id }"
HOOKS = f"""
query Hooks($after: String) {{
  webhooks(first: 50, after: $after) {{ nodes {{ {HOOK} }} {PAGE} }}
}}"""
HOOK_FAILURES = """
query HookFailures($id: String!) {
  webhook(id: $id) { failures { createdAt httpStatus } }
}"""
HOOK_CREATE = f"""
mutation HookCreate($input: WebhookCreateInput!) {{
  webhookCreate(input: $input) {{ success webhook {{ {HOOK} }} }}
}}"""
HOOK_UPDATE = f"""
mutation HookUpdate($id: String!, $input: WebhookUpdateInput!) {{
  webhookUpdate(id: $id, input: $input) {{ success webhook {{ {HOOK} }} }}
}}"""
HOOK_DELETE = "mutation HookDelete($id: String!) { webhookDelete(id: $id) { success } }"

GROUPS = f"""
query Fields($issues: IssueFilter, $labels: IssueLabelFilter) {{
  issues(filter: $issues, first: 1, orderBy: updatedAt) {{ nodes {{ {issue(labels=20)} }} }}
  issueLabels(filter: $labels, first: 50) {{
    nodes {{ id name children(first: 30) {{ nodes {{ id name }} }} }}
  }}
}}"""

STATES = """
query States($filter: WorkflowStateFilter) {
  workflowStates(filter: $filter, first: 100) { nodes { id name type position } }
}"""
LABELS = f"""
query Labels($filter: IssueLabelFilter, $after: String) {{
  issueLabels(filter: $filter, after: $after, first: 250) {{
    nodes {{ id name isGroup }} {PAGE}
  }}
}}"""


def one_issue(**sizes: int) -> str:
    """One issue by id, with so many of each nested list."""
    return f"query Issue($id: String!) {{ issue(id: $id) {{ {issue(**sizes)} }} }}"


def rest(name: str) -> str:
    """The further pages of one nested list of one issue."""
    archived = ", includeArchived: true" if name == "children" else ""
    return (
        f"query Rest($id: String!, $after: String) {{ issue(id: $id) {{ {name}(first: 100, "
        f"after: $after{archived}) {{ nodes {{ {NESTED[name]} }} {PAGE} }} }} }}"
    )
