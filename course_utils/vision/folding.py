"""Networks made ready for use: normalisations folded into the convolutions before them (lesson 03's MobileNet has 52).

Once a network is no longer trained, BatchNormalization is a multiplication and an addition with fixed numbers, and so
can become a part of the convolution before it: Jacob et al. (2018, arXiv:1712.05877), section 3.2.
"""

import numpy as np

from course_utils.vision.convolutions import _has_graph, _walk

__all__ = ["fold_normalisations"]


def fold_normalisations(model):
    """Return a network with the same outputs, up to rounding, that no longer computes its normalisations.

    Folded is each BatchNormalization that alone reads a float32 convolution without activation. MobileNetV2's features
    take about half as long afterwards, since each normalisation had read and written all maps once more.

    Parameters
    ----------
    model : keras.Model
        It is not changed, and shares no weights with the answer: what it learns later, the answer does not know.

    Returns
    -------
    keras.Model
        `model` itself if there is nothing to fold: it has no such pair, is Sequential, or contains other models.
    """
    import keras

    if not _has_graph(model) or isinstance(model, keras.Sequential) or any(map(_has_graph, model.layers)):
        return model
    pairs = _pairs(model)
    if not pairs:
        return model
    normalisations = {normalisation.name for normalisation in pairs.values()}

    def copy(layer):
        config = layer.get_config()
        return type(layer).from_config({**config, "use_bias": True} if layer.name in pairs else config)

    def use(layer, *args, **kwargs):
        return args[0] if layer.name in normalisations else layer(*args, **kwargs)

    folded = keras.models.clone_model(model, clone_function=copy, call_function=use)
    for layer in folded.layers:
        if layer.name in pairs:
            layer.set_weights(_folded_weights(model.get_layer(layer.name), pairs[layer.name]))
        elif layer.weights:
            layer.set_weights(model.get_layer(layer.name).get_weights())
    return folded


def _pairs(model) -> dict:
    """Return the normalisation that can be folded into a convolution, by the convolution's name."""
    import keras

    kinds = (keras.layers.Conv2D, keras.layers.DepthwiseConv2D)
    uses, made_by, readers, kept = [], {}, {}, []

    def visit(layer, before, after):
        uses.append((layer, before))
        made_by.update({id(tensor): layer for tensor in after})
        for tensor in before:
            readers.setdefault(id(tensor), []).append(layer)
        kept.extend((*before, *after))  # an id is only that of one tensor as long as the tensor lives

    outputs = keras.tree.flatten(_walk(model, model.inputs if len(model.inputs) > 1 else model.inputs[0], visit))
    read_outside = {id(tensor) for tensor in outputs}
    often = {layer.name for layer, _ in uses if sum(layer is other for other, _ in uses) > 1}
    pairs = {}
    for layer, before in uses:
        if type(layer) is not keras.layers.BatchNormalization or len(before) != 1:
            continue
        source, convolution = id(before[0]), made_by.get(id(before[0]))
        fits = (type(convolution) in kinds and convolution.activation is keras.activations.linear
                and convolution.data_format == "channels_last" and layer.axis in (-1, 3)
                and convolution.compute_dtype == layer.compute_dtype == "float32"
                and len(readers[source]) == 1 and source not in read_outside and not {layer.name, convolution.name} & often)
        if fits:
            pairs[convolution.name] = layer
    return pairs


def _folded_weights(convolution, normalisation) -> list[np.ndarray]:
    """Return kernel and bias of a convolution that does what both did."""
    import keras

    kernel, *bias = (weight.astype(np.float64) for weight in convolution.get_weights())
    mean = np.asarray(normalisation.moving_mean, np.float64)
    variance = np.asarray(normalisation.moving_variance, np.float64)
    scale = 1 / np.sqrt(variance + normalisation.epsilon)
    if normalisation.scale:
        scale *= np.asarray(normalisation.gamma, np.float64)
    offset = np.asarray(normalisation.beta, np.float64) if normalisation.center else 0.0
    # The last axis of a kernel counts the outputs; of a depthwise one the last two: channels, and filters of each.
    shaped = scale.reshape(kernel.shape[-2:]) if isinstance(convolution, keras.layers.DepthwiseConv2D) else scale
    return [(kernel * shaped).astype(np.float32), (offset + (sum(bias) - mean) * scale).astype(np.float32)]
