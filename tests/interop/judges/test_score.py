"""mcpscore judges what the server tells of itself, and calls its tools with good and bad arguments."""

import json
import subprocess
from typing import Any

import pytest
from tests.interop.clients import LONGEST_SECONDS, home_of, need
from tests.surface import DEFAULT_NAMES

LEFT_OUT = {
    "security_tls_enabled",  # the server listens on this machine alone
    # It wants id null; a JSON that cannot be read is answered with the id where that can be read, which ends the wait.
    "security_malformed_request_handling",
    "auth_protected_resource_metadata",  # its secret stands in a file of the user; nobody signs in anywhere
}


def report(*given: str, environment: dict[str, str]) -> dict[str, Any]:
    """What it says, with `--call-all` of the tools that change something too: the account is a pretended one."""
    judge = [str(home_of("mcpscore") / "bin" / "mcpscore"), "--no-config", "--smoke", "--call-all", "--json", *given]
    done = subprocess.run(
        judge,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=LONGEST_SECONDS,
    )
    assert done.stdout, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module", params=["stdio", "http"])
def judged(
    request: pytest.FixtureRequest,
    command: list[str],
    clean_environment: dict[str, str],
    secured: tuple[str, dict[str, str]],
) -> dict[str, Any]:
    """The report on a server of one transport."""
    need("mcpscore")
    if request.param == "stdio":
        return report("--stdio", *command, environment=clean_environment)
    address, secret = secured
    return report("--header", f"Authorization: {secret['authorization']}", address, environment=clean_environment)


def test_server_breaks_no_rule_that_weighs_more_than_little(judged: dict[str, Any]):
    broken = {rule["rule_id"]: rule["message"] for rule in judged["results"] if not rule["passed"]}
    light = {rule["rule_id"] for rule in judged["results"] if rule["severity"] == "LOW"}

    assert {name: said for name, said in broken.items() if name not in light | LEFT_OUT} == {}
    assert judged["readiness"]["score"] == judged["readiness"]["max_score"]


def test_every_tool_keeps_to_its_schemas_when_it_is_called(judged: dict[str, Any]):
    checks = [check for check in judged["smoke"]["checks"] if check["check_id"] != "smoke_unknown_tool"]
    called = {check["tool_name"] for check in checks if check["details"].get("called")}

    assert [check for check in checks if check["verdict"] == "fail"] == []
    assert called == DEFAULT_NAMES


def test_h5_unknown_tool_is_a_protocol_error(judged: dict[str, Any]):
    [unknown] = [check for check in judged["smoke"]["checks"] if check["check_id"] == "smoke_unknown_tool"]

    assert unknown["verdict"] == "pass"
