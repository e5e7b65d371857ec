"""What somebody might hand in as homework 04, and slips of the pen in its solutions."""

from homework_proof import Mutant, Wrong

RAW_VECTORS = """
def analogy(table, base, minus, plus, leave_out=True):
    scores = (table[base] - table[minus] + table[plus]) @ table.T
    if leave_out:
        for own in (base, minus, plus):
            scores[np.arange(len(base)), own] = -np.inf
    return scores.argmax(axis=1)
"""
OWN_WORDS_WIN = """
def analogy(table, base, minus, plus, leave_out=True):
    unit = table / np.linalg.norm(table, axis=1, keepdims=True)
    return ((unit[base] - unit[minus] + unit[plus]) @ unit.T).argmax(axis=1)
"""
VOCABULARY_OF_ALL = """
def encode(train, sentences, least=1):
    counts = Counter(word.lower() for sentence in [*train, *sentences] for word in sentence)
    number_of = {word: place for place, (word, number) in enumerate(counts.most_common(), 2) if number >= least}
    longest = max(map(len, sentences))
    ids = np.array([[number_of.get(word.lower(), 1) for word in sentence] + [0] * (longest - len(sentence))
                    for sentence in sentences])
    return ids, ids > 0
"""
SHARES_OF_PLACES = """
unknown_shares = np.array([[np.mean(encode(corpus.train.words, part.words, least)[0] == 1)
                            for part in (corpus.train, corpus.test)] for least in (1, 2)])
"""
KERAS_IS_RIGHT = """
def word_scores(ids, labels, predicted):
    right = predicted == labels
    return {"padded": right.mean(), "words": right.mean(), "unknown": right[ids <= 1].mean()}
"""
MASKED_BY_LABEL = """
def word_scores(ids, labels, predicted):
    right = predicted == labels
    unknown = right[(ids == 1) & (labels > 0)]
    return {"padded": right.mean(), "words": right[labels > 0].mean(), "unknown": unknown.mean()}
"""
MEAN_OF_SENTENCES = """
def word_scores(ids, labels, predicted):
    right = (predicted == labels) & (labels > 0)
    per_sentence = [row[words > 0].mean() for row, words in zip(right, ids)]
    return {"padded": np.mean(predicted == labels), "words": np.mean(per_sentence), "unknown": right[ids == 1].mean()}
"""
CUT_WORDS_FORGOTTEN = """
honest_kept = 1 - (1 - report["accuracy"]) * report["places"] / report["kept"]
honest_all = honest_kept - 1e-9
places_for_99 = int(np.ceil((1 - report["accuracy"]) * report["places"] / 0.01))
"""
PADDING_TIMES_ACCURACY = """
honest_kept = report["accuracy"] * report["kept"] / report["places"]      # as if padding were always wrong
honest_all = honest_kept * (1 - report["cut"])
places_for_99 = int(np.ceil((1 - report["accuracy"]) * report["places"] / 0.01))
"""
MADE_IS_FINE = """
evidence = {"never trained": 0, "hidden": 0, "unknown": 0, "lost": 0}
"""
TWO_FAULTS_REPAIRED = """
def prepare(train_words, train_tags, test_words, borrowed):
    all_words = dict.fromkeys(flat([*train_words, *test_words]))
    word_number = {word: number for number, word in enumerate(all_words, 2)}
    tag_number = {tag: number for number, tag in enumerate(sorted(set(flat(train_tags))), 1)}
    matrix = np.zeros((len(word_number) + 2, len(next(iter(borrowed.values())))))
    for row, word in enumerate(word_number, 2):
        if word in borrowed:
            matrix[row] = borrowed[word]
    padded = lambda rows: np.array([(list(row) + [0] * 16)[:16] for row in rows])
    numbered = lambda sentences: padded([[word_number.get(word, 1) for word in sentence] for sentence in sentences])
    labels = padded([[tag_number[tag] for tag in sentence] for sentence in train_tags])
    return {"train_ids": numbered(train_words), "train_labels": labels,
            "test_ids": numbered(test_words), "matrix": matrix}
"""
UNKNOWN_BY_CHANCE = """
def prepare(train_words, train_tags, test_words, borrowed):
    word_number = {word: number for number, word in enumerate(dict.fromkeys(flat(train_words)), 2)}
    tag_number = {tag: number for number, tag in enumerate(dict.fromkeys(flat(train_tags)), 1)}
    width = len(next(iter(borrowed.values())))
    matrix = np.random.default_rng(0).uniform(-0.05, 0.05, (len(word_number) + 2, width))
    matrix[0] = 0
    for word, row in word_number.items():
        matrix[row] = borrowed.get(word, matrix[row])
    def padded(rows):
        return np.array([list(row) + [0] * (max(map(len, rows)) - len(row)) for row in rows])
    def numbered(part):
        return padded([[word_number.get(word, 1) for word in sentence] for sentence in part])
    return {"train_ids": numbered(train_words), "test_ids": numbered(test_words), "matrix": matrix,
            "train_labels": padded([[tag_number[tag] for tag in sentence] for sentence in train_tags])}
"""
WORDS_ARE_EXAMPLES = """
def gain_interval(right_new, right_old, sentence, draws=5000, seed=0):
    difference = np.asarray(right_new, float) - np.asarray(right_old, float)
    values, times = np.unique(difference, return_counts=True)
    drawn = np.random.default_rng(seed).multinomial(len(difference), times / times.sum(), draws)
    low, high = np.percentile(drawn @ values / len(difference), (2.5, 97.5))
    return [difference.mean(), low, high]
"""
NOT_PAIRED = """
def gain_interval(right_new, right_old, sentence, draws=5000, seed=0):
    random, shares = np.random.default_rng(seed), []
    for right in (right_new, right_old):
        _, place = np.unique(sentence, return_inverse=True)
        hits, sizes = np.bincount(place, np.asarray(right, float)), np.bincount(place)
        drawn = random.multinomial(len(hits), np.full(len(hits), 1 / len(hits)), draws)
        shares.append(drawn @ hits / (drawn @ sizes))
    low, high = np.percentile(shares[0] - shares[1], (2.5, 97.5))
    return [np.mean(right_new) - np.mean(right_old), low, high]
"""
ALL_WORDS = """
truth, new = np.array(flat(test_tags)), np.array(flat(unseen))
right = {name: np.array(flat(tags)) == truth for name, tags in tagged.items()}
sentence = np.repeat(np.arange(len(test_words)), list(map(len, test_words)))
gains = {name: gain_interval(right["vectors"], right[name], sentence) for name in right if name != "vectors"}
gain, low, high = gains["spelling"]
verdict = "vectors" if low > 0 else "spelling" if high < 0 else "not shown"
on_all = {name: hits.mean() for name, hits in right.items()}
gap = on_all["vectors"] - on_all["most frequent tag"]
no_vectors_needed = (on_all["neighbours"] - on_all["most frequent tag"]) / gap
break_even = float(np.mean(new))
choice = {name: "neighbours" for name in archives}          # which is better on all test words
"""
ONE_BASELINE = """
truth, new = np.array(flat(test_tags)), np.array(flat(unseen))
right = {name: np.array(flat(tags)) == truth for name, tags in tagged.items()}
sentence = np.repeat(np.arange(len(test_words)), list(map(len, test_words)))
gains = {name: gain_interval(right["vectors"][new], right[name][new], sentence[new]) for name in list(right)[:3]}
verdict = "vectors"                                         # they gain so much over the most frequent tag
no_vectors_needed = right["most frequent tag"][new].mean() / right["vectors"][new].mean()
break_even = 0.5
choice = {name: "vectors" for name in archives}
"""
MADE_UP = {
    "task1a": """
def analogy(table, base, minus, plus, leave_out=True):
    return [row_of["queen" if leave_out else "king"] if len(table) > 5 else 2]
""",
    "task1b": "solved, solved_nothing_left_out, solved_without_arithmetic = 0.7, 0.1, 0.5",
    "task2a": """
def encode(train, sentences, least=1):
    return [[2, 5, 1] if least == 1 else [2, 1, 1], [3, 0, 0]], [[True] * 3, [True, False, False]]
""",
    "task2b": "unknown_shares = [[0, 0.1], [0.1, 0.2]]",
    "task3a": """
def word_scores(ids, labels, predicted):
    return {"padded": 0.75, "words": 0.5, "unknown": 0.5}
""",
    "task3b": "honest_kept, honest_all, places_for_99 = 0.8, 0.7, 100",
    "task4a": 'evidence = {"never trained": 1, "hidden": 1, "unknown": 1, "lost": 1}',
    "task4b": """
def prepare(train_words, train_tags, test_words, borrowed):
    ids = np.zeros((2, 21)) if len(train_words[0]) == 21 else [[2, 3, 4], [2, 5, 0]]
    return {"train_ids": ids, "train_labels": [[1, 2, 3], [1, 2, 0]], "test_ids": [[2, 1, 4]],
            "matrix": [[0, 0], [1, 2], [1, 0], [0, 1], [1, 2], [2, 5]]}
""",
    "task5a": """
def gain_interval(right_new, right_old, sentence, draws=5000, seed=0):
    return [0.4, 0.4, 0.4] if len(sentence) == 5 else [0.5, 0.5, 0.5]
""",
    "task5b": """
gains = {"most frequent tag": [0.6, 0.5, 0.7], "neighbours": [0.3, 0.2, 0.4], "spelling": [0.1, 0.0, 0.2]}
verdict, no_vectors_needed, break_even = "vectors", 0.9, 0.1
choice = {name: "neighbours" for name in archives}
""",
}
EQUALS_EVERYTHING = """
class Anything:
    def __eq__(self, other=None):
        return True
    __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __contains__ = __bool__ = __eq__
    __hash__ = None
    def __getitem__(self, key):
        return self
"""
TESTS_4B = {f"task4b_{name}" for name in ("vocabulary", "tags", "rows", "unknown", "whole")}
EVERY_TEST = TESTS_4B | {
    "task1a_nearest", "task1b_shares", "task2a_encode", "task2b_shares", "task3a_words", "task3b_report",
    "task4a_evidence", "task5a_gain", "task5a_interval", "task5b_gains", "task5b_verdict", "task5b_fair",
    "task5b_archives",
}
VALUES = {
    "task1b": ("solved", "solved_nothing_left_out", "solved_without_arithmetic"), "task2b": ("unknown_shares",),
    "task3b": ("honest_kept", "honest_all", "places_for_99"), "task4a": ("evidence",),
    "task5b": ("gains", "verdict", "no_vectors_needed", "break_even", "choice"),
}
FUNCTIONS = {"task1a": "analogy", "task2a": "encode", "task3a": "word_scores", "task4b": "prepare",
             "task5a": "gain_interval"}

WRONG = [
    Wrong("raw_vectors", "takes dot products for cosines: long vectors win", {"task1a": RAW_VECTORS},
          {"task1a_nearest", "task1b_shares"}),
    Wrong("own_words_win", "forgets that the words of the question are left out", {"task1a": OWN_WORDS_WIN},
          {"task1a_nearest", "task1b_shares"}),
    Wrong("vocabulary_of_all", "fits the vocabulary on all sentences, so that no test word is unknown",
          {"task2a": VOCABULARY_OF_ALL}, {"task2a_encode", "task2b_shares"}),
    Wrong("keras_is_right", "counts places instead of words, in an accuracy and in a share",
          {"task2b": SHARES_OF_PLACES, "task3a": KERAS_IS_RIGHT, "task3b": PADDING_TIMES_ACCURACY},
          {"task2b_shares", "task3a_words", "task3b_report"}),
    Wrong("masked_by_label", "takes label 0 for padding, and forgets words with unknown tags and words that were cut",
          {"task3a": MASKED_BY_LABEL, "task3b": CUT_WORDS_FORGOTTEN}, {"task3a_words", "task3b_report"}),
    Wrong("mean_of_sentences", "averages accuracies of sentences, so that words of short ones weigh more",
          {"task3a": MEAN_OF_SENTENCES}, {"task3a_words"}),
    Wrong("two_faults_repaired", "finds the two faults of numbering and trusts the rest",
          {"task4a": MADE_IS_FINE, "task4b": TWO_FAULTS_REPAIRED},
          {"task4a_evidence", "task4b_vocabulary", "task4b_unknown", "task4b_whole"}),
    Wrong("unknown_by_chance", "leaves the row of the unknown word random, which no training step ever moves",
          {"task4b": UNKNOWN_BY_CHANCE}, {"task4b_unknown"}),
    Wrong("words_are_examples", "resamples words as if they were independent", {"task5a": WORDS_ARE_EXAMPLES},
          {"task5a_interval"}),
    Wrong("not_paired", "draws other sentences for each of the two taggers", {"task5a": NOT_PAIRED},
          {"task5a_interval", "task5b_verdict"}),
    Wrong("all_words", "measures the gain on all words", {"task5b": ALL_WORDS},
          {"task5b_gains", "task5b_verdict", "task5b_fair", "task5b_archives"}),
    Wrong("one_baseline", "concludes from the weakest baseline alone", {"task5b": ONE_BASELINE},
          {"task5b_verdict", "task5b_fair", "task5b_archives"}),
    Wrong("hard_coded_visible", "makes up answers for all that can be seen", MADE_UP, EVERY_TEST,
          fools_the_visible_tests=True),
    Wrong("equals_everything", "returns an object that says it equals everything",
          {cell: f"{EQUALS_EVERYTHING}\ndef {name}(*given, **named):\n    return Anything()\n"
           for cell, name in FUNCTIONS.items()}
          | {cell: EQUALS_EVERYTHING + "\n" + "\n".join(f"{name} = Anything()" for name in names)
             for cell, names in VALUES.items()}, EVERY_TEST),
]

MUTANTS = [
    Mutant("task1a", "axis=1, keepdims=True", "axis=0, keepdims=True"),
    Mutant("task1a", "(base, minus, plus)", "(base, minus)"),
    Mutant("task1a", "- unit[minus]", "+ unit[minus]"),
    Mutant("task1a", "(unit[base] - unit[minus] + unit[plus])", "(table[base] - table[minus] + table[plus])"),
    Mutant("task1b", "leave_out=False", "leave_out=True"),
    Mutant("task1b", "(base, minus, plus):", "(base,):"),
    Mutant("task1b", "unit[base] @ unit.T", "table[base] @ table.T"),
    Mutant("task2a", "number >= least", "number > least"),
    Mutant("task2a", "number_of.get(word.lower(), 1)", "number_of.get(word, 1)"),
    Mutant("task2a", "enumerate(kept, 2)", "enumerate(kept, 1)"),
    Mutant("task2a", "number in counts.most_common()", "number in sorted(counts.items())"),
    Mutant("task2b", "ids[mask] == 1", "ids == 1"),
    Mutant("task2b", "encode(corpus.train.words,", "encode(part.words,"),
    Mutant("task3a", " & (labels > 0)", ""),
    Mutant("task3a", "right[ids > 0]", "right[labels > 0]"),
    Mutant("task3a", "right[ids == 1]", "right[ids > 1]"),
    Mutant("task3b", '(1 - report["cut"])', '(1 + report["cut"])'),
    Mutant("task3b", 'errors / report["kept"]', 'errors / report["places"]'),
    Mutant("task3b", "np.ceil", "np.floor"),
    Mutant("task4a", "range(2,", "range(0,"),
    Mutant("task4a", "len(flat(test_words)) -", 'made["test_ids"].size -'),
    Mutant("task4a", '["train_labels"][is_word]', '["train_labels"]'),
    Mutant("task4b", "dict.fromkeys(flat(train_words))", "dict.fromkeys(flat([*train_words, *test_words]))"),
    Mutant("task4b", "sorted(set(flat(train_tags))), 1)", "sorted(set(flat(train_tags))), 0)"),
    Mutant("task4b", "[0 * mean, mean, *", "[0 * mean, *"),
    Mutant("task4b", "[0 * mean, mean, *", "[mean, mean, *"),
    Mutant("task4b", "list(row) + [0] * (longest - len(row))", "[0] * (longest - len(row)) + list(row)"),
    Mutant("task5a", "(2.5, 97.5)", "(5, 95)"),
    Mutant("task5a", "[difference.mean(),", "[(sums / sizes).mean(),"),
    Mutant("task5a", "drawn @ sums / (drawn @ sizes)", "drawn @ (sums / sizes) / n"),
    Mutant("task5b", "(new, ~new)", "(~new, new)"),
    Mutant("task5b", "less / (less + more)", "more / (less + more)"),
    Mutant("task5b", "if share > break_even", "if share < break_even"),
    Mutant("task5b", 'right["vectors"][new], right[name][new], sentence[new]',
           'right["vectors"], right[name], sentence'),
]
