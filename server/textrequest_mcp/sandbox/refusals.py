"""The pretend service's error answers, in both spellings, with or without a body."""

from starlette.responses import JSONResponse, Response

# wire-facts, Base: error bodies have two spellings. Which noun uses which is the sandbox's own choice, kept steady.
_PLAIN_NOUNS = frozenset({"contacts", "groups", "dashboards", "hooks"})


class Refusal(Exception):
    """An answer that says no; a `silent` one has no body."""

    def __init__(self, status: int, message: str, code: str | None = None, *, silent: bool = False) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.silent = silent

    def answer(self, path: str) -> Response:
        if self.silent:
            return Response(status_code=self.status)
        if noun(path) in _PLAIN_NOUNS:
            body = {"status": self.status, "message": self.message, "errorCode": self.code}
        else:
            body = {"error_message": self.message, "error_code": self.code}
        return JSONResponse(body, status_code=self.status)


def noun(path: str) -> str:
    """A path's noun: the last of its words that is one."""
    words = [word for word in path.split("/") if word.isalpha()]
    known = _PLAIN_NOUNS | {"messages", "conversations", "payments", "tags", "fields", "mms"}
    return next((word for word in reversed(words) if word in known), "dashboards")
