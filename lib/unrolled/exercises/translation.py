"""Exercises of 10, translation."""

from collections import Counter

import torch

from unrolled.exercises.engine import Choice, Function, Mistake, Number, sized

NOTEBOOK = "10_translation"
BEGIN, END = 1, 2


def teacher_forcing_reference(tokens):
    """tokens (T,), a target -> what the decoder reads and what it is to say, each (T + 1,). BEGIN is 1, END is 2."""
    begin, end = tokens.new_tensor([1]), tokens.new_tensor([2])
    return torch.cat([begin, tokens]), torch.cat([tokens, end])


def with_end(tokens):
    return torch.cat([tokens, tokens.new_tensor([END])])


def with_begin(tokens):
    return torch.cat([tokens.new_tensor([BEGIN]), tokens])


teacher_forcing = Function(
    id="teacher_forcing",
    notebook=NOTEBOOK,
    minutes=4,
    reference=teacher_forcing_reference,
    cases=lambda: [(torch.tensor([7, 4, 9]),), (torch.tensor([5]),), (torch.tensor([3, 3, 8, 6, 3]),)],
    mistakes=[
        Mistake(
            "no_shift",
            lambda tokens: (with_end(tokens), with_end(tokens)),
            "It reads the very token that it is to say, and learns to copy its input. What is read is one step behind.",
        ),
        Mistake(
            "shifted_back",
            lambda tokens: (with_end(tokens), with_begin(tokens)),
            "The shift goes the wrong way: it reads a token and is to say the one before it. First comes what is read.",
        ),
        Mistake(
            "never_ends",
            lambda tokens: (with_begin(tokens[:-1]), tokens),
            "END is never wanted here, so it would never learn to stop. After the last token it is to say END.",
        ),
        Mistake(
            "inside_one_text",
            lambda tokens: (tokens[:-1], tokens[1:]),
            "That is the shift inside one text, as in 05. Here BEGIN and END are added, so both are one longer than "
            "the target.",
        ),
        Mistake(
            "reads_the_end",
            lambda tokens: (with_end(with_begin(tokens)), with_end(tokens)),
            "END goes into the decoder here, and nothing is wanted after it. The last that it reads is the last token.",
        ),
        Mistake(
            "without_begin",
            lambda tokens: (tokens, with_end(tokens)),
            "Nothing is read before the first token is wanted. BEGIN stands in front of what is read.",
        ),
        Mistake(
            "says_begin",
            lambda tokens: (with_begin(tokens), with_end(with_begin(tokens))),
            "It is to say BEGIN here. BEGIN is given to it; the first that it says is the first token.",
        ),
    ],
    hints=["What does the decoder read before it says the first token, and what is it to say after the last?"],
    why="What is read is what is wanted, one step late: BEGIN in front, END only at the end of what is wanted.",
)


def greedy_search_reference(step, h, longest):
    """step(token, h) -> logits (V,), h. What is written from h on, without BEGIN (1) and END (2), `longest` at most."""
    token, written = 1, []
    while len(written) < longest:
        logits, h = step(token, h)
        token = int(logits.argmax())
        if token == 2:
            break
        written.append(token)
    return written


def toy_decoder(seed: int, V: int = 6, H: int = 5):
    """A decoder with random weights: step(token, h)."""
    draw = torch.Generator().manual_seed(seed)
    E, A, B = (torch.randn(*shape, generator=draw) for shape in ((V, H), (H, H), (H, V)))

    def step(token, h):
        h = torch.tanh(E[token] + h @ A)
        return h @ B, h

    return step, torch.randn(H, generator=draw)


def search(feed=lambda token: token, keep_state=True, stop=True, keep_end=False, begin=False, best=torch.argmax):
    def answer(step, h, longest):
        token, written = BEGIN, []
        while len(written) < longest:
            logits, fresh = step(feed(token), h)
            h = fresh if keep_state else h
            token = int(best(logits))
            if stop and token == END:
                written += [END] if keep_end else []
                break
            written.append(token)
        return [BEGIN, *written] if begin else written

    return answer


def beyond_longest(step, h, longest):
    return search()(step, h, 100)


greedy_search = Function(
    id="greedy_search",
    notebook=NOTEBOOK,
    minutes=7,
    reference=greedy_search_reference,
    cases=lambda: [(*toy_decoder(seed), longest) for seed, longest in GREEDY_CASES],
    mistakes=[
        Mistake(
            "begin_again",
            search(feed=lambda token: BEGIN),
            "The decoder reads BEGIN at every step here. It reads what it wrote last.",
        ),
        Mistake(
            "state_left_behind",
            search(keep_state=False),
            "The state is not handed on: every step starts from the first h, as if nothing had been written yet.",
        ),
        Mistake("keeps_end", search(keep_end=True), "END is no word of the translation; leave it out."),
        Mistake(
            "never_stops",
            search(stop=False),
            "It goes on after END, as far as it may. The translation ends where END is the likeliest.",
        ),
        Mistake(
            "beyond_longest",
            beyond_longest,
            "It goes on beyond `longest`: a network that never says END would write for ever. Count what is written.",
        ),
        Mistake("keeps_begin", search(begin=True), "BEGIN was given to the decoder, not written by it; leave it out."),
        Mistake("least_likely", search(best=torch.argmin), "This takes the least likely token: argmax, not argmin."),
    ],
    hints=[
        "Three things change from step to step: the token, the state h, the list of what was written.",
        "Begin with token = 1. In the loop: logits, h = step(token, h); token = int(logits.argmax()).",
    ],
    why="It reads what it wrote itself. In training it read what was right: that difference comes next.",
)
GREEDY_CASES = ((57, 8), (44, 4), (20, 8))  # seed, longest; the second is cut before its END


def beam_step_reference(nats, log_p, width):
    """nats (K,) of K hypotheses, log_p (K, V) of what may follow each -> rows, tokens, nats, each (width,)."""
    total = (nats[:, None] - log_p).flatten()  # (K V,)
    best = total.topk(width, largest=False)
    V = log_p.shape[1]
    return best.indices // V, best.indices % V, best.values


def beam_inputs(draw, K, V, width):
    return draw(K).abs() + torch.arange(K) / 2, draw(K, V).mul(1.5).log_softmax(dim=1), width


def kept(total, width, largest=False):
    best = total.flatten().topk(width, largest=largest)
    return best.indices // total.shape[1], best.indices % total.shape[1], best.values


def each_by_itself(nats, log_p, width):
    best = log_p.max(dim=1)
    total = (nats - best.values)[:width]
    order = total.argsort()
    return torch.arange(len(nats))[:width][order], best.indices[:width][order], total[order]


def flat_places(nats, log_p, width):
    best = (nats[:, None] - log_p).flatten().topk(width, largest=False)
    return best.indices % len(nats), best.indices // len(nats), best.values


def exchanged(nats, log_p, width):
    rows, tokens, total = beam_step_reference(nats, log_p, width)
    return tokens, rows, total


beam_step = Function(
    id="beam_step",
    notebook=NOTEBOOK,
    minutes=7,
    reference=beam_step_reference,
    cases=sized(beam_inputs, {"K": 3, "V": 5, "width": 4}, {"K": 3, "V": 3, "width": 3}, {"K": 2, "V": 4, "width": 2}),
    mistakes=[
        Mistake(
            "each_by_itself",
            each_by_itself,
            "Every hypothesis is continued by its own best token. All continuations compete: one hypothesis may have "
            "several among the best, another none.",
        ),
        Mistake(
            "forgets_the_past",
            lambda nats, log_p, width: kept(-log_p, width),
            "This counts the last token alone. What a hypothesis cost so far belongs to it: add nats.",
        ),
        Mistake(
            "wrong_sign",
            lambda nats, log_p, width: kept(nats[:, None] + log_p, width),
            "log p is negative, and −log p is what a token costs: subtract log_p.",
        ),
        Mistake(
            "wrong_sign_and_largest",
            lambda nats, log_p, width: kept(nats[:, None] + log_p, width, largest=True),
            "The largest of nats + log p: what was spent so far counts in favour here. Costs are nats − log p, the "
            "lowest wins.",
        ),
        Mistake(
            "rows_and_tokens_exchanged",
            exchanged,
            "The tokens stand first here, the rows second: row = place // V, token = place % V, in this order.",
        ),
        Mistake(
            "the_worst",
            lambda nats, log_p, width: kept(nats[:, None] - log_p, width, largest=True),
            "These cost most. Wanted are those of the fewest nats: topk(…, largest=False).",
        ),
        Mistake(
            "rows_and_tokens_mixed",
            flat_places,
            "The flat place is row × V + token, V being the number of tokens, log_p.shape[1]; this divides by K.",
        ),
        Mistake(
            "the_best_alone",
            lambda nats, log_p, width: (
                nats.argmin().expand(min(width, log_p.shape[1])),
                *((nats.min() - log_p[nats.argmin()]).topk(min(width, log_p.shape[1]), largest=False)[::-1]),
            ),
            "Only the best hypothesis is continued here, so the others were kept for nothing.",
        ),
    ],
    hints=[
        "A table (K, V), what each costs with each token: nats[:, None] − log_p. Flattened, which are lowest?",
        "With topk(width, largest=False) on the flat table: row = place // V, token = place % V.",
    ],
    why="All K × V continuations compete, and the cheapest `width` of them go on.",
)


def right_cells_reference(weights, right):
    """weights (T, S), right (T, S) with True where a row may look -> share of rows whose strongest cell is right."""
    strongest = weights.argmax(dim=1, keepdim=True)  # (T, 1)
    return right.gather(1, strongest).float().mean()


def cells_inputs(draw, T, S):
    weights = draw(T, S).mul(2).softmax(dim=1)
    right = draw.booleans(T, S) & draw.booleans(T, S)
    right[torch.arange(T), torch.arange(T) % S] = True
    return weights, right


right_cells = Function(
    id="right_cells",
    notebook=NOTEBOOK,
    minutes=5,
    reference=right_cells_reference,
    cases=sized(cells_inputs, {"T": 7, "S": 5}, {"T": 6, "S": 6}, {"T": 9, "S": 4}),
    mistakes=[
        Mistake(
            "columns",
            lambda weights, right: right.gather(0, weights.argmax(dim=0, keepdim=True)).float().mean(),
            "This takes the strongest row of every column. It is the row, a word of the target, that looks.",
        ),
        Mistake(
            "how_much",
            lambda weights, right: (weights * right).sum(dim=1).mean(),
            "This is how much weight lies on right cells. A row counts as right or wrong by its strongest cell alone.",
        ),
        Mistake(
            "more_than_half",
            lambda weights, right: ((weights * right).amax(dim=1) > 0.5).float().mean(),
            "The strongest cell may hold less than half of its row; it is the strongest all the same.",
        ),
        Mistake(
            "all_cells",
            lambda weights, right: (
                ((torch.zeros_like(weights).scatter(1, weights.argmax(dim=1, keepdim=True), 1.0) > 0) == right)
                .float()
                .mean()
            ),
            "This counts cells, and most of them are rightly dark. Count rows.",
        ),
        Mistake(
            "of_the_right_ones",
            lambda weights, right: right.gather(1, weights.argmax(dim=1, keepdim=True)).sum() / right.sum(),
            "Divided by the number of right cells, a row that has two of them counts twice. Divide by the rows.",
        ),
        Mistake(
            "per_cent",
            lambda weights, right: 100 * right_cells_reference(weights, right),
            "That is the share in per cent; asked for is the share itself, from 0 to 1.",
        ),
        Mistake(
            "count",
            lambda weights, right: right.gather(1, weights.argmax(dim=1, keepdim=True)).float().sum(),
            "That is the number of rows; asked for is their share.",
        ),
        Mistake(
            "first_right_one",
            lambda weights, right: (weights.argmax(dim=1) == right.float().argmax(dim=1)).float().mean(),
            "Two cells of a row may be right, and the argmax of `right` is the first of them alone. Ask instead "
            "whether `right` is True at the strongest cell.",
        ),
        Mistake(
            "row_of_that_number",
            lambda weights, right: right[weights.argmax(dim=1)].float().mean(),
            "right[n] is row n, but the strongest cell is a column. Each row wants a cell of its own: "
            "right[t, column] for row t.",
        ),
        Mistake(
            "every_row_at_every_column",
            lambda weights, right: right[:, weights.argmax(dim=1)].float().mean(),
            "right[:, columns] takes the columns of all rows from every row, (T, T) in all. Each row wants its own "
            "column alone: row 0 the first of them, row 1 the second.",
        ),
    ],
    hints=["The strongest cell of each row: weights.argmax(dim=1). Is `right` True there?"],
    why="One row, one verdict. The share says nothing about how sharp the rows are.",
)


def clipped_precision_reference(words, reference, n):
    """Lists of words -> share of the n-grams in `words` that the reference has, each at most as often as there."""
    from collections import Counter

    made = Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1))
    there = Counter(tuple(reference[i : i + n]) for i in range(len(reference) - n + 1))
    return sum(min(count, there[gram]) for gram, count in made.items()) / sum(made.values())


def grams(words, n):
    return [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]


def shared(words, reference, n):
    return sum((Counter(grams(words, n)) & Counter(grams(reference, n))).values())


def last_left_out(words, reference, n):
    made, there = (Counter(grams(each, n)[:-1]) for each in (words, reference))
    return (made & there).total() / made.total()


WRITTEN = (  # the first two short enough to be said where an answer is wrong
    ("la la la gare", "la petite gare", 1),
    ("le roi dit le roi", "le roi et le roi dit", 2),
    ("le le chat noir le dort", "le chat dort et le chien noir attend", 1),
    ("le chat noir le chat dort le chat", "un chat noir et le chat dort ici", 2),
    ("le noir chat dort", "le chat noir dort", 2),
)

clipped_precision = Function(
    id="clipped_precision",
    notebook=NOTEBOOK,
    minutes=6,
    reference=clipped_precision_reference,
    cases=lambda: [(words.split(), reference.split(), n) for words, reference, n in WRITTEN],
    mistakes=[
        Mistake(
            "not_clipped",
            lambda words, reference, n: sum(g in grams(reference, n) for g in grams(words, n)) / len(grams(words, n)),
            "A word written three times counts three times here, though the reference has it once. “la la la” would "
            "score full marks: count each at most as often as the reference has it.",
        ),
        Mistake(
            "each_once",
            lambda words, reference, n: (
                len(set(grams(words, n)) & set(grams(reference, n))) / len(set(grams(words, n)))
            ),
            "As sets, a word that both have twice counts once. Count how often: collections.Counter.",
        ),
        Mistake(
            "of_the_reference",
            lambda words, reference, n: shared(words, reference, n) / len(grams(reference, n)),
            "Divided by the reference's n-grams this is recall. Precision is a share of what was written.",
        ),
        Mistake(
            "at_the_same_place",
            lambda words, reference, n: (
                sum(a == b for a, b in zip(grams(words, n), grams(reference, n), strict=False)) / len(grams(words, n))
            ),
            "This compares place by place, so one word left out spoils all that follow. Places don't count.",
        ),
        Mistake(
            "last_left_out",
            last_left_out,
            "The last n-gram of each list is missing: there are len(words) − n + 1, so range(len(words) - n + 1).",
        ),
        Mistake(
            "order_lost",
            lambda words, reference, n: (
                (
                    Counter(tuple(sorted(g)) for g in grams(words, n))
                    & Counter(tuple(sorted(g)) for g in grams(reference, n))
                ).total()
                / len(grams(words, n))
            ),
            "The words of an n-gram are sorted here, or a set; “le noir” and “noir le” are different n-grams.",
        ),
        Mistake(
            "n_ignored",
            lambda words, reference, n: clipped_precision_reference(words, reference, 1),
            "This counts single words, whatever n is. An n-gram is n words in a row: tuple(words[i : i + n]).",
        ),
        Mistake(
            "each_as_often_as_it_stands",
            lambda words, reference, n: (
                sum(min(grams(words, n).count(g), grams(reference, n).count(g)) for g in grams(words, n))
                / len(grams(words, n))
            ),
            "The sum goes over every place, so what is written twice is added twice, min and all. Sum over the "
            "different n-grams, each once: over a Counter or a set.",
        ),
        Mistake(
            "by_words",
            lambda words, reference, n: shared(words, reference, n) / len(words),
            "Divided by the number of words; there are fewer n-grams than words, len(words) − n + 1.",
        ),
    ],
    hints=[
        "All n-grams of a list: tuple(words[i : i + n]) for i in range(len(words) - n + 1). Count them with Counter.",
        "For each n-gram written, min(how often written, how often in the reference); divide by all that were written.",
    ],
    why="Clipping is what keeps “la la la” from scoring. Short translations are dealt with elsewhere, by the brevity.",
)

all_right = Number(
    id="all_right",
    notebook=NOTEBOOK,
    minutes=2,
    reference=81.8,
    tolerance=0.9,
    unit="%",
    mistakes=[
        Mistake("one_token", 99, "That is one token. A sentence is right where all twenty are."),
        Mistake("added_up", 80, "1 − 20 × 0.01 adds the errors up. They multiply: 0.99 to the power of 20."),
        Mistake("wrong_ones", 18.2, "That is the share of sentences with an error; asked for are those without."),
        Mistake("a_share", 0.818, "In per cent, please: 81.8."),
    ],
    hints=["Twenty independent chances, and all must come true."],
    why="0.99²⁰ = 0.818: one token in a hundred is nearly one sentence in five.",
)

where_one_state_fails = Choice(
    id="where_one_state_fails",
    notebook=NOTEBOOK,
    minutes=1,
    question="Without attention, all of a number goes through one state. Which numbers come out wrong most often?",
    options=[
        ("Short ones, since there are few of them to learn from", "All below 100 are in training. Run it, and see."),
        ("All about alike", "Then length would cost nothing. Run it, and see."),
        (
            "Long ones, since more must fit through the state",
            "More must go in, and come out in order. Run it, and see.",
        ),
        ("Those with “und”, since the order changes", "Almost every number has a changed order. Run it, and see."),
    ],
    reference="C",
    hints=["What has to be held grows with the number of words."],
)

longest_third = Choice(
    id="longest_third",
    notebook=NOTEBOOK,
    minutes=1,
    question=(
        "With one state, all of the 200 longest held-out phrases come out wrong. How many of them are wrong with "
        "attention, after as many updates?"
    ),
    options=[
        ("All but a few: they are too long", "The decoder can look at each word when it needs it. Run it, and see."),
        ("About half", "Length costs less than that. Run it, and see."),
        ("About one in five", "Most of what is wrong with one state is saved, and not all. Run it, and see."),
        ("None, as with the numbers", "French asks for more than its words: gender, number, mood. Run it, and see."),
    ],
    reference="C",
    hints=["On the numbers attention saved nearly all. Here is more to get wrong, and there are fewer pairs of each."],
)

forcing_hides = Choice(
    id="forcing_hides",
    notebook=NOTEBOOK,
    minutes=2,
    question="Training reads the right tokens (teacher forcing) and its loss is low. What does that not tell?",
    options=[
        ("Whether the tokens are right", "It does: that is what the loss measures, token by token."),
        (
            "How it goes on after a mistake of its own",
            "In training every prefix was right. What follows a wrong token it never saw; only free writing shows it.",
        ),
        ("Whether the encoder learned anything", "Without the encoder it could not know which number is meant."),
        ("Nothing: writing freely uses the same weights", "The weights are the same, the inputs are not."),
    ],
    reference="B",
    hints=["What does the decoder read in training, and what when it writes alone?"],
)

greedy_writes = Choice(
    id="greedy_writes",
    notebook=NOTEBOOK,
    minutes=2,
    question=(
        "First token: A 0.5, B 0.4, C 0.1. After A: x 0.4, y 0.3, z 0.3. After B: x 0.9, y 0.1. "
        "What does greedy search write, and what is likeliest?"
    ),
    options=[
        ("Greedy A x, likeliest A x", "A x has 0.5 × 0.4 = 0.20. Work out B x as well."),
        ("Greedy A x, likeliest B x", "A x has 0.20, B x 0.4 × 0.9 = 0.36. The best first step led away from it."),
        (
            "Greedy B x, likeliest B x",
            "Greedy search can't know what comes after: it takes A, the likelier first token.",
        ),
        ("Greedy A x, likeliest A y", "A y has 0.5 × 0.3 = 0.15, less than A x."),
    ],
    reference="B",
    hints=["The likelihood of a sequence is a product. Work it out for A x and for B x."],
)

bleu_units = Choice(
    id="bleu_units",
    notebook=NOTEBOOK,
    minutes=2,
    question="A paper reports BLEU 41 on words, another 68 on characters, of the same test sentences. Which is better?",
    options=[
        ("The second, 68 is more", "Of other units there are other n-grams. Four characters in a row agree easily."),
        ("The first, words are harder", "Harder to score on, but how much harder nobody can say from the number."),
        (
            "It can't be told",
            "BLEU counts n-grams of whatever a text was cut into. Score both outputs again with one tokeniser.",
        ),
        ("They are equal", "Two different measures, that share a name."),
    ],
    reference="C",
    hints=["What is an n-gram an n-gram of?"],
)
