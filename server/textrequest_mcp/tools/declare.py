"""How a noun's functions are declared as tools, and what each can do to the world.

A noun module declares its functions under `@contacts.reads`, `.writes`, `.sends` or `.destroys`; `tool.make_tool` does
the rest from the function's own signature.
"""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from mcp_types import ToolAnnotations
from pydantic import BaseModel

from textrequest_mcp.guard.approval.gate import Question
from textrequest_mcp.guard.once.lost_sends import Once
from textrequest_mcp.tools.about import NOBODY, About

Risk = Literal["reads", "writes", "sends", "destroys"]
Function = TypeVar("Function", bound=Callable[..., Awaitable[BaseModel]])
Asker = Callable[..., Awaitable[Question]]


@dataclass(frozen=True, kw_only=True, eq=False)
class ToolSpec:
    """One tool as a noun module declares it.

    Attributes:
        function: does the work; its docstring is what a model reads.
        toolset: the noun it belongs to.
        risk: what it can do to the world.
        title: for people.
        action: the connector's name for it.
        hints: the four MCP hints.
        texts: whether it makes a text go out.
        question: makes what a person is shown first; None for its arguments as they are, where a policy asks.
        types_name: whether a person agrees by typing a name.
        link: the resource, below the line's, that the answer is about; may hold arguments in braces.
        once: how its act is known again, where it must happen at most once; its function takes a `departure`.
        about: whom it texts, or whose record it reads or changes.
    """

    function: Callable[..., Awaitable[BaseModel]]
    toolset: str
    risk: Risk
    title: str
    action: str
    hints: ToolAnnotations
    texts: bool
    question: Asker | None
    types_name: bool
    link: str | None
    once: Once | None
    about: About

    @property
    def name(self) -> str:
        """The tool's name: the function's."""
        return self.function.__name__


class Toolset:
    """The tools of one noun.

    Args:
        name: the noun, as `--toolsets` takes it.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.specs: list[ToolSpec] = []

    def reads(
        self, *, title: str, action: str, link: str | None = None, about: About = NOBODY
    ) -> Callable[[Function], Function]:
        """A tool that changes nothing."""
        return self._declare(
            "reads", title=title, action=action, link=link, destructive=False, idempotent=True, about=about
        )

    def writes(
        self,
        *,
        title: str,
        action: str,
        overwrites: bool,
        idempotent: bool,
        link: str | None = None,
        once: Once | None = None,
        about: About = NOBODY,
    ) -> Callable[[Function], Function]:
        """A tool that changes the account; `overwrites` where it can replace what was there."""
        return self._declare(
            "writes",
            title=title,
            action=action,
            link=link,
            destructive=overwrites,
            idempotent=idempotent,
            once=once,
            about=about,
        )

    def sends(
        self,
        *,
        title: str,
        action: str,
        once: Once,
        about: About,
        question: Asker | None = None,
        link: str | None = None,
    ) -> Callable[[Function], Function]:
        """A tool that makes a text go out to a person; `question` makes what is shown where a policy asks first."""
        return self._declare(
            "sends",
            title=title,
            action=action,
            link=link,
            destructive=False,
            idempotent=False,
            texts=True,
            question=question,
            once=once,
            about=about,
        )

    def destroys(
        self,
        *,
        title: str,
        action: str,
        question: Asker,
        texts: bool = False,
        types_name: bool = False,
        link: str | None = None,
        once: Once | None = None,
        about: About = NOBODY,
    ) -> Callable[[Function], Function]:
        """A tool that cannot be undone; `question` makes what a person is shown first."""
        return self._declare(
            "destroys",
            title=title,
            action=action,
            link=link,
            destructive=True,
            idempotent=True,
            texts=texts,
            question=question,
            types_name=types_name,
            once=once,
            about=about,
        )

    def _declare(
        self,
        risk: Risk,
        *,
        title: str,
        action: str,
        destructive: bool,
        idempotent: bool,
        texts: bool = False,
        question: Asker | None = None,
        types_name: bool = False,
        link: str | None = None,
        once: Once | None = None,
        about: About = NOBODY,
    ) -> Callable[[Function], Function]:
        hints = ToolAnnotations(
            title=title,
            read_only_hint=risk == "reads",
            destructive_hint=destructive,
            idempotent_hint=idempotent,
            open_world_hint=texts,  # beyond the account: a person's phone
        )

        def declare(function: Function) -> Function:
            _check(function, about, texts=texts)
            self.specs.append(
                ToolSpec(
                    function=function,
                    toolset=self.name,
                    risk=risk,
                    title=title,
                    action=action,
                    hints=hints,
                    texts=texts,
                    question=question,
                    types_name=types_name,
                    link=link,
                    once=once,
                    about=about,
                )
            )
            return function

        return declare


def _check(function: Callable[..., Any], about: About, *, texts: bool) -> None:
    """Refuse to serve a tool whose person the rules could not know.

    Raises:
        TypeError: it texts people and names nobody, or several, or takes no line; or it has no such argument as it
            names.
    """
    texting = "texts people, and " if texts else ""
    if texts and "line" not in inspect.signature(function).parameters:
        raise TypeError(f"{function.__name__} {texting}takes no line")
    if (about != NOBODY or texts) and not about.fits(function):
        raise TypeError(f"{function.__name__} {texting}does not say by its arguments whom it is about")
    if texts and about.each is not None:  # the caps, the ledger and the last look know one person of an act
        raise TypeError(f"{function.__name__} {texting}names several at once")


def asks(spec: ToolSpec, confirm: str) -> bool:
    """Whether a tool asks a person first under a policy (`destructive`, `sends`, `all`, `off`)."""
    by_policy = {
        "off": False,
        "destructive": spec.risk == "destroys",
        "sends": spec.risk == "destroys" or spec.texts,
        "all": spec.risk != "reads",
    }
    return by_policy[confirm]
