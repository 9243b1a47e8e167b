"""Deep sequence modelling, unrolled: the library under the notebooks.

Each room is imported by its own name, so that none is paid for unasked:

    from unrolled.layers import LSTM, attention
    from unrolled import show, training
"""

__version__ = "0.1.0"
