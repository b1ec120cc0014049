"""Patterns of orders that no customer has a reason to give: to act on everybody, or to use the business's app.

They are matched with plain words, as in `suspicious_phrases`.
"""

# Not behind the words of a question or of a refusal.
_DO = (
    r"(?<!do you )(?<!did you )(?<!dont )(?<!not )(?<!guys )(?<!guys should )(?<!dont you )"
    r"\b(?:send|text|message|forward|tell|let|inform|notify"
    r"|ask|bill|charge|request|remind|archive|unarchive|block|unblock|delete|remove|erase|wipe|mark|resolve|settle|close"
    r"|cancel|update|rename|append|tag)(?: \w+){0,6}?"
)
_EACH = r"(?:all|every|each)(?: (?:single|one|of|the|your|our|their|these|those|other|open|active))*"
_SOMEBODY = (
    r"(?:him|her|them|(?:this|that|the|his|her|their) (?:contact|conversation|thread|chat|number|person|customer))"
)

ORDERS: dict[str, tuple[str, ...]] = {
    " contact": (rf"{_DO} {_EACH} contacts?\b",),
    " customer": (rf"{_DO} {_EACH} customers?\b",),
    " client": (rf"{_DO} {_EACH} clients?\b",),
    " conversation": (rf"{_DO} {_EACH} conversations?\b",),
    "archive ": (rf"\b(?:un)?archive {_SOMEBODY}\b",),
    "block ": (
        rf"\bunblock {_SOMEBODY}\b",
        rf"\b(?:please|pls|now|just|and|must|should) block {_SOMEBODY}\b",
    ),
}
"""Each pattern stands under words that its matches always hold."""
