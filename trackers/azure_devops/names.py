"""Names of Azure DevOps as its API spells them: fields, links, events, versions.

https://learn.microsoft.com/azure/devops/boards/work-items/guidance/work-item-field
"""

TITLE = "System.Title"
DESCRIPTION = "System.Description"
REPRO_STEPS = "Microsoft.VSTS.TCM.ReproSteps"
TYPE = "System.WorkItemType"
STATE = "System.State"
REASON = "System.Reason"
PROJECT = "System.TeamProject"
AREA = "System.AreaPath"
AREA_ID = "System.AreaId"
ITERATION = "System.IterationPath"
ITERATION_ID = "System.IterationId"
ASSIGNED_TO = "System.AssignedTo"
CREATED_BY = "System.CreatedBy"
CREATED = "System.CreatedDate"
CHANGED = "System.ChangedDate"
CLOSED = "Microsoft.VSTS.Common.ClosedDate"
COMMENT_COUNT = "System.CommentCount"
HISTORY = "System.History"
TAGS = "System.Tags"
PARENT = "System.Parent"
DELETED = "System.IsDeleted"
PRIORITY = "Microsoft.VSTS.Common.Priority"
SEVERITY = "Microsoft.VSTS.Common.Severity"
STORY_POINTS = "Microsoft.VSTS.Scheduling.StoryPoints"
EFFORT = "Microsoft.VSTS.Scheduling.Effort"
SIZE = "Microsoft.VSTS.Scheduling.Size"
ORIGINAL_ESTIMATE = "Microsoft.VSTS.Scheduling.OriginalEstimate"
REMAINING_WORK = "Microsoft.VSTS.Scheduling.RemainingWork"
COMPLETED_WORK = "Microsoft.VSTS.Scheduling.CompletedWork"
DUE_DATE = "Microsoft.VSTS.Scheduling.DueDate"
TARGET_DATE = "Microsoft.VSTS.Scheduling.TargetDate"

POINTS = (STORY_POINTS, EFFORT, SIZE)
"""Agile, Scrum and CMMI each have a field of their own for the same thing."""

ESTIMATES = (ORIGINAL_ESTIMATE, REMAINING_WORK)
DUE = (DUE_DATE, TARGET_DATE)

REVERSE = "System.LinkTypes.Hierarchy-Reverse"
FORWARD = "System.LinkTypes.Hierarchy-Forward"
HYPERLINK = "Hyperlink"
ATTACHED = "AttachedFile"
ARTIFACT = "ArtifactLink"

EVENTS = (
    "workitem.created",
    "workitem.updated",
    "workitem.deleted",
    "workitem.restored",
    "workitem.commented",
)

VERSION = "7.1"
COMMENTS_VERSION = "7.1-preview.4"
CONNECTION_VERSION = "7.1-preview.1"
FULL_BATCH = 200
"""What a batch takes at most, and what pages of lists are cut at."""

OURS = "ticketsync"
"""The member of a record that holds what the client learnt beside the work item: the category of
its state, and whether a filter only the tracker can tell holds it."""
