"""Exercises of 00, start here."""

import torch
from torch import Tensor

from unrolled.exercises.engine import Choice, Function, Mistake, sized

NOTEBOOK = "00_start_here"


def running_mean_reference(x):
    """x (T,) -> (T,): at each step, the mean of the values so far."""
    return x.cumsum(dim=0) / torch.arange(1, len(x) + 1)


def mean_of_all(x: Tensor) -> Tensor:
    return x.mean().expand(len(x))


def plain_sum(x: Tensor) -> Tensor:
    return x.cumsum(dim=0)


def divided_by_length(x: Tensor) -> Tensor:
    return x.cumsum(dim=0) / len(x)


def counted_from_zero(x: Tensor) -> Tensor:
    return x.cumsum(dim=0) / torch.arange(len(x))


def without_the_current(x: Tensor) -> Tensor:
    before = x.cumsum(dim=0) - x
    return before / torch.arange(len(x)).clamp(min=1)


def from_the_end(x: Tensor) -> Tensor:
    return running_mean_reference(x.flip(0)).flip(0)


running_mean = Function(
    id="running_mean",
    notebook=NOTEBOOK,
    minutes=4,
    reference=running_mean_reference,
    cases=sized(lambda draw, T: (draw(T) + 1,), {"T": 5}, {"T": 3}),
    mistakes=[
        Mistake(
            "mean_of_all",
            mean_of_all,
            "Every step holds the mean of the whole sequence, and so knows the future. (If your loop has m += …, all "
            "places of the list hold one and the same tensor: m = m + … makes a new one.)",
        ),
        Mistake("last_alone", torch.mean, "This is one number, the last mean. Keep the mean of every step."),
        Mistake(
            "first_alone",
            lambda x: x[0],
            "This is the first value alone: does `return` stand inside the loop? Move it out.",
        ),
        Mistake(
            "slice_too_short",
            lambda x: (x.cumsum(dim=0) - x) / torch.arange(len(x)),
            "The first step has the mean of nothing. Where t counts from 0, x[:t] ends before x[t]: take x[: t + 1].",
        ),
        Mistake("plain_sum", plain_sum, "These are sums so far; a mean divides by how many there were."),
        Mistake(
            "divided_by_length", divided_by_length, "Step t has seen t values, and is divided here by all T of them."
        ),
        Mistake(
            "counted_from_zero", counted_from_zero, "The first step has seen one value, and is divided here by zero."
        ),
        Mistake(
            "without_the_current", without_the_current, "Each step leaves its own value out, and so lags one behind."
        ),
        Mistake(
            "from_the_end", from_the_end, "This runs from the end: each step holds the mean of what is still to come."
        ),
    ],
    hints=[
        "Write a loop: keep a sum, add one value at a time, divide by how many there are so far.",
        "x.cumsum(dim=0) holds all the sums so far; torch.arange(1, T + 1) counts 1, 2, … T.",
    ],
    why="Each step uses what came before it and nothing that comes after.",
)


predict_series = Choice(
    id="predict_series",
    notebook=NOTEBOOK,
    minutes=1,
    question="Six hours ahead, which rule is better?",
    options=[
        ("Where it is now, for both", "Six hours turn a night into a day, and the temperature goes up with it."),
        ("Where it was yesterday, for both", "The price has no days: yesterday's is only further back."),
        (
            "Yesterday for the temperature, now for the price",
            "The temperature has a day to remember. The price takes a random step each hour.",
        ),
        (
            "Now for the temperature, yesterday for the price",
            "The other way round: which of the two curves repeats itself every day?",
        ),
    ],
    reference="C",
    hints=["Which of the two curves repeats itself, and after how many hours?"],
)


know_product = Choice(
    id="know_product",
    notebook=NOTEBOOK,
    minutes=1,
    question="1 of 10. x has shape (2, 3) and W has shape (3, 4). Which shape has x @ W?",
    options=[
        ("(3, 3)", "The two inner sizes, 3 and 3, must agree; they are summed over and disappear."),
        ("(2, 4)", "Two rows of 3 features become two rows of 4. Vectors are rows all through this course."),
        ("none, the sizes do not fit", "They fit: the last size of x and the first of W are both 3."),
        ("(2, 3, 4)", "No axis is kept for what is summed over: the 3 disappears."),
    ],
    reference="B",
    hints=["Each row of x, 3 numbers, meets each column of W, 3 numbers."],
)

know_gradient = Choice(
    id="know_gradient",
    notebook=NOTEBOOK,
    minutes=1,
    question="2 of 10. The gradient of the loss by a weight is +2. What does one small step of gradient descent do?",
    options=[
        ("It makes the weight smaller", "A larger weight means a larger loss here, so the step goes the other way."),
        (
            "It makes the weight larger",
            "With +2, the loss grows when the weight grows. Descent goes against the gradient.",
        ),
        ("It sets the weight to 2", "The gradient is a slope, not a value: it says how fast the loss changes."),
        (
            "It makes the weight twice as large",
            "The step depends on the slope and the rate, not on the size of the weight.",
        ),
    ],
    reference="A",
    hints=["If the weight grows by 0.01, the loss grows by about 0.02. Do we want that?"],
)

know_weights = Choice(
    id="know_weights",
    notebook=NOTEBOOK,
    minutes=1,
    question="3 of 10. A recurrent network reads 50 words. How many matrices lead from state to state?",
    options=[
        (
            "50, one for each word",
            "Then it could read no 51st word. There is one, used 50 times. Notebook 01 builds it.",
        ),
        ("49, one between each two words", "Steps share their weights, so there is one matrix. Notebook 01 builds it."),
        (
            "It depends on the sentence",
            "The weights are fixed once trained; the number of times they are used depends on it.",
        ),
        ("1, used 50 times", "One set of weights, whatever the length. Notebook 01 measures what that saves."),
    ],
    reference="D",
    hints=["The same network is to read a sentence of 51 words tomorrow."],
)

know_order = Choice(
    id="know_order",
    notebook=NOTEBOOK,
    minutes=1,
    question='4 of 10. Can the counts of the words tell "dog bites man" from "man bites dog"?',
    options=[
        (
            "Yes, with enough training",
            "Training sees the counts only, and these are equal. Nothing is left to be learned from.",
        ),
        ("Yes, if the words are rare enough", "However rare, each word is counted once in both."),
        ("No, the counts are the same", "A sum does not know the order. Notebook 01 shows a network that does."),
        (
            "No, but the average of word vectors can",
            "An average is a sum divided by a number: it does not know the order either.",
        ),
    ],
    reference="C",
    hints=["Write down both lists of counts."],
)

know_blame = Choice(
    id="know_blame",
    notebook=NOTEBOOK,
    minutes=1,
    question="5 of 10. One weight is used at each of 20 steps. What is the gradient of the loss by this weight?",
    options=[
        ("That of the last step", "Earlier uses change the loss too. Notebook 02 shows how much."),
        ("The sum over its 20 uses", "Each use has its share, and the shares add up. Notebook 02 does it by hand."),
        (
            "The product over its 20 uses",
            "Products stand inside each share, along the way back; the shares add up. Notebook 02 has both.",
        ),
        ("The largest of the 20", "No share is dropped. Notebook 02 draws them all."),
    ],
    reference="B",
    hints=["If the weight is moved a little, it moves at all 20 steps at once."],
)

know_power = Choice(
    id="know_power",
    notebook=NOTEBOOK,
    minutes=1,
    question="6 of 10. Something is multiplied by 0.9 at each of 100 steps. How much of it is left?",
    options=[
        ("About 0.9", "That is one step. After ten it is a third already."),
        ("About 0.01", "That takes 44 steps. There are 56 more."),
        ("About 0.00003", "Nearly nothing: 0.9 to the power of 100. This is the vanishing gradient of notebook 03."),
        ("Exactly 0", "Never quite; but so little that it no longer counts. Notebook 03 measures it."),
    ],
    reference="C",
    hints=["Ten steps leave a third. Now ten times ten steps."],
)

know_gate = Choice(
    id="know_gate",
    notebook=NOTEBOOK,
    minutes=1,
    question="7 of 10. In an LSTM, the old memory is multiplied by a forget gate f. What does f = 1 do?",
    options=[
        (
            "It keeps all of the memory",
            "The name misleads: the gate says how much is kept. Notebook 04 has it on a slider.",
        ),
        ("It forgets everything", "That is f = 0: the memory is multiplied by f. Notebook 04 has it on a slider."),
        (
            "It writes the input into the memory",
            "Another gate does, the input gate i. Notebook 04 takes them one at a time.",
        ),
        (
            "It cannot happen",
            "A gate can be as near to 1 as it likes, and the library can hold it there. See notebook 04.",
        ),
    ],
    reference="A",
    hints=["Multiply a memory of 5 by 1."],
)

know_one_hot = Choice(
    id="know_one_hot",
    notebook=NOTEBOOK,
    minutes=1,
    question="8 of 10. A vector holds a single 1, at place 7, and zeros. What is its product with a matrix?",
    options=[
        ("The column of place 7", "Vectors are rows here, and a row times a matrix adds up rows. Notebook 05 does it."),
        (
            "The row of place 7",
            "All other rows are multiplied by zero. An embedding is this row, looked up. See notebook 05.",
        ),
        ("The whole matrix", "Most of it is multiplied by zero. Notebook 05 does it by hand."),
        ("A single number", "One number is left of each column, so it is a vector. Notebook 05 does it by hand."),
    ],
    reference="B",
    hints=["v @ W adds up the rows of W, each multiplied by its number in v."],
)

know_guess = Choice(
    id="know_guess",
    notebook=NOTEBOOK,
    minutes=1,
    question="9 of 10. A model of the next word is as unsure as a fair die with 6 sides. What is its perplexity?",
    options=[
        ("1/6", "That is the probability of each word. Perplexity is one over it, on average. See notebook 05."),
        ("0", "A model that is always sure and always right has 1, and none has less. See notebook 05."),
        ("1.79", "That is ln 6, the cross entropy. Perplexity is e to the power of it. See notebook 05."),
        ("6", "It is the number of sides of the die that is as hard to guess. Notebook 05 measures it on real text."),
    ],
    reference="D",
    hints=["The word means: among how many words does the model hesitate?"],
)

know_attention = Choice(
    id="know_attention",
    notebook=NOTEBOOK,
    minutes=1,
    question="10 of 10. A word attends to five words, with weights from a softmax. What is true of its five weights?",
    options=[
        ("Each is 0 or 1", "They are shares: soft ones, between 0 and 1. Notebook 06 computes them."),
        ("They may be negative", "The scores may be; after the softmax no weight is. Notebook 06 computes both."),
        ("They add up to 1", "They are shares of one look. Notebook 06 draws them as rows of a heatmap."),
        (
            "They are learned once and then fixed",
            "Matrices are learned; the weights are new for every sentence. See notebook 06.",
        ),
    ],
    reference="C",
    hints=["What does a softmax make of any five numbers?"],
)
