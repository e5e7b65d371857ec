"""A chain or graph of convolutions written as ONNX, so that `course bench` can run the same weights in onnxruntime."""

import numpy as np

__all__ = ["onnx_bytes"]


def onnx_bytes(model) -> bytes:
    """Return VGG16's or MobileNetV2's base as an ONNX file: float32, channels first, any number of images.

    Parameters
    ----------
    model : keras.Model
        Made of Conv2D, DepthwiseConv2D, BatchNormalization, ReLU, MaxPooling2D, ZeroPadding2D and Add.

    Raises
    ------
    NotImplementedError
        If another layer is in it.
    """
    import onnx
    from onnx import helper, numpy_helper

    nodes, arrays, name_of = [], [], {id(model.inputs[0]): "images"}

    def constant(name, value, dtype=np.float32):
        arrays.append(numpy_helper.from_array(np.ascontiguousarray(value, dtype), name))
        return name

    def add(kind, inputs, output, **attributes):
        nodes.append(helper.make_node(kind, inputs, [output], **attributes))

    for layer in model.layers[1:]:
        kind, name = type(layer).__name__, layer.name
        given = layer.input if isinstance(layer.input, list) else [layer.input]
        inputs = [name_of[id(tensor)] for tensor in given]
        name_of[id(layer.output)] = name
        if kind in ("Conv2D", "DepthwiseConv2D"):
            kernel = np.asarray(layer.kernel)
            depthwise = kind == "DepthwiseConv2D"
            inputs.append(constant(f"{name}/kernel", kernel.transpose((2, 3, 0, 1) if depthwise else (3, 2, 0, 1))))
            if layer.use_bias:
                inputs.append(constant(f"{name}/bias", layer.bias))
            active = layer.activation.__name__ == "relu"
            add("Conv", inputs, f"{name}/linear" if active else name, strides=layer.strides, kernel_shape=layer.kernel_size,
                pads=_pads(layer, layer.kernel_size), group=kernel.shape[2] if depthwise else 1)
            if active:
                add("Relu", [f"{name}/linear"], name)
        elif kind == "BatchNormalization":
            numbers = (layer.gamma, layer.beta, layer.moving_mean, layer.moving_variance)
            inputs += [constant(f"{name}/{place}", one) for place, one in enumerate(numbers)]
            add("BatchNormalization", inputs, name, epsilon=layer.epsilon)
        elif kind == "ReLU" and layer.max_value is not None:
            add("Clip", [*inputs, constant(f"{name}/low", 0), constant(f"{name}/high", layer.max_value)], name)
        elif kind == "MaxPooling2D":
            add("MaxPool", inputs, name, kernel_shape=layer.pool_size, strides=layer.strides, pads=_pads(layer, layer.pool_size))
        elif kind == "ZeroPadding2D":
            (top, bottom), (left, right) = layer.padding
            add("Pad", [*inputs, constant(f"{name}/pads", [0, 0, top, left, 0, 0, bottom, right], np.int64)], name)
        elif kind == "Add":
            add("Add", inputs, name)
        else:
            raise NotImplementedError(f"{name!r} is a {kind}")
    height, width, channels = model.input_shape[1:]
    ends = [helper.make_tensor_value_info(name_of[id(model.outputs[0])], onnx.TensorProto.FLOAT, None)]
    begins = [helper.make_tensor_value_info("images", onnx.TensorProto.FLOAT, ["n", channels, height, width])]
    graph = helper.make_graph(nodes, model.name, begins, ends, arrays)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9).SerializeToString()


def _pads(layer, size) -> list[int]:
    """Return the zeros around an image: above, left, below, right."""
    if layer.padding == "valid":
        return [0, 0, 0, 0]
    around = []
    for length, one, step in zip(layer.input.shape[1:3], size, layer.strides):
        zeros = max((-(-length // step) - 1) * step + one - length, 0)
        around.append((zeros // 2, zeros - zeros // 2))
    return [around[0][0], around[1][0], around[0][1], around[1][1]]
