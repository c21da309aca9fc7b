"""The networks of this folder in PyTorch, and the ONNX file of one: needs torch and onnx."""

import math

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

FREQUENCIES = 8


class Network(nn.Module):
    """D(y, σ) = μ + c_skip (y − μ) + c_out F(c_in (y − μ), ln σ) with EDM's factors [KAAL22, Table 1].

    c_skip = v/(v + σ²), c_out = σ √v/√(v + σ²), c_in = 1/√(v + σ²), for a law with mean μ and variance v of a
    coordinate. F's last layer starts at zero.
    """

    def __init__(self, mean, variance, width, blocks=2):
        super().__init__()
        dim = len(mean)
        self.register_buffer("mean", mean.clone())
        self.variance = variance
        self.register_buffer("frequency", torch.arange(1, FREQUENCIES + 1) * 0.25)
        self.enter = nn.Linear(dim, width)
        self.blocks = nn.ModuleList(
            nn.ModuleDict(
                {
                    "noise": nn.Linear(2 * FREQUENCIES, width, bias=False),
                    "first": nn.Linear(width, width),
                    "second": nn.Linear(width, width),
                }
            )
            for _ in range(blocks)
        )
        self.leave = nn.Linear(width, dim)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)

    def forward(self, y, sigma):
        """x̂ for states y = X + σZ [N, d] and σ [N]."""
        sigma = sigma.reshape(-1, 1)
        total = self.variance + sigma * sigma
        skip, root = self.variance / total, total.sqrt()
        centred = y - self.mean
        angle = sigma.log() * self.frequency
        noise = torch.cat([angle.sin(), angle.cos()], 1)
        h = self.enter(centred / root)
        for block in self.blocks:
            inner = nn.functional.silu(block["first"](nn.functional.silu(h + block["noise"](noise))))
            h = h + block["second"](inner)
        out = self.leave(nn.functional.silu(h))
        return self.mean + skip * centred + sigma * math.sqrt(self.variance) / root * out


def rounded(network):
    """The network with its weights rounded to float16, as they are stored."""
    with torch.no_grad():
        for weight in network.parameters():
            weight.copy_(weight.half().float())
    return network


class Graph:
    """An ONNX graph in the making."""

    def __init__(self):
        self.nodes, self.tensors = [], []

    def constant(self, name, values, shape=None):
        """float32 numbers."""
        array = np.array(values, dtype=np.float32)
        array = array if shape is None else array.reshape(shape)
        self.tensors.append(numpy_helper.from_array(array, name))
        return name

    def weight(self, name, tensor):
        """A weight, float16 in the file."""
        self.tensors.append(numpy_helper.from_array(tensor.detach().half().numpy(), name + ".half"))
        self.nodes.append(helper.make_node("Cast", [name + ".half"], [name], to=TensorProto.FLOAT))
        return name

    def add(self, operator, inputs, name, **attributes):
        """A node with one output."""
        self.nodes.append(helper.make_node(operator, inputs, [name], **attributes))
        return name

    def silu(self, x, name):
        return self.add("Mul", [x, self.add("Sigmoid", [x], name + ".sigmoid")], name)

    def linear(self, layer, x, name):
        inputs = [x, self.weight(name + ".weight", layer.weight)]
        if layer.bias is not None:
            inputs.append(self.weight(name + ".bias", layer.bias))
        return self.add("Gemm", inputs, name, transB=1)


def onnx_file(network):
    """The bytes of the network: inputs `y` [N, d] and `sigma` [N], output `x0` [N, d]."""
    graph, dim = Graph(), len(network.mean)
    graph.tensors.append(numpy_helper.from_array(np.array([-1, 1], dtype=np.int64), "column"))
    mean = graph.constant("mean", network.mean.numpy())
    variance = graph.constant("variance", network.variance)
    spread = graph.constant("spread", math.sqrt(network.variance))
    frequency = graph.constant("frequency", network.frequency.numpy(), (1, FREQUENCIES))
    sigma = graph.add("Reshape", ["sigma", "column"], "level")
    total = graph.add("Add", [variance, graph.add("Mul", [sigma, sigma], "square")], "total")
    skip, root = graph.add("Div", [variance, total], "skip"), graph.add("Sqrt", [total], "root")
    centred = graph.add("Sub", ["y", mean], "centred")
    angle = graph.add("Mul", [graph.add("Log", [sigma], "log"), frequency], "angle")
    waves = [graph.add("Sin", [angle], "sin"), graph.add("Cos", [angle], "cos")]
    noise = graph.add("Concat", waves, "noise", axis=1)
    h = graph.linear(network.enter, graph.add("Div", [centred, root], "scaled"), "enter")
    for i, block in enumerate(network.blocks):
        name = f"block{i}"
        sum_ = graph.add("Add", [h, graph.linear(block["noise"], noise, name + ".noise")], name + ".told")
        first = graph.linear(block["first"], graph.silu(sum_, name + ".in"), name + ".first")
        second = graph.linear(block["second"], graph.silu(first, name + ".mid"), name + ".second")
        h = graph.add("Add", [h, second], name)
    out = graph.linear(network.leave, graph.silu(h, "last"), "leave")
    factor = graph.add("Div", [graph.add("Mul", [sigma, spread], "noise.spread"), root], "factor")
    kept = graph.add("Add", [mean, graph.add("Mul", [skip, centred], "skipped")], "kept")
    graph.add("Add", [kept, graph.add("Mul", [factor, out], "made")], "x0")
    states = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", dim]) for name in ("y", "x0")]
    level = helper.make_tensor_value_info("sigma", TensorProto.FLOAT, ["N"])
    made = helper.make_graph(graph.nodes, "denoiser", [states[0], level], [states[1]], graph.tensors)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="klaim")
    onnx.checker.check_model(model)
    return model.SerializeToString(deterministic=True)
