"""Records and clients for tests: work items as the API tells them, with invented people."""

from typing import Any

import httpx
import orjson

from schemas.source import Source
from tests.trackers.stand_ins import Budget, Memory, Script, Secrets, a_source
from trackers.azure_devops import AzureDevOps
from trackers.azure_devops.client import AzureDevOpsClient

URL = "https://dev.azure.com/lantern/Harbour"
API = "https://dev.azure.com/lantern"
PROJECT = "4d0c2a61-7777-4abc-8def-0123456789ab"
Json = dict[str, Any]

INES = {
    "id": "7c1e0000-0000-4000-8000-000000000501",
    "displayName": "Ines Varga",
    "uniqueName": "ines@lantern.example",
    "descriptor": "aad.501",
}
TOM = {
    "id": "7c1e0000-0000-4000-8000-000000000502",
    "displayName": "Tom Okoro",
    "uniqueName": "tom@lantern.example",
    "descriptor": "aad.502",
}
FIELDS: Json = {
    "System.AreaPath": "Harbour\\Lights",
    "System.AreaId": 31,
    "System.TeamProject": "Harbour",
    "System.IterationPath": "Harbour\\Release 1\\Sprint 4",
    "System.IterationId": 44,
    "System.WorkItemType": "Bug",
    "System.State": "Active",
    "System.Reason": "Approved",
    "System.CreatedDate": "2026-11-20T09:00:00.125Z",
    "System.CreatedBy": INES,
    "System.AssignedTo": TOM,
    "System.ChangedDate": "2026-11-20T09:30:00.1234567Z",
    "System.ChangedBy": TOM,
    "System.CommentCount": 2,
    "System.Title": "The beacon flickers at dusk ☕",
    "System.Tags": "night; Bug; night",
    "Microsoft.VSTS.Common.Priority": 1,
    "Microsoft.VSTS.Common.Severity": "2 - High",
    "Microsoft.VSTS.TCM.ReproSteps": "<div>Every <b>evening</b>.</div><div>Since Monday.</div>",
}


def relation(rel: str, url: str, **attributes: object) -> Json:
    return {"rel": rel, "url": url, "attributes": attributes}


def item_url(key: int, project: str | None = PROJECT) -> str:
    return f"{API}{f'/{project}' if project else ''}/_apis/wit/workItems/{key}"


def an_item(key: int = 12, rev: int = 3, category: str = "InProgress", **fields: object) -> Json:
    """A work item; a field given as None is absent. Field names stand with `_` for their dots."""
    named = {name.replace("__", "."): value for name, value in fields.items()}
    held = {name: value for name, value in (FIELDS | named).items() if value is not None}
    return {"id": key, "rev": rev, "fields": held, "ticketsync": {"category": category}}


def the_source(**over: object) -> Source:
    return a_source("azure_devops", URL, **over)


def reply(body: object, status: int = 200, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    date = {"date": "Fri, 20 Nov 2026 12:00:00 GMT", "content-type": "application/json"}
    return httpx.Response(status, headers=date | named, content=orjson.dumps(body))


def connected(
    answer: Any,
    *,
    token: str | None = "invented-token",
    budget: Budget | None = None,
    **over: object,
) -> tuple[AzureDevOpsClient, Script]:
    """A client over a scripted network."""
    script = Script(answer)
    client = AzureDevOps().connect(
        the_source(**over),
        credentials=Secrets(token),
        limiter=budget or Budget(),
        validators=Memory(),
        transport=script.transport,
    )
    return client, script
