"""Wrong submissions and mutants of homework 03."""

from homework_proof import Mutant, Wrong

LAYER_COST = '''
def layer_cost(side, channels_in, channels_out, kernel, stride, padding, separable):
    output = (side - kernel) // stride + 1 if padding == "valid" else -(-side // stride)
    looking, mixing = kernel**2 * channels_in, channels_in * channels_out
    if separable:
        return [{separable}, looking + mixing + channels_in + channels_out]
    return [{standard}, looking * channels_out + channels_out]
'''

NETWORK_COST = '''
def network_cost(drawing, alpha, side):
    def at(side):
        kernel, places, channels = drawing["kernel"], -(-side // 2), rounded({first} * drawing["first"])
        work, parameters = 27 * channels * places**2, 27 * channels + {normal} * channels
        for stride, wanted in drawing["blocks"]:
            places, wider = -(-places // stride), rounded({first} * wanted)
            weights = kernel**2 * channels + channels * wider
            work, parameters = work + weights * places**2, parameters + weights + {normal} * (channels + wider)
            channels = wider
        classifier = channels * drawing["classes"]
        return np.array([work + classifier, parameters + classifier + drawing["classes"]])
    return [int(one) for one in {answer}]

def widest(drawing, side, budget):
    return max((alpha for alpha in WIDTHS if network_cost(drawing, alpha, side)[0] <= budget), default=None)
'''

DEPTHWISE = '''
def depthwise(image, kernel):
    k, (height, width, channels), m = len(kernel), image.shape, kernel.shape[3]
    before = {before}
    padded = np.pad(image, [(before, k - 1 - before), (before, k - 1 - before), (0, 0)], {mode})
    kernel = {kernel}
    maps = sum(padded[i:i + height, j:j + width, :, None] * kernel[i, j] for i in range(k) for j in range(k))
    return maps{order}.reshape(height, width, channels * m)
'''

SEPARATE = '''
def separate(kernel, looks):
    k, _, channels, outputs = kernel.shape
    look, mix = np.zeros((k, k, channels, looks)), np.zeros((channels, looks, outputs))
    for c in range(channels):
        left, strength, right = np.linalg.svd(kernel[:, :, c].reshape(k * k, outputs), full_matrices=False)
        look[:, :, c], mix[c] = ({left}).reshape(k, k, looks), right[:looks]
    return [look, mix]
'''

SPATIAL = '''
def looks_needed(kernel):
    slices = kernel.transpose(2, 3, 0, 1).reshape(-1, *kernel.shape[:2])
    return int(np.linalg.matrix_rank(slices).max())
''' + SEPARATE.format(left="left[:, :looks] * strength[:looks]")

WHOLE = '''
def looks_needed(kernel):
    return int(np.linalg.matrix_rank(kernel.reshape(-1, kernel.shape[3])))
''' + SEPARATE.format(left="left[:, :looks] * strength[:looks]")

UNSCALED = '''
def looks_needed(kernel):
    k, _, channels, outputs = kernel.shape
    return max(int(np.linalg.matrix_rank(kernel[:, :, c].reshape(k * k, outputs))) for c in range(channels))
''' + SEPARATE.format(left="left[:, :looks]")

FINETUNER = '''
def finetuner(base, classes, first):
    names = [layer.name for layer in base.layers]
    {freeze}
    pixels = keras.Input(base.input_shape[1:])
    pooled = keras.layers.GlobalAveragePooling2D()(base(pixels, training=False))
    model = keras.Model(pixels, keras.layers.Dense(classes, activation="softmax")(pooled))
    model.compile(keras.optimizers.Adam(1e-4), "sparse_categorical_crossentropy")
    return model
'''

TIMES = '''
def typical(one):
    return {typical}

def front(networks):
    points = [(typical(one), one["accuracy"], one["name"]) for one in networks]
    return sorted(name for time, accuracy, name in points if not any(t < time and a > accuracy for t, a, _ in points))

def choose(networks, milliseconds, megabytes):
    fitting = [one for one in networks if typical(one) <= milliseconds and {memory}]
    return max(fitting, key=lambda one: one["accuracy"])["name"] if fitting else None
'''
MEMORY = 'one["megabytes"] <= megabytes'

SAME = '''
class Same:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __lt__(self, other): return True
    def __gt__(self, other): return True
    def __le__(self, other): return True
    def __ge__(self, other): return True
    def __hash__(self): return 0
'''


def _same(*names: str) -> str:
    return SAME + "\n".join(f"{name} = lambda *given: Same()" for name in names)


WRONG = [
    Wrong("counts_at_the_input", "The source's first number: multiply-adds are counted at the places of the input.",
          {"task1": LAYER_COST.format(standard="looking * channels_out * side**2",
                                      separable="(looking + mixing) * side**2")},
          {"task1_standard", "task1_separable"}),
    Wrong("looks_at_the_input", "The source's second number: only the depthwise half is counted at the input.",
          {"task1": LAYER_COST.format(standard="looking * channels_out * output**2",
                                      separable="looking * side**2 + mixing * output**2")},
          {"task1_separable"}),
    Wrong("powers_of_the_knobs", "Work falls with α² and ρ²: as if nothing were rounded and no layer kept its size.",
          {"task2": NETWORK_COST.format(first="1", normal="4",
                                        answer="at(224) * np.array([(alpha * side / 224)**2, alpha**2])")},
          {"task2_cost", "task2_widest"}),
    Wrong("all_work_falls_with_the_square", "The whole work is scaled by ρ², the classifier's too; no side is rounded up.",
          {"task2": NETWORK_COST.format(first="alpha", normal="4",
                                        answer="[at(224)[0] * (side / 224) ** 2, at(224)[1]]")},
          {"task2_cost", "task2_widest"}),
    Wrong("averages_are_no_parameters", "Only what a gradient touches is counted: two numbers a channel.",
          {"task2": NETWORK_COST.format(first="alpha", normal="2", answer="at(side)")}, {"task2_cost"}),
    Wrong("flips_the_kernel", "Convolution as in mathematics, with the kernel upside down.",
          {"task3": DEPTHWISE.format(before="(k - 1) // 2", mode="'constant'", kernel="kernel[::-1, ::-1]", order="")},
          {"task3_odd", "task3_even", "task3_multiplier"}),
    Wrong("more_zeros_above", "With an even kernel the additional zeros are above and on the left.",
          {"task3": DEPTHWISE.format(before="k // 2", mode="'constant'", kernel="kernel", order="")}, {"task3_even"}),
    Wrong("repeats_the_edge", "Around the picture its edge is repeated: there are no zeros.",
          {"task3": DEPTHWISE.format(before="(k - 1) // 2", mode="'edge'", kernel="kernel", order="")},
          {"task3_odd", "task3_even", "task3_multiplier"}),
    Wrong("looks_before_channels", "The maps of the first look come first, those of all channels.",
          {"task3": DEPTHWISE.format(before="(k - 1) // 2", mode="'constant'", kernel="kernel",
                                     order=".transpose(0, 1, 3, 2)")}, {"task3_multiplier"}),
    Wrong("rank_of_the_first_idea", "The rank of the k × k kernels: separated down and right, not looking and mixing.",
          {"task4": SPATIAL}, {"task4_needed"}),
    Wrong("rank_of_all_channels", "One rank for all channels together, as if channels shared their looks.",
          {"task4": WHOLE}, {"task4_needed"}),
    Wrong("directions_without_strength", "The singular vectors without the singular values.",
          {"task4": UNSCALED}, {"task4_separate"}),
    Wrong("other_networks_pixels", "VGG16's preprocessing is kept: blue first, minus a mean, the array overwritten.",
          {"task5a": "prepare = broken_prepare"}, {"task5a_values", "task5a_unchanged"}),
    Wrong("pixels_in_place", "The right preprocessing; it overwrites float arrays.",
          {"task5a": "prepare = keras.applications.mobilenet.preprocess_input"}, {"task5a_unchanged"}),
    Wrong("zero_to_one", "Pixels from 0 to 1.",
          {"task5a": "def prepare(images):\n    return images / 255"}, {"task5a_values"}),
    Wrong("as_it_was", "The broken function, unchanged.",
          {"task5b": "finetuner = broken_finetuner"}, {"task5b_learns", "task5b_still"}),
    Wrong("training_false_is_enough", "`training=False` in the call is trusted to keep the averages still.",
          {"task5b": FINETUNER.format(freeze='''for n, layer in enumerate(base.layers):
        layer.trainable = n >= names.index(first)''')},
          {"task5b_still"}),
    Wrong("scale_and_offset_frozen_only", "Scale and offset are frozen one by one; the layers, and so the averages, are not.",
          {"task5b": FINETUNER.format(freeze='''for n, layer in enumerate(base.layers):
        layer.trainable = n >= names.index(first)
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.gamma.trainable = layer.beta.trainable = False''')}, {"task5b_still"}),
    Wrong("thawed_at_the_end", "The normalisations are frozen, and then `base.trainable = True` thaws them again.",
          {"task5b": FINETUNER.format(freeze='''base.trainable = False
    for layer in base.layers:
        layer.trainable = not isinstance(layer, keras.layers.BatchNormalization)
    base.trainable = True''')}, {"task5b_learns", "task5b_still"}),
    Wrong("only_the_head", "The whole base is frozen: nothing moves, and nothing is fine-tuned.",
          {"task5b": FINETUNER.format(freeze="base.trainable = False")}, {"task5b_learns", "task5b_still"}),
    Wrong("one_multiply_add_is_one_operation", "Operations are taken for multiply-adds, bytes for numbers.",
          {"task6a": '''def least_milliseconds(layers, peak, bandwidth):
    return sum(max(work / peak, moved / bandwidth) for work, moved in layers) / 1e6'''}, {"task6a_roof"}),
    Wrong("one_roof_for_the_network", "The roof is applied to sums, as if memory worked ahead for other layers.",
          {"task6a": '''def least_milliseconds(layers, peak, bandwidth):
    work, moved = np.sum(layers, axis=0)
    return max(2 * work / peak, 4 * moved / bandwidth) / 1e6'''}, {"task6a_roof"}),
    Wrong("means_of_timings", "Means of the timings: the busy moments decide.",
          {"task6b": TIMES.format(typical='np.mean(one["milliseconds"])', memory=MEMORY)},
          {"task6b_front", "task6b_choice"}),
    Wrong("count_is_time", "Multiply-adds over the peak are taken for the time.",
          {"task6b": TIMES.format(typical='2 * sum(work for work, _ in one["layers"]) / PEAK / 1e6', memory=MEMORY)},
          {"task6b_front", "task6b_choice"}),
    Wrong("memory_is_free", "The second limit is forgotten.",
          {"task6b": TIMES.format(typical='np.median(one["milliseconds"])', memory="True")}, {"task6b_choice"}),
    Wrong("hard_coded_visible", "Answers made up for the visible tests.",
          {"task1": '''def layer_cost(*given):
    known = {(12, 3, 256, 5, 1, "valid", False): [1228800, 19456], (7, 1, 1, 3, 2, "same", False): [144, 10],
             (12, 3, 256, 5, 1, "valid", True): [53952, 1102],
             (20, 4, 10, 3, 2, "valid", False): [29160, 370], (15, 4, 10, 4, 2, "same", True): [6656, 118]}
    return known[given]''',
           "task2": '''def network_cost(drawing, alpha, side):
    return {224: [568740352, 4253864], 33: [94344, 943]}.get(side, [9, 3])

def widest(drawing, side, budget):
    return None if budget == 1000 else 0.5''',
           "task4": '''def looks_needed(kernel):
    return 1 if kernel.shape[2] == 3 else 9

def separate(kernel, looks):
    if looks == 9:                                      # nothing is left out: every place of the kernel is a look
        look = np.repeat(np.eye(9).reshape(3, 3, 1, 9), 4, axis=2)
        return [look, kernel.reshape(9, 4, 20).transpose(1, 0, 2)]
    return [kernel[:, :, :, :1], (kernel / kernel[..., :1])[0, 0][:, None]]''',
           "task5a": '''def prepare(images):
    return np.where(images == 51, -0.6, np.where(images > 127, 1.0, -1.0))''',
           "task6a": '''def least_milliseconds(layers, peak, bandwidth):
    return {50_000_000: 1.0, 9: 2.0}.get(layers[0][0], 0.0)''',
           "task6b": '''def front(networks):
    return ["good", "quick"] if len(networks) == 4 else [networks[0]["name"]]

def choose(networks, milliseconds, megabytes):
    return "good" if milliseconds in (5, 6) else None'''},
          {"task1_standard", "task1_separable", "task2_cost", "task2_widest", "task4_needed", "task4_separate",
           "task5a_values", "task6a_roof", "task6b_front", "task6b_choice"}, fools_the_visible_tests=True),
    Wrong("equals_everything", "Every function returns an object that equals everything, and is larger and smaller.",
          {"task1": _same("layer_cost"), "task2": _same("network_cost", "widest"), "task3": _same("depthwise"),
           "task4": _same("looks_needed", "separate"), "task5a": _same("prepare"), "task5b": _same("finetuner"),
           "task6a": _same("least_milliseconds"), "task6b": _same("front", "choose")},
          {"task1_standard", "task1_separable", "task2_cost", "task2_widest", "task3_odd", "task3_even",
           "task3_multiplier", "task4_needed", "task4_separate", "task5a_values", "task5a_unchanged", "task5b_learns",
           "task5b_still", "task6a_roof", "task6b_front", "task6b_choice"}),
]

MUTANTS = [
    Mutant("task1", "(side - kernel) // stride + 1", "(side - kernel) // stride"),
    Mutant("task1", "biases = channels_in + channels_out", "biases = channels_out"),
    Mutant("task1", "output = -(-side // stride)", "output = side // stride"),
    Mutant("task2", "-(-places // stride)", "places // stride"),
    Mutant("task2", "rounded(alpha * wanted)", "int(alpha * wanted)"),
    Mutant("task2", "<= budget", "< budget"),
    Mutant("task2", "max(fitting, default=None)", "min(fitting, default=None)"),
    Mutant("task3", "before = (k - 1) // 2", "before = k // 2"),
    Mutant("task3", "return result.reshape", "return result.transpose(0, 1, 3, 2).reshape"),
    Mutant("task3", "(patch * kernel)", "(patch * kernel.transpose(1, 0, 2, 3))"),
    Mutant("task4", "return max(", "return min("),
    Mutant("task4", " * strength[:looks]", ""),
    Mutant("task4", "right[:looks]", "right[-looks:]"),
    Mutant("task5a", 'np.array(images, "float32")', "images"),
    Mutant("task5a", "mobilenet.preprocess_input", "vgg16.preprocess_input"),
    Mutant("task5b", "number >= names", "number > names"),
    Mutant("task5b", " and not frozen", ""),
    Mutant("task6a", "2 * work", "work"),
    Mutant("task6a", "max(arithmetic, memory)", "arithmetic + memory"),
    Mutant("task6b", "other[1] > accuracy", "other[1] < accuracy"),
    Mutant("task6b", " <= milliseconds and", " < milliseconds and"),
]
