"""Exercises of 09, sentiment."""

import torch
from torch import Tensor

from unrolled.exercises.engine import Choice, Function, Mistake, Number, sized

NOTEBOOK = "09_sentiment"


# A bag of words


def bag_reference(tokens, lengths, V):
    """tokens (B, T), lengths (B,) -> x (B, V).

    1.0 where the word occurs among the real ones of the text, else 0.0.
    """
    x = torch.zeros(len(tokens), V)
    for b, length in enumerate(lengths.tolist()):
        x[b, tokens[b, :length]] = 1.0
    return x


def bag_inputs(draw, B: int, T: int, V: int) -> tuple[Tensor, Tensor, int]:
    """Texts in which words come twice; the last word of the vocabulary occurs in none; number 0 fills them up."""
    tokens, lengths = 1 + draw.integers(V - 2, B, T), 2 + draw.integers(T - 2, B)
    lengths[0], lengths[-1] = T, T - 2
    tokens[:, 1] = tokens[:, 0]  # in every text one comes twice
    return tokens.masked_fill(torch.arange(T) >= lengths[:, None], 0), lengths, V


def counted(tokens: Tensor, lengths: Tensor, V: int) -> Tensor:
    real = torch.arange(tokens.shape[1]) < lengths[:, None]
    return torch.zeros(len(tokens), V).scatter_add(1, tokens, real.float())


def with_padding(tokens: Tensor, lengths: Tensor, V: int) -> Tensor:
    return torch.zeros(len(tokens), V).scatter(1, tokens, 1.0)


def counted_with_padding(tokens: Tensor, lengths: Tensor, V: int) -> Tensor:
    return torch.nn.functional.one_hot(tokens, V).sum(dim=1).float()


def every_text_alike(tokens: Tensor, lengths: Tensor, V: int) -> Tensor:
    return bag_reference(tokens, lengths, V).amax(dim=0).expand(len(tokens), V)


bag = Function(
    id="bag",
    notebook=NOTEBOOK,
    minutes=5,
    reference=bag_reference,
    cases=sized(bag_inputs, {"B": 3, "T": 6, "V": 11}, {"B": 7, "T": 7, "V": 7}),
    mistakes=[
        Mistake(
            "counted",
            counted,
            "A word that comes twice counts twice here. Asked for is whether it occurs: 1.0, however often.",
        ),
        Mistake(
            "with_padding",
            with_padding,
            "Every text that was filled up holds the word number 0 here, and that is padding. Stop at lengths[b].",
        ),
        Mistake(
            "counted_with_padding",
            counted_with_padding,
            "The one-hots of all cells are added up here, padding among them, and a word that comes twice gives 2.",
        ),
        Mistake(
            "shares",
            lambda tokens, lengths, V: counted(tokens, lengths, V) / lengths[:, None],
            "These are shares of the text: each count divided by its length. Asked for is whether a word occurs.",
        ),
        Mistake(
            "one_word_less",
            lambda tokens, lengths, V: bag_reference(tokens, lengths - 1, V),
            "The last word of each text is left out: a slice `[:n]` already ends before n.",
        ),
        Mistake(
            "positions_kept",
            lambda tokens, lengths, V: torch.nn.functional.one_hot(tokens, V).float(),
            "There is a one-hot for every place here, (B, T, V). A bag has one row for a text, (B, V).",
        ),
        Mistake(
            "one_row_short",
            lambda tokens, lengths, V: bag_reference(tokens, lengths, int(tokens.max()) + 1),
            "The rows are as long as the largest number in this batch. Each wants V places, whichever words occur.",
        ),
        Mistake(
            "every_text_alike",
            every_text_alike,
            "All texts share one bag here. Each row wants the words of its own text.",
        ),
    ],
    hints=[
        "Start from torch.zeros(B, V), and fill in one text after the other.",
        "x[b, tokens[b, :length]] = 1.0 sets all the places of one text at once.",
    ],
    why="What is left of a text is the set of its words.",
)

bag_on_pairs = Number(
    id="bag_on_pairs",
    notebook=NOTEBOOK,
    minutes=2,
    reference=20,
    unit="of 40",
    tolerance=0,
    mistakes=[
        Mistake("all", 40, "Both texts of a pair hold the same words, so the bag gives both the same verdict."),
        Mistake("none", 0, "It gives both texts of a pair the same verdict, and one of the two is always right."),
        Mistake("at_its_usual_rate", 30, "That is its share on other reviews. These twins differ in nothing it sees."),
        Mistake("a_share", 0.5, "In texts, please: how many of the 40, not a share."),
        Mistake("another_share", 0.75, "In texts, please: how many of the 40. And that is its share on other reviews."),
    ],
    hints=["What does the bag see of the second text of a pair?", "One verdict for both, and they differ: so …?"],
    why="20: the same verdict for both texts of a pair is right for one of them, always.",
)


# Pools


def masked_mean_reference(h, lengths):
    """h (B, T, H), lengths (B,) -> (B, H): the mean over the real steps of each text."""
    real = torch.arange(h.shape[1]) < lengths[:, None]  # (B, T)
    return (h * real[..., None]).sum(dim=1) / lengths[:, None]


def pool_inputs(draw, B: int, T: int, H: int) -> tuple[Tensor, Tensor]:
    lengths = 1 + draw.integers(T, B)
    lengths[0], lengths[-1] = T, max(1, T - 3)
    return draw(B, T, H) - 0.7, lengths  # mostly below 0, so that a 0 is seldom the largest


def never_full(draw, B: int, T: int, H: int) -> tuple[Tensor, Tensor]:
    """The longest text ends before the batch does."""
    h, lengths = pool_inputs(draw, B, T, H)
    return h, lengths.clamp(max=T - 2)


POOLED = [{"B": 3, "T": 6, "H": 4}, {"B": 5, "T": 5, "H": 5}]


def pool_cases():
    return [*sized(pool_inputs, *POOLED)(), *sized(never_full, {"B": 4, "T": 7, "H": 3})()]


def real_of(h: Tensor, lengths: Tensor) -> Tensor:
    return (torch.arange(h.shape[1]) < lengths[:, None])[..., None]  # (B, T, 1)


masked_mean = Function(
    id="masked_mean",
    notebook=NOTEBOOK,
    minutes=5,
    reference=masked_mean_reference,
    cases=pool_cases,
    mistakes=[
        Mistake(
            "over_all_cells",
            lambda h, lengths: h.mean(dim=1),
            "The padding is in the mean here: its states were added up, and it was counted.",
        ),
        Mistake(
            "divided_by_T",
            lambda h, lengths: (h * real_of(h, lengths)).mean(dim=1),
            "The padding is set to 0, and still counted: a short text is divided by the length of the longest. Divide "
            "by its own.",
        ),
        Mistake(
            "padding_added",
            lambda h, lengths: h.sum(dim=1) / lengths[:, None],
            "Divided by the right number, but the states of the padding are in the sum. Set them to 0 first.",
        ),
        Mistake(
            "not_divided",
            lambda h, lengths: (h * real_of(h, lengths)).sum(dim=1),
            "This is the sum. Divide it by the number of real steps.",
        ),
        Mistake(
            "over_the_batch",
            lambda h, lengths: (h * real_of(h, lengths)).sum(dim=1) / lengths.sum(),
            "Every text is divided by the words of the whole batch. Each has a length of its own.",
        ),
        Mistake(
            "one_step_less",
            lambda h, lengths: (h * real_of(h, lengths - 1)).sum(dim=1) / lengths[:, None],
            "The last real step is missing: those from 0 to length − 1 are real, so t < length.",
        ),
        Mistake(
            "one_step_more",
            lambda h, lengths: (h * real_of(h, lengths + 1)).sum(dim=1) / lengths[:, None],
            "One step of padding is in the sum: those from 0 to length − 1 are real, so t < length, not t <= length.",
        ),
        Mistake(
            "the_last",
            lambda h, lengths: h[torch.arange(len(h)), lengths - 1],
            "This is the state after the last word. The mean over all real steps is asked for.",
        ),
    ],
    hints=[
        "torch.arange(T) < lengths[:, None] is True where a step is real, (B, T).",
        "Multiply h by that mask, sum over time, and divide by lengths[:, None].",
    ],
    why="Each text gets the mean of its own words, whatever stands beside it in the batch.",
)


def masked_max_reference(h, lengths):
    """h (B, T, H), lengths (B,) -> (B, H): the largest value of each feature over the real steps."""
    real = torch.arange(h.shape[1]) < lengths[:, None]  # (B, T)
    return h.masked_fill(~real[..., None], -torch.inf).amax(dim=1)


masked_max = Function(
    id="masked_max",
    notebook=NOTEBOOK,
    minutes=4,
    reference=masked_max_reference,
    cases=pool_cases,
    mistakes=[
        Mistake(
            "over_all_cells",
            lambda h, lengths: h.amax(dim=1),
            "The padding takes part here, and where it is largest, it wins.",
        ),
        Mistake(
            "zeros",
            lambda h, lengths: (h * real_of(h, lengths)).amax(dim=1),
            "The padding is set to 0 here, and 0 is larger than a negative state. Fill with −∞, which never wins.",
        ),
        Mistake(
            "minus_one",
            lambda h, lengths: h.masked_fill(~real_of(h, lengths), -1.0).amax(dim=1),
            "The padding is set to −1 here, a bound for the states of a tanh or an LSTM alone. −∞ never wins.",
        ),
        Mistake(
            "polarity",
            lambda h, lengths: h.masked_fill(real_of(h, lengths), -torch.inf).amax(dim=1),
            "The real steps are blocked here, and the padding is kept: masked_fill fills where the mask is True.",
        ),
        Mistake(
            "of_the_absolute",
            lambda h, lengths: (h.abs() * real_of(h, lengths)).amax(dim=1),
            "These are the largest sizes, signs dropped. The largest value is asked for.",
        ),
        Mistake(
            "over_features",
            lambda h, lengths: h.masked_fill(~real_of(h, lengths), -torch.inf).amax(dim=2),
            "The maximum goes over the features here, and one number a step is left. It goes over time, dim=1.",
        ),
        Mistake(
            "places",
            lambda h, lengths: h.masked_fill(~real_of(h, lengths), -torch.inf).argmax(dim=1),
            "These are the steps at which the largest values stand. The values themselves are asked for.",
        ),
        Mistake(
            "both_given",
            lambda h, lengths: tuple(h.masked_fill(~real_of(h, lengths), -torch.inf).max(dim=1)),
            "h.max(dim=1) gives two things, the values and their places. Take the values, or use amax.",
        ),
    ],
    hints=[
        "Which number can never be the largest?",
        "h.masked_fill(~real[..., None], -torch.inf) first, then amax(dim=1).",
    ],
    why="What is blocked is −∞, so that the largest is always one of a real step.",
)


# Packing


def batch_sizes_reference(lengths):
    """lengths (B,) -> (T,): how many texts are still being read at each step."""
    steps = torch.arange(lengths.max())
    return (lengths[:, None] > steps).sum(dim=0)


batch_sizes = Function(
    id="batch_sizes",
    notebook=NOTEBOOK,
    minutes=4,
    reference=batch_sizes_reference,
    cases=lambda: [
        (torch.tensor([5, 2, 4]),),
        (torch.tensor([3, 7, 1, 3]),),
        (torch.tensor([2, 6, 6, 1, 4]),),
    ],
    mistakes=[
        Mistake(
            "the_whole_batch",
            lambda lengths: torch.full((int(lengths.max()),), len(lengths)),
            "This counts every text at every step: that is the padded batch. A text that has ended is no longer read.",
        ),
        Mistake(
            "one_more",
            lambda lengths: (lengths[:, None] >= torch.arange(lengths.max())).sum(dim=0),
            "A text of length n is read at the steps 0 to n − 1; at step n it has ended. So length > t.",
        ),
        Mistake(
            "one_less",
            lambda lengths: (lengths[:, None] > torch.arange(1, lengths.max() + 1)).sum(dim=0),
            "Every text ends one step too soon here: its last word, at step n − 1, is still read.",
        ),
        Mistake(
            "a_step_too_many",
            lambda lengths: (lengths[:, None] > torch.arange(lengths.max() + 1)).sum(dim=0),
            "There is a step at the end at which nobody reads. The longest text takes lengths.max() steps.",
        ),
        Mistake(
            "lengths_sorted",
            lambda lengths: lengths.sort(descending=True).values,
            "These are the lengths, sorted: one number a text. Asked for is one number a step.",
        ),
        Mistake(
            "those_that_ended",
            lambda lengths: (lengths[:, None] <= torch.arange(lengths.max())).sum(dim=0),
            "These texts have ended by step t. The others are asked for, those that are still being read.",
        ),
        Mistake(
            "that_end_here",
            lambda lengths: torch.bincount(lengths - 1),
            "This counts the texts that end at each step. Asked for are all that are still being read.",
        ),
        Mistake(
            "mask_alone",
            lambda lengths: lengths[:, None] > torch.arange(lengths.max()),
            "This is the mask, (B, T). Count its True cells in every column.",
        ),
    ],
    hints=[
        "At step t, counted from 0, a text of length n is read if n > t.",
        "lengths[:, None] > torch.arange(T) is (B, T); sum over the texts.",
    ],
    why="The sum of these is the number of real words: packing reads each once, and nothing else.",
)


# Both ways


def both_ends_reference(forward, backward, lengths):
    """forward, backward (B, T, H): states at each word; lengths (B,) -> (B, 2H).

    Each reader's state after it has read the whole text, side by side.
    """
    last = forward[torch.arange(len(forward)), lengths - 1]
    return torch.cat([last, backward[:, 0]], dim=1)


def both_inputs(draw, B: int, T: int, H: int) -> tuple[Tensor, Tensor, Tensor]:
    forward, lengths = pool_inputs(draw, B, T, H)
    lengths[1] = T - 1
    return forward, draw(B, T, H), lengths


def ends(forward: Tensor, lengths: Tensor) -> Tensor:
    return forward[torch.arange(len(forward)), lengths - 1]


both_ends = Function(
    id="both_ends",
    notebook=NOTEBOOK,
    minutes=5,
    reference=both_ends_reference,
    cases=sized(both_inputs, {"B": 3, "T": 6, "H": 4}, {"B": 5, "T": 5, "H": 5}),
    mistakes=[
        Mistake(
            "last_column",
            lambda forward, backward, lengths: torch.cat([forward, backward], dim=2)[:, -1],
            "This is `out[:, -1]`: the last column, which for a short text is padding; and there the backward reader "
            "has only begun.",
        ),
        Mistake(
            "both_at_the_last_word",
            lambda forward, backward, lengths: torch.cat([ends(forward, lengths), ends(backward, lengths)], dim=1),
            "At the last word the backward reader has read one word: it begins there. It has read all at the first.",
        ),
        Mistake(
            "both_at_the_first_word",
            lambda forward, backward, lengths: torch.cat([forward[:, 0], backward[:, 0]], dim=1),
            "At the first word the forward reader has read one word. It has read all at the last real one.",
        ),
        Mistake(
            "forward_at_the_last_column",
            lambda forward, backward, lengths: torch.cat([forward[:, -1], backward[:, 0]], dim=1),
            "The forward reader's last column is padding for a short text. Its text ends at lengths - 1.",
        ),
        Mistake(
            "backward_first",
            lambda forward, backward, lengths: torch.cat([backward[:, 0], ends(forward, lengths)], dim=1),
            "The two are right, in another order: forward first, then backward, as torch has it.",
        ),
        Mistake(
            "added",
            lambda forward, backward, lengths: ends(forward, lengths) + backward[:, 0],
            "The two are added up here. They stand side by side, 2H numbers, so that neither covers the other.",
        ),
        Mistake(
            "stacked",
            lambda forward, backward, lengths: torch.stack([ends(forward, lengths), backward[:, 0]], dim=1),
            "torch.stack puts them on a new axis, (B, 2, H). torch.cat along dim=1 puts them side by side, (B, 2H).",
        ),
        Mistake(
            "one_step_too_far",
            lambda forward, backward, lengths: torch.cat(
                [forward[torch.arange(len(forward)), lengths], backward[:, 0]], dim=1
            ),
            "forward is taken one step too far. Steps count from 0: the last real one is lengths - 1.",
        ),
    ],
    hints=[
        "Where has the forward reader read everything? And the backward one?",
        "forward[torch.arange(B), lengths - 1] and backward[:, 0], joined by torch.cat along dim=1.",
    ],
    why="The forward reader ends at the last word, the backward one at the first.",
)


# Was it worth it?

order_helps = Choice(
    id="order_helps",
    notebook=NOTEBOOK,
    minutes=1,
    question="One hand left out at a time: on which is reading in order clearly ahead of counting single words?",
    options=[
        (
            "On all six: order always says something",
            "It does say something, but what it says must be learned from a few thousand reviews. On three of the six "
            "hands that was not enough.",
        ),
        (
            "On 1 to 3: irony and understatement lie in the order",
            "They do, and each time in another way. What the irony of the other hands looked like helps little with "
            "this one.",
        ),
        (
            "On 4 to 6: in everyday words the same few stand in ever new surroundings",
            "There the network has met the words, and often enough to learn what those around them change. Look "
            "next at what counting pairs makes of the same hands.",
        ),
        (
            "On none: counting words is as good everywhere",
            "On three of the six reading is ahead, and by more than chance leaves.",
        ),
    ],
    reference="C",
    hints=["What must have been met in training for its order to say something?"],
)


# What moved the score


def moved_by_reference(z):
    """z (T, 2), the logits after each word, negative and positive -> (T,).

    By how much each word moved the score, positive minus negative; before the first word it is 0.
    """
    score = z[:, 1] - z[:, 0]  # (T,)
    return torch.diff(score, prepend=torch.zeros(1))


def score_of(z: Tensor) -> Tensor:
    return z[:, 1] - z[:, 0]


moved_by = Function(
    id="moved_by",
    notebook=NOTEBOOK,
    minutes=4,
    reference=moved_by_reference,
    cases=sized(lambda draw, T: (draw(T, 2),), {"T": 5}, {"T": 2}),
    mistakes=[
        Mistake(
            "the_score_itself",
            score_of,
            "This is the score after each word. Asked for is what the word changed: the score after it, less the one "
            "before.",
        ),
        Mistake(
            "first_word_lost",
            lambda z: torch.diff(score_of(z)),
            "There is one number less than there are words: the first word moved the score too, from 0.",
        ),
        Mistake(
            "negative_minus_positive",
            lambda z: -moved_by_reference(z),
            "The sign is turned round: positive minus negative, so that a word of praise counts up.",
        ),
        Mistake(
            "first_moved_nothing",
            lambda z: torch.diff(score_of(z), prepend=score_of(z)[:1]),
            "The first word moved nothing here. Before it the score is 0, so it moved it by all that it is.",
        ),
        Mistake(
            "one_logit",
            lambda z: torch.diff(z[:, 1], prepend=torch.zeros(1)),
            "This follows the positive logit alone. A softmax sees differences: positive minus negative.",
        ),
        Mistake(
            "both_logits",
            lambda z: torch.diff(z, dim=0, prepend=torch.zeros(1, 2)),
            "Both logits are followed here, (T, 2). Their difference is the score, one number a word.",
        ),
        Mistake(
            "sizes",
            lambda z: moved_by_reference(z).abs(),
            "These are sizes, without a sign. Whether a word moved the score up or down is half of the answer.",
        ),
        Mistake(
            "of_probabilities",
            lambda z: moved_by_reference(z.softmax(dim=1)),
            "A softmax came first, so these are differences of probabilities. The score is a difference of logits.",
        ),
        Mistake(
            "probability_positive",
            lambda z: torch.diff(z.softmax(dim=1)[:, 1], prepend=torch.zeros(1)),
            "This follows the probability of positive. The score is a difference of logits, without a softmax.",
        ),
        Mistake(
            "probability_from_a_half",
            lambda z: torch.diff(z.softmax(dim=1)[:, 1], prepend=torch.full((1,), 0.5)),
            "This follows the probability of positive, from ½ on. The score is a difference of logits, from 0 on.",
        ),
        Mistake(
            "rolled",
            lambda z: score_of(z) - score_of(z).roll(1),
            "torch.roll goes round: the first word is compared with the last here. Before the first the score is 0.",
        ),
        Mistake(
            "before_less_after",
            lambda z: torch.diff(torch.cat([score_of(z), torch.zeros(1)])).neg(),
            "Each word is compared with the one after it here. What a word moved is the score after it less the score "
            "before it.",
        ),
    ],
    hints=[
        "The score after each word is z[:, 1] - z[:, 0].",
        "torch.diff(score, prepend=torch.zeros(1)) takes from each the one before it, and 0 from the first.",
    ],
    why="Added up over the text, these give the final score: nothing is lost between the words.",
)

moved_is_cause = Choice(
    id="moved_is_cause",
    notebook=NOTEBOOK,
    minutes=2,
    question="Under “Slow at first, but great in the end.” the bar of “in” goes up by nearly two. What follows?",
    options=[
        (
            "“in” is a word of praise",
            "It moved the score up here, after “great”. In “Great at first, but slow in the end.” it moves it down: "
            "what a word does depends on the state that it meets.",
        ),
        (
            "“in” could be left out, since it has no meaning of its own",
            "It moved the score, whatever a dictionary says of it. Whether the verdict needs it is found by leaving it "
            "out and reading again.",
        ),
        (
            "The steps say where the score changed; what caused it takes a test: change a word and read again",
            "The steps are a measurement of where, along one order of reading. They add up to the verdict by "
            "construction, as any path does from its start to its end.",
        ),
        (
            "The score should have waited for the end of the text",
            "It is a score for the text that ends here, as if no more came. The network never sees beyond the word.",
        ),
    ],
    reference="C",
    hints=["A step depends on a word, and on something else. On what?"],
)
