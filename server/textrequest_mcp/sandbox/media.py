"""Media: takes a picture or a film, so that a text can have it."""

from starlette.responses import Response

from textrequest_mcp.sandbox.refusals import Refusal
from textrequest_mcp.sandbox.request import Call, shown

ENDINGS = {"image/gif": "gif", "image/jpeg": "jpeg", "image/png": "png", "video/mp4": "mp4"}


def upload(call: Call) -> Response:
    if call.file is None or not call.file.size:
        raise Refusal(400, "The part `file` is missing or empty.", "parameterMissing")
    ending = ENDINGS.get(call.file.content_type or "")
    if ending is None:
        raise Refusal(400, "The file must be a gif, jpeg, png or mp4.", "parameterInvalid")
    url = f"https://media.sandbox.invalid/{call.account.next_guid('media')}.{ending}"
    call.account.media.add(url)
    return shown({"mime_type": call.file.content_type, "url": url})
