"""An invisible widget that keeps JupyterLab's shortcuts away from the controls in the same box."""

from pathlib import Path

import anywidget


class Keys(anywidget.AnyWidget):
    """Put into a box, it leaves every key to whichever control of the box has the focus."""

    _esm = Path(__file__).with_suffix(".js")
