"""What a call of a tool costs the server beside its work."""

import gc
import weakref
from typing import Any

from mcp.server.elicitation import AcceptedElicitation

from textrequest_mcp.tools.build import make_tool


def test_the_type_of_what_a_resolver_answers_is_not_made_anew_with_each_call():
    assert make_tool.__module__  # what makes the tools also holds the type
    made = weakref.ref(AcceptedElicitation[Any])

    gc.collect()

    assert made() is not None
