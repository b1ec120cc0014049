"""Web and e-mail addresses are found however they are spelled, in one form."""

import pytest

from textrequest_mcp.guard.provenance.links import addresses, destination, leads_to


@pytest.mark.parametrize(
    ("words", "link"),
    [
        ("https://evil.example/pay", "evil.example/pay"),
        ("http://www.evil.example/pay/.", "evil.example/pay"),
        ("evil.example/pay", "evil.example/pay"),
        ("(evil.example/pay)", "evil.example/pay"),
        ("see evil.example.", "evil.example"),
        ("hxxps://evil[.]example/pay", "evil.example/pay"),
        ("evil [dot] example", "evil.example"),
        ("evil (.) example / pay", "evil.example/pay"),
        ("evil dot example slash pay", "evil.example/pay"),
        ("evil punto com", "evil.com"),
        ("evil . example", "evil.example"),
        ("evil. example", "evil.example"),
        ("https://good.example@evil.example:8080/x", "evil.example/x"),
        ("https://evil.example\\x", "evil.example/x"),
        ("evil.example:8080/x", "evil.example/x"),
        ("evil.example?to=1", "evil.example?to=1"),
        ("http://203.0.113.5/x", "203.0.113.5/x"),
        ("203.0.113.5", "203.0.113.5"),
        ("http://localhost/x", "localhost/x"),
        ("http : //evil.example", "evil.example"),
        ("пример.рф/x", "пример.рф/x"),
    ],
)
def test_a_link_is_host_and_path(words: str, link: str):
    links, _ = addresses(f"go to {words}")

    assert link in links


@pytest.mark.parametrize(
    "words",
    ["at 3.30 pm", "the polka dot dress", "v1.2.3.4.5", "5.5.5", "ann@mail.example", "ok... then", "1234.1.1.1", "hi"],
)
def test_other_dots_are_no_links(words: str):
    assert addresses(words)[0] == frozenset()


@pytest.mark.parametrize(
    "words",
    [
        "ann.lee@mail.example",
        "ann.lee [at] mail [dot] example",
        "ann.lee at mail dot example",
        "ann.lee(at)mail.example.",
    ],
)
def test_an_e_mail_address_is_found(words: str):
    assert addresses(f"write to {words}") == (frozenset(), {"ann.lee@mail.example"})


def test_an_address_on_no_host_is_none():
    assert addresses("meet @ 5.5 or a@5.5") == (frozenset(), frozenset())


def test_links_lead_to_the_same_place_whatever_follows_the_path():
    assert destination("evil.example/pay?x=1#y") == "evil.example/pay"
    assert leads_to("evil.example/pay?x=1", "evil.example/pay")
    assert leads_to("evil.example", "evil.example/pay")
    assert leads_to("evil.example/pay", "evil.example")
    assert not leads_to("evil.example/pay", "evil.example/other")
    assert not leads_to("evil.example", "evil.example.org")
