"""Hooks: the addresses that a line calls for an event, and the list of events."""

from typing import Any

from starlette.responses import Response

from textrequest_mcp.sandbox.records import Hook, Line
from textrequest_mcp.sandbox.refusals import Refusal
from textrequest_mcp.sandbox.request import Call, nothing, shown

EVENTS = (
    "msg_sent",
    "msg_received",
    "contact_created",
    "msg_status_updated",
    "location_received",
    "payment_status_updated",
    "contact_updated",
)
VERBS = ("PUT", "POST", "DELETE")


def view(line: Line, hook: Hook) -> dict[str, Any]:
    return {
        "id": hook.id,
        "target_url": hook.target_url,
        "event": hook.event,
        "dashboard_id": line.id,
        "httpVerb": hook.verb,
        "is_user_defined": hook.is_user_defined,
        "is_connected": hook.is_connected,
    }


def event_types(call: Call) -> Response:  # noqa: ARG001  # every operation is called alike
    return shown(list(EVENTS))


def list_all(call: Call) -> Response:
    line = call.line
    items, meta = call.page(list(line.hooks.values()))
    return shown({"items": [view(line, hook) for hook in items], "meta": meta})


def create(call: Call) -> Response:
    """wire-facts, The trigger: the verb has two spellings, and the same event and address again is a 409."""
    line, fields = call.line, call.fields()
    target, event = fields.required("target_url"), fields.required("event")
    verb = (fields.text("http_verb") or fields.text("httpVerb") or "POST").upper()
    if not target.startswith(("https://", "http://")):
        raise Refusal(400, "target_url must be a web address.", "parameterInvalid")
    if event not in EVENTS:
        raise Refusal(400, "There is no such event.", "parameterInvalid")
    if verb not in VERBS:
        raise Refusal(400, "http_verb is PUT, POST or DELETE.", "parameterInvalid")
    if any((hook.target_url, hook.event) == (target, event) for hook in line.hooks.values()):
        raise Refusal(409, "There is a hook for this event and address.", "hookExists")
    hook = Hook(1000 + call.account.next_id(), target, event, verb)
    line.hooks[hook.id] = hook
    return shown(view(line, hook), 201)


def reconnect(call: Call) -> Response:
    _, hook = _hook(call)
    hook.is_connected, hook.failures = True, 0
    return nothing()


def delete(call: Call) -> Response:
    line, hook = _hook(call)
    del line.hooks[hook.id]
    return nothing()


def _hook(call: Call) -> tuple[Line, Hook]:
    line = call.line
    hook = line.hooks.get(call.path_number("webhook_id"))
    if hook is None:
        raise Refusal(400, "There is no such hook on this dashboard.", "hookInvalid")
    return line, hook
