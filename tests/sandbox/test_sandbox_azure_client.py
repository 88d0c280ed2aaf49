"""Microsoft's own client gets along with the stand-in: azure-devops lists, reads and writes."""

import sys

import pytest

from sandbox.azure_devops import app


@pytest.fixture
def clients(tmp_path, monkeypatch):
    """The library keeps what it learnt of a server in files below the home directory."""
    monkeypatch.setenv("AZURE_DEVOPS_CACHE_DIR", str(tmp_path))
    for name in [one for one in sys.modules if one.startswith("azure.devops")]:
        monkeypatch.delitem(sys.modules, name)
    connection = pytest.importorskip("azure.devops.connection")
    from msrest.authentication import BasicAuthentication  # noqa: PLC0415 - after its cache moved

    with app.start(tickets=30, comments=10) as running:
        credentials = BasicAuthentication("", app.TOKEN)
        made = connection.Connection(base_url=running.url, creds=credentials)
        yield made.clients_v7_1


@pytest.fixture
def items(clients):
    return clients.get_work_item_tracking_client()


@pytest.fixture
def models(clients):
    return sys.modules["azure.devops.v7_1.work_item_tracking.models"]


def op(models, path: str, value: object, name: str = "add"):
    return models.JsonPatchOperation(op=name, path=path, value=value)


def test_it_lists_projects(clients):
    found = clients.get_core_client().get_projects()
    assert [one.name for one in found] == ["Shop", "Attic"]


def test_it_finds_and_reads_work_items(items, models):
    query = "SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject] = 'Shop'"
    found = items.query_by_wiql(models.Wiql(query=query)).work_items
    assert len(found) == 30
    read = items.get_work_items([one.id for one in found], expand="All")
    assert all(one.fields["System.TeamProject"] == "Shop" for one in read)
    wanted = models.WorkItemBatchGetRequest(ids=[1, 2], fields=["System.Title"])
    assert len(items.get_work_items_batch(wanted)) == 2


def test_it_creates_edits_comments_labels_and_deletes(items, models):
    made = items.create_work_item(
        [op(models, "/fields/System.Title", "Hallo ☕"), op(models, "/fields/System.Tags", "b; a")],
        project="Shop",
        type="Bug",
    )
    assert (made.rev, made.fields["System.Tags"]) == (1, "a; b")
    edited = items.update_work_item(
        [
            op(models, "/rev", 1, "test"),
            op(models, "/fields/System.State", "Active"),
            op(models, "/fields/System.Tags", "a; vip"),
        ],
        made.id,
    )
    assert (edited.rev, edited.fields["System.State"]) == (2, "Active")
    comment = items.add_comment(models.CommentCreate(text="a comment"), "Shop", made.id)
    told = items.get_comments("Shop", made.id).comments
    assert [(one.id, one.text) for one in told] == [(comment.id, "a comment")]
    items.delete_work_item(made.id, project="Shop")
    assert items.get_deleted_work_item(made.id, "Shop").name == "Hallo ☕"


def test_its_errors_are_what_it_expects(items, models):
    exceptions = sys.modules["azure.devops.exceptions"]
    with pytest.raises(exceptions.AzureDevOpsServiceError, match="TF401232"):
        items.get_work_item(99999)
    with pytest.raises(exceptions.AzureDevOpsServiceError, match="VS403351"):
        items.update_work_item([op(models, "/rev", 99, "test")], 1)
