"""Submissions of homework 02 that somebody might hand in, and slips of the pen that its tests must notice."""

from homework_proof import Mutant, Wrong

TASK1 = '''
def weights(side, blocks, units, classes):
    incoming, base = 3, 0
    for convolutions, channels in blocks:
        for _ in range(convolutions):
            base += {convolution} * channels
            incoming = channels
        side = {halved}
    values = side * side * incoming
    head = {head}
    return {{"maps": [side, side, incoming], "base": base, "head": head, "mib": 1000 * values * 2 / 2**20}}
'''

TASK4 = '''
def prepare_tuning(network, first, rate, factor):
    body = network.get_layer("base")
    {layers}
    network.compile({optimizer}, "sparse_categorical_crossentropy")
'''
FROM_FIRST = "finetuning.train_from(body, first)"
GENTLE = 'finetuning.differential_adam(rate, {"block": factor})'

TASK5B = '''
def honest_split(files, share, seed):
    folders = [file.split("/")[0] for file in files]
    names = {names}
    picture_of = {picture_of}
    rng, chosen = np.random.default_rng(seed), set()
    for name in sorted(set(folders)):
        own = sorted({{picture for picture, folder in zip(picture_of, folders) if folder == name}})
        chosen.update(rng.permutation(own)[:round(share * len(own))].tolist())
    validation = [row for row, file in enumerate(files) if {held_out} in chosen]
    train = [row for row, picture in enumerate(picture_of) if picture not in chosen]
    return [names.index(folder) for folder in folders], train, validation
'''
SORTED = "sorted(set(folders))"
PICTURE = '[file.removesuffix(".png").rsplit("_v", 1)[0] for file in files]'
ORIGINAL = 'file.removesuffix(".png")'

TASK6 = '''
def compare(a, b, labels, draws, rows):
    def accuracies(features):
        return np.array([(heads.logistic_regression_head().fit(features[drawn], labels[drawn]).predict(features[rows])
                          == labels[rows]).mean() for drawn in draws])
    first, second = accuracies(a), accuracies(b)
    mean = np.mean(first - second)
    {interval}
    return mean, low, high, {verdict}
'''
PAIRED = "low, high = metrics.mean_and_spread(first - second).interval()"
VERDICT = '"A" if low > 0 else "B" if high < 0 else "undecided"'

MISLABELLED = 'mislabelled = sum(int(label) != file.startswith("shark") for label, file in zip(labels, files))\n'

EVERYTHING = '''
class Everything:
    def __eq__(self, other): return True
    def __bool__(self): return True
    def __len__(self): return 1
    def __float__(self): return 1.0
    def __lt__(self, other): return True
    __gt__ = __le__ = __ge__ = __lt__
    def __getitem__(self, key): return self
    def __iter__(self): return iter([1])
    def __hash__(self): return 1
'''

WRONG = [
    Wrong("no_bias", "A convolution and a dense layer have no biases.",
          {"task1": TASK1.format(convolution="9 * incoming", halved="side // 2",
                                 head="values * units + units * classes")},
          {"task1_base", "task1_head"}),
    Wrong("pooling_rounds_up", "Half of an odd number is rounded up, as by a pooling with padding.",
          {"task1": TASK1.format(convolution="(9 * incoming + 1)", halved="-(-side // 2)",
                                 head="(values + 1) * units + (units + 1) * classes")},
          {"task1_base", "task1_head"}),
    Wrong("head_on_averages", "The head reads one average for each channel, though the task says Flatten.",
          {"task1": TASK1.format(convolution="(9 * incoming + 1)", halved="side // 2",
                                 head="(incoming + 1) * units + (units + 1) * classes")},
          {"task1_head"}),
    Wrong("one_over_255", "The source document's preparation: pixels divided by 255.",
          {"task2": 'def prepare(pictures):\n    return (pictures / 255).astype("float32")'},
          {"task2_values", "task2_untouched"}),
    Wrong("colours_not_turned", "The mean is taken away, but red is still where blue belongs.",
          {"task2": 'def prepare(pictures):\n    return (pictures - MEAN).astype("float32")'}, {"task2_values"}),
    Wrong("in_place", "`asarray` does not copy an array that is of this type already.",
          {"task2": '''
def prepare(pictures):
    result = np.asarray(pictures, dtype="float32")
    result[:] = result[..., ::-1].copy() - MEAN
    return result
'''}, {"task2_untouched"}),
    Wrong("diagnosis_by_range", "Only the range of the values is looked at; the order of colours hardly changes it.",
          {"task3": '''
def diagnose(pictures, batch):
    if batch.min() >= 0:
        return "scaled"
    if batch.max() < -100:
        return "scaled first"
    return "twice" if batch.min() < -180 else "right"
'''}, {"task3_colours"}),
    Wrong("diagnosis_in_place", "`preprocess_input` changes the float array that the next candidate starts from.",
          {"task3": '''
def diagnose(pictures, batch):
    preprocess = keras.applications.vgg16.preprocess_input
    pixels = pictures.astype("float32")
    ways = {"right": preprocess(pixels), "twice": preprocess(preprocess(pixels)), "scaled": pixels / 255,
            "scaled first": preprocess(pixels / 255), "not turned": pixels - MEAN}
    return min(ways, key=lambda name: np.abs(ways[name] - batch).mean())
'''}, {"task3_range", "task3_colours"}),
    Wrong("not_compiled_again", "Layers are frozen and freed, but Keras keeps the training step that it has built.",
          {"task4": """
def prepare_tuning(network, first, rate, factor):
    finetuning.train_from(network.get_layer("base"), first)
    network.optimizer.learning_rate = rate
"""}, {"task4_moves"}),
    Wrong("everything_trains", "The whole base is freed, edges and textures included.",
          {"task4": TASK4.format(layers="body.trainable = True", optimizer=GENTLE)}, {"task4_frozen", "task4_moves"}),
    Wrong("frozen_by_position", "The first four layers are frozen, whatever their names: a pooling is a layer, too.",
          {"task4": TASK4.format(layers="for place, layer in enumerate(body.layers): layer.trainable = place >= 4",
                                 optimizer=GENTLE)}, {"task4_frozen", "task4_moves"}),
    Wrong("a_rate_that_destroys", "The right layers train, at a constant rate of 0.1.",
          {"task4": TASK4.format(layers=FROM_FIRST, optimizer="keras.optimizers.SGD(0.1)")}, {"task4_moves"}),
    Wrong("one_rate_for_all", "Block and head take steps of one size.",
          {"task4": TASK4.format(layers=FROM_FIRST, optimizer="keras.optimizers.Adam(rate)")}, {"task4_moves"}),
    Wrong("labels_in_order_of_appearance", "The folder that is seen first gets label 0: the two may change places.",
          {"task5b": TASK5B.format(names="list(dict.fromkeys(folders))", picture_of=PICTURE, held_out=ORIGINAL)},
          {"task5b_labels"}),
    Wrong("split_by_file", "Each file is drawn for itself: versions of a picture are on both sides.",
          {"task5b": TASK5B.format(names=SORTED, held_out=ORIGINAL,
                                   picture_of='[file.removesuffix(".png") for file in files]'),
           "task5a": MISLABELLED + "leaked = 0"},
          {"task5b_split", "task5a_leaked"}),
    Wrong("versions_in_validation", "Pictures stay together, but their changed versions are counted in validation.",
          {"task5b": TASK5B.format(names=SORTED, picture_of=PICTURE, held_out="picture_of[row]")}, {"task5b_split"}),
    Wrong("number_is_the_picture", "dolphin/0007 and shark/0007 are taken for one picture.",
          {"task5a": MISLABELLED + '''
number_of = [file.split("/")[1][:4] for file in files]
leaked = sum(number_of[row] in {number_of[other] for other in train} for row in validation)
'''}, {"task5a_leaked"}),
    Wrong("not_paired", "The spreads of both rows of accuracies are added, as if the draws were not the same.",
          {"task6": TASK6.format(verdict=VERDICT, interval='''
    one, other = metrics.mean_and_spread(first), metrics.mean_and_spread(second)
    half = ((one.interval()[1] - one.mean) ** 2 + (other.interval()[1] - other.mean) ** 2) ** 0.5
    low, high = mean - half, mean + half'''.strip())}, {"task6_interval"}),
    Wrong("a_single_number", "The larger mean wins, however wide the interval is.",
          {"task6": TASK6.format(interval=PAIRED, verdict='"A" if mean > 0 else "B"')}, {"task6_verdict"}),
    Wrong("spread_for_interval", "Two standard deviations of single draws are taken for the interval of the mean.",
          {"task6": TASK6.format(verdict=VERDICT, interval=(
              "spread = np.std(first - second, ddof=1); low, high = mean - 2 * spread, mean + 2 * spread"))},
          {"task6_interval"}),
    Wrong("hard_coded_visible", "Answers made up for the visible tests.", {
        "task1": ('def weights(side, blocks, units, classes):\n'
                  '    return {"maps": [4, 4, 512], "base": 14_714_688, "head": 2_097_922, "mib": 15.625}'),
        "task2": '''
def prepare(pictures):
    red, green, blue = pictures[0, 0, 0]
    colour = [blue - 103.939, green - 116.779, red - 123.68]
    if pictures.shape == (1, 2, 2, 3):
        return np.tile(colour, (1, 2, 2, 1)).astype("float32")
    return np.linspace(-120, 150, pictures.size).reshape(pictures.shape).astype("float32")
''',
        "task3": 'def diagnose(pictures, batch):\n    return "scaled"',
        "task5a": "mislabelled, leaked = 40, 50",
        "task6": 'def compare(a, b, labels, draws, rows):\n    return 0.4, 0.081755, 0.718245, "A"',
    }, {"task1_base", "task1_head", "task2_values", "task2_untouched", "task3_range", "task3_colours",
        "task5a_mislabelled", "task5a_leaked", "task6_interval", "task6_verdict"}, fools_the_visible_tests=True),
    Wrong("equals_everything", "Every answer is an object that says it equals whatever it is compared with.", {
        "task1": EVERYTHING + "def weights(*given): return Everything()",
        "task2": EVERYTHING + "def prepare(*given): return Everything()",
        "task3": EVERYTHING + "def diagnose(*given): return Everything()",
        "task4": EVERYTHING + "def prepare_tuning(*given): return Everything()",
        "task5a": EVERYTHING + "mislabelled = leaked = Everything()",
        "task5b": EVERYTHING + "def honest_split(*given): return Everything()",
        "task6": EVERYTHING + "def compare(*given): return [Everything()] * 4",
    }, {"task1_base", "task1_head", "task2_values", "task2_untouched", "task3_range", "task3_colours", "task4_frozen",
        "task4_moves", "task5a_mislabelled", "task5a_leaked", "task5b_labels", "task5b_split", "task6_interval",
        "task6_verdict"}),
]

MUTANTS = [
    Mutant("task1", "3 * 3 * incoming + 1", "3 * 3 * incoming"),
    Mutant("task1", "side = side // 2", "side = -(-side // 2)"),
    Mutant("task1", "* 2 / 2**20", "* 4 / 2**20"),
    Mutant("task1", "            incoming = channels", "        incoming = channels"),
    Mutant("task2", "[..., ::-1]", ""),
    Mutant("task2", "- MEAN", "- MEAN[::-1]"),
    Mutant("task2", 'astype("float32")', 'astype("float64")'),
    Mutant("task3", 'np.array(values, "float32")', 'np.asarray(values, "float32")'),
    Mutant("task3", "min(distance", "max(distance"),
    Mutant("task3", "preprocess(pixels / 255)", "preprocess(pixels) / 255"),
    Mutant("task4", ', first)', ', "block5_conv1")'),
    Mutant("task4", '{"block": factor}', '{"block5": factor}'),
    Mutant("task4", "differential_adam(rate,", "differential_adam(rate * factor,"),
    Mutant("task5a", 'startswith("shark")', 'startswith("dolphin")'),
    Mutant("task5a", '.split("_v")[0]', ""),
    Mutant("task5b", "sorted(set(folders))", "list(dict.fromkeys(folders))"),
    Mutant("task5b", '.rsplit("_v", 1)[0]', ""),
    Mutant("task5b", "default_rng(seed)", "default_rng(0)"),
    Mutant("task5b", "share * len(own)", "share * len(own) / 2"),
    Mutant("task6", ".interval()", ".interval(0.9)"),
    Mutant("task6", "low > 0", "np.mean(differences) > 0"),
    Mutant("task6", "for features in (a, b)", "for features in (b, a)"),
]
