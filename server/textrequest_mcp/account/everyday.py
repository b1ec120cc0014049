"""The preset `--toolsets everyday`: the tools that most wishes need, without arguments that few need."""

from collections.abc import Mapping

_NONE = frozenset[str]()
_ONCE = frozenset({"idempotency_key"})

# The tools, and of each the arguments that are left out.
EVERYDAY: Mapping[str, frozenset[str]] = {
    "who_is_waiting": _NONE,
    "count_texts": frozenset({"dashboard_id"}),
    "list_contacts": frozenset(
        {
            *("contact_phone_number", "last_message_timestamp_before_utc", "last_message_timestamp_after_utc"),
            *("contact_created_before", "contact_created_after", "is_resolved", "is_suppressed", "is_archived"),
            *("last_message_sent_after", "last_message_received_before", "is_blocked"),
            *(f"custom_field_{what}_{number}" for number in (1, 2, 3) for what in ("id", "value")),
        }
    ),
    "save_contact": frozenset(
        {
            *("display_name", "is_suppressed", "suppressed_reason", "is_archived", "contact_tags", "groups"),
            *("is_resolved", "clear"),
        }
    ),
    "list_conversations": frozenset({"tags", "include_archived"}),
    "list_messages": _NONE,
    "wait_for_messages": _NONE,
    "send_message": _ONCE
    | {"sender_name", "status_callback", "location_callback", "asks_location", "mms_media", "if_unanswered_since"}
    | {"instead_of"},
    "text_many": _ONCE | {"send_at", "instead_of"},
    "list_scheduled": frozenset({"dashboard_id"}),
    "cancel_scheduled": _NONE,
    "stop_texting": _NONE,
    "list_payments": frozenset({"sort_type", "sort_direction"}),
    "create_payment": _ONCE,
    "send_payment_reminder": _ONCE,
    "get_send_status": _NONE,
}
