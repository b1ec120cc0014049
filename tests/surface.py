"""How much of the surface a host sees that is told nothing else."""

from textrequest_mcp.app import chosen_specs
from textrequest_mcp.settings.table import Settings

DEFAULT_TOOLS = len(chosen_specs(Settings(api_key="")))
