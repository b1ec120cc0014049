"""Signs of an assistant's machinery in a text: tool names, chat templates, calls.

Each pattern stands under signs that its matches always hold, so that most texts need no pattern.
"""

from functools import cache

_RUN_TOGETHER = (
    *("ignoreallprevious", "ignorepreviousinstruction", "ignoreallinstruction", "ignorepriorinstruction"),
    *("disregardallprevious", "disregardprevious", "forgetallprevious", "ignoretheabove", "ignoreyourinstruction"),
    *("systemprompt", "forwardthisthread", "forwardthisconversation", "donottelltheowner", "donttelltheowner"),
    *("ignoralasinstrucciones", "ignoratodaslasinstrucciones", "youareanai", "callthetool"),
)
_SIGNS: dict[str, tuple[str, ...]] = {
    "<": (
        r"<\|[^|<>\n]{1,40}\|>|<\|?(?:im_start|im_end|endoftext|eot_id|start_of_turn|end_of_turn)\|?>",
        r"<<?/?sys>?>|<!--",
        (
            r"</?(?:system|assistant|user|human|instructions?|tool_call|tool_result|function_calls?|prompt|invoke|parameter"
            r"|admin|important|thinking)\b[^<>\n]{0,80}>"
        ),
    ),
    "[": (r"\[/?inst\]|!\[[^\]\n]{0,200}\]\(|\[(?:system|assistant|system message|developer|admin)\]",),
    "#": (
        (
            r"#{2,}\s{0,3}(?:new |system |user )?(?:instructions?|system|response|assistant|prompt"
            r"|instruccion(?:es)?|human)\b"
        ),
    ),
    ":": (
        (
            r"(?:^|[\n.!?;\"'(\[{}<>*#-])[ \t]{0,3}(?:system|assistant|developer|sistema|asistente)"
            r"(?: (?:prompt|message|note|override|update|instructions?|alert|notice))?[*\"' ]{0,3}:"
        ),
        (
            r"\b(?:system (?:message|override|note|notice|update|instructions?)|ai assistant|note to (?:ai"
            r"|assistant)|begin system)[*\"' ]{0,3}:"
        ),
        r"[\"'](?:tool|tool_name|function|arguments|tool_calls?|method|role)[\"']\s{0,3}:",
        (
            r"[\"']name[\"']\s{0,3}:\s{0,3}[\"'][\w.\-/]{1,64}[\"']\s{0,3},\s{0,3}[\"'](?:arguments|input"
            r"|parameters|params)[\"']"
        ),
    ),
    "_": (
        (
            r"\b(?:dashboard_id|phone_number|customer_phone|idempotency_key|typed_name|amount_requested|contact_phone_number"
            r"|tool_call|function_call|payment_id|sender_name)\b"
        ),
    ),
    "confirmation": (
        r"\bconfirmation(?: (?:token|code))?[\"': =]{1,4}(?=[\w.\-]{0,60}[a-z])(?=[\w.\-]{0,60}\d)[\w.\-]{32,}",
    ),
    "tools/": (r"tools/(?:call|list)",),
    "send": (r"\bsend[ \-]message\(|\bsend-message\b",),
}


@cache
def signs(tools: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """The patterns for a text with its punctuation, under the signs that each holds; `tools` are among them."""
    return _SIGNS | {"_": ("|".join(tools) or "(?!)", *_SIGNS["_"])}


@cache
def run_together(tools: tuple[str, ...]) -> tuple[str, ...]:
    """The clearest wordings without spaces: letters that stand apart do not show where a word ends."""
    return (*_RUN_TOGETHER, *(name.replace("_", "") for name in tools if len(name) > len("get_contact")))
