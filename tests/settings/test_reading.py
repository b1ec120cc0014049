"""Settings: flags over environment, and a sentence for every mistake, all at once."""

import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from textrequest_mcp.settings.places import make_state_folder
from textrequest_mcp.settings.reading import is_loopback
from textrequest_mcp.settings.table import (
    DEFAULT_BASE_URL,
    SANDBOX_BASE_URL,
    TABLE,
    Settings,
    SettingsError,
    read_settings,
)
from textrequest_mcp.settings.toolsets import BY_DEFAULT, NOT_BY_DEFAULT

SETTINGS = (Path(__file__).parents[2] / "docs/settings.md").read_text("utf-8")
KEY = {"TEXTREQUEST_API_KEY": "CANARY0123456789"}


def read(environment: Mapping[str, str] = KEY, **flags: Any) -> Settings:
    return read_settings(flags, environment)


def problems(environment: Mapping[str, str], **flags: Any) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        read_settings(flags, environment)
    return caught.value.problems


def test_a_key_is_all_that_is_needed():
    settings = read()

    assert (settings.base_url, settings.toolsets, settings.rate_limit) == (DEFAULT_BASE_URL, BY_DEFAULT, (100, 60.0))
    assert settings.state_dir is not None
    assert settings.confirm == "destructive"


def test_every_row_says_how_it_is_read_and_what_it_does_and_its_default_holds_where_nothing_is_given():
    settings = read()

    for row in TABLE.values():
        assert callable(row.read), row.name
        assert row.what.split(), row.name
        if row.name not in {"api_key", "state_dir"}:
            assert getattr(settings, row.name) == row.default, row.name


def test_no_key_names_both_ways_out_and_never_falls_back_to_the_sandbox():
    [problem] = problems({})

    assert "TEXTREQUEST_API_KEY" in problem
    assert "--sandbox" in problem


def test_the_sandbox_needs_no_key_and_keeps_everything_in_memory():
    settings = read({}, sandbox=True)

    assert (settings.sandbox, settings.api_key, settings.state_dir) == (True, "", None)
    assert settings.base_url == SANDBOX_BASE_URL


def test_h3_the_sandbox_keeps_its_account_where_a_folder_is_named(tmp_path: Path):
    settings = read({"TEXTREQUEST_STATE_DIR": str(tmp_path)}, sandbox=True, sandbox_reset=True)

    assert (settings.state_dir, settings.sandbox_reset) == (tmp_path, True)
    assert not read({"TEXTREQUEST_STATE_DIR": str(tmp_path)}, sandbox=True).sandbox_reset


def test_h3_a_reset_without_the_sandbox_is_refused():
    [problem] = problems(KEY, sandbox_reset=True)

    assert "--sandbox" in problem


def test_the_sandbox_ignores_a_real_key_and_address():
    settings = read({**KEY, "TEXTREQUEST_BASE_URL": "https://example.com"}, sandbox=True)

    assert (settings.api_key, settings.base_url) == ("", SANDBOX_BASE_URL)


def test_every_mistake_is_named_at_once():
    found = problems(
        {
            "TEXTREQUEST_API_KEY": "two words",
            "TEXTREQUEST_BASE_URL": "http://example.com",
            "TEXTREQUEST_DASHBOARD_ID": "front desk",
            "TEXTREQUEST_READ_ONLY": "perhaps",
            "TEXTREQUEST_TOOLSETS": "contacts,carrier-pigeons",
            "TEXTREQUEST_CONFIRM": "sometimes",
            "TEXTREQUEST_CONFIRM_FALLBACK": "shrug",
            "TEXTREQUEST_RATE_LIMIT": "a lot",
            "TEXTREQUEST_LOG_LEVEL": "loud",
        },
        transport="http",
        host="0.0.0.0",
        port=70_000,
    )

    assert len(found) == 11
    for named in ("API_KEY", "https", "DASHBOARD_ID", "READ_ONLY", "'carrier-pigeons'", "CONFIRM ", "CONFIRM_FALLBACK"):
        assert any(named in problem for problem in found), named
    for named in ("100/60", "LOG_LEVEL", "--host 0.0.0.0", "--port 70000"):
        assert any(named in problem for problem in found), named
    assert not any("two words" in problem for problem in found)


@pytest.mark.parametrize("key", ["two words", " leading", "trailing ", "line\nbreak", "schlüssel", "tab\tbed"])
def test_a_key_that_cannot_be_one_is_refused_without_being_shown(key: str):
    [problem] = problems({"TEXTREQUEST_API_KEY": key})

    assert key not in problem


def test_a_key_can_come_from_a_file(tmp_path: Path):
    file = tmp_path / "key"
    file.write_text("CANARY0123456789\n", "utf-8")

    assert read({"TEXTREQUEST_API_KEY_FILE": str(file)}).api_key == "CANARY0123456789"


def test_a_key_file_that_cannot_be_read_is_one_problem(tmp_path: Path):
    assert len(problems({"TEXTREQUEST_API_KEY_FILE": str(tmp_path / "missing")})) == 1


def test_an_empty_key_file_has_no_key(tmp_path: Path):
    file = tmp_path / "key"
    file.touch()

    assert "There is no API key" in problems({"TEXTREQUEST_API_KEY_FILE": str(file)})[0]


def test_a_key_and_a_key_file_together_are_refused(tmp_path: Path):
    assert "both set" in problems({**KEY, "TEXTREQUEST_API_KEY_FILE": str(tmp_path)})[0]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/api/v3",
        "http://localhost:9",
        "http://[::1]:9/x",
        "https://api.example.com/api/v3/",
        "HTTPS://A-1.Example.com:443",
    ],
)
def test_https_and_loopback_addresses_are_taken(url: str):
    assert read({**KEY, "TEXTREQUEST_BASE_URL": url}).base_url == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com",
        "http://127.0.0.1.example.com",
        "ftp://127.0.0.1",
        "https://",
        "not a url",
        "https://user:secret@example.com",
        "https://example.com/?a=1",
        "https://example.com/#x",
        "https://[::1",
        "https://example.com:port",
        "https://example.com:70000",
        "https://exa mple.com/api",
        "https://:secret@example.com",
        "https://@example.com",
        "https://ho_st..com",
        "https://example..com",
        "https://-example.com",
        "https://" + "a" * 64 + ".com",
        "https://999.1.1.1",
        "https://127.1",
        "https://[1.2.3.4]",
        "https://[v1.a]",
        "https://example.com/a b",
        "https://example.com/a\\b",
        "https://exam\nple.com/api",
        "https://example.com/\x1bapi",
        "https://example.com/api?",
        "https://example.com/api#",
        "https://ex\u0430mple.com",
    ],
    ids=ascii,
)
def test_other_addresses_are_refused(url: str):
    [problem] = problems({**KEY, "TEXTREQUEST_BASE_URL": url})

    assert "secret" not in problem


@pytest.mark.parametrize(("text", "limit"), [("100/60", (100, 60.0)), ("5/1", (5, 1.0))])
def test_a_rate_limit_is_calls_per_seconds(text: str, limit: tuple[int, float]):
    assert read({**KEY, "TEXTREQUEST_RATE_LIMIT": text}).rate_limit == limit


@pytest.mark.parametrize("text", ["100", "0/60", "100/0", "-1/60", "1e3/60", "100/60/60", "\uff11/60"])
def test_a_rate_limit_that_does_not_parse_is_refused(text: str):
    assert len(problems({**KEY, "TEXTREQUEST_RATE_LIMIT": text})) == 1


@pytest.mark.parametrize(("text", "minutes"), [("", 10), ("0", 0), ("30", 30), ("1440", 1440)])
def test_duplicates_count_for_so_many_minutes(text: str, minutes: int):
    assert read({**KEY, "TEXTREQUEST_DUPLICATE_MINUTES": text}).duplicate_minutes == minutes


@pytest.mark.parametrize("text", ["-1", "1441", "99999", "ten", "1.5", "\u0661"])
def test_minutes_that_are_none_are_refused(text: str):
    [problem] = problems({**KEY, "TEXTREQUEST_DUPLICATE_MINUTES": text})

    assert "from 0 (off) to 1440" in problem


CAPS = {
    "texts_per_hour": 100,
    "texts_per_day": 500,
    "new_people_per_day": 50,
    "dollars_per_request": Decimal(2000),
    "dollars_per_day": Decimal(10_000),
}


def caps(settings: Settings) -> dict[str, int | Decimal | None]:
    return {name: getattr(settings, name) for name in CAPS}


@pytest.mark.parametrize("text", [None, "", " "])
def test_what_leaves_is_capped_where_nothing_is_said(text: str | None):
    environment = {} if text is None else {f"TEXTREQUEST_{name.upper()}": text for name in CAPS}

    assert caps(read({**KEY, **environment})) == caps(Settings(api_key="")) == CAPS


@pytest.mark.parametrize("name", CAPS)
@pytest.mark.parametrize(("text", "cap"), [("off", None), ("OFF", None), ("0", 0), ("7", 7), ("999999", 999_999)])
def test_a_cap_is_a_number_or_off_and_leaves_the_others_alone(name: str, text: str, cap: int | None):
    assert caps(read({**KEY, f"TEXTREQUEST_{name.upper()}": text})) == CAPS | {name: cap}


@pytest.mark.parametrize(("text", "dollars"), [("49.5", "49.5"), ("0.01", "0.01"), ("99999999.99", "99999999.99")])
def test_a_cap_on_dollars_takes_cents_exactly(text: str, dollars: str):
    assert read({**KEY, "TEXTREQUEST_DOLLARS_PER_DAY": text}).dollars_per_day == Decimal(dollars)


@pytest.mark.parametrize("name", [name for name in CAPS if "dollars" not in name])
@pytest.mark.parametrize("text", ["-1", "1000000", "1.5", "many", "none", "1e3", "\u0661", "1 0"], ids=ascii)
def test_a_cap_that_is_no_number_is_refused(name: str, text: str):
    [problem] = problems({**KEY, f"TEXTREQUEST_{name.upper()}": text})

    assert problem == f"TEXTREQUEST_{name.upper()} is neither a whole number from 0 to 999999 nor off."


@pytest.mark.parametrize("name", [name for name in CAPS if "dollars" in name])
@pytest.mark.parametrize(
    "text", ["-1", "100000000", "1.555", "$20", "2,000", "1e3", "NaN", "inf", "1.", "\u0661"], ids=ascii
)
def test_a_cap_on_dollars_that_is_no_amount_is_refused(name: str, text: str):
    [problem] = problems({**KEY, f"TEXTREQUEST_{name.upper()}": text})

    assert problem.startswith(f"TEXTREQUEST_{name.upper()} is neither an amount in dollars such as ")


def test_who_may_be_texted_is_kept_as_it_is_written():
    assert read().only_to == ""
    assert read({**KEY, "TEXTREQUEST_ONLY_TO": " (423) 555-0100, 423555* "}).only_to == "(423) 555-0100, 423555*"


def test_sends_are_marked_only_where_that_is_wanted():
    assert not read().tag_sends
    assert read({**KEY, "TEXTREQUEST_TAG_SENDS": "yes"}).tag_sends


def test_a_secret_over_http_is_switched_off_only_by_its_name():
    assert read().http_auth == "secret"
    assert read({**KEY, "TEXTREQUEST_HTTP_AUTH": "OFF"}).http_auth == "off"
    for other in ("false", "0", "no", "none"):
        assert problems({**KEY, "TEXTREQUEST_HTTP_AUTH": other}) == ["TEXTREQUEST_HTTP_AUTH is none of secret, off."]


def test_webhooks_are_taken_only_where_the_service_can_reach_us():
    settings = read()

    assert (settings.public_url, settings.webhook_token, settings.previous_api_key) == (None, None, None)
    assert settings.event_days == 30


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://texts.example.com", "https://texts.example.com"),
        ("https://example.com/texts/", "https://example.com/texts"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://[::1]:8000/", "http://[::1]:8000"),
    ],
)
def test_the_address_at_which_the_service_reaches_us_is_https_or_this_machine(text: str, url: str):
    assert read({**KEY, "TEXTREQUEST_PUBLIC_URL": text}).public_url == url


@pytest.mark.parametrize(
    "text",
    [
        *("texts.example.com", "ftp://example.com", "http://example.com", "https://user:secret@example.com"),
        *("https://example.com?x=1", "https://example.com#x", "https://999.1.1.1", "https://example.com:70000"),
    ],
)
def test_another_public_address_is_refused(text: str):
    [problem] = problems({**KEY, "TEXTREQUEST_PUBLIC_URL": text})

    assert "TEXTREQUEST_PUBLIC_URL" in problem
    assert "secret" not in problem


def test_a_token_for_unsigned_webhooks_cannot_be_guessed():
    token = "A-token_of-24-characters"

    assert read({**KEY, "TEXTREQUEST_WEBHOOK_TOKEN": token}).webhook_token == token
    for bad in (token[:-1], "a/token?of=24&characters", "ein-schlüssel-mit-24-zeichen"):
        [problem] = problems({**KEY, "TEXTREQUEST_WEBHOOK_TOKEN": bad})
        assert "TEXTREQUEST_WEBHOOK_TOKEN" in problem
        assert bad not in problem


@pytest.mark.parametrize("key", ["CANARY0123456789", "base64/like+key==", "!"])
def test_the_key_before_this_one_is_any_that_can_be_one(key: str):
    assert read({**KEY, "TEXTREQUEST_PREVIOUS_API_KEY": key}).previous_api_key == key


@pytest.mark.parametrize("key", ["two words", "schlüssel", "line\nbreak", " "])
def test_a_key_before_this_one_that_can_be_none_is_refused_without_being_shown(key: str):
    [problem] = problems({**KEY, "TEXTREQUEST_PREVIOUS_API_KEY": key})

    assert "TEXTREQUEST_PREVIOUS_API_KEY" in problem
    assert not key.strip() or key not in problem


@pytest.mark.parametrize(("text", "days"), [("1", 1), ("365", 365), ("", 30), ("007", 7)])
def test_texts_are_kept_for_so_many_days(text: str, days: int):
    assert read({**KEY, "TEXTREQUEST_EVENT_DAYS": text}).event_days == days


@pytest.mark.parametrize("text", ["0", "366", "-1", "1.5", "a month", "99999", "٣"])
def test_days_that_are_none_are_refused(text: str):
    [problem] = problems({**KEY, "TEXTREQUEST_EVENT_DAYS": text})

    assert "TEXTREQUEST_EVENT_DAYS" in problem


def test_settings_never_show_what_lets_webhooks_in():
    secrets = {"TEXTREQUEST_WEBHOOK_TOKEN": "A-token_of-24-characters", "TEXTREQUEST_PREVIOUS_API_KEY": "CANARY2"}
    shown = repr(read({**KEY, **secrets}))

    assert not any(secret in shown for secret in secrets.values())


@pytest.mark.parametrize(("text", "value"), [("1", True), ("true", True), ("YES", True), ("0", False), ("", False)])
def test_read_only_is_yes_or_no(text: str, value: bool):
    assert read({**KEY, "TEXTREQUEST_READ_ONLY": text}).read_only is value


def test_flags_win():
    environment = {**KEY, "TEXTREQUEST_TOOLSETS": "tags", "TEXTREQUEST_READ_ONLY": "0"}

    settings = read(environment, toolsets="messages, contacts", read_only=True)

    assert settings.toolsets == ("contacts", "messages")
    assert settings.read_only


def test_the_word_all_means_every_toolset():
    assert read({**KEY, "TEXTREQUEST_TOOLSETS": "all"}).toolsets == (*BY_DEFAULT, *NOT_BY_DEFAULT)
    assert read({**KEY, "TEXTREQUEST_TOOLSETS": "default, setup"}).toolsets == (*BY_DEFAULT, "setup")
    assert read({**KEY, "TEXTREQUEST_TOOLSETS": "everyday,tags"}).toolsets == ("tags", "everyday")


def test_choices_are_read_in_any_case():
    settings = read({**KEY, "TEXTREQUEST_CONFIRM": "ALL", "TEXTREQUEST_LOG_LEVEL": "debug"})

    assert (settings.confirm, settings.log_level) == ("all", "DEBUG")


def test_the_state_folder_can_be_chosen(tmp_path: Path):
    settings = read({**KEY, "TEXTREQUEST_STATE_DIR": str(tmp_path), "TEXTREQUEST_DASHBOARD_ID": "121"})

    assert settings.state_dir == tmp_path
    assert settings.dashboard_id == 121


def test_settings_never_show_the_key():
    assert "CANARY" not in repr(read())


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        *[(name, True) for name in ("127.0.0.1", "127.9.9.9", "::1", "[::1]", "LOCALHOST")],
        *[(name, False) for name in ("0.0.0.0", "::", "192.168.1.2", "localhost.example.com", "")],
    ],
)
def test_only_this_machine_is_loopback(host: str, loopback: bool):
    assert is_loopback(host) is loopback


@pytest.mark.parametrize(
    ("given", "host"),
    [
        ("[::1]", "::1"),
        ("0:0:0:0:0:0:0:1", "::1"),
        ("LOCALHOST", "localhost"),
        ("127.0.0.1", "127.0.0.1"),
        (None, "127.0.0.1"),
    ],
)
def test_a_host_has_one_spelling(given: str | None, host: str):
    """What comes after compares it: the socket's family, and the SDK's guard against pages that rebind a name."""
    assert read(transport="http", host=given).host == host


@pytest.mark.parametrize("flags", [{"host": "127.0.0.1"}, {"port": 8000}, {"port": 0}])
@pytest.mark.parametrize("transport", [{}, {"transport": "stdio"}])
def test_a_place_to_listen_is_refused_where_nothing_listens(flags: dict[str, Any], transport: dict[str, Any]):
    [problem] = problems(KEY, **flags, **transport)

    assert "--transport" in problem
    assert f"--{next(iter(flags))}" in problem


@pytest.mark.parametrize("name", ["TEXTREQUEST_API_KEY_FILE", "TEXTREQUEST_STATE_DIR"])
def test_the_home_of_a_user_who_is_not_there_is_a_problem(name: str):
    key = {} if name == "TEXTREQUEST_API_KEY_FILE" else KEY

    [problem] = problems({**key, name: "~nosuchuser/k"})

    assert name in problem
    assert "~nosuchuser" in problem


@pytest.mark.parametrize("text", ["", ",", " , ", " "])
def test_a_choice_of_toolsets_that_names_none_does_not_open_all(text: str):
    [problem] = problems(KEY, toolsets=text)

    assert "--toolsets" in problem


@pytest.mark.parametrize("text", [",", " , ", " "])
def test_a_variable_that_names_no_toolset_does_not_open_all(text: str):
    [problem] = problems({**KEY, "TEXTREQUEST_TOOLSETS": text})

    assert "TEXTREQUEST_TOOLSETS" in problem
    assert read({**KEY, "TEXTREQUEST_TOOLSETS": text}, toolsets="tags").toolsets == ("tags",)


def test_an_empty_variable_is_one_that_is_not_set():
    assert read({**KEY, "TEXTREQUEST_TOOLSETS": ""}).toolsets == BY_DEFAULT


@pytest.mark.parametrize("inside", ["", "deeper", "deeper/still"])
def test_a_state_folder_that_is_a_file_or_in_one_is_a_problem(inside: str, tmp_path: Path):
    file = tmp_path / "file"
    file.touch()

    [problem] = problems({**KEY, "TEXTREQUEST_STATE_DIR": str(file / inside)})

    assert "TEXTREQUEST_STATE_DIR" in problem
    assert f"{file} is not a folder" in problem


def test_a_state_folder_need_not_be_there_yet(tmp_path: Path):
    assert read({**KEY, "TEXTREQUEST_STATE_DIR": str(tmp_path / "a" / "b")}).state_dir == tmp_path / "a" / "b"


@pytest.mark.parametrize(
    ("misspelt", "meant"),
    [
        ("TEXTREQUEST_READONLY", "TEXTREQUEST_READ_ONLY"),
        ("TEXTREQUEST_CONFIRMATION", "TEXTREQUEST_CONFIRM"),
        ("TEXTREQUEST_TOOLSET", "TEXTREQUEST_TOOLSETS"),
        ("textrequest_read_only", "TEXTREQUEST_READ_ONLY"),
    ],
)
@pytest.mark.parametrize("flags", [{}, {"sandbox": True}])
def test_a_misspelt_variable_is_a_problem_that_names_the_one_meant(misspelt: str, meant: str, flags: dict[str, Any]):
    """`TEXTREQUEST_READONLY=true` left a server that could write, and nobody was told."""
    [problem] = problems({**KEY, misspelt: "CANARY"}, **flags)

    assert f"{misspelt} " in problem
    assert f"{meant}?" in problem
    assert "CANARY" not in problem


def test_a_variable_like_no_other_is_a_problem_without_a_guess():
    [problem] = problems({**KEY, "TEXTREQUEST_XYZZY": "1"})

    assert "TEXTREQUEST_XYZZY" in problem
    assert "mean" not in problem


def test_every_variable_of_the_manual_is_known():
    documented = re.findall(r"^\| `(TEXTREQUEST_[A-Z_]+)`", SETTINGS, re.MULTILINE)
    assert documented

    assert read(dict.fromkeys([*documented, "TEXTREQUEST_PUBLIC_URL"], "") | KEY).api_key == KEY["TEXTREQUEST_API_KEY"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TEXTREQUEST_MCP_SERVICE_HOST", "10.0.0.1"),
        ("TEXTREQUEST_MCP_SERVICE_PORT_HTTP", "8000"),
        ("TEXTREQUEST_MCP_PORT", "tcp://10.0.0.1:8000"),
        ("TEXTREQUEST_MCP_PORT_8000_TCP_ADDR", "10.0.0.1"),
    ],
)
def test_what_kubernetes_sets_for_a_service_of_this_name_is_not_a_setting(name: str, value: str):
    assert read({**KEY, name: value}).port == 8000


def test_a_port_is_set_by_its_flag_and_the_variable_is_no_setting():
    [problem] = problems({**KEY, "TEXTREQUEST_PORT": "9000"})

    assert "TEXTREQUEST_PORT" in problem


def test_the_state_folder_must_be_a_whole_path():
    [problem] = problems({**KEY, "TEXTREQUEST_STATE_DIR": "state"})

    assert "not a whole path" in problem


def test_the_state_folder_is_made_for_this_user_alone(tmp_path: Path):
    folder = tmp_path / "a" / "b"

    make_state_folder(folder)

    assert folder.stat().st_mode & 0o777 == 0o700
    make_state_folder(None)


@pytest.mark.parametrize("name", ["/proc/nope/state", "/dev/null/state"])
def test_a_state_folder_that_cannot_be_is_told_before_anything_starts(name: str):
    with pytest.raises(SettingsError, match=f"The state folder {name} cannot be used: "):
        make_state_folder(Path(name))


def test_a_state_folder_that_cannot_be_written_to_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(path: object, mode: int) -> bool:
        return False

    monkeypatch.setattr("os.access", refuse)  # root may write anywhere

    with pytest.raises(SettingsError, match="cannot be written to"):
        make_state_folder(tmp_path)
