"""People from a CSV or vCards: columns are known by usual headings, and nobody is opted in."""

import pytest

from textrequest_mcp.account.people_file import read_people
from textrequest_mcp.upstream.errors import BadInput


def test_usual_headings_are_known_and_the_rest_is_told():
    found = read_people("Given Name;Surname;Cell Phone;Opted in;Email\nAna;Ruiz;(423) 555-0177;yes;a@x.example\n")

    assert found.mapping == {"Cell Phone": "phone_number", "Given Name": "first_name", "Surname": "last_name"}
    assert found.unused == ["Opted in", "Email"]
    assert [row.values for row in found.rows] == [
        {"phone_number": "+14235550177", "first_name": "Ana", "last_name": "Ruiz"}
    ]


def test_duplicates_and_bad_rows_are_listed_by_their_place():
    found = read_people("phone,name\n4235550177,A\n\n423-555-0177,B\n12,C\n,D\n")

    assert (len(found.rows), found.duplicates) == (1, [4])
    assert [place for place, _ in found.bad] == [5, 6]
    assert found.bad[1][1] == "It has no phone number."


def test_an_opt_out_is_taken_from_whatever_row_says_it():
    found = read_people("phone,unsubscribed\n4235550177,no\n4235550178,yes\n4235550177,x\n")

    assert [row.opted_out for row in found.rows] == [True, True]


def test_columns_can_be_named():
    found = read_people("Handy,Wer\n4235550177,Ana\n", {"phone_number": "handy", "display_name": "Wer"})

    assert found.rows[0].values["display_name"] == "Ana"
    with pytest.raises(BadInput, match="There is no column Telefon"):
        read_people("Handy,Wer\n1,2\n", {"phone_number": "Telefon"})


def test_a_bare_list_of_numbers_is_one():
    found = read_people("4235550177\n+1 423 555 0178\n")

    assert [row.values["phone_number"] for row in found.rows] == ["+14235550177", "+14235550178"]


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "", "\n"])
def test_without_numbers_it_is_refused(text: str):
    if text.startswith("a"):
        with pytest.raises(BadInput, match="No column holds phone numbers; there are a, b"):
            read_people(text)
    else:
        with pytest.raises(BadInput, match="there are none"):
            read_people(text)


def test_vcards_give_a_mobile_number_first_and_folded_lines_whole():
    cards = (
        "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Ruiz;Ana;;;\r\nFN:Ana\r\n  Ruiz\r\nTEL;TYPE=HOME:423-555-0170\r\n"
        "item1.TEL;TYPE=CELL:tel:+14235550177\r\nNOTE:Gate\\, code 5\r\nEND:VCARD\r\n"
        "BEGIN:VCARD\r\nFN:Shop\r\nEND:VCARD\r\n"
    )
    found = read_people(cards)

    assert found.rows[0].values == {
        "phone_number": "+14235550177",
        "first_name": "Ana",
        "last_name": "Ruiz",
        "display_name": "Ana Ruiz",
        "note": "Gate, code 5",
    }
    assert found.bad == [(2, "It has no phone number.")]
