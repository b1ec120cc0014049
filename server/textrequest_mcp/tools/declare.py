"""How a noun's functions are declared as tools, each with its risk to the world.

A noun module declares its functions under `@contacts.reads`, `.writes`, `.sends` or `.destroys`; `build.make_tool` does
the rest from the function's own signature.
"""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Literal, NotRequired, TypedDict, TypeVar, Unpack

from mcp_types import ToolAnnotations
from pydantic import BaseModel

from textrequest_mcp.ground.member import Scope
from textrequest_mcp.guard.approval.question import Question
from textrequest_mcp.guard.marks import Mark, fields_of, unmarked
from textrequest_mcp.guard.once.same_act import SameAct
from textrequest_mcp.tools.about import NOBODY, About
from textrequest_mcp.tools.plan import Chosen
from textrequest_mcp.tools.scopes import scopes_of

Risk = Literal["reads", "writes", "sends", "destroys"]
Function = TypeVar("Function", bound=Callable[..., Awaitable[BaseModel]])
Asker = Callable[..., Awaitable[Question]]
Chooser = Callable[..., Awaitable[Chosen]]
Doubt = Callable[..., Awaitable[str | None]]


@dataclass(frozen=True, kw_only=True, eq=False)
class ToolSpec:
    """One tool as a noun module declares it.

    Attributes:
        function: does the work; a model reads its docstring.
        toolset: the noun it belongs to.
        risk: what it can do to the world.
        title: for people.
        action: the connector's name for it.
        overwrites: whether it can replace or remove what was there.
        idempotent: whether the same call once more changes nothing more.
        texts: whether it makes a text go out.
        question: makes the question that a person is shown first; every tool that changes something has one.
        doubt: answers why a person is asked before this call, by its arguments, or None.
        types_name: whether a person agrees by typing a name.
        link: the resource, below the line's, that the answer is about; may hold arguments in braces.
        once: how its act is known again, where it must happen at most once; its function takes a `departure`.
        about: the people that it texts, or whose records it reads or changes.
        together: whether its function takes all lines at once, instead of being called for each.
        choose: of a tool that texts many, answers whom its arguments name; its function takes `each`, and texts them
            with that.
        one: of such a tool, the function of the tool that sends one of its texts, where they leave later.
    """

    function: Callable[..., Awaitable[BaseModel]]
    toolset: str
    risk: Risk
    title: str
    action: str
    overwrites: bool = False
    idempotent: bool = False
    texts: bool = False
    question: Asker | None = None
    doubt: Doubt | None = None
    types_name: bool = False
    link: str | None = None
    once: SameAct | None = None
    about: About = NOBODY
    together: bool = False
    choose: Chooser | None = None
    one: Callable[..., Awaitable[BaseModel]] | None = None

    @property
    def name(self) -> str:
        """The tool's name: the function's."""
        return self.function.__name__

    @property
    def scopes(self) -> frozenset[Scope]:
        """The scopes that a member needs for it, all of them."""
        return scopes_of(self.toolset, self.risk, texts=self.texts)

    @property
    def can_wait(self) -> bool:
        """Whether what it sends can be scheduled."""
        return bool(fields_of(self.function).names[Mark.LEAVES])

    @cached_property
    def answer(self) -> type[BaseModel]:
        """The model that the function returns."""
        return inspect.signature(self.function).return_annotation

    @property
    def hints(self) -> ToolAnnotations:
        """The four MCP hints."""
        return ToolAnnotations(
            read_only_hint=self.risk == "reads",
            destructive_hint=self.overwrites,
            idempotent_hint=self.idempotent,
            open_world_hint=self.texts,  # beyond the account: a person's phone
        )


class Named(TypedDict):
    """What every tool declares; the attributes of `ToolSpec` say what each of these is."""

    title: str
    action: str
    link: NotRequired[str]


class Reading(Named):
    """What a tool that changes nothing declares."""

    about: NotRequired[About]
    together: NotRequired[bool]


class Writing(Reading):
    """What a tool that changes the account declares."""

    question: Asker
    once: NotRequired[SameAct]
    doubt: NotRequired[Doubt]


class Sending(Named):
    """What a tool that texts a person declares."""

    question: Asker
    doubt: NotRequired[Doubt]


class Destroying(Writing):
    """What a tool that cannot be undone declares."""

    texts: NotRequired[bool]
    types_name: NotRequired[bool]


class Toolset:
    """The tools of one noun.

    Args:
        name: the noun, as `--toolsets` takes it.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.specs: list[ToolSpec] = []

    def reads(self, **declared: Unpack[Reading]) -> Callable[[Function], Function]:
        """A tool that changes nothing."""
        return self._declare(partial(ToolSpec, risk="reads", idempotent=True, **declared))

    def writes(
        self, *, overwrites: bool, idempotent: bool, **declared: Unpack[Writing]
    ) -> Callable[[Function], Function]:
        """A tool that changes the account; `overwrites` where it can replace what was there."""
        return self._declare(partial(ToolSpec, risk="writes", overwrites=overwrites, idempotent=idempotent, **declared))

    def sends(self, *, once: SameAct, about: About, **declared: Unpack[Sending]) -> Callable[[Function], Function]:
        """A tool that makes a text go out to a person; `question` is shown where a person is asked first."""
        return self._declare(partial(ToolSpec, risk="sends", texts=True, once=once, about=about, **declared))

    def texts_many(
        self,
        *,
        once: SameAct,
        choose: Chooser,
        one: Callable[..., Awaitable[BaseModel]] | None = None,
        **declared: Unpack[Sending],
    ) -> Callable[[Function], Function]:
        """A tool that texts many people, whom `choose` names; a person is shown `question`, which takes the plan."""
        return self._declare(partial(ToolSpec, risk="sends", texts=True, once=once, choose=choose, one=one, **declared))

    def destroys(self, **declared: Unpack[Destroying]) -> Callable[[Function], Function]:
        """A tool that cannot be undone; a person is shown `question` first."""
        return self._declare(partial(ToolSpec, risk="destroys", overwrites=True, idempotent=True, **declared))

    def _declare(self, spec_of: Callable[..., ToolSpec]) -> Callable[[Function], Function]:
        def declare(function: Function) -> Function:
            spec = spec_of(function=function, toolset=self.name)
            _check(spec)
            self.specs.append(spec)
            return function

        return declare


def _check(spec: ToolSpec) -> None:
    """Refuse to serve a tool that leaves out its person, or whose words its answer holds.

    Raises:
        TypeError: it texts people and names nobody, or several, or takes no line; or it has no such argument as it
            names; or a text field of its answer has no mark.
    """
    texting = "texts people, and " if spec.texts else ""
    if spec.texts and "line" not in inspect.signature(spec.function).parameters:
        raise TypeError(f"{spec.name} {texting}takes no line")
    names_them = spec.about != NOBODY or (spec.texts and spec.choose is None)
    if names_them and not spec.about.fits(spec.function):
        raise TypeError(f"{spec.name} {texting}does not say by its arguments whom it is about")
    if spec.texts and spec.about.each is not None:  # the caps, the ledger and the last look know one person of an act
        raise TypeError(f"{spec.name} {texting}names several at once")
    if unsaid := unmarked(spec.answer):
        raise TypeError(f"{spec.name} does not say whose words its answer holds in {', '.join(unsaid)}")


def asks(spec: ToolSpec, confirm: str) -> bool:
    """Whether a tool asks a person first under a policy (`destructive`, `sends`, `all`, `off`)."""
    by_policy = {
        "off": False,
        "destructive": spec.risk == "destroys" or spec.choose is not None,
        "sends": spec.risk == "destroys" or spec.texts,
        "all": spec.risk != "reads",
    }
    return by_policy[confirm]
