"""The command `textrequest-mcp tools`: makes the table of all tools, which also stands in docs/tools.md."""

import json

from textrequest_mcp.app import all_specs
from textrequest_mcp.tools.build import make_tool

_RISKS = {"reads": "reads", "writes": "writes", "sends": "sends a text", "destroys": "destroys"}


def tools_as_table() -> str:
    """The tools as a Markdown table: tool, toolset, risk, connector action."""
    rows = ["| tool | toolset | risk | connector action |", "|---|---|---|---|"]
    for spec in all_specs():
        risk = _RISKS[spec.risk] + (", sends a text" if spec.texts and spec.risk == "destroys" else "")
        rows.append(f"| `{spec.name}` | {spec.toolset} | {risk} | {spec.action or 'none: our own record'} |")
    return "\n".join(rows)


def tools_as_json() -> str:
    """All facts of each tool, with its schemas, as JSON."""
    tools: list[dict[str, object]] = []
    for spec in all_specs():
        tool = make_tool(spec, confirm="destructive")
        tools.append(
            {
                "name": spec.name,
                "title": spec.title,
                "toolset": spec.toolset,
                "risk": spec.risk,
                "texts": spec.texts,
                "action": spec.action,
                "annotations": spec.hints.model_dump(by_alias=True, exclude_none=True),
                "description": tool.description,
                "inputSchema": tool.parameters,
                "outputSchema": tool.output_schema,
            }
        )
    return json.dumps(tools, indent=2)
