"""The parts are all put together: what is declared is registered, and what settings leave out is not there."""

import importlib
import pkgutil

from textrequest_mcp import account
from textrequest_mcp.account.later import later
from textrequest_mcp.account.send_status import sends
from textrequest_mcp.app import acts, all_specs, toolsets
from textrequest_mcp.settings.toolsets import BY_DEFAULT, NOT_BY_DEFAULT
from textrequest_mcp.tools.declare import Toolset

EVERY = toolsets((*BY_DEFAULT, *NOT_BY_DEFAULT))


def declared() -> list[Toolset]:
    """Every toolset of every noun, registered or not."""
    modules = [
        importlib.import_module(f"{account.__name__}.{found.name}") for found in pkgutil.iter_modules(account.__path__)
    ]
    return [value for module in modules for value in vars(module).values() if isinstance(value, Toolset)]


def test_every_toolset_is_registered_and_can_be_chosen():
    """But for those that come along with every tool that sends, and with every one whose texts can wait."""
    assert {toolset.name for toolset in declared()} - {sends.name, later.name} == {*BY_DEFAULT, *NOT_BY_DEFAULT}
    assert [toolset.name for toolset in EVERY] == [*BY_DEFAULT, *NOT_BY_DEFAULT]


def test_no_toolset_is_empty_and_no_two_tools_share_a_name():
    names = [spec.name for spec in all_specs()]

    assert all(toolset.specs for toolset in EVERY)
    assert len(names) == len(set(names))


def test_what_the_ledger_keeps_is_in_no_toolset_that_is_loaded_only_when_it_is_named():
    assert set(acts()) == {spec.name for spec in all_specs() if spec.once is not None}
