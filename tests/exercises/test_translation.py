"""10, translation: right answers written in other ways pass, and what is on no list is refused."""

import math

import torch
from unrolled.data import files
from unrolled.exercises import translation as ex


def test_a_beams_step_by_sorting_a_list_passes():
    def beam_step(nats, log_p, width):
        every = [(nats[k] - log_p[k, v], k, v) for k in range(len(nats)) for v in range(log_p.shape[1])]
        best = sorted(every, key=lambda each: each[0].item())[:width]
        rows, tokens = (torch.tensor([each[n] for each in best]) for n in (1, 2))
        return rows, tokens, torch.stack([each[0] for each in best])

    assert ex.beam_step.judge(beam_step).outcome == "correct"


def test_right_cells_in_a_loop_pass_and_give_a_plain_number():
    def right_cells(weights, right):
        return sum(bool(right[t, int(weights[t].argmax())]) for t in range(len(weights))) / len(weights)

    assert ex.right_cells.judge(right_cells).outcome == "correct"


def test_precision_by_crossing_out_what_was_used_passes():
    def clipped_precision(words, reference, n):
        made, left = ([" ".join(side[i : i + n]) for i in range(len(side) - n + 1)] for side in (words, reference))
        hits = 0
        for gram in made:
            if gram in left:
                left.remove(gram)
                hits += 1
        return hits / len(made)

    assert ex.clipped_precision.judge(clipped_precision).outcome == "correct"


def test_greedy_search_by_recursion_passes():
    def greedy_search(step, h, longest, token=1):
        logits, h = step(token, h)
        token = int(logits.argmax())
        return [] if token == 2 or longest == 0 else [token, *greedy_search(step, h, longest - 1, token)]

    assert ex.greedy_search.judge(greedy_search).outcome == "correct"


def test_the_cases_of_greedy_search_end_and_are_cut():
    cases = [(*ex.toy_decoder(seed), longest) for seed, longest in ex.GREEDY_CASES]
    lengths = [(len(ex.greedy_search_reference(*case)), case[2]) for case in cases]
    assert any(n < longest for n, longest in lengths)
    assert any(n == longest for n, longest in lengths)


def test_a_search_until_end_alone_is_told_that_it_goes_too_far():
    def greedy_search(step, h, longest):
        token, written = 1, []
        while token != 2:
            logits, h = step(token, h)
            token = logits.argmax().item()
            written.append(token)
        return written[:-1]

    verdict = ex.greedy_search.judge(greedy_search)
    assert verdict.mistake == "beyond_longest"
    assert "beyond `longest`" in verdict.message


def test_a_beam_that_adds_log_p_and_takes_the_largest_is_named():
    def beam_step(nats, log_p, width):
        best = (nats.unsqueeze(1) + log_p).view(-1).topk(width)
        V = log_p.size(1)
        return best.indices // V, best.indices % V, best.values

    assert ex.beam_step.judge(beam_step).mistake == "wrong_sign_and_largest"


def test_rows_and_tokens_the_other_way_round_are_named():
    def beam_step(nats, log_p, width):
        best = torch.topk((nats[:, None] - log_p).flatten(), width, largest=False)
        V = log_p.shape[1]
        return best.indices % V, best.indices // V, best.values

    assert ex.beam_step.judge(beam_step).mistake == "rows_and_tokens_exchanged"


def test_pieces_that_are_counted_wrong_are_named_and_the_words_are_shown():
    def one_less(words, reference, n):
        made, there = ([" ".join(side[i : i + n]) for i in range(len(side) - n)] for side in (words, reference))
        return sum(min(made.count(g), there.count(g)) for g in set(made)) / len(made)

    def every_place(words, reference, n):
        made, there = (list(zip(*(side[k:] for k in range(n)), strict=False)) for side in (words, reference))
        return sum(min(made.count(g), there.count(g)) for g in made) / len(made)

    def single(words, reference, n):
        return sum(min(words.count(g), reference.count(g)) for g in set(words)) / len(words)

    named = {one_less: "last_left_out", every_place: "each_as_often_as_it_stands", single: "n_ignored"}
    assert {answer: ex.clipped_precision.judge(answer).mistake for answer in named} == named
    said = ex.clipped_precision.judge(lambda words, reference, n: 0.1).message
    assert "Tried with words = ['la', 'la', 'la', 'gare'], reference = ['la', 'petite', 'gare'], n = 1." in said
    of_pairs = ex.clipped_precision.judge(lambda words, reference, n: 0.5).message
    assert (
        "words = ['le', 'roi', 'dit', 'le', 'roi'], reference = ['le', 'roi', 'et', 'le', 'roi', 'dit'], n = 2"
        in of_pairs
    )


def test_a_shift_inside_the_text_and_a_share_in_per_cent_are_named():
    assert ex.teacher_forcing.judge(lambda tokens: (tokens[:-1], tokens[1:])).mistake == "inside_one_text"

    def right_cells(weights, right):
        return 100 * sum(bool(row[w.argmax()]) for w, row in zip(weights, right, strict=True)) / len(right)

    assert ex.right_cells.judge(right_cells).mistake == "per_cent"


def test_cells_of_other_rows_and_the_first_right_one_alone_are_named():
    named = {
        "first_right_one": lambda weights, right: (weights.argmax(-1) == right.float().argmax(-1)).double().mean(),
        "row_of_that_number": lambda weights, right: right[weights.argmax(-1)].sum().item() / right.numel(),
        "every_row_at_every_column": lambda weights, right: right[:, weights.argmax(-1)].float().mean().item(),
    }
    assert {name: ex.right_cells.judge(answer).mistake for name, answer in named.items()} == {
        name: name for name in named
    }


def test_one_in_five_of_the_longest_third_is_what_the_results_say():
    runs = files.results("10_phrasebook")["values"]
    longest = {kind: [thirds[2] for thirds in runs[kind]["errors by third"]] for kind in ("attention", "one state")}
    assert min(longest["one state"]) == 1
    assert all(abs(wrong - 0.2) < 0.05 for wrong in longest["attention"])


def test_what_is_on_no_list_is_refused():
    assert ex.beam_step.judge(lambda nats, log_p, width: (nats, nats, nats)).outcome == "not yet"
    assert ex.teacher_forcing.judge(lambda tokens: (tokens * 2, tokens)).mistake is None


def test_the_share_of_right_sentences_is_a_power():
    assert math.isclose(100 * 0.99**20, ex.all_right.reference, abs_tol=0.05)
