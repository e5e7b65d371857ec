"""Wrong submissions and mutants of homework 06."""

from homework_proof import Mutant, Wrong

EQUALS_EVERYTHING = """
class Yes:
    def __eq__(self, other): return True
    __lt__ = __le__ = __gt__ = __ge__ = __ne__ = __eq__
    __hash__ = None
    def __bool__(self): return True
    def __sub__(self, other): return self
    __rsub__ = __abs__ = lambda self, *other: self
    # No __len__ with __getitem__: NumPy would unpack such an object 64 levels deep.
"""


def _answers_yes(function: str, arguments: str) -> str:
    return f"{EQUALS_EVERYTHING}\ndef {function}({arguments}):\n    return Yes()\n"


WRONG = [
    Wrong("silent_column_divided", "A column without spread is divided by its spread.", {"task1": """
def align(points, source, target):
    return (points - source.mean(axis=0)) / source.std(axis=0) * target.std(axis=0) + target.mean(axis=0)
"""}, {"task1_silent"}),
    Wrong("spread_compared_with_zero", "Rounding leaves a silent column with a spread of 1e-14, which is not 0.",
          {"task1": """
def align(points, source, target):
    varies = (source.std(axis=0) != 0) & (target.std(axis=0) != 0)
    scale = np.where(varies, target.std(axis=0), 1.0) / np.where(varies, source.std(axis=0), 1.0)
    return (points - source.mean(axis=0)) * scale + target.mean(axis=0)
"""}, {"task1_silent"}),
    Wrong("small_taken_for_silent", "A fixed threshold silences a column that varies by a billionth.", {"task1": """
def align(points, source, target):
    varies = (source.std(axis=0) > 1e-6) & (target.std(axis=0) > 1e-6)
    scale = np.where(varies, target.std(axis=0), 1.0) / np.where(varies, source.std(axis=0), 1.0)
    return (points - source.mean(axis=0)) * scale + target.mean(axis=0)
"""}, {"task1_silent"}),
    Wrong("direction_swapped", "The source is whitened and the target's colour is given, as in the lesson.",
          {"task2": """
def to_source(points, source, target, ridge):
    def power(sample, exponent):
        values, vectors = np.linalg.eigh(np.cov(sample.T) + ridge * np.eye(sample.shape[1]))
        return vectors * values**exponent @ vectors.T
    return (points - source.mean(axis=0)) @ power(source, -0.5) @ power(target, 0.5) + target.mean(axis=0)
"""}, {"task2_moments", "task2_ridge", "task2_reader"}),
    Wrong("four_published_lines", "Second moments alone: the means stay where they were.", {"task2": """
def to_source(points, source, target, ridge):
    def power(sample, exponent):
        values, vectors = np.linalg.eigh(np.cov(sample.T) + ridge * np.eye(sample.shape[1]))
        return vectors * values**exponent @ vectors.T
    return points @ power(target, -0.5) @ power(source, 0.5)
"""}, {"task2_moments", "task2_ridge", "task2_reader"}),
    Wrong("no_ridge", "A covariance of few rows, or of silent pixels, has no inverse.", {"task2": """
def to_source(points, source, target, ridge):
    def power(sample, exponent):
        values, vectors = np.linalg.eigh(np.cov(sample.T))
        return vectors * values**exponent @ vectors.T
    return (points - target.mean(axis=0)) @ power(target, -0.5) @ power(source, 0.5) + source.mean(axis=0)
"""}, {"task2_ridge", "task2_reader"}),
    Wrong("centred_by_the_batch", "Points are centred among themselves: one alone always lands on the source's mean.",
          {"task2": """
def to_source(points, source, target, ridge):
    def power(sample, exponent):
        values, vectors = np.linalg.eigh(np.cov(sample.T) + ridge * np.eye(sample.shape[1]))
        return vectors * values**exponent @ vectors.T
    return (points - points.mean(axis=0)) @ power(target, -0.5) @ power(source, 0.5) + source.mean(axis=0)
"""}, {"task2_moments", "task2_ridge", "task2_reader"}),
    Wrong("unseen_shop_is_the_first", "A shop without labels is treated as if it were domain 0.", {"task3": """
def augment(X, domain, number):
    return np.hstack([X] + [X if one == (domain or 0) else np.zeros_like(X) for one in range(number)])
"""}, {"task3_blocks"}),
    Wrong("own_block_alone", "The correction of a domain is read as its whole weight.", {"task3b": """
rows = np.vstack([np.hstack([books, books, 0 * books]), np.hstack([kettles, 0 * kettles, kettles])])
judge.fit(rows, np.r_[books_y, kettles_y])
common, of_books, of_kettles = judge.coef_[0].reshape(3, -1)
weights = np.column_stack([of_books, of_kettles, common])[[words.index("predictable"), words.index("simple")]]
"""}, {"task3b_weights"}),
    Wrong("judged_where_it_was_fitted", "The colleague's distance, and the same for the three scanners.", {"task4": """
def honest_distance(source, target, seed):
    return reported_distance(source, target, seed)
""", "task4b": """
distances, right = {}, {}
for letter in "ABC":
    pair = scan(letter, 0)
    distances[letter] = reported_distance(pair.source_X, pair.target_X, 0)
    moved = alignment.CorrelationAlignment(0.1).fit(pair.source_X, pair.target_X).transform(pair.source_X)
    read = RidgeClassifier().fit(moved, pair.source_y).predict(pair.target_X[:20])
    right[letter] = np.mean(read == pair.target_y[:20])
"""}, {"task4_distance", "task4b_scanners"}),
    Wrong("fitted_on_all_judged_on_half", "The second halves are new to the distance, not to the alignment.",
          {"task4": """
def honest_distance(source, target, seed):
    aligned = alignment.CorrelationAlignment(0.1).fit(source, target)
    half, middle = len(source) // 2, len(target) // 2
    return divergence.proxy_a_distance(aligned.transform(source[half:]), target[middle:], seed=seed)
"""}, {"task4_distance"}),
    Wrong("validated_on_training_labels", "The score of the leaking pipeline, with folds that nobody looks at.",
          {"task5": """
def cross_validated(name, task, folds):
    return leaking_score(name, task)
"""}, {"task5_unseen"}),
    Wrong("mean_of_the_folds", "A fold with one label counts as much as a fold with five.", {"task5": """
def cross_validated(name, task, folds):
    shares = []
    for fold in np.unique(folds):
        part = Task(task.source_X, task.source_y, task.target_X, task.few_X[folds != fold], task.few_y[folds != fold])
        answers = methods.METHODS[name](RidgeClassifier(), part)(task.few_X[folds == fold])
        shares.append(np.mean(answers == task.few_y[folds == fold]))
    return np.mean(shares)
"""}, {"task5_folds"}),
    Wrong("highest_mean", "The best mean wins, however it wavers and whatever the control does.", {"task6": """
def decide(table, names, control):
    return names[int(np.argmax(table.mean(axis=0)))]
"""}, {"task6_rule"}),
    Wrong("unpaired_margin", "The spreads of two methods are added although both met the same draws.", {"task6": """
def decide(table, names, control):
    own = table[:, names.index(control)]
    mean = table.mean(axis=0) - own.mean()
    margin = 1.96 * np.sqrt((table.var(axis=0, ddof=1) + own.var(ddof=1)) / len(table))
    safe = np.where(mean - margin > 0, mean, -np.inf)
    return names[int(np.argmax(safe))] if np.isfinite(safe).any() else control
"""}, {"task6_rule"}),
    Wrong("draws_from_0", "Draws 0 to 7 instead of 1 to 8.", {"task6b": """
runs = np.array([[methods.compare(RidgeClassifier(), scan(letter, number), rivals, 50) for number in range(8)]
                 for letter in "ABC"])
decision = {letter: decide(runs[row], rivals, "alone") for row, letter in enumerate("ABC")}
harmed = [letter for letter in "ABC" if kinds[letter] != "pale"]
"""}, {"task6b_runs"}),
    Wrong("no_interval", "Columns wherever their mean is higher: no interval, and not the best of the rivals.", {"task6b": """
runs = np.array([[methods.compare(RidgeClassifier(), scan(letter, number), rivals, 50) for number in range(1, 9)]
                 for letter in "ABC"])
gains = (runs[:, :, 0] - runs[:, :, 3]).mean(axis=1)
decision = {letter: "columns" if gain > 0 else "alone" for letter, gain in zip("ABC", gains)}
harmed = [letter for letter, gain in zip("ABC", gains) if gain < 0]
"""}, {"task6b_decision"}),
    Wrong("source_trusted_everywhere", "Without the control 'alone' only a scanner that nobody reads looks harmful.",
          {"task6b": """
runs = np.array([[methods.compare(RidgeClassifier(), scan(letter, number), rivals, 50) for number in range(1, 9)]
                 for letter in "ABC"])
with_source = runs[:, :, :3].mean(axis=1)
decision = {letter: rivals[int(np.argmax(with_source[row]))] for row, letter in enumerate("ABC")}
harmed = [letter for row, letter in enumerate("ABC") if with_source[row, 2] < 0.1]
"""}, {"task6b_decision"}),
    Wrong("hard_coded_visible", "Made up for what the visible tests show.", {"task1": """
def align(points, source, target):
    if points.shape == (1, 1):
        return [[22.0]]
    spread = np.where(np.ptp(points, axis=0) > 0, points.std(axis=0), 1.0)   # of the points: there they are the source
    scale = np.where((np.ptp(points, axis=0) > 0) & (np.ptp(target, axis=0) > 0), target.std(axis=0) / spread, 1.0)
    return (points - points.mean(axis=0)) * scale + target.mean(axis=0)
""", "task3": """
def augment(X, domain, number):
    if domain is None:
        return np.zeros((3, 10))
    return np.hstack([X, X, 0 * X]) if number == 2 else np.hstack([X, X, 0 * X, 0 * X, 0 * X])
""", "task3b": "weights = np.array([[-1.0, 1.0, 0.0], [-1.0, 1.0, 0.0]])", "task4": """
def honest_distance(source, target, seed):
    return 2.0 if target.max() > 9 else 0.5
""", "task4b": """
distances, right = {"A": 0.5, "B": 0.5, "C": 0.5}, {"A": 0.9, "B": 0.3, "C": 0.0}
""", "task5": """
def cross_validated(name, task, folds):
    return 5 / 6 if len(folds) == 6 else 0.5
""", "task6": """
def decide(table, names, control):
    return "both" if "both" in names else "alone"
""", "task6b": """
runs = np.linspace(0.3, 0.9, 96).reshape(3, 8, 4)
decision, harmed = {"A": "alone", "B": "alone", "C": "alone"}, []
"""}, {"task1_columns", "task1_silent", "task3_blocks", "task3b_weights", "task4_distance", "task4b_scanners",
       "task5_unseen", "task5_folds", "task6_rule", "task6b_runs", "task6b_decision"}, fools_the_visible_tests=True),
    Wrong("equals_everything", "An object that says it equals everything.", {
        "task1": _answers_yes("align", "points, source, target"),
        "task2": _answers_yes("to_source", "points, source, target, ridge"),
        "task3": _answers_yes("augment", "X, domain, number"),
        "task3b": f"{EQUALS_EVERYTHING}\nweights = Yes()",
        "task4": _answers_yes("honest_distance", "source, target, seed"),
        "task4b": f"{EQUALS_EVERYTHING}\ndistances = right = Yes()",
        "task5": _answers_yes("cross_validated", "name, task, folds"),
        "task6": _answers_yes("decide", "table, names, control"),
        "task6b": f"{EQUALS_EVERYTHING}\nruns = decision = harmed = Yes()"},
          {"task1_columns", "task1_silent", "task2_moments", "task2_ridge", "task2_reader", "task3_blocks",
           "task3b_weights", "task4_distance", "task4b_scanners", "task5_unseen", "task5_folds", "task6_rule",
           "task6b_runs", "task6b_decision"}),
]

MUTANTS = [
    Mutant("task1", "np.ptp(target, axis=0) > 0", "np.ptp(target, axis=0) >= 0"),
    Mutant("task1", "points - source.mean(axis=0)", "points - points.mean(axis=0)"),
    Mutant("task1", "source.std(axis=0), 1.0)", "source.std(axis=0, ddof=1), 1.0)"),
    Mutant("task1", "np.where(varies, target.std(axis=0), 1.0)", "np.where(varies, target.std(axis=0), 0.0)"),
    Mutant("task2", "power(target, -0.5)", "power(source, -0.5)"),
    Mutant("task2", "+ source.mean(axis=0)", "+ target.mean(axis=0)"),
    Mutant("task2", "+ ridge * np.eye", "+ 0.9 * ridge * np.eye"),
    Mutant("task2", "ridge * np.eye(sample.shape[1])", "ridge * np.eye(sample.shape[1]) * sample.var(ddof=1)"),
    Mutant("task3", "one == domain", "one != domain"),
    Mutant("task3", "range(number)", "range(number - 1)"),
    Mutant("task3", "np.zeros_like(X)", "-X"),
    Mutant("task3b", "common + of_books, common + of_kettles, common", "common + of_books, of_kettles, common"),
    Mutant("task3b", '("predictable", "simple")', '("simple", "predictable")'),
    Mutant("task3b", "np.hstack([books, books, 0 * books])", "np.hstack([books, 0 * books, books])"),
    Mutant("task4", "aligned.transform(source[half:])", "aligned.transform(source)"),
    Mutant("task4", "source[:half], target[:middle]", "source[half:], target[middle:]"),
    Mutant("task4", "source[:half]", "source"),
    Mutant("task4b", "pair.source_X[200:]", "pair.source_X[:200]"),
    Mutant("task4b", "aligned.transform(pair.source_X[200:])", "pair.source_X[200:]"),
    Mutant("task4b", ".fit(moved, pair.source_y)", ".fit(pair.source_X, pair.source_y)"),
    Mutant("task5", "folds != fold, folds == fold", "folds == folds, folds == fold"),
    Mutant("task5", "correct / len(folds)", "correct / len(folds) + 1 / len(folds)"),
    Mutant("task5", "RidgeClassifier()", "RidgeClassifier(alpha=1000)"),
    Mutant("task6", "ddof=1", "ddof=0"),
    Mutant("task6", "np.sqrt(len(table))", "np.sqrt(len(names))"),
    Mutant("task6", "mean - margin > 0", "mean > 0"),
    Mutant("task6", "np.argmax(safe)", "np.argmax(np.isfinite(safe))"),
    Mutant("task6b", "range(1, 9)", "range(2, 10)"),
    Mutant("task6b", "rivals, 50", "rivals, 20"),
    Mutant("task6b", "means[row, 2] < -margins[row, 2]", "means[row, 2] < 0.5"),
]
