"""The colours of the course, safe for colour-blind readers: one for each gate, the same on every page.

Source: Okabe and Ito (2008), "Color universal design".
"""

PALETTE = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#5D5D5D"]

GATE_COLOURS = {
    "i": "#009E73",  # store
    "f": "#D55E00",  # forget
    "g": "#CC79A7",  # what is proposed
    "o": "#0072B2",  # output
    "c": "#333333",  # the memory
    "h": "#E69F00",  # the state that is shown
    "r": "#009E73",  # the GRU's reset
    "z": "#D55E00",  # the GRU's update, which keeps as f does
    "n": "#CC79A7",  # the GRU's proposal
}
