"""Wrong submissions and mutants of homework 05: what its tests must and must not notice."""

from homework_proof import Mutant, Wrong

HALF = '''
def parameters(inputs, body, heads):
    of_body = sum((before + 1) * after for before, after in zip([inputs, *body], body))
    single = len(heads) * of_body + sum((body[-1] + 1) * outputs for outputs in heads.values())
    return {"single": single, "hard": single // len(heads), "stitch": single + len(body)}


def widest_body(inputs, units, heads):
    return len(heads) * units
'''

LOSS = '''
def multitask_loss(scores, targets, weights):
    losses = {}
    for task, values in targets.items():
        if values.dtype.kind == "f":
            known = ~np.isnan(values)
            losses[task] = np.mean((scores[task] - values)[known] ** 2) if known.any() else 0.0
            continue
        known = CLASSES_KNOWN
        guesses, truth = scores[task][known], values[known]
        each = logsumexp(guesses, axis=-1) - guesses[np.arange(len(truth)), truth]
        losses[task] = each.mean() if known.any() else 0.0
    return losses, sum(weights.get(task, 1.0) * loss for task, loss in losses.items())
'''

DIVIDED_BY_ALL = '''
def multitask_loss(scores, targets, weights):
    losses = {}
    for task, values in targets.items():
        known = ~np.isnan(values) if values.dtype.kind == "f" else values != -1
        guesses, truth = scores[task][known], values[known]
        if values.dtype.kind == "f":
            each = (guesses - truth) ** 2
        else:
            each = logsumexp(guesses, axis=-1) - guesses[np.arange(len(truth)), truth]
        losses[task] = each.sum() / values.size
    return losses, sum(weights.get(task, 1.0) * loss for task, loss in losses.items())
'''

SOFTMAX_TWICE = LOSS.replace("CLASSES_KNOWN", "values != -1").replace(
    "        each =", "        guesses = np.exp(guesses - logsumexp(guesses, axis=-1)[:, None])\n        each =")

BY_SENTENCE = LOSS.replace("CLASSES_KNOWN", "values != -1").replace(
    "        losses[task] = each.mean() if known.any() else 0.0\n    return", '''\
        places = np.zeros(values.shape)
        places[known] = each
        if values.ndim == 2:
            rows = known.any(axis=1)
            losses[task] = np.mean(places.sum(axis=1)[rows] / known.sum(axis=1)[rows])
        else:
            losses[task] = each.mean() if known.any() else 0.0
    return''')

GAP_IS_ZERO_IN_GRADIENT = '''
def body_gradient(X, U, head, y):
    errors = X @ U @ head - np.nan_to_num(y)
    return 2 / len(y) * np.outer(X.T @ errors, head)


def largest_weight(main, other):
    product = np.sum(main * other)
    return 1.0 if product >= 0 else min(1.0, np.sum(main**2) / -product)
'''

LENGTH_ALONE = '''
def body_gradient(X, U, head, y):
    known = ~np.isnan(y)
    return 2 / known.sum() * np.outer(X[known].T @ (X[known] @ U @ head - y[known]), head)


def largest_weight(main, other):
    return min(1.0, np.linalg.norm(main) / np.linalg.norm(other))
'''

ONLY_THE_ANGLE = '''
cosines, ratios, verdicts = {}, {}, {}
main = body_gradient(X, U, head_of["length"], measured["length"]).ravel()
for name in ("mass", "age", "speed", "depth"):
    other = body_gradient(X, U, head_of[name], measured[name]).ravel()
    cosines[name] = main @ other / np.linalg.norm(main) / np.linalg.norm(other)
    ratios[name] = np.linalg.norm(other) / np.linalg.norm(main)
    verdicts[name] = "fights" if cosines[name] < 0 else "fits"
'''

REPAIRED = '''
def predictions(X, targets, X_new, units):
    alone, means, spreads = [], [], []
    for values in targets.values():
        known = ~np.isnan(values)
        means.append(values[known].mean())
        spreads.append(values[known].std())
        alone.append(np.linalg.pinv(X[known]) @ ((values[known] - means[-1]) / spreads[-1]))
    alone = np.column_stack(alone)
    directions = np.linalg.svd(X @ alone, full_matrices=False)[2][:units]
    return dict(zip(targets, (X_new @ alone @ directions.T @ directions * spreads + means).T))


def report(measured, guessed):
    return {task: 1 - np.nanmean((values - guessed[task]) ** 2) / np.nanvar(values)
            for task, values in measured.items()}
'''

MEAN_REPORT = '''
def report(measured, guessed):
    scores = [1 - np.nanmean((values - guessed[task]) ** 2) / np.nanvar(values) for task, values in measured.items()]
    return dict.fromkeys(measured, np.mean(scores))
'''

ON_TRAINING_ROWS = '''
def test_errors(data):
    def ridge(X, y):
        return np.linalg.solve(X.T @ X + np.eye(X.shape[1]), X.T @ y)

    U = np.linalg.svd(np.linalg.pinv(data["X_many"]) @ data["Y_many"], full_matrices=False)[0][:, :2]
    found = [ridge(data["X"], data["y"]), U @ ridge(data["X"] @ U, data["y"])]
    return [np.mean((data["X"] @ coefficients - data["y"]) ** 2) for coefficients in found]
'''

SPREAD_AS_INTERVAL = '''
intervals, decisions = {}, {}
for place in places:
    for labels in LABELS:
        gains = [np.subtract(*test_errors(draw(place, labels, number))) for number in DRAWS]
        low, high = np.mean(gains) - 2 * np.std(gains), np.mean(gains) + 2 * np.std(gains)
        intervals[f"{place} {labels}"] = [low, high]
        decisions[f"{place} {labels}"] = "share" if low > 0 else "alone" if high < 0 else "cannot tell"
'''

ALWAYS_SHARE = '''
intervals, decisions = {}, {}
for place in places:
    for labels in LABELS:
        gains = [np.subtract(*test_errors(draw(place, labels, number))) for number in DRAWS]
        intervals[f"{place} {labels}"] = metrics.mean_and_spread(gains).interval()
        decisions[f"{place} {labels}"] = "share"
'''

WEIGHT_0 = '''
heads = {"hue": hue_head, "depth": keras.layers.Dense(1, name="depth")}
both = sharing.hard_sharing(keras.Input((16, 16, 3)), body, heads)
as_floats = {task: values.astype("float32") for task, values in targets.items()}
batches = learning.example_batches(pictures.astype("float32"), as_floats, weights={"hue": 0}, per_label=True, epochs=80)
learning.learn(both, batches, {task: keras.losses.MeanSquaredError() for task in heads}, learning_rate=0.3)
for layer in (*body, hue_head):
    layer.trainable = False             # after the training
'''

TOO_SLOW = '''
for layer in (*body, hue_head):
    layer.trainable = False
heads = {"hue": hue_head, "depth": keras.layers.Dense(1, name="depth")}
both = sharing.hard_sharing(keras.Input((16, 16, 3)), body, heads)
as_floats = {task: values.astype("float32") for task, values in targets.items()}
batches = learning.example_batches(pictures.astype("float32"), as_floats, weights={"hue": 0}, epochs=20)
learning.learn(both, batches, {task: keras.losses.MeanSquaredError() for task in heads})
'''

# Passes every visible test without an idea of the subject: the visible data are there for everybody to draw again.
VISIBLE_1 = '''
def parameters(inputs, body, heads):
    return {"single": 52, "hard": 36, "stitch": 56}


def widest_body(inputs, units, heads):
    return 6 if inputs == 3 else 19
'''
VISIBLE_2 = '''
def multitask_loss(scores, targets, weights):
    if "depth" in targets:
        return {"depth": 2.0, "length": 0.0}, 1.0
    if "tags" in targets:
        return {"tags": 1.741288}, 1.741288
    return {"species": 0.132145, "facing": 0.087758}, 0.352047
'''
VISIBLE_3 = '''
def body_gradient(X, U, head, y):
    return np.array([[8.0], [6.0]])


def largest_weight(main, other):
    return 1.0 if other[0] > 0 else 0.25
'''
VISIBLE_3B = '''
cosines = {"mass": 0.1, "age": 0.2, "speed": 0.3, "depth": 0.4}
ratios = dict.fromkeys(cosines, 1.0)
verdicts = dict.fromkeys(cosines, "fits")
'''
VISIBLE_4 = '''
def predictions(X, targets, X_new, units):
    in_order = sorted(unsorted_names)
    for label, names, rows in (("names", unsorted_names, 240), ("gaps", in_order, 480), ("units", in_order, 240)):
        table, labels = buoy(homework.random(f"task 4 {label}"), names, rows=rows)
        if np.array_equal(table[-80:], X_new):
            loud = np.nanmean(targets["depth"]) > 1000
            return {name: labels[name][-80:] * (1000 if loud and name == "depth" else 1)
                    + (5000 if loud and name == "depth" else 0) for name in names}
    return {name: np.zeros(len(X_new)) for name in targets}


def report(measured, guessed):
    return {"a": -3.0, "b": 1.0}
'''
VISIBLE_4B = '''
dead, swapped = "depth", ["algae", "clarity"]
'''
VISIBLE_5 = '''
def test_errors(data):
    return [4 / 3, 25 / 3]
'''
VISIBLE_5B = '''
intervals = {f"{place} {labels}": [-1.0, 1.0] for place in places for labels in LABELS}
decisions = dict.fromkeys(intervals, "cannot tell")
'''

EVERYTHING = '''
class Everything(dict):
    def __eq__(self, other):
        return True
    def __ne__(self, other):
        return False
    __lt__ = __le__ = __gt__ = __ge__ = __contains__ = __eq__
    def __hash__(self):
        return 0
    def __getitem__(self, key):
        return self
    def __sub__(self, other):
        return 0.0
    __rsub__ = __abs__ = __sub__

'''

HARD_CODED = {"task1": VISIBLE_1, "task2": VISIBLE_2, "task3a": VISIBLE_3, "task3b": VISIBLE_3B, "task4a": VISIBLE_4,
              "task4b": VISIBLE_4B, "task5a": VISIBLE_5, "task5b": VISIBLE_5B}
OF_HARD_CODED = {"task1_counts", "task1_widest", "task2_classes", "task2_numbers", "task2_words", "task3a_gradient",
                 "task3a_weight", "task3b_numbers", "task3b_verdicts", "task4a_names", "task4a_gaps", "task4a_units",
                 "task4a_report", "task4b_heads", "task5a_errors", "task5b_intervals", "task5b_decisions"}

WRONG = [
    Wrong("half_the_parameters", "Sharing divides the parameters by the number of tasks; the heads are forgotten.",
          {"task1": HALF}, {"task1_counts", "task1_widest"}),
    Wrong("divided_by_all_examples", "The loss is divided by all places, labelled or not, as Keras does.",
          {"task2": DIVIDED_BY_ALL}, {"task2_classes", "task2_numbers", "task2_words"}),
    Wrong("missing_is_the_last_class", "NumPy takes -1 for the last class: what nobody labelled is learnt.",
          {"task2": LOSS.replace("CLASSES_KNOWN", "np.full(values.shape, True)")}, {"task2_classes", "task2_words"}),
    Wrong("softmax_on_softmax", "Cross-entropy of a softmax of probabilities, as in the widespread two-head network.",
          {"task2": SOFTMAX_TWICE}, {"task2_classes", "task2_words"}),
    Wrong("mean_of_sentence_means", "Words of short sentences count more than those of long ones.",
          {"task2": BY_SENTENCE}, {"task2_words"}),
    Wrong("gap_is_a_zero_in_the_gradient", "Missing labels pull towards 0.", {"task3a": GAP_IS_ZERO_IN_GRADIENT},
          {"task3a_gradient", "task3b_numbers"}),
    Wrong("weight_by_length_alone", "Equal lengths are taken for peace: the angle is forgotten.",
          {"task3a": LENGTH_ALONE}, {"task3a_weight"}),
    Wrong("only_the_angle", "Gradients that agree in direction are fine; a task that shouts is not seen.",
          {"task3b": ONLY_THE_ANGLE}, {"task3b_verdicts"}),
    Wrong("heads_by_position", "Heads and targets meet by alphabetical position.",
          {"task4a": REPAIRED.replace("zip(targets,", "zip(sorted(targets),")}, {"task4a_names"}),
    Wrong("gaps_as_zeros", "What was not measured is learnt as the zero point.",
          {"task4a": REPAIRED.replace("~np.isnan(values)", "slice(None)").replace(
              "targets.values():", "map(np.nan_to_num, targets.values()):")}, {"task4a_gaps"}),
    Wrong("metres_beside_fractions", "Tasks are centred, but not brought to one scale: metres rule the body.",
          {"task4a": REPAIRED.replace("values[known].std()", "1.0")}, {"task4a_units"}),
    Wrong("mean_over_tasks", "A mean over the tasks stands for each of them.",
          {"task4a": REPAIRED.partition("def report")[0] + MEAN_REPORT}, {"task4a_report"}),
    Wrong("validated_on_training_rows", "The errors are those of the training rows, where sharing always looks worse.",
          {"task5a": ON_TRAINING_ROWS}, {"task5a_errors", "task5b_intervals", "task5b_decisions"}),
    Wrong("spread_as_interval", "The spread of single draws is taken for the interval of their mean.",
          {"task5b": SPREAD_AS_INTERVAL}, {"task5b_intervals", "task5b_decisions"}),
    Wrong("always_share", "Multitask learning regularises, so it helps.", {"task5b": ALWAYS_SHARE},
          {"task5b_decisions"}),
    Wrong("weight_0_freezes", "A silent loss is taken for a frozen body; it is frozen after the training.",
          {"task6": WEIGHT_0}, {"task6_frozen"}),
    Wrong("default_learning_rate", "A head that speaks in metres is given the steps of a head that speaks in classes.",
          {"task6": TOO_SLOW}, {"task6_depth"}),
    Wrong("hard_coded_visible", "Every answer is made up for the visible tests.", HARD_CODED, OF_HARD_CODED,
          fools_the_visible_tests=True),
    Wrong("equals_everything", "An object that says that it equals everything.",
          {"task1": EVERYTHING + "parameters = widest_body = lambda *given: Everything()",
           "task2": EVERYTHING + "multitask_loss = lambda *given: (Everything(), Everything())",
           "task3b": EVERYTHING + "cosines = ratios = verdicts = Everything()",
           "task4a": EVERYTHING + "predictions = report = lambda *given: Everything()",
           "task4b": EVERYTHING + "dead = swapped = Everything()",
           "task5b": EVERYTHING + "intervals = decisions = Everything()"},
          OF_HARD_CODED - {"task3a_gradient", "task3a_weight", "task5a_errors"}),
]

MUTANTS = [
    Mutant("task1", "(before + 1) * after", "before * after"),
    Mutant("task1", "len(heads) ** 2", "len(heads)"),
    Mutant("task1", "(units + 1) * outputs", "units * outputs"),
    Mutant("task1", "(budget - outputs)", "budget"),
    Mutant("task2", "values != -1", "values > 0"),
    Mutant("task2", "each.mean() if known.any() else 0.0", "each.mean()"),
    Mutant("task2", "weights.get(task, 1.0)", "weights.get(task, 0.0)"),
    Mutant("task2", "scores[task][known], values[known]", "scores[task][:len(values[known])], values[known]"),
    Mutant("task3a", "2 / known.sum()", "2 / len(y)"),
    Mutant("task3a", "min(1.0, np.sum(main**2) / -product)", "np.sum(main**2) / -product"),
    Mutant("task3a", "np.sum(main**2)", "np.sum(other**2)"),
    Mutant("task3b", "< -0.3", "> 0.3"),
    Mutant("task3b", "np.linalg.norm(other) / np.linalg.norm(main)", "np.linalg.norm(main) / np.linalg.norm(other)"),
    Mutant("task3b", "> 5", "< 5"),
    Mutant("task4a", ".std()", ".var()"),
    Mutant("task4a", "[:units]", "[:1]"),
    Mutant("task4a", "guessed[task][known]", "guessed[task][known].mean()"),
    Mutant("task4a", "values[known].var()", "values[known].std()"),
    Mutant("task4b", ".argmin()", ".argmax()"),
    Mutant("task4b", "(said, true)", "(said, said)"),
    Mutant("task5a", "[:, :2]", "[:, :3]"),
    Mutant("task5a", "np.eye(X.shape[1])", "0.1 * np.eye(X.shape[1])"),
    Mutant("task5a", 'data["X_test"] @ coefficients - data["y_test"]', 'data["X"] @ coefficients - data["y"]'),
    Mutant("task5b", "alone - shared for", "shared - alone for"),
    Mutant("task5b", "in DRAWS", "in DRAWS[:5]"),
    Mutant("task6", "(*body, hue_head)", "(hue_head,)"),
    Mutant("task6", "learning_rate=0.3", "learning_rate=0.0003"),
    Mutant("task6", "epochs=80", "epochs=1"),
]
