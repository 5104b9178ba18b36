"""The packaged judge in; its pairs a second, beside those of bare onnxruntime on the same tokens, out.

    uv run python -m evals.judge_speed [--pairs 300] [--rounds 3]

Both take turns, so that a slower minute of the machine hits both; the medians are compared.
"""

import argparse
import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from tracker.stance.judge import Inputs, OnnxJudge

THREADS = 2
TOKENS = 64  # of text and claim together
CLAIM = "Making AI models bigger with more data and compute no longer delivers transformative progress."
WORDS = "the lab said its larger model learned more from data than last year and costs rose with every new cluster of chips".split()


def main() -> None:
    """Print both speeds and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    judge = OnnxJudge(threads=THREADS)
    pairs = [(_text(judge, i), CLAIM) for i in range(args.pairs)]
    tokens = judge.encode(pairs)
    ours, bare = [], []
    _bare(judge, tokens[:20])
    for _ in range(args.rounds):
        bare.append(_bare(judge, tokens))
        started = time.perf_counter()
        judge.judge(pairs)
        ours.append(time.perf_counter() - started)
    a, b = (args.pairs / statistics.median(times) for times in (ours, bare))
    print(f"{len(tokens[0]['input_ids'][0])} tokens, {THREADS} threads: judge {a:.0f} pairs/s, bare onnxruntime {b:.0f}, ratio {a / b:.2f}")


def _text(judge: OnnxJudge, seed: int) -> str:
    """A text that makes TOKENS tokens with the claim."""
    draw = np.random.default_rng(seed)
    words: list[str] = []
    while judge.encode([(" ".join(words), CLAIM)])[0]["input_ids"].shape[1] < TOKENS:
        words.append(str(draw.choice(WORDS)))
    return " ".join(words)


def _bare(judge: OnnxJudge, tokens: list[Inputs]) -> float:
    started = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as readers:
        list(readers.map(lambda inputs: judge.session.run(["logits"], inputs), tokens))
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
