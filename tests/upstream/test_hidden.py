"""The numbers of approvers: out of all that is read, and out of all that is changed."""

from typing import Any

import pytest

from textrequest_mcp.upstream.errors import BadInput
from textrequest_mcp.upstream.hidden import Hidden, seeing_all

OWNER = "+14235550142"
HIDDEN = Hidden([OWNER])


@pytest.mark.parametrize(
    ("path", "query", "body"),
    [
        (("dashboards", 121, "contacts", "14235550142"), None, None),
        (("dashboards", 121, "contacts"), {"contact_phone_number": "4235550142"}, None),
        (("dashboards", 121, "payments"), None, {"customer_phone": OWNER}),
        (("dashboards", 121, "contacts"), None, {"contacts": [{"phone_number": 14235550142}]}),
    ],
)
def test_a_call_about_one_is_refused_and_the_sentence_holds_no_number(path: Any, query: Any, body: Any):
    with pytest.raises(BadInput, match="gives approvals by text") as refused:
        HIDDEN.check(path, query, body)

    assert "0142" not in str(refused.value)
    Hidden().check(path, query, body)
    with seeing_all():
        HIDDEN.check(path, query, body)


def test_other_calls_go_through():
    HIDDEN.check(("dashboards", 121), {"page": 0, "all": True}, {"body": f"Call {OWNER}", "flag": True, "none": None})


def test_rows_about_one_are_left_out_at_any_depth():
    answer: dict[str, Any] = {
        "items": [{"phone_number": "14235550142", "body": "YES 4821"}, {"phone_number": "14235550100"}, 7],
        "meta": {"total_items": 2, "people": [{"phone": OWNER}]},
    }
    left: dict[str, Any] = {"items": [{"phone_number": "14235550100"}, 7], "meta": {"total_items": 2, "people": []}}

    assert HIDDEN.without(answer) == left
    assert Hidden().without(answer) is answer
    with seeing_all():
        assert HIDDEN.without(answer) is answer
    assert HIDDEN.without(None) is None
