"""The server as each member sees it: with the tools, documents and prompts that their scopes allow, and no others."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ResourceNotFoundError
from mcp_types import InputRequiredResult, Prompt, Resource, ResourceTemplate, Tool
from pydantic import AnyUrl

from textrequest_mcp.ground.member import may

Lifespan = TypeVar("Lifespan")
Needs = Callable[[str], Iterable[str]]


class PermittedServer(MCPServer[Lifespan]):
    """An MCP server that hides what the current member may not use, as if it were not there.

    Args:
        tool_needs: the scopes that each tool needs, by its name.
        document_needs: answers those that a document needs, by its address or template.
        prompt_needs: answers those that a prompt needs, by its name.
    """

    def __init__(
        self,
        name: str,
        *,
        tool_needs: Mapping[str, Iterable[str]],
        document_needs: Needs,
        prompt_needs: Needs,
        **given: Any,
    ) -> None:
        super().__init__(name, **given)
        self._tool_needs = tool_needs
        self._document_needs = document_needs
        self._prompt_needs = prompt_needs

    def has_tool(self, name: object) -> bool:
        """Whether there is such a tool, for the current member."""
        return isinstance(name, str) and name in self._tool_needs and may(self._tool_needs[name])

    async def list_tools(self) -> list[Tool]:
        """Those that the current member may call."""
        return [tool for tool in await super().list_tools() if self.has_tool(tool.name)]

    async def list_resources(self) -> list[Resource]:
        """Those that the current member may open."""
        return [each for each in await super().list_resources() if may(self._document_needs(str(each.uri)))]

    async def list_resource_templates(self) -> list[ResourceTemplate]:
        """Those that the current member may open."""
        listed = await super().list_resource_templates()
        return [each for each in listed if may(self._document_needs(each.uri_template))]

    async def read_resource(
        self, uri: AnyUrl | str, context: Context[Any, Any] | None = None
    ) -> Iterable[ReadResourceContents] | InputRequiredResult:
        """The document at an address.

        Raises:
            ResourceNotFoundError: there is none, or the current member may not open it.
        """
        if not may(self._document_needs(str(uri))):
            raise ResourceNotFoundError(f"Unknown resource: {uri}")
        return await super().read_resource(uri, context)

    async def list_prompts(self) -> list[Prompt]:
        """Those whose tools the current member may call."""
        return [prompt for prompt in await super().list_prompts() if may(self._prompt_needs(prompt.name))]
