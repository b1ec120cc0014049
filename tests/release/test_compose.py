"""The team's server of `compose.yaml` names only what there is. No container is started here."""

import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from textrequest_mcp.cli import _parser  # pyright: ignore[reportPrivateUsage] - what it takes
from textrequest_mcp.commands.probes import READY
from textrequest_mcp.settings.table import VARIABLES

ROOT = Path(__file__).parent.parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
SERVERS = [name for name, service in COMPOSE["services"].items() if service["image"] == "textrequest-mcp"]
CADDYFILE = str(COMPOSE["configs"]["caddyfile"]["content"]).replace("$$", "$")


def test_two_servers_are_alike_and_their_settings_are_known():
    one, two = (COMPOSE["services"][name] for name in SERVERS)

    assert one == two
    assert set(one["environment"]) <= set(VARIABLES)
    assert one["read_only"]


def test_they_run_a_command_that_there_is():
    chosen = _parser().parse_args(COMPOSE["services"][SERVERS[0]]["command"])

    assert (chosen.transport, chosen.sandbox, chosen.host) == ("http", True, "0.0.0.0")


def test_they_are_well_when_they_are_ready():
    assert f"8000{READY}'" in COMPOSE["services"][SERVERS[0]]["healthcheck"]["test"][-1]


def test_they_wait_for_the_database_that_they_name_and_nobody_else_reaches_it():
    database = COMPOSE["services"]["database"]
    address = urlsplit(str(COMPOSE["services"][SERVERS[0]]["environment"]["TEXTREQUEST_DATABASE_URL"]))

    assert address.hostname in COMPOSE["services"][SERVERS[0]]["depends_on"]
    assert (address.username, address.password, address.path[1:]) == tuple(
        database["environment"][f"POSTGRES_{part}"] for part in ("USER", "PASSWORD", "DB")
    )
    assert [name for name, service in COMPOSE["services"].items() if "ports" in service] == ["proxy"]


def test_the_proxy_goes_to_both_by_the_name_that_they_take():
    assert f"reverse_proxy {SERVERS[0]}:8000 {SERVERS[1]}:8000" in CADDYFILE
    proxy = COMPOSE["services"]["proxy"]
    assert proxy["environment"]["SITE"] == COMPOSE["services"][SERVERS[0]]["environment"]["TEXTREQUEST_ALLOWED_HOSTS"]


@pytest.mark.skipif(shutil.which("caddy") is None, reason="caddy is not on this machine")
def test_caddy_reads_it(tmp_path: Path):
    file = tmp_path / "Caddyfile"
    file.write_text(CADDYFILE)
    checked = subprocess.run(
        ["caddy", "adapt", "--config", str(file), "--adapter", "caddyfile"],
        check=False,
        env={"SITE": "texts.localhost", "HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )

    assert checked.returncode == 0, checked.stderr
    assert "texts.localhost" in checked.stdout
