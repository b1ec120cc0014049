"""Each everyday story comes true with the one or two calls that a sensible model makes."""

import pytest
from tests.tasks.run import tell
from tests.tasks.stories import STORIES, Story


def test_there_are_thirty_of_them_each_its_own():
    assert len(STORIES) == len({story.wish for story in STORIES}) == 30


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.wish)
async def test_a_wish_comes_true(story: Story):
    cost = await tell(story, story.ours, len)

    assert cost.is_true
    assert cost.calls <= 3
