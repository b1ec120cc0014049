"""Encryption: what is kept of a text cannot be read without the key, nor moved to another text."""

from textrequest_mcp.live.encryption import Cipher

CONTENT = {"body": "Hello, Maria!", "phone_number": "+14235550100"}
SEALED = Cipher("key")


def test_what_was_sealed_opens_for_the_same_key_and_the_same_text_alone():
    closed = SEALED.seal(CONTENT, "m1")

    assert Cipher("key").open(closed, "m1") == CONTENT
    assert Cipher("other").open(closed, "m1") is None
    assert SEALED.open(closed, "m2") is None


def test_nothing_of_it_can_be_read_and_the_same_twice_looks_different():
    one, two = SEALED.seal(CONTENT, "m1"), SEALED.seal(CONTENT, "m1")

    assert one != two
    assert b"Maria" not in one
    assert b"4235550100" not in one


def test_whatever_is_changed_of_it_it_does_not_open():
    closed = SEALED.seal(CONTENT, "m1")

    for place in range(len(closed)):
        assert SEALED.open(closed[:place] + bytes([closed[place] ^ 1]) + closed[place + 1 :], "m1") is None
    for short in (b"", closed[:5], closed[:12], closed[:-1]):
        assert SEALED.open(short, "m1") is None


def test_a_mark_is_the_same_for_the_same_key_and_says_nothing():
    assert SEALED.mark("+14235550100") == Cipher("key").mark("+14235550100")
    assert SEALED.mark("+14235550100") not in {SEALED.mark("+14235550101"), Cipher("other").mark("+14235550100")}
