"""Every failure belongs to one tree, is drawn in its module's docstring, and says what changed and what to do."""

import inspect
import re

import pytest
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError, ToolError

from textrequest_mcp.upstream import errors
from textrequest_mcp.upstream.errors import (
    NOTHING_CHANGED,
    BadInput,
    BadKey,
    NotFound,
    Refused,
    TextRequestError,
    TooBusy,
    Uncertain,
    Unreachable,
    Unreadable,
)

EVERY_CLASS = [found for _, found in inspect.getmembers(errors, inspect.isclass) if found.__module__ == errors.__name__]
WHAT, TODO, UNKNOWN = "It went wrong.", "Try again in a minute.", "Whether it took effect is unknown."
EXAMPLES = [
    TextRequestError(WHAT, todo=TODO),
    BadInput(WHAT, todo=TODO),
    NotFound(WHAT, todo=TODO),
    Refused(WHAT, status=400, todo=TODO),
    BadKey(WHAT, status=401, todo=TODO),
    TooBusy(WHAT, retry_in=2.1),
    Unreachable(WHAT, todo=TODO),
    Unreadable(WHAT, todo=TODO),
    Uncertain(WHAT, changed=UNKNOWN, todo=TODO),
]


def drawn_tree() -> dict[str, str]:
    """Each class that the docstring draws, and the class above it."""
    above: dict[str, str] = {"TextRequestError": ""}
    path = ["TextRequestError"]
    for branch, name in re.findall(r"^([│ ]*)[├└]── (\w+)", errors.__doc__ or "", re.MULTILINE):
        depth = len(branch) // 4 + 1
        path[depth:] = [name]
        above[name] = path[depth - 1]
    return above


def test_every_class_has_an_example_here():
    assert {type(example) for example in EXAMPLES} == set(EVERY_CLASS)


def test_the_docstring_draws_exactly_the_tree_that_there_is():
    bases = {found.__name__: found.__bases__[0].__name__ for found in EVERY_CLASS}

    assert drawn_tree() | {"TextRequestError": "ToolError"} == bases


@pytest.mark.parametrize("kind", EVERY_CLASS)
def test_every_failure_may_reach_a_model_from_tools_and_from_resources(kind: type[Exception]):
    assert issubclass(kind, TextRequestError)
    assert issubclass(kind, ToolError)
    assert issubclass(kind, ResourceError)


def test_only_bad_input_and_what_is_not_found_are_invalid_parameters_for_a_resource():
    assert [kind for kind in EVERY_CLASS if issubclass(kind, ResourceNotFoundError)] == [BadInput, NotFound]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: type(example).__name__)
def test_every_failure_says_what_happened_then_what_changed_then_what_to_do(example: TextRequestError):
    changed = UNKNOWN if isinstance(example, Uncertain) else NOTHING_CHANGED
    what, _, todo = str(example).partition(f" {changed} ")

    assert what == WHAT == example.what
    assert re.fullmatch(r"[A-Z].*\.", todo)


def test_without_advice_the_text_ends_with_what_changed():
    assert str(BadInput(WHAT)) == f"{WHAT} {NOTHING_CHANGED}"


@pytest.mark.parametrize(("retry_in", "said"), [(0.0, 1), (0.1, 1), (1.0, 1), (1.1, 2), (2.0, 2), (59.9, 60)])
def test_a_wait_is_said_in_whole_seconds_and_never_too_short(retry_in: float, said: int):
    busy = TooBusy(WHAT, retry_in=retry_in)

    assert f"(retry_in={said})" in str(busy)
    assert busy.retry_in == retry_in


def test_a_refusal_keeps_the_status_and_the_code_of_the_service():
    refused = Refused(WHAT, status=400, code="30050")

    assert (refused.status, refused.code) == (400, "30050")
