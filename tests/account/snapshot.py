"""Holds what a host is told about each tool against the copy that was last looked at."""

import json
import os
from pathlib import Path

import pytest
from tests.desk import open_desk

_FOLDER = Path(__file__).with_name("snapshots")


async def check_snapshot(noun: str) -> None:
    """Compare a noun's tools, as a host lists them, with `snapshots/NOUN.json`; `UPDATE_SNAPSHOTS=1` writes it anew."""
    async with open_desk(toolsets=(noun,)) as desk, desk.host() as host:
        listed = (await host.list_tools()).tools
    tools = {tool.name: tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in listed}
    now = json.dumps(tools, indent=2, ensure_ascii=False, sort_keys=True) + "\n"
    file = _FOLDER / f"{noun}.json"
    if os.environ.get("UPDATE_SNAPSHOTS") == "1":
        file.write_text(now, "utf-8")
        pytest.skip(f"{file.name} was written anew; read its difference before committing it")
    assert file.exists(), "there is no snapshot yet: run with UPDATE_SNAPSHOTS=1, and read what it wrote"
    assert json.loads(now) == json.loads(file.read_text("utf-8"))
