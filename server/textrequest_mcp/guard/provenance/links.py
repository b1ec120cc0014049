"""Finds web and e-mail addresses in a text in any spelling, and brings them into one form for comparison."""

import re

# Only for spellings in words (`evil dot com`); any other ending would make an address of `polka dot dress`.
_ENDINGS = (
    "com|net|org|info|biz|io|co|us|app|dev|xyz|me|tv|ly|gl|gg|link|shop|store|online|site|top|club|ru|cn|tk|edu|gov"
    "|live|cc|ai|example|test|invalid"
)
_BRACKETED_DOT = re.compile(r"\s?[\[({<]\s?(?:\.|dot|punto)\s?[\])}>]\s?")
_BRACKETED_AT = re.compile(r"\s?[\[({<]\s?(?:@|at|arroba)\s?[\])}>]\s?")
_SPOKEN_AT = re.compile(rf"(?<=\w) (?:at|arroba) (?=[\w-]{{1,63}} (?:dot|punto|\.) (?:{_ENDINGS})\b)")
_SPOKEN_DOT = re.compile(rf"(?<=\w) ?(?: (?:dot|punto) | \. ?|\. )(?=(?:{_ENDINGS})\b)")
_SPOKEN_SLASH = re.compile(r"(?<=\w) (?:slash|diagonal|/) (?=\w)")
_TAMED = re.compile(r"\bh(?:xx|\*\*|tt)p(s?)\s?(?:\[:\]|:)\s?//\s?")

_SCHEMED = re.compile(r"\b(?:https?|ftp)://([^\s/?#\\<>\"']{1,255})([^\s<>\"']*)")
_BARE = re.compile(r"(?<![\w@.\-+%])(?<!//)([\w\-]++(?:\.[\w\-]++)++)(?![\w@])(?::[0-9]{1,5}+)?((?:[/?#][^\s<>\"']*)?)")
_EMAIL = re.compile(r"(?<![\w.%+\-])([\w.%+\-]{1,64})@([\w\-]++(?:\.[\w\-]++)++)")
_CLOSING = ".,;:!?)]}*_"


def addresses(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """The links, from the host on (`evil.example/pay?x=1`), and the e-mail addresses in a text.

    Args:
        text: in small letters, as `disguises.Form` has it.
    """
    if not any(sign in text for sign in (".", "://", "dot", "punto")):
        return frozenset(), frozenset()
    text = _respelled(text)
    links = {_link(_host(match[1]), match[2]) for match in _SCHEMED.finditer(text)}
    rest = _SCHEMED.sub(" ", text)
    links |= {_link(_host(match[1]), match[2]) for match in _BARE.finditer(rest) if _is_host(match[1])}
    emails = {f"{match[1].strip('.')}@{match[2]}" for match in _EMAIL.finditer(text) if _is_host(match[2])}
    return frozenset(links), frozenset(emails)


def destination(link: str) -> str:
    """Host and path of a link."""
    return re.split(r"[?#]", link, maxsplit=1)[0].rstrip("/")


def leads_to(one: str, other: str) -> bool:
    """Whether two links have the same destination, or one's is inside the other's."""
    one, other = destination(one), destination(other)
    return one == other or one.startswith(f"{other}/") or other.startswith(f"{one}/")


def _respelled(text: str) -> str:
    text = _TAMED.sub(r"http\1://", text)
    text = _BRACKETED_AT.sub("@", _BRACKETED_DOT.sub(".", text))
    if "dot" in text or "punto" in text or " ." in text or ". " in text or " / " in text:
        text = _SPOKEN_DOT.sub(".", _SPOKEN_AT.sub("@", text))
        text = _SPOKEN_SLASH.sub("/", text)
    return text


def _is_host(name: str) -> bool:
    """Whether a name can be a host: it ends in letters, or is four small numbers."""
    parts = name.split(".")
    if len(parts) == 4 and all(part.isdecimal() and len(part) <= 3 for part in parts):
        return True
    return len(parts[-1]) >= 2 and parts[-1].isalpha()


def _host(authority: str) -> str:
    """The host in an authority, without the part before `@`, which leads nowhere, and without the port."""
    return re.sub(r":[0-9]*$", "", authority.rpartition("@")[2]).removeprefix("www.").rstrip(_CLOSING)


def _link(host: str, rest: str) -> str:
    return (host + rest.replace("\\", "/").rstrip(_CLOSING)).rstrip("/")
