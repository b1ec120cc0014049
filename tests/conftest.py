"""What all tests share: an account in a sandbox of their own, and clients of every kind in front of it."""

from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx2
import pytest
from mcp import Client
from mcp.client import ClientRequestContext
from mcp_types import CallToolResult, ElicitRequestParams, ElicitResult
from starlette.applications import Starlette
from textrequest_mcp import sandbox
from textrequest_mcp.app import make_server, open_account
from textrequest_mcp.settings import SANDBOX_BASE_URL, Settings

KEY = "0123456789ABCDEF0123456789ABCDEF"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
