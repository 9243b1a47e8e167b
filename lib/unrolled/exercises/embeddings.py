"""Exercises of 05, embeddings."""

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from unrolled.exercises.engine import Choice, Function, Mistake, Number, sized

NOTEBOOK = "05_embeddings"


# A row of a matrix


def embed_reference(tokens, W_e):
    """tokens (B, T), W_e (V, D) -> (B, T, D): the vector of every token."""
    one_hot = torch.eye(len(W_e))[tokens]  # (B, T, V)
    return one_hot @ W_e


def embed_inputs(draw, B: int, T: int, V: int, D: int) -> tuple[Tensor, Tensor]:
    tokens = draw.integers(V, B, T)
    tokens[0, 0] = V - 1  # the last word occurs, and one word occurs twice
    tokens[-1, -1] = tokens[0, 1]
    return tokens, draw(V, D)


def without_the_last_word(draw, B: int, T: int, V: int, D: int) -> tuple[Tensor, Tensor]:
    return draw.integers(V - 1, B, T), draw(V, D)


def columns_looked_up(tokens: Tensor, W_e: Tensor) -> Tensor:
    return W_e.T[tokens]


def counted_from_one(tokens: Tensor, W_e: Tensor) -> Tensor:
    return W_e[tokens - 1]


def index_as_number(tokens: Tensor, W_e: Tensor) -> Tensor:
    return tokens[..., None].float() @ W_e[:1]


def one_hot_alone(tokens: Tensor, W_e: Tensor) -> Tensor:
    return F.one_hot(tokens, len(W_e)).float()


def integer_one_hot(tokens: Tensor, W_e: Tensor) -> Tensor:
    return F.one_hot(tokens, len(W_e)) @ W_e


def words_that_occur(tokens: Tensor, W_e: Tensor) -> Tensor:
    return F.one_hot(tokens).float() @ W_e


def eye_of_features(tokens: Tensor, W_e: Tensor) -> Tensor:
    return torch.eye(W_e.shape[1])[tokens] @ W_e


def bag_of_words(tokens: Tensor, W_e: Tensor) -> Tensor:
    return embed_reference(tokens, W_e).sum(dim=1)


def time_first(tokens: Tensor, W_e: Tensor) -> Tensor:
    return embed_reference(tokens, W_e).transpose(0, 1)


embed = Function(
    id="embed",
    notebook=NOTEBOOK,
    minutes=4,
    reference=embed_reference,
    cases=lambda: [
        *sized(embed_inputs, {"B": 2, "T": 3, "V": 7, "D": 5}, {"B": 4, "T": 4, "V": 4, "D": 4})(),
        *sized(without_the_last_word, {"B": 3, "T": 2, "V": 9, "D": 4})(),
    ],
    mistakes=[
        Mistake(
            "columns_looked_up",
            columns_looked_up,
            "This takes columns of W_e. A word owns a row: a one-hot on the left of W_e picks rows.",
        ),
        Mistake(
            "counted_from_one",
            counted_from_one,
            "Every word gets the vector of the word before it in the vocabulary: indices count from 0.",
        ),
        Mistake(
            "index_as_number",
            index_as_number,
            "The index itself is multiplied, as if word 6 were three times word 2. An index is a name, not a size.",
        ),
        Mistake(
            "one_hot_alone",
            one_hot_alone,
            "These are the one-hot vectors, V numbers each. An embedding is what is left after the product with W_e.",
        ),
        Mistake("bag_of_words", bag_of_words, "The steps are added up, and their order is lost; keep T."),
        Mistake(
            "integer_one_hot",
            integer_one_hot,
            "F.one_hot gives whole numbers, and in a matrix product both sides are of one kind. Add .float().",
        ),
        Mistake(
            "words_that_occur",
            words_that_occur,
            "F.one_hot(tokens) makes its rows as long as the largest index it meets. Say how long: len(W_e).",
        ),
        Mistake(
            "eye_of_features",
            eye_of_features,
            "The one-hots have a place for every feature, D. They need one for every word, V: len(W_e).",
        ),
        Mistake("time_first", time_first, "The first two dimensions are exchanged: batch first, (B, T, D)."),
    ],
    hints=[
        "Make the one-hots first: row k of torch.eye(V) is the one-hot of word k.",
        "torch.eye(V)[tokens] has shape (B, T, V); the product with W_e (V, D) does the rest.",
    ],
    why="Of V products only one is not with zero, so the sum is row k of W_e. A layer looks the row up directly.",
)

rows_touched = Number(
    id="rows_touched",
    notebook=NOTEBOOK,
    minutes=2,
    reference=5 * 64,
    mistakes=[
        Mistake("every_position", 6 * 64, "Six positions, yet one word stands at two of them, and both share one row."),
        Mistake("the_whole_table", 1640 * 64, "That is all of W_e. A row whose word does not occur met only zeros."),
        Mistake("positions", 6, "Six positions are five different words, so five rows; and each has 64 numbers."),
        Mistake("rows", 5, "Five rows; each has 64 numbers."),
        Mistake("one_row", 64, "That is one row. Every word of the sentence has its own."),
    ],
    hints=["Which rows of W_e took part in the product?", "How many different words are there, and how long is a row?"],
    why="5 rows of 64 numbers. All other words learn nothing from this sentence.",
)


# The next word


def next_word_pairs_reference(tokens):
    """tokens (B, T) -> x (B, T-1), y (B, T-1).

    y[:, t] is the word that follows x[:, t].
    """
    return tokens[:, :-1], tokens[:, 1:]


next_word_pairs = Function(
    id="next_word_pairs",
    notebook=NOTEBOOK,
    minutes=3,
    reference=next_word_pairs_reference,
    cases=sized(lambda draw, B, T: (draw.integers(50, B, T),), {"B": 2, "T": 7}, {"B": 5, "T": 5}),
    mistakes=[
        Mistake(
            "targets_equal_inputs",
            lambda tokens: (tokens, tokens),
            "The targets equal the inputs: the network is asked to copy the word it has just been given.",
        ),
        Mistake(
            "the_word_before",
            lambda tokens: (tokens[:, 1:], tokens[:, :-1]),
            "The shift goes the other way: each word is asked for the one before it, which it has already read.",
        ),
        Mistake(
            "two_ahead",
            lambda tokens: (tokens[:, :-2], tokens[:, 2:]),
            "Each word is asked for the one after the next; one step is enough.",
        ),
        Mistake(
            "rolled",
            lambda tokens: (tokens, tokens.roll(-1, dims=1)),
            "The last word is asked for the first of its row, which does not follow it. Leave the last one out.",
        ),
        Mistake(
            "along_the_batch",
            lambda tokens: (tokens[:-1], tokens[1:]),
            "The shift goes along the batch: a text is asked for its neighbour. Time is the second dimension.",
        ),
        Mistake(
            "inputs_not_cut",
            lambda tokens: (tokens, tokens[:, 1:]),
            "There is one more input than targets. Nothing follows the last word of a text, so it asks nothing.",
        ),
        Mistake(
            "last_word_only",
            lambda tokens: (tokens[:, :-1], tokens[:, -1]),
            "Only the last word is asked for. Every step has a word that follows it: y has as many as x.",
        ),
    ],
    hints=[
        "What can be asked of the last word? What asks for the first?",
        "x is all but the last column, y all but the first.",
    ],
    why="T words give T − 1 questions, all answered in one pass.",
)


def perplexity_reference(logits, targets):
    """logits (T, V), targets (T,) -> the perplexity, one number."""
    log_p = logits.log_softmax(dim=-1)
    nats = -log_p[torch.arange(len(targets)), targets]  # (T,)
    return nats.mean().exp().item()


def softmax_twice(logits: Tensor, targets: Tensor) -> float:
    return F.cross_entropy(logits.softmax(dim=-1), targets).exp().item()


def softmax_over_time(logits: Tensor, targets: Tensor) -> float:
    log_p = logits.log_softmax(dim=0)
    return (-log_p[torch.arange(len(targets)), targets].mean()).exp().item()


def nats_each(logits: Tensor, targets: Tensor) -> Tensor:
    return F.cross_entropy(logits, targets, reduction="none")


perplexity = Function(
    id="perplexity",
    notebook=NOTEBOOK,
    minutes=4,
    reference=perplexity_reference,
    cases=sized(
        lambda draw, T, V: (2 * draw(T, V), draw.integers(V, T)),
        {"T": 5, "V": 8},
        {"T": 6, "V": 6},
    ),
    mistakes=[
        Mistake(
            "mean_of_p",
            lambda logits, targets: (-logits.softmax(dim=-1)[torch.arange(len(targets)), targets].mean()).exp().item(),
            "e was raised to minus the mean of p. Take ln p of each word first, then the mean.",
        ),
        Mistake(
            "softmax_twice",
            softmax_twice,
            "The scores went through a softmax twice: cross_entropy takes logits and does its own.",
        ),
        Mistake(
            "softmax_over_time",
            softmax_over_time,
            "The softmax runs over time here. It is the V words of one step that share a probability of 1.",
        ),
        Mistake(
            "no_softmax",
            lambda logits, targets: (-logits[torch.arange(len(targets)), targets].mean()).exp().item(),
            "The scores were taken for ln p. A log_softmax makes them that: minus the ln of the sum of exp(scores).",
        ),
        Mistake(
            "every_pair",
            lambda logits, targets: (-logits.log_softmax(dim=-1)[:, targets].mean()).exp().item(),
            "log_p[:, targets] takes every target at every step, (T, T). Pair them: index the steps as well.",
        ),
        Mistake(
            "bits_with_e",
            lambda logits, targets: (nats_each(logits, targets) / math.log(2)).mean().exp().item(),
            "This is e to the power of bits. Logarithms to the base 2 go with 2; e goes with nats.",
        ),
        Mistake(
            "likeliest_word",
            lambda logits, targets: (-logits.log_softmax(dim=-1).amax(dim=-1).mean()).exp().item(),
            "The probability of the likeliest word was taken. The model is charged for the word that came.",
        ),
        Mistake(
            "base_two",
            lambda logits, targets: 2.0 ** nats_each(logits, targets).mean().item(),
            "This is 2 to the power of nats. Nats go with e; 2 goes with bits.",
        ),
        Mistake(
            "summed",
            lambda logits, targets: nats_each(logits, targets).sum().exp().item(),
            "The nats are added up, so a longer text gets a larger perplexity. Take the mean over the words.",
        ),
        Mistake(
            "mean_of_perplexities",
            lambda logits, targets: nats_each(logits, targets).exp().mean().item(),
            "This is the mean of 1/p, ruled by a few rare words. Take the mean of the nats, then e to that power.",
        ),
        Mistake(
            "nats",
            lambda logits, targets: nats_each(logits, targets).mean().item(),
            "That is the loss in nats. Perplexity is e to that power.",
        ),
        Mistake(
            "probability",
            lambda logits, targets: (-nats_each(logits, targets).mean()).exp().item(),
            "That is the (geometric) mean probability. Perplexity is one over it: mind the minus.",
        ),
    ],
    hints=[
        "logits.log_softmax(dim=-1) holds ln p of all words; pick those of the targets.",
        "log_p[torch.arange(T), targets] are T numbers. Minus, mean, exp.",
    ],
    why="A perplexity of 50 means: as unsure as a fair choice among 50 words.",
)


full_weight = Choice(
    id="full_weight",
    notebook=NOTEBOOK,
    minutes=1,
    question="A bigram alone, no unigram mixed in, was counted on one text and is scored on another. Its perplexity is",
    options=[
        (
            "lowest of all, since it uses the word before",
            "That holds on the text that was counted. On another one, pairs come up that were never seen.",
        ),
        (
            "infinite",
            "One new pair among thousands of words is enough: its p is 0, and −ln 0 is infinite. So is the mean.",
        ),
        (
            "that of the unigram",
            "No: without the mixture the unigram plays no part, and there is nothing to fall back on.",
        ),
        (
            "V, the number of words",
            "That is for fair guessing. This model does not guess at a new pair, it says that there is no such thing.",
        ),
    ],
    reference="B",
    hints=["What is n(v, w) for a pair that did not occur?", "And what is −ln 0?"],
)


# Neighbours, and a picture of them


def nearest_words_reference(vectors, word, k):
    """vectors (V, D), word: an index, k -> (k,), the indices of its neighbours.

    The k nearest by cosine, nearest first; the word itself is left out.
    """
    closeness = torch.cosine_similarity(vectors, vectors[word], dim=-1)  # (V,)
    closeness[word] = -torch.inf
    return closeness.topk(k).indices


def neighbour_inputs(draw, V: int, D: int, k: int) -> tuple[Tensor, int, int]:
    lengths = 0.2 + 3 * draw(V, 1).abs()  # vectors of very different lengths
    return (draw(V, D) + 0.3) * lengths, 2, k


def apart_inputs(draw, V: int, D: int, k: int) -> tuple[Tensor, int, int]:
    """Vectors about their mean: some cosine is below 0, and with k = V − 1 it is wanted too."""
    vectors = draw(V, D)
    return vectors - vectors.mean(dim=0), 2, k


def itself_included(vectors: Tensor, word: int, k: int) -> Tensor:
    return F.cosine_similarity(vectors, vectors[word], dim=-1).topk(k).indices


def set_to_zero(vectors: Tensor, word: int, k: int) -> Tensor:
    closeness = F.cosine_similarity(vectors, vectors[word], dim=-1)
    closeness[word] = 0
    return closeness.topk(k).indices


def dot_product(vectors: Tensor, word: int, k: int) -> Tensor:
    scores = vectors @ vectors[word]
    scores[word] = -torch.inf
    return scores.topk(k).indices


def straight_line(vectors: Tensor, word: int, k: int) -> Tensor:
    distances = (vectors - vectors[word]).norm(dim=-1)
    distances[word] = torch.inf
    return distances.topk(k, largest=False).indices


def farthest(vectors: Tensor, word: int, k: int) -> Tensor:
    closeness = F.cosine_similarity(vectors, vectors[word], dim=-1)
    closeness[word] = torch.inf
    return closeness.topk(k, largest=False).indices


def columns_normed(vectors: Tensor, word: int, k: int) -> Tensor:
    unit = F.normalize(vectors, dim=0)
    scores = unit @ unit[word]
    scores[word] = -torch.inf
    return scores.topk(k).indices


def plain_product(vectors: Tensor, word: int, k: int) -> Tensor:
    return (vectors @ vectors[word]).topk(k).indices


def columns_normed_itself_included(vectors: Tensor, word: int, k: int) -> Tensor:
    unit = F.normalize(vectors, dim=0)
    return (unit @ unit[word]).topk(k).indices


def straight_line_itself_included(vectors: Tensor, word: int, k: int) -> Tensor:
    return (vectors - vectors[word]).norm(dim=-1).topk(k, largest=False).indices


nearest_words = Function(
    id="nearest_words",
    notebook=NOTEBOOK,
    minutes=5,
    reference=nearest_words_reference,
    cases=lambda: [
        *sized(neighbour_inputs, {"V": 30, "D": 5, "k": 4}, {"V": 8, "D": 8, "k": 3}, {"V": 40, "D": 3, "k": 6})(),
        *sized(apart_inputs, {"V": 4, "D": 6, "k": 3}, {"V": 5, "D": 3, "k": 4})(),
    ],
    mistakes=[
        Mistake(
            "argsort_upwards",
            lambda vectors, word, k: torch.cosine_similarity(vectors, vectors[word], dim=-1).argsort()[1 : k + 1],
            "These are among the farthest: argsort goes upwards. Use descending=True, or topk.",
        ),
        Mistake(
            "itself_included",
            itself_included,
            "The nearest word is the word itself, with cosine 1. Leave it out before you take the k best.",
        ),
        Mistake(
            "set_to_zero",
            set_to_zero,
            "A cosine may be below 0, so a 0 can still be among the largest. Leave the word out with −inf.",
        ),
        Mistake(
            "dot_product",
            dot_product,
            "These are the largest products: a long vector wins whatever its direction. Divide by both lengths.",
        ),
        Mistake(
            "plain_product",
            plain_product,
            "These are the largest products, the word itself not left out. Divide by both lengths, and leave it out.",
        ),
        Mistake(
            "columns_normed_itself_included",
            columns_normed_itself_included,
            "Here each column has length 1 and the word itself is still there. Give each row length 1: dim=-1.",
        ),
        Mistake(
            "straight_line_itself_included",
            straight_line_itself_included,
            "These are nearest in a straight line, the word itself first. Compare directions, and leave it out.",
        ),
        Mistake(
            "straight_line",
            straight_line,
            "These are nearest in a straight line, where lengths count. The cosine looks at directions alone.",
        ),
        Mistake(
            "farthest",
            farthest,
            "These point the other way. A cosine is a closeness, so the largest are wanted, not the smallest.",
        ),
        Mistake(
            "columns_normed",
            columns_normed,
            "Each column was brought to length 1, so features were levelled, not words. A word's vector is a row.",
        ),
    ],
    hints=[
        "F.normalize(vectors, dim=-1) gives every row the length 1; then a product of two rows is their cosine.",
        "Set the word's own closeness to -torch.inf, then take topk(k).indices.",
    ],
    why="By angle, each word has the neighbours that were moved in the same direction.",
)

where_opposites = Choice(
    id="where_opposites",
    notebook=NOTEBOOK,
    minutes=1,
    question="Eleven pairs of opposites, ranks from 1 to 1639. The rank in the middle of the eleven is",
    options=[
        (
            "below 100: opposites are near",
            "What can follow the one can often follow the other, and the loss looked at nothing else.",
        ),
        (
            "about 800: as in random vectors",
            "The loss asked for no meaning, yet rows were moved by what follows. Do opposites differ in that?",
        ),
        (
            "above 1500: opposite words point in opposite directions",
            "For that the loss would have to know what a word means. It knows what follows it.",
        ),
        (
            "1: an opposite is the nearest of all",
            "So it is for a few pairs. Most words have others that are followed by the same things.",
        ),
    ],
    reference="A",
    hints=["Put the one in place of the other in a sentence. Can it go on as before?"],
)

picture_says = Choice(
    id="picture_says",
    notebook=NOTEBOOK,
    minutes=1,
    question="In a picture of the two principal components of 64-dimensional vectors, two words touch. What follows?",
    options=[
        (
            "they mean the same",
            "No. Words that fill similar places come close, opposites among them; and the picture adds its own.",
        ),
        (
            "their vectors are close",
            "Not surely: along the 62 directions that were dropped they may lie far apart. Ask the vectors.",
        ),
        (
            "they are close along these two axes; along the other 62 they may not be",
            "Words that are far apart in a projection are far apart; that they are close in it says less.",
        ),
        (
            "nothing: the picture is chance",
            "Too little: the share of true neighbours it keeps is small, yet several times that of chance.",
        ),
    ],
    reference="C",
    hints=["Two ships can stand in one line of sight. How far are they from each other?"],
)


# Sentences of different length


def last_real_reference(h, lengths):
    """h (B, T, H), lengths (B,) -> (B, H).

    The state after the last real word of each sequence.
    """
    return h[torch.arange(len(h)), lengths - 1]


def length_inputs(draw, B: int, T: int, H: int) -> tuple[Tensor, Tensor]:
    lengths = 1 + draw.integers(T - 1, B)  # none fills the batch, so that the last column is always padding
    lengths[0] = T - 1
    lengths[-1] = max(1, T - 3)
    return draw(B, T, H), lengths


def one_that_fills(draw, B: int, T: int, H: int) -> tuple[Tensor, Tensor]:
    h, lengths = length_inputs(draw, B, T, H)
    lengths[1] = T
    return h, lengths


def mask_of(lengths: Tensor, T: int) -> Tensor:
    return torch.arange(T) < lengths[:, None]


def mean_of_real(h: Tensor, lengths: Tensor) -> Tensor:
    real = mask_of(lengths, h.shape[1])[..., None]
    return (h * real).sum(dim=1) / lengths[:, None]


def one_length_for_all(h: Tensor, lengths: Tensor) -> Tensor:
    return h[:, lengths.max() - 1]


last_real = Function(
    id="last_real",
    notebook=NOTEBOOK,
    minutes=4,
    reference=last_real_reference,
    cases=lambda: [
        *sized(length_inputs, {"B": 3, "T": 6, "H": 4}, {"B": 5, "T": 5, "H": 5})(),
        *sized(one_that_fills, {"B": 4, "T": 7, "H": 3})(),
    ],
    mistakes=[
        Mistake(
            "last_column",
            lambda h, lengths: h[:, -1],
            "The last column of a padded batch is padding: this state has gone on through steps that are no words.",
        ),
        Mistake(
            "one_too_far",
            lambda h, lengths: h[torch.arange(len(h)), lengths],
            "This is one step too far, the first of the padding. Steps count from 0: the last real one is lengths - 1.",
        ),
        Mistake(
            "mean_over_time",
            lambda h, lengths: h.mean(dim=1),
            "This is the mean over all steps, padding and all; the state after the last word is asked for.",
        ),
        Mistake(
            "mean_of_real",
            mean_of_real,
            "This is the mean over the real steps. The last one has already read the others.",
        ),
        Mistake(
            "one_length_for_all",
            one_length_for_all,
            "One step was chosen for the whole batch. Every sequence ends at its own.",
        ),
        Mistake(
            "every_pair",
            lambda h, lengths: h[:, lengths - 1],
            "h[:, lengths - 1] takes every sequence at every length, (B, B, H). Pair them: index the batch as well.",
        ),
    ],
    hints=[
        "Row b is wanted at step lengths[b] - 1. Two index tensors of equal length are paired.",
        "h[torch.arange(B), lengths - 1]",
    ],
    why="One state a sequence, whatever it is padded to.",
)


packing_mends = Choice(
    id="packing_mends",
    notebook=NOTEBOOK,
    minutes=1,
    question="A padded batch is packed for a layer that reads from left to right. Which numbers does packing change?",
    options=[
        (
            "all states, since pads disturb them",
            "A state at a real word has read what stands before it; pads stand after. It is the same without packing.",
        ),
        (
            "the last state that the layer gives back",
            "It is now the state after the last real word, not the one after the last pad.",
        ),
        (
            "the loss, since pads are no longer scored",
            "Packing takes pads from the layer, not from the targets. Masking the loss (ignore_index) is another job.",
        ),
        (
            "none, it only saves time",
            "It does save time. But the last state of a short sentence was one that had read pads.",
        ),
    ],
    reference="B",
    hints=["Which states have read a pad?"],
)


def masked_loss_reference(losses, real):
    """losses (B, T) in nats, real (B, T) boolean -> one number.

    The mean of the losses of the real words.
    """
    return losses[real].mean()


def loss_inputs(draw, B: int, T: int) -> tuple[Tensor, Tensor]:
    lengths = torch.arange(B) * (T - 2) // max(B - 1, 1) + 1
    losses = draw(B, T).abs() + 1
    losses[-1, 0] = 0  # a word that was certain is a word all the same
    return losses, mask_of(lengths, T)


masked_loss = Function(
    id="masked_loss",
    notebook=NOTEBOOK,
    minutes=4,
    reference=masked_loss_reference,
    cases=sized(loss_inputs, {"B": 3, "T": 7}, {"B": 4, "T": 4}),
    mistakes=[
        Mistake(
            "all_cells",
            lambda losses, real: losses.mean(),
            "This is the mean over all cells: the padding was scored as if it were words.",
        ),
        Mistake(
            "divided_by_all",
            lambda losses, real: (losses * real).mean(),
            "The padding counts as zero loss and still as words: divide by the number of real ones, real.sum().",
        ),
        Mistake(
            "mask_turned_round",
            lambda losses, real: losses[~real].mean(),
            "This is the loss of the padding alone: True means real here.",
        ),
        Mistake(
            "sequences_first",
            lambda losses, real: ((losses * real).sum(dim=1) / real.sum(dim=1)).mean(),
            "Each sequence has its own mean here, so a word in a short one counts for more. Average over all words.",
        ),
        Mistake(
            "divided_by_sequences",
            lambda losses, real: (losses * real).sum() / len(losses),
            "This is the loss of a whole sequence, on average. Divide by the words, not by the sequences.",
        ),
        Mistake(
            "zeros_left_out",
            lambda losses, real: (losses * real)[losses * real != 0].mean(),
            "A loss of 0 was taken for padding. A word of which the model was certain counts too: ask the mask.",
        ),
        Mistake(
            "not_averaged",
            lambda losses, real: losses[real],
            "These are the losses of the real words, one by one. One number is wanted: their mean.",
        ),
        Mistake(
            "counted_by_sequence",
            lambda losses, real: (losses * real).sum() / real.sum(dim=1),
            "The whole sum is divided by the length of each sequence. Count all real words: real.sum().",
        ),
        Mistake(
            "sum",
            lambda losses, real: losses[real].sum(),
            "This is the sum. A batch with longer sentences would have a larger loss for that alone.",
        ),
    ],
    hints=["losses[real] holds the real ones in a row.", "The number of real words is real.sum()."],
    why="The same as cross_entropy with ignore_index: pads are neither scored nor counted.",
)

flattered = Number(
    id="flattered",
    notebook=NOTEBOOK,
    minutes=2,
    reference=math.exp(4 * 20 / 36),
    tolerance=0.15,
    mistakes=[
        Mistake(
            "honest",
            math.exp(4),
            "That is e to the power of 4, the honest one, over the 20 words. All 36 cells count here.",
        ),
        Mistake("nats", 4 * 20 / 36, "That is the mean loss in nats. Perplexity is e to that power."),
        Mistake("scaled", math.exp(4) * 20 / 36, "The share of the pads goes into the mean loss, and e to that power."),
        Mistake("pads_alone", 1, "That is the perplexity of the pads alone; the words are in the mean as well."),
    ],
    hints=["How many cells are there, how many of them words?", "The mean loss is 4 · 20 / 36."],
    why="The mean falls to 2.22 nats, and the perplexity with it, from 54.6. Nothing was learned.",
)
