"""A gradient that is too long."""

from unrolled.show.widgets.clip import Clip


def example() -> Clip:
    return Clip((4, 2), limit=1)
