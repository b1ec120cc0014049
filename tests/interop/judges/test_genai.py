"""Google's Gen AI SDK makes a declaration for Gemini of every tool, and raises no error."""

import json
from typing import Any

import pytest
from tests.interop.clients import Case, need, sessions
from tests.surface import DEFAULT_NAMES

CASE = Case("genai", "stdio", "legacy")
STORY: list[dict[str, Any]] = [
    {"replies": None, "steps": {"gemini": ["tools", False], "agent_platform": ["tools", True]}}
]
EVERY_TOOL = DEFAULT_NAMES
FLATTENED = ("save_contact", "save_contacts")


@pytest.fixture(scope="module")
def made(command: list[str], clean_environment: dict[str, str]) -> dict[str, Any]:
    """The declarations, by the kind of service and the tool's name."""
    need(CASE.client)
    [session] = sessions(CASE, json.dumps(command), STORY, clean_environment)
    return session.answers


@pytest.mark.parametrize("tool", FLATTENED)
def test_h6_gemini_takes_a_tool_with_objects_inside(tool: str, made: dict[str, Any]):
    assert "rejected" not in made["gemini"][tool]


def test_gemini_takes_every_tool_with_its_parameters(made: dict[str, Any]):
    declared = made["gemini"]

    assert set(made["gemini"]) == EVERY_TOOL
    assert {name: one for name, one in declared.items() if "rejected" in one} == {}
    assert set(declared["send_message"]["parameters"]["properties"]) >= {"dashboard_id", "phone_number", "body"}
    assert declared["send_message"]["parameters"]["required"] == ["phone_number", "body"]


def test_agent_platform_takes_every_tool_as_it_is(made: dict[str, Any]):
    declared = made["agent_platform"]

    assert set(declared) == EVERY_TOOL
    assert {name: one for name, one in declared.items() if "rejected" in one} == {}
    assert all(one["parameters_json_schema"]["type"] == "object" for one in declared.values())
