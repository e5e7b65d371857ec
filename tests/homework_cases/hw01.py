"""Wrong submissions and mutants of homework 01: dataset shift."""

from homework_proof import Mutant, Wrong

ALL = {
    "task1_predictive", "task1_generative", "task2_odds", "task2_level", "task3a_shares", "task3b_accuracy",
    "task4a_alarm", "task4b_columns", "task5a_error", "task5b_sizes", "task5b_decisions",
}

NAME_SHIFT = """
def name_shift(source, target, direction):
    def moved(one, other):
        return abs(one - other).max() > 0.03
    p, q = source / source.sum(), target / target.sum()
    x, y = moved(p.sum(1), q.sum(1)), moved(p.sum(0), q.sum(0))
    y_of_x = moved(p / p.sum(1, keepdims=True), q / q.sum(1, keepdims=True))
    x_of_y = moved(p / p.sum(0), q / q.sum(0))
"""
SLIDE_DEFINITION = NAME_SHIFT + """
    if direction == "X→Y":
        return {(0, 0): "none", (1, 0): "covariate", (0, 1): "concept", (1, 1): "no name"}[x, y_of_x]
    if y and not y_of_x:
        return "prior"
    return "none" if not y and not x_of_y else "concept" if not y else "no name"
"""
NO_DIRECTION = NAME_SHIFT + """
    if not (x or y_of_x or x_of_y):
        return "none"
    return "covariate" if not y_of_x else "prior" if not x_of_y else "concept" if not (x and y) else "no name"
"""
RAW_COUNTS = """
def name_shift(source, target, direction):
    rows = (source, target) if direction == "X→Y" else (source.T, target.T)
    cause = abs(rows[0].sum(1) - rows[1].sum(1)).max() > 0.03
    effect = abs(rows[0] / rows[0].sum(1, keepdims=True) - rows[1] / rows[1].sum(1, keepdims=True)).max() > 0.03
    if effect:
        return "no name" if cause else "concept"
    return ("covariate" if direction == "X→Y" else "prior") if cause else "none"
"""
WEIGHTS = """
def importance_weights(source_X, target_X):
    is_target = np.repeat([0, 1], [len(source_X), len(target_X)])
    classifier = domain_classifier().fit(np.concatenate([source_X, target_X]), is_target)
"""
SHARES = """
def true_shares(confusion, answers):
    def tidy(shares):
        shares = np.maximum(shares, 0)
        return shares / shares.sum()
"""
ACCURACY = """
def expected_accuracy(confusion, shares):
"""
ALARM = """
def held_out_auc(old, new, ignore=()):
    columns = [column for column in range(old.shape[1]) if column not in ignore]
    old, new = old[:, columns], new[:, columns]
    is_new = np.repeat([0, 1], [len(old), len(new)])
"""
ERROR = """
def validated_error(x, y, fit_weights, weights):
    squares = np.empty(len(x))
    for number in range(5):
        test = np.arange(len(x)) % 5 == number
"""
# Answers that were read off the visible tests, in the order in which these ask.
MADE_UP = {
    "task1": """
import itertools
made_up = {"X→Y": itertools.cycle(["none", "covariate", "concept"]),
           "Y→X": itertools.cycle(["none", "prior", "concept"])}
def name_shift(source, target, direction):
    return next(made_up[direction])
""",
    "task3a": """
def true_shares(confusion, answers):
    if len(answers) == 3:
        return answers / answers.sum()
    share = (answers[1] / answers.sum() - 0.2) / 0.5     # fits the matrix of the example, and no other
    return np.array([1 - share, share])
""",
    "task3b": """
def expected_accuracy(confusion, shares):
    return 0.8 * shares[0] + 0.7 * shares[1]
""",
    "task4a": """
made_up_auc = iter([0.5, 0.9, 0.5])
def held_out_auc(old, new, ignore=()):
    return next(made_up_auc)
""",
    "task4b": "leak, moved, moved_by = 0, 5, 1.0",
    "task5b": "errors = {name: [1.0, 0.5] for name in 'ABC'}\n" 'sizes = dict(A=60, B=3, C=70)\ndecisions = dict(A="weights", B="weights", C="weights")',
}
EVERYTHING = """
class Everything:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __lt__(self, other): return True
    __le__ = __gt__ = __ge__ = __lt__
    def __sub__(self, other): return 0
    def __abs__(self): return 0
    def __hash__(self): return 0
"""
FUNCTIONS = {"task1": "name_shift", "task2": "importance_weights", "task3a": "true_shares",
             "task3b": "expected_accuracy", "task4a": "held_out_auc", "task5a": "validated_error"}

WRONG = [
    Wrong("definition_of_the_slides", "Prior shift is taken to keep P(y|x), as one may read; it keeps P(x|y).",
          {"task1": SLIDE_DEFINITION}, {"task1_generative"}),
    Wrong("no_direction", "The name is read from what stays equal, whichever of x and y is the cause.",
          {"task1": NO_DIRECTION}, {"task1_predictive", "task1_generative"}),
    Wrong("raw_counts", "Counts of tables with different totals are compared, not shares.",
          {"task1": RAW_COUNTS}, {"task1_predictive", "task1_generative"}),
    Wrong("inverse_ratio", "The weights are the odds of the source against the target.",
          {"task2": WEIGHTS + """
    return np.exp(-classifier.decision_function(source_X)) * len(target_X) / len(source_X)
"""},
          {"task2_odds", "task2_level"}),
    Wrong("no_factor_for_the_sizes", "The odds alone; the classifier saw more source rows than target rows.",
          {"task2": WEIGHTS + "    return np.exp(classifier.decision_function(source_X))"}, {"task2_level"}),
    Wrong("weights_of_the_target", "Each target row gets a weight; but it is the source that has the labels.",
          {"task2": WEIGHTS + """
    return np.exp(classifier.decision_function(target_X)) * len(source_X) / len(target_X)
"""},
          {"task2_odds", "task2_level"}),
    Wrong("probability_for_odds", "P(target|x) is used as the weight, not its odds.",
          {"task2": WEIGHTS + """
    return classifier.predict_proba(source_X)[:, 1] * len(source_X) / len(target_X)
"""},
          {"task2_odds", "task2_level"}),
    Wrong("classify_and_count", "The shares of the answers are taken for the shares of the classes.",
          {"task3a": SHARES + "    return tidy(answers / answers.sum())"}, {"task3a_shares"}),
    Wrong("matrix_not_turned", "P(true|answer) of the source is used; it moves with the shares, P(answer|true) stays.",
          {"task3a": SHARES + "    return tidy((confusion / confusion.sum(axis=0)) @ (answers / answers.sum()))"},
          {"task3a_shares"}),
    Wrong("no_clipping", "A share below 0 is left as it is.",
          {"task3a": SHARES + """
    solved = np.linalg.solve((confusion / confusion.sum(1, keepdims=True)).T, answers / answers.sum())
    return solved / solved.sum()
"""}, {"task3a_shares"}),
    Wrong("accuracy_stays", "The accuracy of the source is promised to the target.",
          {"task3b": ACCURACY + "    return np.trace(confusion) / confusion.sum()"}, {"task3b_accuracy"}),
    Wrong("precision_for_recall", "How far an answer may be trusted is taken to stay equal; it moves with the shares.",
          {"task3b": ACCURACY + "    return np.diag(confusion) / confusion.sum(axis=0) @ shares"}, {"task3b_accuracy"}),
    Wrong("auc_of_training_rows", "The tree is asked about rows that it has learnt by heart.",
          {"task4a": ALARM + """
    X = np.concatenate([old, new])
    return roc_auc_score(is_new, tree().fit(X, is_new).predict_proba(X)[:, 1])
"""}, {"task4a_alarm"}),
    Wrong("each_table_scaled_alone", "Held out, but each table was standardised by itself: the shift is gone.",
          {"task4a": ALARM + """
    X = np.concatenate([(table - table.mean(axis=0)) / table.std(axis=0) for table in (old, new)])
    return roc_auc_score(is_new, cross_val_predict(tree(), X, is_new, cv=5, method="predict_proba")[:, 1])
""", "task4b": """
leak, *_ = [column for column in range(6) if (np.diff(np.concatenate([old, new])[:, column]) > 0).all()]
moved = int(np.argmax([column != leak and held_out_auc(old[:, [column]], new[:, [column]]) for column in range(6)]))
steps = (new - new.mean(axis=0)).mean(axis=0) - (old - old.mean(axis=0)).mean(axis=0)
moved_by = float(steps[moved])
"""}, {"task4a_alarm", "task4b_columns"}),
    Wrong("ignores_nothing", "The column that leaks is not left out.",
          {"task4a": """
def held_out_auc(old, new, ignore=()):
    X, is_new = np.concatenate([old, new]), np.repeat([0, 1], [len(old), len(new)])
    return roc_auc_score(is_new, cross_val_predict(tree(), X, is_new, cv=5, method="predict_proba")[:, 1])
"""}, {"task4a_alarm"}),
    Wrong("leak_taken_for_the_device", "The column that moved most is taken for the device, the next for the leak.",
          {"task4b": """
steps = (new.mean(axis=0) - old.mean(axis=0)) / old.std(axis=0)
leak, moved = map(int, np.argsort(abs(steps))[[-2, -1]])
moved_by = float(steps[moved])
"""}, {"task4b_columns"}),
    Wrong("judged_without_weights", "Each held-out point counts the same: that is the error on the source.",
          {"task5a": ERROR + """
        line = np.polyfit(x[~test], y[~test], 1, w=np.sqrt(fit_weights[~test]))
        squares[test] = (np.polyval(line, x[test]) - y[test]) ** 2
    return squares.mean()
"""}, {"task5a_error", "task5b_decisions"}),
    Wrong("polyfit_squares_its_weights", "np.polyfit gets the weights and squares them; the root was forgotten.",
          {"task5a": ERROR + """
        line = np.polyfit(x[~test], y[~test], 1, w=fit_weights[~test])
        squares[test] = (np.polyval(line, x[test]) - y[test]) ** 2
    return np.average(squares, weights=weights)
"""}, {"task5a_error"}),
    Wrong("not_held_out", "The line is judged on the points that it was fitted to.",
          {"task5a": """
def validated_error(x, y, fit_weights, weights):
    line = np.polyfit(x, y, 1, w=np.sqrt(fit_weights))
    return np.average((np.polyval(line, x) - y) ** 2, weights=weights)
"""}, {"task5a_error"}),
    Wrong("never_refuses", "Where the weighted error is smaller the weights are used, however few points carry them.",
          {"task5b": """
sizes, errors, decisions = {}, {}, {}
for name, one in stations.items():
    w = one["weights"]
    sizes[name] = w.sum() ** 2 / (w ** 2).sum()
    without, weighted = (validated_error(one["x"], one["y"], fit, w) for fit in (np.ones(150), w))
    errors[name] = [without, weighted]
    decisions[name] = "weights" if weighted < 0.8 * without else "nothing"
"""}, {"task5b_decisions"}),
    Wrong("two_yardsticks", "Each fit is judged with its own weights: two errors on two different populations.",
          {"task5b": """
sizes, errors, decisions = {}, {}, {}
for name, one in stations.items():
    w = one["weights"]
    sizes[name] = w.sum() ** 2 / (w ** 2).sum()
    errors[name] = [validated_error(one["x"], one["y"], fit, fit) for fit in (np.ones(len(w)), w)]
    better = errors[name][1] < 0.8 * errors[name][0]
    decisions[name] = "labels" if sizes[name] < labels else "weights" if better else "nothing"
"""}, {"task5b_decisions"}),
    Wrong("first_half", "Tasks 1 to 3 only; the rest is left blank.",
          {cell: "raise NotImplementedError()" for cell in ("task4a", "task4b", "task5a", "task5b")},
          {"task4a_alarm", "task4b_columns", "task5a_error", "task5b_sizes", "task5b_decisions"}),
    Wrong("hard_coded_visible", "Answers that were made up for the visible tests.", MADE_UP,
          {"task1_predictive", "task1_generative", "task3a_shares", "task3b_accuracy", "task4a_alarm", "task4b_columns",
           "task5b_sizes", "task5b_decisions"}, fools_the_visible_tests=True),
    Wrong("equals_everything", "Every answer is an object that says it equals whatever it is compared with.",
          {cell: EVERYTHING + f"def {name}(*given, **named): return Everything()" for cell, name in FUNCTIONS.items()}
          | {"task4b": EVERYTHING + "leak = moved = moved_by = Everything()",
             "task5b": EVERYTHING + "sizes = {name: Everything() for name in 'ABC'}\ndecisions = errors = dict(sizes)"}, ALL),
]

MUTANTS = [
    Mutant("task1", 'direction == "X→Y" else table.T', 'direction == "Y→X" else table.T'),
    Mutant("task1", "effects[0] - effects[1]).max()", "effects[0] - effects[1]).min()"),
    Mutant("task1", '"no name" if cause_moved else "concept"', '"concept"'),
    Mutant("task2", "* len(source_X) / len(target_X)", "* len(target_X) / len(source_X)"),
    Mutant("task2", "np.repeat([0, 1]", "np.repeat([1, 0]"),
    Mutant("task3a", "confusion.sum(axis=1, keepdims=True)", "confusion.sum(axis=0, keepdims=True)"),
    Mutant("task3a", "rates.T", "rates"),
    Mutant("task3a", "np.maximum(shares, 0)", "np.abs(shares)"),
    Mutant("task3b", "axis=1", "axis=0"),
    Mutant("task3b", "recall @ shares", "recall.mean()"),
    Mutant("task4a", "column not in ignore", "column in ignore or True"),
    Mutant("task4a", "[:, 1]", "[:, 0]"),
    Mutant("task4b", "new[:, moved].mean() - old[:, moved].mean()", "old[:, moved].mean() - new[:, moved].mean()"),
    Mutant("task4b", "np.argmax(", "np.argmin("),
    Mutant("task5a", "% 5", "% 4"),
    Mutant("task5a", "np.sqrt(fit_weights[train])", "fit_weights[train]"),
    Mutant("task5a", "weights=weights", "weights=fit_weights"),
    Mutant("task5b", "(w ** 2).sum()", "(w ** 2).mean()"),
    Mutant("task5b", "< labels", "> labels"),
    Mutant("task5b", "with_weights < 0.8 * without", "without < 0.8 * with_weights"),
]
