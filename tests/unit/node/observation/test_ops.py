"""Dashboard and alert rules name metrics that exist, labels that they have, and run-books that are written."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from piaolian_node.api.door import Door
from piaolian_node.errors import CATALOGUE
from piaolian_node.observation import Metrics
from piaolian_node.outbox.states import OPEN

ROOT = Path(__file__).parents[4]
OPS = ROOT / "node" / "ops"


def known() -> dict[str, set[str]]:
    """Return every sample name of the node with its labels."""
    found: dict[str, set[str]] = {}
    for family in Metrics().registry.collect():
        suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}.get(family.type, [""])
        for suffix in suffixes:
            found[family.name + suffix] = {"le"} if suffix == "_bucket" else set()
    for metric in vars(Metrics()).values():
        names = getattr(metric, "_labelnames", None)
        if names is not None:
            for name, labels in found.items():
                if re.fullmatch(f"{metric._name}(_total|_bucket|_sum|_count)?", name):
                    labels.update(names)
    return found


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((OPS / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    content: dict[str, Any] = json.loads((OPS / "dashboard.json").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = content["panels"]
    return found


def expressions() -> dict[str, str]:
    shown = {f"panel {panel['title']} {one['refId']}": one["expr"] for panel in panels() for one in panel["targets"]}
    return shown | {f"alert {rule['alert']}": rule["expr"] for rule in rules()}


@pytest.mark.parametrize("name", expressions())
def test_expression__every_metric_and_label__exists(name: str) -> None:
    expression = expressions()[name]
    metrics = re.findall(r"piaolian_\w+", expression)
    assert metrics, expression
    for metric in metrics:
        assert metric in known(), metric
    labels = set(re.findall(r"(\w+)=~?\"", expression)) | {
        label.strip() for group in re.findall(r"by \(([^)]*)\)", expression) for label in group.split(",")
    }
    assert labels <= set().union(*(known()[metric] for metric in metrics)), labels
    assert expression.count("(") == expression.count(")")


def test_metrics__every_one__is_on_the_dashboard() -> None:
    shown = " ".join(one["expr"] for panel in panels() for one in panel["targets"])
    missing = [
        family.name for family in Metrics().registry.collect() if not re.search(rf"\b{family.name}(_\w+)?\b", shown)
    ]
    assert missing == []


def test_alerts__values_of_labels__are_those_that_the_node_gives() -> None:
    for rule in rules():
        for values in re.findall(r"\bcode=~?\"([^\"]+)\"", rule["expr"]):
            assert set(values.split("|")) <= CATALOGUE.keys(), rule["alert"]
        for values in re.findall(r"\bstate=~?\"([^\"]+)\"", rule["expr"]):
            assert set(values.split("|")) <= {*OPEN, "refused"}, rule["alert"]


def test_alerts__every_one__says_what_it_means_and_how_urgent_it_is() -> None:
    for rule in rules():
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert re.search("[一-龥]", rule["annotations"]["summary"])


def test_alerts__run_books__are_headings_of_the_page() -> None:
    page = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    anchors = {
        re.sub(r"[^\w -]", "", line.lstrip("# ").lower()).replace(" ", "-")
        for line in page.splitlines()
        if line.startswith("#")
    }
    named = {rule["annotations"]["runbook"] for rule in rules() if "runbook" in rule["annotations"]}
    assert {name.partition("#")[2] for name in named} <= anchors
    assert {name.partition("#")[0] for name in named} == {"docs/operations.md"}


async def test_door__answers_and_refusals__counted_by_template_and_code() -> None:
    from fastapi import FastAPI

    from piaolian_node.api import problems

    metrics = Metrics()
    app = FastAPI()
    problems.install(app)
    app.add_middleware(Door, is_tls=False, metrics=metrics)

    @app.get("/receipts/{number}")
    async def receipt(number: str) -> str:
        return number

    import httpx

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://node.test") as client:
        await client.get("/receipts/0000010003")
        await client.get("/nothing")
    text = metrics.text().decode()
    assert 'piaolian_requests_total{method="GET",path="/receipts/{number}",status="200"} 1.0' in text
    assert 'piaolian_refusals_total{code="address-unknown"} 1.0' in text
    assert "0000010003" not in text
