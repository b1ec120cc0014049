"""Tells whether a customer's last words close the matter, such as "Thanks!", so that no answer is owed."""

import re
import unicodedata

from textrequest_mcp.account.person import Person

# Whole clauses: words that ask for nothing, and that people write when all is said. English, and the Spanish that US
# businesses are texted in. What is not surely one of these waits for an answer.
_FINE = "ok|okay|k|kk|great|perfect|awesome|excellent|wonderful|cool|nice|phew|alright|all right|sweet|super|gotcha"
_THANKS = "thanks|thank (?:you|u)|thx|tks|ty|gracias|muchas gracias|merci|much appreciated|appreciate (?:it|you|that)"
_CLAUSES = (
    rf"(?:(?:{_FINE}|yes|yep|no problem|sounds good|got it) ){{0,2}}(?:{_THANKS})(?: (?:so|very) much| a lot| again)?",
    rf"(?:{_THANKS})(?: \w+)?(?: for (?:your|the|all|letting|being|everything|checking|understanding)(?: \w+){{0,4}})?",
    rf"(?:{_THANKS}) por todo",
    rf"(?:{_FINE})(?: (?:{_FINE})){{0,4}}",
    r"(?:sounds|looks|all) (?:good|great)(?: to me)?|got it|will do|noted|understood",
    r"no (?:problem|worries)(?: at all)?",
    r"(?:you'?re|you are|your) welcome|my pleasure|any ?time|(?:same )?(?:to )?you too|likewise",
    r"(?:have|enjoy) (?:a|your|the)(?: \w+){1,3}|good ?night|(?:good)?bye|take care|cheers",
    r"(?:(?:i'?ll|i will) )?see (?:you|ya|u|y'?all)(?: \w+){0,3}|on my way(?: now)?",
    r"(?:(?:i'?ll|i will) )?be there(?: \w+){0,3}|(?:i'?ll|i will) (?:come|stop) by(?: \w+){0,3}",
    r"you (?:guys )?(?:are|r) (?:the best|awesome|great)|love it|perfecto|vale|listo|de nada",
)
_CLOSES = re.compile("|".join(_CLAUSES))
_ENDS = re.compile(r"[.!,;:\n\r\u2013\u2014()-]+")
_LONGEST = 160  # who writes more has more to say


def closes(text: str) -> bool:
    """Whether a received text is nothing but thanks, agreement or a goodbye; false wherever it may ask for more."""
    if "?" in text or not text.strip() or len(text) > _LONGEST:
        return False
    plain = unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'")
    clauses = [" ".join(re.sub(r"[^\w' ]", " ", clause).split()) for clause in _ENDS.split(plain)]
    return all(_CLOSES.fullmatch(clause) for clause in clauses if clause)  # an emoji alone asks for nothing


def waits(person: Person) -> bool:
    """Whether the last text is theirs, asks for something, and nobody settled the conversation."""
    last = person.last_message
    if last is None or last.get("message_direction") != "R" or person.is_marked("is_resolved"):
        return False
    return not closes(str(last.get("body") or ""))
