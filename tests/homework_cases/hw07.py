"""Submissions of homework 07 that must not win: misconceptions of the lesson, tricks, and slips of the pen."""

from homework_proof import Mutant, Wrong

# Two scans of one drawing: the labelled one gives the other away.
TWINS = '''
def draw_fairly(sign, original, shots, seed):
    generator = np.random.default_rng(seed)
    support = []
    for name in np.unique(sign):
        drawings = generator.permutation(np.unique(original[sign == name]))[:shots]
        support += [generator.choice(np.flatnonzero(original == drawing)) for drawing in drawings]
    return np.array(support), np.setdiff1d(np.arange(len(sign)), support)
'''

PACKAGE_DRAW = '''
def draw_fairly(sign, original, shots, seed):
    support = few_shot.draw_support(sign, shots, seed)
    return support, np.flatnonzero(~np.isin(original, original[support]))
'''

LENGTH_AFTERWARDS = '''
def nearest(support, names, query, measure):
    classes = np.unique(names)
    prototypes = unit(np.stack([support[names == name].mean(axis=0) for name in classes]))
    if measure == "cosine":
        return classes[(unit(query) @ prototypes.T).argmax(axis=1)]
    return classes[cdist(unit(query), prototypes).argmin(axis=1)]
'''

ONE_MEASURE = '''
def nearest(support, names, query, measure):
    support, query = unit(support), unit(query)
    classes = np.unique(names)
    prototypes = np.stack([support[names == name].mean(axis=0) for name in classes])
    return classes[cdist(query, prototypes).argmin(axis=1)]
'''

WIDE_BINS = '''
def full_bins_error(probabilities, truth, bins):
    return calibration.reliability(probabilities, truth, bins).error
'''

BINS_BY_CLASS = '''
def full_bins_error(probabilities, truth, bins):
    confidence, guess = probabilities.max(axis=1), probabilities.argmax(axis=1)
    gaps = [np.sum(guess == one) * abs(confidence[guess == one].mean() - np.mean(truth[guess == one] == one))
            for one in np.unique(guess)]
    return sum(gaps) / len(truth)
'''

SIGNED_GAPS = '''
def full_bins_error(probabilities, truth, bins):
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
    parts = np.array_split(np.argsort(confidence), bins)
    return abs(sum(len(part) * (confidence[part].mean() - right[part].mean()) for part in parts)) / len(truth)
'''

TEMPERATURE = '''
temperature = calibration.fit_temperature({scores}, {truth})
cooled = calibration.tempered(np.log(probability["test"]), temperature)
error_before = calibration.reliability(probability["test"], labels["test"]).error
error_after = calibration.reliability(cooled, labels["test"]).error
renamed_pictures = 0
'''

SMALL_IS_KNOWN = '''
areas = {who: [open_set.rejection_curve(probability["test"].max(axis=1), probability[who].max(axis=1)).area,
               open_set.rejection_curve(distance["test"], distance[who]).area] for who in ("near", "far")}
sure_visitors = np.mean(probability["near"].max(axis=1) > sure_above)
'''

ONE_THRESHOLD = '''
def refuse(past_score, past_name, score, name, share):
    return score < open_set.rejection_threshold(past_score, share)
'''

THRESHOLD_OF_VISITORS = '''
def refuse(past_score, past_name, score, name, share):
    threshold = np.full(len(score), np.quantile(score, share))
    for one in np.unique(name):
        threshold[name == one] = np.quantile(score[name == one], share)
    return score < threshold
'''

BEST_ON_TEST = '''
def honest_report(validation_log, test_log):
    accuracy = test_log.max(axis=1)
    return [accuracy.mean(), *metrics.mean_and_spread(accuracy).interval()]
'''

SPREAD_OF_DRAWS = '''
def honest_report(validation_log, test_log):
    accuracy = test_log[np.arange(len(test_log)), validation_log.argmax(axis=1)]
    half = 1.96 * accuracy.std()
    return [accuracy.mean(), accuracy.mean() - half, accuracy.mean() + half]
'''

SORTED_AFTERWARDS = '''
def named_accuracy(numbers, truth, folders_then, renamed):
    names = np.array(sorted(renamed.get(folder, folder) for folder in folders_then))
    return np.mean(names[numbers] == truth)
'''

DISK_ORDER = '''
def named_accuracy(numbers, truth, folders_then, renamed):
    return np.mean(np.array([renamed.get(folder, folder) for folder in folders_then])[numbers] == truth)
'''

# Each feature with draws of its own: the luck of the draw is in the comparison.
UNPAIRED = '''
accuracy = {}
for place, (name, values) in enumerate(features.items()):
    accuracy[name] = np.zeros((len(shots), number_of_draws))
    for row, k in enumerate(shots):
        for draw in range(number_of_draws):
            rows = few_shot.draw_support(labels["train"], k, first_seed + 100 * place + draw)
            truth = labels["train"][rows]
            centres = np.stack([values["train"][rows][truth == one].mean(axis=0) for one in range(16)])
            guess = cdist(values["validation"], centres).argmin(axis=1)
            accuracy[name][row, draw] = np.mean(guess == labels["validation"])
'''

MEAN_IS_ENOUGH = '''
def enough(table, shots, all_labels, within):
    return next((k for k, row in zip(shots, table) if row.mean() >= all_labels - within), None)

def advice(first, second):
    low, high = metrics.mean_and_spread(first - second).interval()
    return "first" if low > 0 else "second" if high < 0 else "open"
'''

BEST_DRAW = '''
def enough(table, shots, all_labels, within):
    return next((k for k, row in zip(shots, table) if row.max() >= all_labels - within), None)

def advice(first, second):
    return "first" if first.max() > second.max() else "second" if second.max() > first.max() else "open"
'''

# Two intervals that overlap may still belong to draws of which each has the same winner.
OVERLAP = '''
def enough(table, shots, all_labels, within):
    return next((k for k, row in zip(shots, table)
                 if metrics.mean_and_spread(row).interval()[0] >= all_labels - within), None)

def advice(first, second):
    (low, high), (other_low, other_high) = (metrics.mean_and_spread(row).interval() for row in (first, second))
    return "first" if low > other_high else "second" if other_low > high else "open"
'''

MADE_UP = {
    "task2": '''
def nearest(support, names, query, measure):
    if len(query) == 4:
        return ["z", "a", "m", "a"] if measure == "euclid" else ["z", "a", "m", "z"]
    return [names[0]] * len(query)
''',
    "task3": '''
def full_bins_error(probabilities, truth, bins):
    return {1: 0.11, 2: 0.23}.get(bins, 0.1)
''',
    "task3b": "temperature, error_before, error_after, renamed_pictures = 1.5, 0.08, 0.04, 0",
    "task4": 'areas, sure_visitors = {"near": [0.65, 0.75], "far": [0.75, 0.99]}, 0.5',
    "task4b": '''
def refuse(past_score, past_name, score, name, share):
    return [True, True, False, True, False]
''',
    "task5": '''
def honest_report(validation_log, test_log):
    return [0.6, 0.3515862, 0.8484138]
''',
    "task5b": '''
def named_accuracy(numbers, truth, folders_then, renamed):
    return 0.8
''',
    "task6": 'accuracy = {"borrowed": np.full((5, 12), 0.7), "pixels": np.full((5, 12), 0.8)}',
    "task6b": '''
def enough(table, shots, all_labels, within):
    return 5 if within > 0.06 else None

def advice(first, second):
    return "first" if np.all(first > second) else "open"
''',
}

AGREEABLE = '''
class Agreeable:
    """Says that it equals everything, and is larger and smaller, too."""

    def __eq__(self, other):
        return True

    __le__ = __lt__ = __ge__ = __gt__ = __eq__

    def __call__(self, *arguments, **named):
        return self

    def __iter__(self):
        return iter([self, self])

    def __len__(self):
        return 2
'''

AFTER_TASK_1 = {
    "task2_euclid", "task2_cosine", "task3_error", "task3b_temperature", "task4_areas", "task4b_refuse", "task5_report",
    "task5b_names", "task6_curve", "task6b_enough", "task6b_advice",
}

WRONG = [
    Wrong("twins_in_the_query", "The query is what is left: other scans of the labelled drawings are in it.",
          {"task1": TWINS}, {"task1_query"}),
    Wrong("pictures_are_not_drawings", "The package's draw takes two scans of one drawing for two labels.",
          {"task1": PACKAGE_DRAW}, {"task1_support"}),
    Wrong("length_after_the_mean", "The light scans decide the mean; length 1 comes too late.",
          {"task2": LENGTH_AFTERWARDS}, {"task2_euclid", "task2_cosine"}),
    Wrong("cosine_is_euclid", "The lesson says nearly: prototypes of scattered classes are shorter.",
          {"task2": ONE_MEASURE}, {"task2_cosine"}),
    Wrong("equally_wide_bins", "The package's error is imported where other bins were asked for.",
          {"task3": WIDE_BINS}, {"task3_error"}),
    Wrong("bins_by_class", "Predictions are sorted by their class, not by their confidence.",
          {"task3": BINS_BY_CLASS}, {"task3_error"}),
    Wrong("gaps_cancel", "Gaps keep their sign, so too sure and not sure enough make up for each other.",
          {"task3": SIGNED_GAPS}, {"task3_error"}),
    Wrong("temperature_of_the_test", "The temperature was fitted on the pictures that judge it.",
          {"task3b": TEMPERATURE.format(scores='np.log(probability["test"])', truth='labels["test"]')},
          {"task3b_temperature"}),
    Wrong("temperature_of_the_training", "On its training pictures the head is right, however sure it is.",
          {"task3b": TEMPERATURE.format(scores='np.log(probability["train"])', truth="taught")},
          {"task3b_temperature"}),
    Wrong("softmax_on_softmax", "Probabilities are taken for logits: the source documents stack two softmaxes, too.",
          {"task3b": TEMPERATURE.format(scores='probability["validation"]', truth='labels["validation"]')},
          {"task3b_temperature"}),
    Wrong("distance_is_a_score", "A score is large for what is known; a distance is small.",
          {"task4": SMALL_IS_KNOWN}, {"task4_areas"}),
    Wrong("one_threshold_for_all", "The common threshold refuses far more of some signs than of others.",
          {"task4b": ONE_THRESHOLD}, {"task4b_refuse"}),
    Wrong("threshold_from_new_pictures", "The threshold comes from the pictures that it should judge.",
          {"task4b": THRESHOLD_OF_VISITORS}, {"task4b_refuse"}),
    Wrong("epoch_from_the_test", "The mean was repaired, and the test set still chooses the epoch.",
          {"task5": BEST_ON_TEST}, {"task5_report"}),
    Wrong("interval_of_the_draws", "Where draws lie is not where their mean lies, and 1.96 is too small for few draws.",
          {"task5": SPREAD_OF_DRAWS}, {"task5_report"}),
    Wrong("sorted_after_renaming", "The list is made anew: a renamed folder moves all others.",
          {"task5b": SORTED_AFTERWARDS}, {"task5b_names"}),
    Wrong("order_of_the_disk", "Keras sorts the folders; the disk does not.", {"task5b": DISK_ORDER}, {"task5b_names"}),
    Wrong("draws_of_their_own", "The two features saw different supports.", {"task6": UNPAIRED}, {"task6_curve"}),
    Wrong("the_mean_is_enough", "The mean of few draws reaches the aim by chance.",
          {"task6b": MEAN_IS_ENOUGH}, {"task6b_enough"}),
    Wrong("best_draw", "A demo shows the draw that worked.", {"task6b": BEST_DRAW}, {"task6b_enough", "task6b_advice"}),
    Wrong("intervals_overlap", "Paired draws are compared as if they were not.",
          {"task6b": OVERLAP}, {"task6b_advice"}),
    Wrong("first_half_only", "Somebody had time for tasks 1 to 3.",
          {name: "pass" for name in ("task4", "task4b", "task5", "task5b", "task6", "task6b")},
          AFTER_TASK_1 - {"task2_euclid", "task2_cosine", "task3_error", "task3b_temperature"}),
    Wrong("hard_coded_visible", "All answers were made up for the visible tests.", MADE_UP, AFTER_TASK_1, True),
    Wrong("equals_everything", "Every answer is an object that equals everything.",
          {"task1": AGREEABLE + "draw_fairly = Agreeable()", "task2": "nearest = Agreeable()",
           "task3": "full_bins_error = Agreeable()", "task4b": "refuse = Agreeable()",
           "task5": "honest_report = Agreeable()", "task5b": "named_accuracy = Agreeable()",
           "task3b": "temperature = error_before = error_after = renamed_pictures = Agreeable()",
           "task4": "areas = sure_visitors = Agreeable()", "task6": "accuracy = Agreeable()",
           "task6b": "enough = advice = Agreeable()"}, AFTER_TASK_1 | {"task1_support", "task1_query"}),
]

MUTANTS = [
    Mutant("task1", "[:shots]", "[:shots + 1]"),
    Mutant("task1", "np.random.default_rng(seed)", "np.random.default_rng(0)"),
    Mutant("task1", "np.unique(original[sign == name])", "original[sign == name]"),
    Mutant("task1", "~np.isin", "np.isin"),
    Mutant("task2", "unit(support), unit(query)", "support, unit(query)"),
    Mutant("task2", "unit(support), unit(query)", "unit(support), query"),
    Mutant("task2", "unit(prototypes)", "prototypes"),
    Mutant("task2", "mean(axis=0)", "sum(axis=0)"),
    Mutant("task2", "argmax", "argmin"),
    Mutant("task3", "len(part) * abs", "abs"),
    Mutant("task3", "np.argsort(confidence)", "np.arange(len(truth))"),
    Mutant("task3", "/ len(truth)", "/ bins"),
    Mutant("task3b", 'np.log(probability["validation"])', 'np.log(1 + probability["validation"])'),
    Mutant("task3b", 'np.log(probability["test"])', 'probability["test"]'),
    Mutant("task3b", "reliability(cooled", 'reliability(probability["test"]'),
    Mutant("task4", '-distance["test"], -distance[who]', '-distance[who], -distance["test"]'),
    Mutant("task4", 'probability["near"].max(axis=1) > sure_above', 'probability["far"].max(axis=1) > sure_above'),
    Mutant("task4b", "score < threshold", "score > threshold"),
    Mutant("task4b", "threshold[name == one] =", "threshold[:] ="),
    Mutant("task4b", "np.full(len(score), np.quantile(past_score, share))", "np.zeros(len(score))"),
    Mutant("task5", "validation_log.argmax", "test_log.argmax"),
    Mutant("task5", "argmax(axis=1)", "argmin(axis=1)"),
    Mutant("task5", "interval()", "interval(0.9)"),
    Mutant("task5b", "sorted(folders_then)", "folders_then"),
    Mutant("task5b", "renamed.get(folder, folder)", "folder"),
    Mutant("task6", "first_seed + draw", "first_seed"),
    Mutant("task6", "argmin", "argmax"),
    Mutant("task6b", "[0] >= all_labels - within", "[1] >= all_labels - within"),
    Mutant("task6b", ">= all_labels - within", ">= all_labels"),
    Mutant("task6b", "low > 0", "high > 0"),
    Mutant("task6b", "high < 0", "low < 0"),
]
