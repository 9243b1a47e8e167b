"""Pairs of short reviews that hold the same words in another order, and the opposite verdict.

Written for this course, apart from the reviews in `reviews.py`. A bag of words can't tell the two of a pair from each
other, so it has exactly half of them right; what is above half was read from the order.
"""

from .reviews import Review

PAIRS = (  # positive, negative
    ("Not bad, in fact very good.", "Not good, in fact very bad."),
    ("The food was good, not bad.", "The food was bad, not good."),
    ("I was never bored and always happy.", "I was never happy and always bored."),
    ("The room was not dirty, it was clean.", "The room was not clean, it was dirty."),
    ("The staff were friendly and not rude.", "The staff were rude and not friendly."),
    ("Nothing was wrong, everything was right.", "Nothing was right, everything was wrong."),
    ("It never breaks and always works.", "It never works and always breaks."),
    ("I would buy it again, not return it.", "I would return it, not buy it again."),
    ("I do not hate it, I love it.", "I do not love it, I hate it."),
    ("Slow at first, but great in the end.", "Great at first, but slow in the end."),
    ("The start was poor, the rest was excellent.", "The start was excellent, the rest was poor."),
    ("I expected the worst and got the best.", "I expected the best and got the worst."),
    ("The hotel was quiet, not loud.", "The hotel was loud, not quiet."),
    ("It was worth the money and not a waste.", "It was a waste and not worth the money."),
    ("The film is funny, not boring.", "The film is boring, not funny."),
    ("The soup was hot, not cold at all.", "The soup was cold, not hot at all."),
    ("They were late once and helpful always.", "They were helpful once and late always."),
    ("Better than the old one, not worse.", "Worse than the old one, not better."),
    ("The service is fast and never slow.", "The service is slow and never fast."),
    ("It is not cheap, but it is good.", "It is not good, but it is cheap."),
)


def load() -> list[Review]:
    """Both texts of every pair, one after the other: the positive one, then the negative one."""
    return [Review(text, verdict) for pair in PAIRS for text, verdict in zip(pair, (1, 0), strict=True)]
