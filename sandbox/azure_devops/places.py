"""Where resources live, for clients that ask `OPTIONS _apis` before anything else.

The ids are those of Microsoft's own client library (PyPI azure-devops).
"""

from __future__ import annotations

from sandbox.wire import Json

_PLACES = (
    ("e81700f7-3be2-46de-8624-2eb35882fcaa", "Location", "ResourceAreas",
     "_apis/{resource}/{areaId}"),
    ("00d9565f-ed9c-4a06-9a50-00e7896ccab4", "Location", "ConnectionData", "_apis/{resource}"),
    ("603fe2ac-9723-48b9-88ad-09305aa6c6e1", "core", "projects", "_apis/{resource}/{*projectId}"),
    ("1a9c53f7-f243-4447-b110-35ef023636e4", "wit", "wiql",
     "{project}/{team}/_apis/{area}/{resource}"),
    ("72c7ddf8-2cdc-4f60-90cd-ab71c14a399b", "wit", "workItems",
     "{project}/_apis/{area}/{resource}/{id}"),
    ("908509b6-4248-4475-a1cd-829139ba419f", "wit", "workItemsBatch",
     "{project}/_apis/{area}/{resource}"),
    ("62d3d110-0047-428c-ad3c-4fe872c91c74", "wit", "workItems",
     "{project}/_apis/{area}/{resource}/${type}"),
    ("608aac0a-32e1-4493-a863-b9cf4566d257", "wit", "comments",
     "{project}/_apis/{area}/workItems/{workItemId}/{resource}/{commentId}"),
    ("b70d8d39-926c-465e-b927-b1bf0e5ca0e0", "wit", "recyclebin",
     "{project}/_apis/{area}/{resource}/{id}"),
)  # fmt: skip


def locations() -> list[Json]:
    return [
        {
            "id": key,
            "area": area,
            "resourceName": name,
            "routeTemplate": template,
            "resourceVersion": 4,
            "minVersion": "1.0",
            "maxVersion": "7.2",
            "releasedVersion": "7.1",
        }
        for key, area, name, template in _PLACES
    ]
