"""Numbers that are no person's phone: some are never texted, and before others a person is asked.

These hold under any settings. A number of the second kind that ever texted the line is texted without a question.
"""

_PREMIUM_AREA, _PREMIUM_EXCHANGE = "900", "976"
_ENQUIRIES = "5551212"
_TOLL_FREE = frozenset({"800", "822", "833", "844", "855", "866", "877", "888"})
# Where a text is a text at home: the United States with its territories, and Canada.
_HOME = frozenset({"US", "CA", "PR", "VI", "GU", "AS", "MP"})


def never_texted(number: str) -> str | None:
    """Why a number in E.164 is not texted under any settings, or None."""
    if number[2:5] == _PREMIUM_AREA or number[5:8] == _PREMIUM_EXCHANGE:
        return "The number is a premium one, which charges whoever reaches it."
    if number.endswith(_ENQUIRIES):
        return "The number is directory assistance, not a person's."
    return None


def doubt_about(number: str) -> str | None:
    """Why a person is asked before a number in E.164 is texted that never texted this line, or None."""
    if number[2:5] in _TOLL_FREE:
        return "The number is toll-free, so it is a company's and not a person's."
    import phonenumbers  # large: only sends need it

    parsed = phonenumbers.parse(number)
    region = phonenumbers.region_code_for_number(parsed)
    if region is None:
        return "The number's area code is not in use, as far as this server knows."
    if region not in _HOME:
        return f"The number belongs to {region}, outside the United States and Canada: a text there can cost more."
    if phonenumbers.number_type(parsed) == phonenumbers.PhoneNumberType.PERSONAL_NUMBER:
        return "The number's area code belongs to services and machines, not to a place."
    return None
