"""Words that close a matter are told from words that wait for an answer."""

import pytest

from textrequest_mcp.account.closings import closes


@pytest.mark.parametrize(
    "text",
    [
        *("Thanks!", "Great, thank you!", "Perfect. Thanks", "thank you Maria", "ok ok ok ok", "Ok", "\U0001f44d"),
        *("Thx, I'll be there \U0001f44d", "you guys are the best", "Phew, thank you", "Gracias por todo"),
        *("On my way, be there in 20", "Thanks for letting me know", "Perfect, I\u2019ll come by before 5. Thank you!"),
        *("No worries", "Sounds good, see you Thursday at 9", "Have a great weekend!", "You too"),
    ],
)
def test_thanks_agreement_and_goodbyes_close(text: str):
    assert closes(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "Yes please go ahead",
            "Thanks, but when?",
            "Thanks but the noise is back",
            "Thursday at 9 works",
            "No thanks",
        ),
        *(
            "STOP",
            "My brakes feel soft",
            "is that ok",
            "ok let me talk to my wife and get back to you",
            "",
            "   ",
            "No thanks",
        ),
        *("Thanks for nothing, I want my money back", "Thank you. " * 20),
    ],
)
def test_everything_else_waits(text: str):
    assert not closes(text)
