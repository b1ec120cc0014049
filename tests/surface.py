"""How much of the surface a host sees that is told nothing else."""

from textrequest_mcp.app import chosen_specs
from textrequest_mcp.settings.table import Settings

DEFAULT_NAMES = {spec.name for spec in chosen_specs(Settings(api_key=""))}
DEFAULT_TOOLS = len(DEFAULT_NAMES)
