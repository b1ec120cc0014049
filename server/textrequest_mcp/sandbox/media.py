"""Media: takes a picture or a film, so that a text can have it."""

from starlette.responses import Response

from textrequest_mcp.sandbox.refusals import Refusal
from textrequest_mcp.sandbox.request import Call, shown

ENDINGS = {"image/gif": "gif", "image/jpeg": "jpeg", "image/png": "png", "video/mp4": "mp4"}


def upload(call: Call) -> Response:
    if call.file is None or not call.file.size:
        raise Refusal(400, "The part `file` is missing or empty.", "parameterMissing")
    kind = call.file.content_type or _kind_by_name(call.file.filename or "")
    ending = ENDINGS.get(kind)
    if ending is None:
        raise Refusal(400, "The file must be a gif, jpeg, png or mp4.", "parameterInvalid")
    url = f"https://media.sandbox.invalid/{call.account.next_guid('media')}.{ending}"
    call.account.media.add(url)
    return shown({"mime_type": kind, "url": url})


def _kind_by_name(name: str) -> str:
    """Clients were seen to leave the part's Content-Type out; no source for how the service knows the kind then."""
    ending = name.rpartition(".")[2].lower()
    return next((kind for kind, known in ENDINGS.items() if ending in {known, known.replace("jpeg", "jpg")}), "")
