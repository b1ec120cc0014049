"""An MCP server between an AI assistant and a business's texting lines on Text Request."""

__version__ = "0.1.0"
