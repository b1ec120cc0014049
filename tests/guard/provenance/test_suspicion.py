"""Words that speak to an assistant are told from what customers say to a business."""

import pytest
from tests.guard.provenance.assistant_texts import TO_AN_ASSISTANT, TO_THE_BUSINESS
from tests.guard.provenance.everyday_texts import EVERYDAY

from textrequest_mcp.app import all_specs
from textrequest_mcp.guard.provenance.disguises import forms
from textrequest_mcp.guard.provenance.suspicion import speaks_to_an_assistant

TOOLS = tuple(spec.name for spec in all_specs())


@pytest.mark.parametrize("body", TO_AN_ASSISTANT)
def test_words_for_an_assistant_are_noticed(body: str):
    assert speaks_to_an_assistant(forms(body), TOOLS) is not None


@pytest.mark.parametrize("body", [*TO_THE_BUSINESS, *EVERYDAY])
def test_words_for_a_business_are_not(body: str):
    assert speaks_to_an_assistant(forms(body), TOOLS) is None
