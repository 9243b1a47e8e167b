"""The progress bar of a run. In a page it leaves nothing behind: a dead one, saved there, would open as an error."""

from collections.abc import Iterator
from contextlib import contextmanager

from tqdm.auto import tqdm
from tqdm.notebook import tqdm_notebook


@contextmanager
def progress_bar(total: float, *, done: float, shown: bool | str, seconds: bool = False) -> Iterator[tqdm]:
    """A bar of `total` steps or seconds, `done` of them already; `shown` may be a text that names it. It is closed at
    the end."""
    in_a_page = bool(shown) and issubclass(tqdm, tqdm_notebook)
    options = {"display": False} if in_a_page else {}  # what tqdm shows by itself can't be taken back
    options |= {"bar_format": "{l_bar}{bar}| {n:.0f} of {total:.0f} s{postfix}"} if seconds else {}
    label = shown if isinstance(shown, str) else None
    bar = tqdm(total=total, initial=min(done, total), desc=label, leave=False, disable=not shown, **options)
    place = put_down(bar) if in_a_page else None
    try:
        yield bar
    finally:
        bar.close()
        if place:
            place.update({"text/html": ""}, raw=True)


def put_down(bar: tqdm):
    """Show the bar in the page; returns the handle of its place."""
    from IPython.display import display

    return display(bar.container, display_id=True)
