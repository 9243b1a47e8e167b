"""Exercises of 07, transformers."""

import torch
from torch import Tensor
from torch.nn import functional as F

from unrolled.exercises.engine import Choice, Function, Mistake, Number, Order, sized

NOTEBOOK = "07_transformers"

without_residual = Choice(
    id="without_residual",
    notebook=NOTEBOOK,
    minutes=1,
    question=(
        "Twelve fresh blocks, once with x + part(norm(x)), once with part(norm(x)) alone. Sixteen different vectors go "
        "in. What happens on the way up, where nothing is added to x?"
    ),
    options=[
        (
            "The gradient all but vanishes before it reaches the first block",
            "That is the usual story, and without norms it holds. Each norm stretches what has become small, and "
            "the gradient with it: the cell below measures it.",
        ),
        (
            "The sixteen vectors become one and the same",
            "Each block replaces every vector by a mixture of all, and mixtures of mixtures are alike. What tells "
            "the words apart is gone after a few blocks.",
        ),
        (
            "The vectors grow without bound",
            "Each part reads what a norm has brought to one size, so nothing can pile up. (With x + … they do grow, "
            "slowly.)",
        ),
        (
            "Nothing much before training: that comes from the first weights alone",
            "The first weights are where training has to start from, and there little of the words may be left.",
        ),
    ],
    reference="B",
    hints=["A weighted mean of sixteen vectors, twelve times over. How different are its results?"],
)


def layer_norm_reference(x, gamma, beta):
    """x (B, T, D), gamma (D,), beta (D,) -> (B, T, D)."""
    mean = x.mean(dim=-1, keepdim=True)
    variance = ((x - mean) ** 2).mean(dim=-1, keepdim=True)
    return (x - mean) / (variance + 1e-5) ** 0.5 * gamma + beta


def norm_inputs(draw, B, T, D):
    x = 3 * draw(B, T, D) + 1
    x[0, 0] *= 1e-3  # a step that hardly varies: there ε counts
    return x, draw(D) + 1, draw(D)


def normed(x: Tensor, dim: int | tuple[int, ...], unbiased: bool = False) -> Tensor:
    spread = x.var(dim=dim, keepdim=True, correction=int(unbiased))
    return (x - x.mean(dim=dim, keepdim=True)) / (spread + 1e-5) ** 0.5


layer_norm = Function(
    id="layer_norm",
    notebook=NOTEBOOK,
    minutes=5,
    reference=layer_norm_reference,
    cases=sized(norm_inputs, {"B": 2, "T": 3, "D": 5}, {"B": 4, "T": 4, "D": 4}),
    mistakes=[
        Mistake(
            "over_the_batch",
            lambda x, gamma, beta: normed(x, 0) * gamma + beta,
            "Mean and variance are taken over the batch here, so what one text gets depends on the others. Each step "
            "of each text has its own: over the last axis.",
        ),
        Mistake(
            "over_time",
            lambda x, gamma, beta: normed(x, 1) * gamma + beta,
            "Mean and variance are taken over time here: a step would know of later ones through them. Each step has "
            "its own, over its D features.",
        ),
        Mistake(
            "over_time_and_features",
            lambda x, gamma, beta: normed(x, (1, 2)) * gamma + beta,
            "One mean for a whole text here. Each step has its own, over its D features alone.",
        ),
        Mistake(
            "unbiased",
            lambda x, gamma, beta: normed(x, -1, unbiased=True) * gamma + beta,
            "This variance divides by D − 1, as torch's var and std do unless told; equation 7.2 takes the plain mean "
            "of the squares, over D.",
        ),
        Mistake(
            "no_root",
            lambda x, gamma, beta: (
                (x - x.mean(-1, keepdim=True)) / (x.var(-1, keepdim=True, correction=0) + 1e-5) * gamma + beta
            ),
            "This divides by the variance. Its root is what has the size of x: take it to the power 0.5.",
        ),
        Mistake(
            "no_mean",
            lambda x, gamma, beta: x / (x.var(-1, keepdim=True, correction=0) + 1e-5) ** 0.5 * gamma + beta,
            "The mean is not taken away. Take it away first, then divide.",
        ),
        Mistake(
            "root_mean_square",
            lambda x, gamma, beta: x / ((x**2).mean(-1, keepdim=True) + 1e-5) ** 0.5 * gamma + beta,
            "This divides by the root of the mean square and takes no mean away. Many newer models do so (RMSNorm); "
            "equation 7.2 takes the mean away.",
        ),
        Mistake(
            "no_epsilon",
            lambda x, gamma, beta: (
                (x - x.mean(-1, keepdim=True)) / x.std(-1, keepdim=True, correction=0) * gamma + beta
            ),
            "ε is missing: where a step hardly varies the root is nearly 0, and what it divides blows up.",
        ),
        Mistake(
            "epsilon_outside",
            lambda x, gamma, beta: (
                (x - x.mean(-1, keepdim=True)) / (x.std(-1, keepdim=True, correction=0) + 1e-5) * gamma + beta
            ),
            "ε stands behind the root here; equation 7.2 adds it to the variance, before the root.",
        ),
        Mistake(
            "plain_std",
            lambda x, gamma, beta: (x - x.mean(-1, keepdim=True)) / x.std(-1, keepdim=True) * gamma + beta,
            "Two things: x.std divides by D − 1 unless told correction=0, and ε is missing. It is added to the "
            "variance, before the root.",
        ),
        Mistake(
            "std_and_epsilon",
            lambda x, gamma, beta: (x - x.mean(-1, keepdim=True)) / (x.std(-1, keepdim=True) + 1e-5) * gamma + beta,
            "Two things: x.std divides by D − 1 unless told correction=0, and ε stands behind its root. It is added to "
            "the variance, before the root.",
        ),
        Mistake(
            "no_scale_and_shift",
            lambda x, gamma, beta: normed(x, -1),
            "γ and β are missing: the layer has to be able to undo what the norm did.",
        ),
        Mistake(
            "shifted_before_scaled",
            lambda x, gamma, beta: (normed(x, -1) + beta) * gamma,
            "β is added before γ multiplies. First γ, then β.",
        ),
    ],
    hints=[
        "Over which axis? Each step is normed by itself: dim=-1, with keepdim=True so that it fits x again.",
        "x.var(dim=-1, keepdim=True, correction=0) is the mean of the squared differences.",
    ],
    why="Every step by itself: no text sees another, and no step sees a later one.",
)

block_numbers = Number(
    id="block_numbers",
    notebook=NOTEBOOK,
    minutes=3,
    reference=49_984,
    tolerance=0.5,
    unit="numbers",
    mistakes=[
        Mistake("no_biases_no_norms", 49_152, "That is 12 D², the matrices. Biases and both norms are to be counted."),
        Mistake("no_norms", 49_728, "Nearly: the two norms learn a γ and a β each, 4 · 64 numbers more."),
        Mistake("heads_multiply", 99_712, "Heads don't multiply: four heads share the D columns out among them."),
        Mistake("no_output_matrix", 45_824, "W_o is missing: attention has four D × D matrices, q, k, v and o."),
        Mistake("narrow", 25_216, "The feed-forward layer is counted as D wide inside; it is 4 D wide."),
    ],
    hints=[
        "Attention: four matrices D × D, each with a bias. Feed-forward: D × 4D and 4D × D, each with a bias.",
        "Each norm has a γ and a β of D numbers.",
    ],
    why="12 D² + 13 D: a third of it is attention, two thirds the feed-forward layer.",
)


def transformer_block_reference(x, attend, think, norm_1, norm_2):
    """x (B, T, D) -> (B, T, D)."""
    x = x + attend(norm_1(x))
    return x + think(norm_2(x))


class Mixing:
    """Stands for attention: every step becomes a mixture of the steps up to it."""

    def __init__(self, weights: Tensor):
        self.weights = weights

    def __call__(self, x: Tensor) -> Tensor:
        return self.weights.tril() @ x


class Thinking:
    """Stands for the feed-forward layer."""

    def __init__(self, W: Tensor):
        self.W = W

    def __call__(self, x: Tensor) -> Tensor:
        return torch.tanh(x @ self.W)


class Norm:
    """A layer norm with γ and β."""

    def __init__(self, gamma: Tensor, beta: Tensor):
        self.gamma, self.beta = gamma, beta

    def __call__(self, x: Tensor) -> Tensor:
        return F.layer_norm(x, x.shape[-1:], self.gamma, self.beta)


def block_inputs(draw, B, T, D):
    norms = [Norm(draw(D) + 1, draw(D)) for _ in range(2)]
    return 2 * draw(B, T, D), Mixing(draw(T, T)), Thinking(draw(D, D)), *norms


def post_norm(x, attend, think, norm_1, norm_2):
    x = norm_1(x + attend(x))
    return norm_2(x + think(x))


def no_residual(x, attend, think, norm_1, norm_2):
    return think(norm_2(attend(norm_1(x))))


def second_residual_missing(x, attend, think, norm_1, norm_2):
    return think(norm_2(x + attend(norm_1(x))))


def first_residual_missing(x, attend, think, norm_1, norm_2):
    x = attend(norm_1(x))
    return x + think(norm_2(x))


def residual_of_the_normed(x, attend, think, norm_1, norm_2):
    x = norm_1(x)
    x = x + attend(x)
    x = norm_2(x)
    return x + think(x)


def parts_give_the_normed(x, attend, think, norm_1, norm_2):
    x = x + norm_1(attend(x))
    return x + norm_2(think(x))


def side_by_side(x, attend, think, norm_1, norm_2):
    return x + attend(norm_1(x)) + think(norm_2(x))


def old_x(x, attend, think, norm_1, norm_2):
    return x + think(norm_2(x + attend(norm_1(x))))


transformer_block = Function(
    id="transformer_block",
    notebook=NOTEBOOK,
    minutes=5,
    reference=transformer_block_reference,
    cases=sized(block_inputs, {"B": 2, "T": 3, "D": 5}, {"B": 3, "T": 3, "D": 3}),
    mistakes=[
        Mistake(
            "post_norm",
            post_norm,
            "The norm stands after the sum here, as in the paper of 2017. In equation 7.4 it stands before each part, "
            "and nothing interrupts the way of x.",
        ),
        Mistake(
            "no_residual",
            no_residual,
            "Nothing is added to x: each part replaces it. Both lines of equation 7.4 begin with x +.",
        ),
        Mistake(
            "second_residual_missing",
            second_residual_missing,
            "The feed-forward layer replaces x instead of adding to it: x + think(…).",
        ),
        Mistake(
            "first_residual_missing",
            first_residual_missing,
            "Attention replaces x instead of adding to it: x + attend(…).",
        ),
        Mistake(
            "residual_of_the_normed",
            residual_of_the_normed,
            "x itself is normed here, and so is what is carried on. Only what a part reads is normed; x goes on as it "
            "is.",
        ),
        Mistake(
            "side_by_side",
            side_by_side,
            "Both parts read the same x. (Some models do so.) Here the feed-forward layer reads what attention has "
            "already added to.",
        ),
        Mistake(
            "old_x",
            old_x,
            "In the second line the x of before attention is added to, so what attention found is lost from the way.",
        ),
        Mistake(
            "no_norms",
            lambda x, attend, think, norm_1, norm_2: x + attend(x) + think(x + attend(x)),
            "The norms are not used: each part reads norm(x).",
        ),
        Mistake(
            "norm_1_twice",
            lambda x, attend, think, norm_1, norm_2: transformer_block_reference(x, attend, think, norm_1, norm_1),
            "The second part has a norm of its own, norm_2.",
        ),
        Mistake(
            "parts_give_the_normed",
            parts_give_the_normed,
            "Here what a part gives is normed. What it reads is: attend(norm_1(x)).",
        ),
    ],
    hints=[
        "Two lines. Each takes x, norms it, gives it to a part, and adds what comes out to x.",
        "x = x + attend(norm_1(x)), and the same once more with the other two.",
    ],
    why="x runs through from bottom to top, and each part only adds to it.",
)

generation_loop = Order(
    id="generation_loop",
    notebook=NOTEBOOK,
    minutes=3,
    lines=[
        "model.eval()",
        "for _ in range(20):",
        "    logits = model(tokens).logits[:, -1]",
        "    p = (logits / temperature).softmax(dim=-1)",
        "    fresh = torch.multinomial(p, 1)",
        "    tokens = torch.cat([tokens, fresh], dim=1)",
    ],
    mistakes=[
        Mistake(
            "eval_too_late",
            [2, 0],
            "The model reads before dropout is switched off: a tenth of its numbers would be left out by chance.",
        ),
        Mistake("drawn_before_scored", [4, 3], "There are no probabilities yet to draw from."),
        Mistake("appended_before_drawn", [5, 4], "There is no fresh word yet to append."),
        Mistake("softmax_before_scores", [3, 2], "There are no logits yet to divide by the temperature."),
    ],
    hints=["What has to be so before anything is read?", "Read, score, draw, append."],
    why="Dropout off, then: read, divide by the temperature, softmax, draw, append. The model itself never changes.",
)

train_mode = Choice(
    id="train_mode",
    notebook=NOTEBOOK,
    minutes=1,
    question="The same model reads the same words twice, and gives two different lists of logits. Why?",
    options=[
        (
            "The temperature is above 0",
            "The temperature acts on the draw, after the logits. They differ already.",
        ),
        (
            "The model is in training mode, and its dropout leaves out other numbers each time",
            "Dropout zeroes a tenth of the numbers by chance and enlarges the rest by 1 / 0.9. model.eval() "
            "switches it off; without it, generation is worse and no error says so.",
        ),
        (
            "The draw of the next word is random",
            "Nothing is drawn here: logits come before any draw.",
        ),
        (
            "Floating-point numbers are never twice the same",
            "Equal operations in equal order on one machine give equal bits.",
        ),
    ],
    reference="B",
    hints=["What acts by chance inside the model, and only while it is trained?"],
)


def blank_out_reference(tokens, blanked, blank):
    """tokens (B, T), blanked (B, T) boolean, blank: a number -> inputs (B, T), targets (B, T)."""
    inputs = tokens.masked_fill(blanked, blank)
    targets = tokens.masked_fill(~blanked, -100)
    return inputs, targets


def blank_inputs(draw, B, T, V):
    blanked = draw.booleans(B, T)
    blanked[0, 0], blanked[0, 1], blanked[-1, -1], blanked[-1, 0] = True, False, True, False
    return draw.integers(V, B, T), blanked, V


def shifted_targets(tokens, blanked, blank):
    inputs, targets = blank_out_reference(tokens, blanked, blank)
    return inputs[:, :-1], targets[:, 1:]


blank_out = Function(
    id="blank_out",
    notebook=NOTEBOOK,
    minutes=4,
    reference=blank_out_reference,
    cases=sized(blank_inputs, {"B": 2, "T": 5, "V": 9}, {"B": 4, "T": 4, "V": 4}),
    mistakes=[
        Mistake(
            "all_are_targets",
            lambda tokens, blanked, blank: (tokens.masked_fill(blanked, blank), tokens.clone()),
            "Every word is a target here, also those that stand in the input: they can be copied, and the loss looks "
            "good for nothing. What is not blank gets −100.",
        ),
        Mistake(
            "targets_are_blank",
            lambda tokens, blanked, blank: (
                tokens.masked_fill(blanked, blank),
                tokens.masked_fill(blanked, blank).masked_fill(~blanked, -100),
            ),
            "The targets hold the blank itself: the network would learn to say “blank”. A target is the word that "
            "stood there. Did you change `tokens` itself? After inputs = tokens both names mean one tensor: clone it "
            "first.",
        ),
        Mistake(
            "shifted",
            shifted_targets,
            "The targets are shifted by one, as for the next word. Here the answer stands at the very place of the "
            "blank.",
        ),
        Mistake(
            "nothing_blanked",
            lambda tokens, blanked, blank: (tokens.clone(), tokens.masked_fill(~blanked, -100)),
            "The inputs still hold the words that are asked for: the network can copy them.",
        ),
        Mistake(
            "the_wrong_ones",
            lambda tokens, blanked, blank: (tokens.masked_fill(~blanked, blank), tokens.masked_fill(blanked, -100)),
            "True and False are exchanged: where `blanked` is True, the word is taken out and asked for.",
        ),
        Mistake(
            "the_wrong_targets",
            lambda tokens, blanked, blank: (tokens.masked_fill(blanked, blank), tokens.masked_fill(blanked, -100)),
            "The inputs are right; in the targets True and False are exchanged.",
        ),
        Mistake(
            "hundred",
            lambda tokens, blanked, blank: (tokens.masked_fill(blanked, blank), tokens.masked_fill(~blanked, blank)),
            "What is not asked for has the blank's number as target. cross_entropy leaves out −100, and nothing else.",
        ),
        Mistake(
            "other_order",
            lambda tokens, blanked, blank: blank_out_reference(tokens, blanked, blank)[::-1],
            "Both are right, and in the wrong order: the inputs come first, then the targets.",
        ),
        Mistake(
            "hundred_in_the_inputs",
            lambda tokens, blanked, blank: (tokens.masked_fill(blanked, -100), tokens.masked_fill(~blanked, -100)),
            "The inputs hold −100, which is no word's number and has no row in the table. In the inputs stands "
            "`blank`; −100 is for targets.",
        ),
        Mistake(
            "words_overwritten",
            lambda tokens, blanked, blank: (
                tokens.masked_fill(blanked, blank).masked_fill(~blanked, -100),
                tokens.masked_fill(~blanked, -100),
            ),
            "The inputs hold −100 where a word should have stayed. Did you change `tokens` itself while making the "
            "targets? Clone it first.",
        ),
        Mistake(
            "one_tensor",
            lambda tokens, blanked, blank: (tokens.masked_fill(blanked, blank).masked_fill(~blanked, -100),) * 2,
            "Inputs and targets are one tensor here, `tokens` itself: what is written into the one is in the other. "
            "Give each its own, tokens.clone().",
        ),
    ],
    hints=[
        "tokens.masked_fill(where, value) gives a new tensor with the value where it is True.",
        "Inputs: the blank where `blanked`. Targets: −100 where not `blanked`, ~blanked.",
    ],
    why="The loss sees the blanks alone, and the input nowhere holds what it is asked for.",
)

no_mask_leak = Choice(
    id="no_mask_leak",
    notebook=NOTEBOOK,
    minutes=1,
    question=(
        "A network that sees both sides is trained to say at every step the NEXT word of the unblanked text. What "
        "happens?"
    ),
    options=[
        (
            "It learns better than GPT, since it sees more",
            "It sees the very word that it is asked for: one step to the right. Nothing has to be learned.",
        ),
        (
            "Its loss falls to nearly 0, and it can't write",
            "The answer stands one step to the right, and attention learns to copy it. When it writes, nothing "
            "stands there. That is the leak of chapter 06.",
        ),
        (
            "It learns as well as GPT, only more slowly",
            "GPT can't see the answer; this network can, one step to the right.",
        ),
        (
            "It raises an error, since the mask is missing",
            "No error: a missing mask is a mask that allows everything.",
        ),
    ],
    reference="B",
    hints=["Where in the input does the next word stand?"],
)

equal_time = Choice(
    id="equal_time",
    notebook=NOTEBOOK,
    minutes=1,
    question=(
        "The LSTM of chapter 05 and a transformer with as many weights, the same 64,000 words, the same processor "
        "time. Which has the lower perplexity on unseen text?"
    ),
    options=[
        (
            "The transformer, clearly",
            "It is the better one where there is much text and much parallel hardware. Here there is neither.",
        ),
        (
            "Both alike, as they have equally many weights",
            "The number of weights says what could be learned, not how fast, nor from how little text.",
        ),
        (
            "The LSTM, clearly",
            "Round for round the two learn nearly alike, the cells below show it. But on one core a round takes the "
            "transformer twice as long.",
        ),
    ],
    reference="C",
    hints=["How long does each take to read the text once, on one core? And how much text is there?"],
)

half_attention = Number(
    id="half_attention",
    notebook=NOTEBOOK,
    minutes=3,
    reference=384,
    tolerance=4,
    unit="steps",
    mistakes=[
        Mistake("equal_to_d", 64, "At T = D the squares cost 2 D³, the matrices 12 D³: still a sixth."),
        Mistake("twelve", 768, "That is 12 D: there 2 T² D is already twice 12 T D²."),
        Mistake("root", 28, "That takes a root. Divide both parts by T and D: 2 T on one side, 12 D on the other."),
    ],
    hints=["12 T D² = 2 T² D. What can be divided out on both sides?", "6 D, and D is 64."],
    why="T = 6 D. Below it a transformer costs as good as linearly; above it the comparisons take over.",
)

cached_keys = Number(
    id="cached_keys",
    notebook=NOTEBOOK,
    minutes=3,
    reference=1_725,
    tolerance=0.5,
    unit="keys",
    mistakes=[
        Mistake("with_cache", 59, "That is with the cache: each word once. Without it, everything is read again."),
        Mistake(
            "full_length", 3_000, "That is 50 times 60. The text is shorter at first: 10 words, then 11, and so on."
        ),
        Mistake("only_new", 1_275, "That is 1 + 2 + … + 50. The 10 words of the prompt are read again each time, too."),
        Mistake("one_late", 1_775, "That is 11 + … + 60. The first reading is of the prompt alone, 10 words."),
        Mistake(
            "one_each", 50, "That is one key for each new word. Without a cache all words before it get theirs anew."
        ),
    ],
    hints=[
        "For the first new word 10 words are read, for the second 11, and so on; how many for the fiftieth?",
        "10 + 11 + … + 59: the mean of first and last, times 50.",
    ],
    why="10 + 11 + … + 59. With the cache 59: it grows with the length, where this grows with its square.",
)


def cached_step_reference(q, k, v, past_k, past_v):
    """q, k, v (1, D) of a new word, past_k, past_v (S, D) -> output (1, D), keys and values (S + 1, D) each."""
    keys, values = torch.cat([past_k, k]), torch.cat([past_v, v])
    weights = (q @ keys.T / q.shape[-1] ** 0.5).softmax(dim=-1)
    return weights @ values, keys, values


def step_inputs(draw, S, D):
    return 2 * draw(1, D), draw(1, D), draw(1, D), draw(S, D), draw(S, D)


def looked_up(q: Tensor, keys: Tensor, values: Tensor, scale: bool = True) -> Tensor:
    return (q @ keys.T / (q.shape[-1] ** 0.5 if scale else 1.0)).softmax(dim=-1) @ values


def new_in_front(q, k, v, past_k, past_v):
    keys, values = torch.cat([k, past_k]), torch.cat([v, past_v])
    return looked_up(q, keys, values), keys, values


def new_left_out(q, k, v, past_k, past_v):
    return looked_up(q, past_k, past_v), torch.cat([past_k, k]), torch.cat([past_v, v])


def nothing_appended(q, k, v, past_k, past_v):
    return looked_up(q, past_k, past_v), past_k, past_v


def divided_by_D(q, k, v, past_k, past_v):
    keys, values = torch.cat([past_k, k]), torch.cat([past_v, v])
    return looked_up(q / q.shape[-1] ** 0.5, keys, values), keys, values


def cache_does_not_grow(q, k, v, past_k, past_v):
    return cached_step_reference(q, k, v, past_k, past_v)[0], past_k, past_v


def new_alone_kept(q, k, v, past_k, past_v):
    return cached_step_reference(q, k, v, past_k, past_v)[0], k, v


def values_are_keys(q, k, v, past_k, past_v):
    keys = torch.cat([past_k, k])
    return looked_up(q, keys, keys), keys, keys


def unscaled(q, k, v, past_k, past_v):
    keys, values = torch.cat([past_k, k]), torch.cat([past_v, v])
    return looked_up(q, keys, values, scale=False), keys, values


def masked_from_the_top(q, k, v, past_k, past_v):
    keys, values = torch.cat([past_k, k]), torch.cat([past_v, v])
    scores = q @ keys.T / q.shape[-1] ** 0.5
    mask = torch.ones_like(scores, dtype=torch.bool).tril()
    return scores.masked_fill(~mask, -torch.inf).softmax(dim=-1) @ values, keys, values


def over_the_queries(q, k, v, past_k, past_v):
    keys, values = torch.cat([past_k, k]), torch.cat([past_v, v])
    return (q @ keys.T / q.shape[-1] ** 0.5).softmax(dim=0) @ values, keys, values


cached_step = Function(
    id="cached_step",
    notebook=NOTEBOOK,
    minutes=6,
    reference=cached_step_reference,
    cases=sized(step_inputs, {"S": 3, "D": 5}, {"S": 4, "D": 4}),
    mistakes=[
        Mistake(
            "new_in_front",
            new_in_front,
            "The new key stands before the old ones. The output doesn't care, but the cache is no longer in the order "
            "of the text: append it at the end.",
        ),
        Mistake(
            "new_left_out",
            new_left_out,
            "The new word looks at the past alone. A step may attend to itself, too: append its key and value first.",
        ),
        Mistake("nothing_appended", nothing_appended, "k and v are not used: append both first."),
        Mistake(
            "cache_does_not_grow",
            cache_does_not_grow,
            "The output is right, and the old cache is handed back: the next word won't know this one.",
        ),
        Mistake(
            "new_alone_kept",
            new_alone_kept,
            "The output is right, and only the new key and value are handed on: all before them is forgotten.",
        ),
        Mistake("values_are_keys", values_are_keys, "The keys are mixed here. The weights mix the values."),
        Mistake("unscaled", unscaled, "The scores are not divided by √D."),
        Mistake("divided_by_D", divided_by_D, "The scores are divided by D. It is its root."),
        Mistake(
            "masked_from_the_top",
            masked_from_the_top,
            "A causal mask made for one row allows the first key alone. The one query is the last step: it may see all "
            "of the cache, so no mask is needed.",
        ),
        Mistake(
            "over_the_queries",
            over_the_queries,
            "The softmax runs over the queries, of which there is one: every weight is 1. It runs over the keys, "
            "dim=-1.",
        ),
    ],
    hints=[
        "First append: torch.cat([past_k, k]) is (S + 1, D), and the same for the values.",
        "Then attention as in chapter 06, with one query. No mask: nothing in the cache lies in the future.",
    ],
    why="One row of scores instead of a whole triangle, and nothing of the past is computed again.",
)

head_matters = Choice(
    id="head_matters",
    notebook=NOTEBOOK,
    minutes=2,
    question=(
        "Suppose a head puts nearly all its weight on the word before. You want to know whether the network needs it. "
        "What shows it?"
    ),
    options=[
        (
            "Its heatmap on many sentences, always with the same diagonal",
            "That shows where it looks, on however many sentences. Whether anything depends on it, a map can't say.",
        ),
        (
            "How sharp its weights are: a sharp head knows what it wants",
            "A sharp head may fetch what no later layer uses.",
        ),
        (
            "Set what it adds to zero, and score unseen text with and without it",
            "If the loss hardly rises, the others do without it, sharp or not. This is the test that chapter 06 asked "
            "for: change the input there, and see whether the answer changes.",
        ),
        (
            "Train the same network again, and look for the same head",
            "That shows how regularly it is found, and heads have no names: it may come in another place.",
        ),
    ],
    reference="C",
    hints=["Chapter 06: that a map names the reason is a claim of its own. How is it tested?"],
)

across_tokens = Choice(
    id="across_tokens",
    notebook=NOTEBOOK,
    minutes=2,
    question="Model A: 1.3 nats a character. Model B: 3.8 nats a word. The same text. Which predicts it better?",
    options=[
        (
            "A, since 1.3 is less than 3.8",
            "The units differ: a word is several characters, and A pays for each of them.",
        ),
        (
            "B, since a word is harder to say than a character",
            "Harder, and so it costs more nats; whether B pays less in the end is a sum over the same text.",
        ),
        (
            "It can't be said until both are divided by the same stretch of text, and score the same things",
            "Add up each one's nats over the whole text. And a vocabulary with <unk> is let off the letters of rare "
            "words, which A has to spell.",
        ),
        (
            "A, if its perplexity is lower as well",
            "Perplexity is e to the nats: the same number in other clothes, and for another unit.",
        ),
    ],
    reference="C",
    hints=["How many characters does one word stand for? And what does each model pay for a rare word?"],
)
