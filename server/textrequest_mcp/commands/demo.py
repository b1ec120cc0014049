"""The command `textrequest-mcp demo`: plays an hour at a repair shop, with the real server and a pretend account."""

import json
import re
import sys
import textwrap
from collections.abc import Iterable
from typing import Any

import anyio
from mcp import Client
from mcp.client import ClientRequestContext
from mcp.client.stdio import StdioServerParameters
from mcp_types import ElicitRequestParams, ElicitResult, TextContent

SERVER = ["-m", "textrequest_mcp", "serve", "--sandbox"]
_WIDTH = 110
_MARGIN = " " * 11
_MOST_SHOWN = 4

Answer = dict[str, Any]


class OtherThanTold(Exception):
    """Something happened that the story does not expect."""


def run_demo() -> int:
    """Play the story; returns 0 if all of it happened as told, else 1."""
    failed = False
    try:
        anyio.run(_tell)
    except* Exception as failures:  # noqa: BLE001 - a person who watches the demo gets a sentence, whatever broke
        broken: BaseException = failures
        while isinstance(broken, BaseExceptionGroup):  # the SDK's task groups wrap what is raised inside them
            broken = broken.exceptions[0]
        _say("\nStopped", f"The demo did not go as expected. {type(broken).__name__}: {broken}")
        failed = True
    return int(failed)


async def _tell() -> None:
    _say("Demo", "The real server, on the account of a pretend repair shop: no phone rings, nothing is billed.")
    owner = Owner()
    server = StdioServerParameters(command=sys.executable, args=SERVER)
    async with Client(server, elicitation_callback=owner.answer) as client:
        assistant = Assistant(client, owner)
        line = (await assistant.call("list_dashboards"))["items"][0]
        _say("Server", f"{line['name']}, {line['phone']}; dashboard_id={line['id']} goes with every call below.")
        assistant.always["dashboard_id"] = line["id"]

        customer = await _who_waits(assistant)
        quoted = await _answer(assistant, customer)
        await _ask_for_money(assistant, customer, quoted)
        lead = await _tidy_groups(assistant)
        await _delete_contacts(assistant, lead)

        _say("\nThe end", f"In all: {', '.join(assistant.changes)}.")
        _say(
            "",
            "To connect an AI host to it: textrequest-mcp install HOST --sandbox; without that, to your account.",
        )


async def _who_waits(assistant: "Assistant") -> Answer:
    _say("\nOwner", "Who is waiting for an answer?")
    talks = (await assistant.call("list_conversations", show_unresolved_only=True))["items"]
    waiting = [talk for talk in talks if talk["last_message"]["message_direction"] == "R"]
    _say("Server", f"{len(waiting)} customers wait. The latest:")
    for talk in waiting[:_MOST_SHOWN]:
        _say("", f"{talk['phone_number']}  {talk['last_message']['body']}")
    asking = _first((talk for talk in waiting if "ready" in talk["last_message"]["body"]), "asks if a car is ready")
    _say("Owner", "Someone asks if the car is ready. Who is it, and what did we say it costs?")
    customer = await assistant.call("get_contact", phone_number=asking["phone_number"])
    _say("Server", f"{customer['display_name']}, {'opted out' if 'opted_out_utc' in customer else 'not opted out'}")
    return customer


async def _answer(assistant: "Assistant", customer: Answer) -> str:
    """Reply to the customer; returns the amount that the shop had quoted."""
    phone, name = customer["phone_number"], customer["first_name"]
    before = (await assistant.call("list_messages", phone_number=phone))["items"]
    _show_texts(before[:_MOST_SHOWN], name)
    said = " ".join(text["body"] for text in before if text["message_direction"] == "S")
    quoted = _first(re.findall(r"\$(\d+(?:\.\d\d)?)", said), "is an amount that the shop quoted")

    _say("\nOwner", "It is ready. Say so, and wait for the answer.")
    here = (await assistant.call("wait_for_messages", quietly=True, timeout_seconds=0))["cursor"]
    body = f"Hi {name}, your car is ready. We close at 6."
    await assistant.call("send_message", expects="sent", phone_number=phone, body=body)
    _say("Host", "(loses that answer, as hosts do, and has the assistant send it again)")
    again = await assistant.call("send_message", expects="sent", phone_number=phone, body=body)
    if not again.get("duplicate_suppressed"):
        raise OtherThanTold("The same text was to go out once.")
    came = await assistant.call("wait_for_messages", phone_number=phone, direction="R", after=here, timeout_seconds=30)
    if not came["items"]:
        raise OtherThanTold("An answer was to come.")
    _show_texts(came["items"], name)
    return quoted


async def _ask_for_money(assistant: "Assistant", customer: Answer, quoted: str) -> None:
    _say("\nOwner", f"Send {customer['first_name']} a payment link for the ${quoted}.")
    what: Answer = {"amount_requested": json.loads(quoted), "description": "Brakes"}
    made = await assistant.call("create_payment", "sent", customer_phone=customer["phone_number"], **what)
    paying = await assistant.call("get_payment", payment_id=made["payment_id"])
    amount = f"${paying['amount_requested']} for {paying['description']}"
    _say("Server", f"{amount}, asked of {paying['recipient']}: {paying['textrequest_payment_status']}")


async def _tidy_groups(assistant: "Assistant") -> Answer:
    """Delete a group; returns a member of it who never texted."""
    _say("\nOwner", "Which group have we left alone the longest? Who is in it? Delete the group.")
    groups = (await assistant.call("list_groups"))["items"]
    texted = [group for group in groups if "last_message_sent_utc" in group]
    _say("Server", "Last texted: " + ", ".join(f"{one['name']} {one['last_message_sent_utc'][:10]}" for one in texted))
    stale = min(texted, key=lambda group: group["last_message_sent_utc"])
    members = (await assistant.call("list_contacts", groups=[stale["id"]]))["items"]
    _say("Server", f"{stale['name']}: {', '.join(member['display_name'] for member in members)}")
    await assistant.call("delete_group", expects="done", owner_says="Yes", group_id=stale["id"])
    known = await _read_each(assistant, members)
    silent = (one for one in known if not one["total_msgs_sent"] + one["total_msgs_received"])
    return _first(silent, "is a member who never texted")


async def _read_each(assistant: "Assistant", people: list[Answer]) -> list[Answer]:
    """The whole record of each person of a list."""
    return [await assistant.call("get_contact", quietly=True, phone_number=one["phone_number"]) for one in people]


async def _delete_contacts(assistant: "Assistant", lead: Answer) -> None:
    _say("\nOwner", "We muted someone for texting too much. Delete that contact.")
    muted = (await assistant.call("list_contacts", is_suppressed=True))["items"]
    known = await _read_each(assistant, muted)
    pest = _first((contact for contact in known if contact["total_msgs_received"]), "is muted and has texted")
    _say("Server", f"{pest['display_name']}: {pest['suppressed_reason']}")
    await assistant.call("delete_contact", expects="error", phone_number=pest["phone_number"])

    phone = lead["phone_number"]
    _say("Owner", f"And {lead['display_name']}, from that old group?")
    await assistant.call("delete_contact", expects="not_confirmed", owner_says="No", phone_number=phone)
    found = await assistant.call("get_contact", phone_number=phone)
    _say("Server", f"{found['display_name']}, a contact since {found['date_created_utc'][:10]}")
    _say("Owner", "Nobody here knows the name. Delete it after all.")
    await assistant.call("delete_contact", expects="done", owner_says="Yes", phone_number=phone)
    await assistant.call("get_contact", expects="error", phone_number=phone)


class Owner:
    """The person at the host, who sees each question of the server and answers as the story says."""

    says, was_asked = "", False

    async def answer(self, context: ClientRequestContext, params: ElicitRequestParams) -> ElicitResult:
        del context  # the SDK passes it, by this name
        self.was_asked, agrees = True, self.says == "Yes"
        _say("Asks owner", params.message)
        _say("Owner", f"{self.says or 'I did not expect a question'}.")
        return ElicitResult(action="accept" if agrees else "decline", content={"confirm": True} if agrees else None)


class Assistant:
    """Plays the model at a host: calls one tool after the other, and sees the results."""

    def __init__(self, client: Client, owner: Owner) -> None:
        self.client, self.owner = client, owner
        self.always: Answer = {}
        self.changes: list[str] = []

    async def call(
        self, tool: str, expects: str = "", owner_says: str = "", *, quietly: bool = False, **arguments: Any
    ) -> Answer:
        """Call a tool; returns its structured answer. An unexpected outcome or question stops the story."""
        if not quietly:
            _say("Assistant", f"{tool}({', '.join(f'{name}={json.dumps(arguments[name])}' for name in arguments)})")
        self.owner.says, self.owner.was_asked = owner_says, False
        result = await self.client.call_tool(tool, self.always | arguments)
        text = " ".join(part.text for part in result.content if isinstance(part, TextContent))
        answer: Answer = dict(result.structured_content or {})
        outcome = "error" if result.is_error else answer.get("outcome", "")
        if outcome:
            _say("Server", text if result.is_error else answer.get("message", outcome))
        if outcome != expects:
            raise OtherThanTold(f"{tool} was to end with {expects or 'a plain answer'}.")
        if self.owner.was_asked != bool(owner_says):
            raise OtherThanTold(f"The owner was {'' if self.owner.was_asked else 'not '}asked before {tool}.")
        if outcome in {"sent", "done"} and "duplicate_suppressed" not in answer:
            self.changes.append(f"{tool} {outcome}")
        return answer


def _show_texts(newest_first: list[Any], customer: str) -> None:
    for n, text in enumerate(reversed(newest_first)):
        _say("" if n else "Server", f"{customer if text['message_direction'] == 'R' else 'shop'}: {text['body']}")


def _first(found: Iterable[Any], what: str) -> Any:
    for one in found:
        return one
    raise OtherThanTold(f"Nothing that was read {what}.")


def _say(who: str, words: str) -> None:
    lines = textwrap.fill(words, _WIDTH, initial_indent=_MARGIN, subsequent_indent=_MARGIN)
    said = who + lines[len(who.strip()) :]
    encoding = sys.stdout.encoding  # customers write emoji, and not every terminal knows them
    print(said.encode(encoding, "replace").decode(encoding), flush=True)
