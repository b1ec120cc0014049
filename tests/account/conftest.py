"""Makes each tool once for all tests of this folder: a tool holds nothing of an account, and making 28 takes time."""

from collections.abc import Generator

import pytest
from mcp.server.mcpserver.tools.base import Tool

from textrequest_mcp import app
from textrequest_mcp.tool import make_tool
from textrequest_mcp.toolset import ToolSpec

_made: dict[tuple[str, str], Tool] = {}


def _made_once(spec: ToolSpec, *, confirm: str) -> Tool:
    if (spec.name, confirm) not in _made:
        _made[spec.name, confirm] = make_tool(spec, confirm=confirm)
    return _made[spec.name, confirm]


@pytest.fixture(scope="module", autouse=True)
def tools_are_made_once() -> Generator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "make_tool", _made_once)
        yield
