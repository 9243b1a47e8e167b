"""The short training of page 05, on the same words as next_word.py: three rounds, three seeds, beside the bigram.

    nice -n 10 python tests/bench/three_rounds.py

writes data/results/05_three_rounds.json: perplexity on the validation text after each round. Half a minute.
"""

from next_word import SEEDS, counting, texts, trained
from unrolled.data import files

ROUNDS, RATE, DROPOUT = 3, 8e-3, 0.1


def main() -> None:
    text = texts()
    by_round = {str(seed): trained(text, seed, dropout=DROPOUT, rounds=ROUNDS, lr=RATE)[1] for seed in SEEDS}
    values = {"bigram": min(counting(text)["validation by weight"].values()), "LSTM by round": by_round}
    files.save_results("05_three_rounds", command="python tests/bench/three_rounds.py", seeds=SEEDS, values=values)


if __name__ == "__main__":
    main()
