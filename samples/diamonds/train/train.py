#!/usr/bin/python3
"""Trains the diamond price models and writes them as ONNX files, each with golden rows.

Two honest models that a team would really move between: v1 is a ridge regression on one-hot categories, v2 a small
network on category embeddings. Around them stand the ways in which a release goes wrong although it loads and answers:
other units, another order of the category ids, an output that is gone. All files are made from the two trainings in one
run, so that whatever differs between two files is the fault that is being shown and nothing else.

Needs Debian 12's python3-numpy, python3-pandas, python3-sklearn and python3-onnx. Takes seconds on one core.
    /usr/bin/python3 train/train.py            trains and writes models/
    /usr/bin/python3 train/train.py --check    trains into memory and compares the golden rows with the committed ones
The same machine writes the same bytes. Another processor may round differently in the last bits of a weight, which is
why --check compares answers (to one in a thousand), not bytes.
"""
import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # The order of summation must not depend on the number of cores.

import hashlib
import json
import sys
from pathlib import Path

import numpy as np
import onnx
import pandas as pd
from onnx import TensorProto, helper, numpy_helper
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error, r2_score

HERE = Path(__file__).resolve().parent.parent
OUT = HERE / "models"

# From worst to best, as the trade grades them. A model learns ids in this order.
LEVELS = {
    "cut": ["Fair", "Good", "Very Good", "Premium", "Ideal"],
    "color": ["J", "I", "H", "G", "F", "E", "D"],
    "clarity": ["I1", "SI2", "SI1", "VS2", "VS1", "VVS2", "VVS1", "IF"],
}
NUMBERS = ["carat", "depth", "table", "x", "y", "z"]
DIMENSIONS = [3, 3, 4]
HIDDEN = [48, 24]
PRICE_MAX = 100_000.0
STANDARD_MAX = 6.0  # Standardised numbers are bounded: a typing error of y = 58.9 mm is in the data.
GOLDEN_ROWS = 24


def held_out(count):
    """Every fourth row, spread by a multiplicative hash; the load program knows the same rule."""
    return (np.arange(count, dtype=np.uint64) * 2654435761 % 2**32) >> 30 == 0


class Data:
    def __init__(self):
        frame = pd.read_csv(HERE / "data" / "diamonds.csv.gz")
        self.categories = frame[list(LEVELS)].astype(str).values
        self.raw = frame[NUMBERS].astype(np.float32).values
        self.price = frame["price"].values.astype(np.float64)
        self.test = held_out(len(frame))
        self.train = ~self.test
        self.mean = self.raw[self.train].astype(np.float64).mean(0)
        self.scale = self.raw[self.train].astype(np.float64).std(0)
        self.ids = encode(self.categories, LEVELS)
        self.numbers = self.standardise(self.raw)
        log = np.log(self.price)
        self.log_mean, self.log_scale = log[self.train].mean(), log[self.train].std()
        self.target = (log - self.log_mean) / self.log_scale
        self.onehot = np.concatenate(
            [np.eye(len(v))[self.ids[:, i]] for i, v in enumerate(LEVELS.values())] + [self.numbers], 1
        )

    def standardise(self, raw):
        return np.clip((raw.astype(np.float64) - self.mean) / self.scale, -STANDARD_MAX, STANDARD_MAX)

    def dollars(self, z):
        return np.clip(np.exp(z * self.log_scale + self.log_mean), 0, PRICE_MAX)


def encode(categories, levels):
    """Category names to ids; a name's id is its place in the list of levels."""
    columns = []
    for i, names in enumerate(levels.values()):
        place = {name: k for k, name in enumerate(names)}
        columns.append([place[value] for value in categories[:, i]])
    return np.array(columns, dtype=np.int64).T


class Linear:
    """v1. Regularised, because one-hot columns are collinear and plain least squares explodes in float32."""

    def __init__(self, data):
        fit = Ridge(alpha=1.0).fit(data.onehot[data.train], data.target[data.train])
        self.weights, self.bias = fit.coef_, fit.intercept_

    def score(self, onehot):
        return onehot @ self.weights + self.bias


class Embedding:
    """v2. Adam with a cosine schedule on squared error of the standardised log price."""

    def __init__(self, data, seed=11, epochs=30, batch=512, rate=0.006, decay=1e-5):
        self.random = np.random.default_rng(seed)
        self.p = self._start()
        first = {k: np.zeros_like(v) for k, v in self.p.items()}
        second = {k: np.zeros_like(v) for k, v in self.p.items()}
        rows = np.flatnonzero(data.train)
        step = 0
        for epoch in range(epochs):
            lr = rate * 0.5 * (1 + np.cos(np.pi * epoch / epochs))
            order = self.random.permutation(rows)
            for start in range(0, len(order), batch):
                pick = order[start : start + batch]
                step += 1
                gradient = self._gradient(data.ids[pick], data.numbers[pick], data.target[pick])
                for k, g in gradient.items():
                    g = g + decay * self.p[k] if k[0] in "ew" else g
                    first[k] = 0.9 * first[k] + 0.1 * g
                    second[k] = 0.999 * second[k] + 0.001 * g * g
                    m, v = first[k] / (1 - 0.9**step), second[k] / (1 - 0.999**step)
                    self.p[k] = self.p[k] - lr * m / (np.sqrt(v) + 1e-8)

    def _start(self):
        p = {}
        for i, (names, size) in enumerate(zip(LEVELS.values(), DIMENSIONS)):
            p[f"e{i}"] = self.random.normal(0, 0.05, (len(names), size))
        width = sum(DIMENSIONS) + len(NUMBERS)
        for i, size in enumerate(HIDDEN + [1]):
            p[f"w{i}"] = self.random.normal(0, np.sqrt(2 / width), (width, size))
            p[f"b{i}"] = np.zeros(size)
            width = size
        return p

    def _forward(self, ids, numbers):
        layers = [np.concatenate([self.p[f"e{i}"][ids[:, i]] for i in range(ids.shape[1])] + [numbers], 1)]
        for i in range(len(HIDDEN)):
            layers.append(np.maximum(layers[-1] @ self.p[f"w{i}"] + self.p[f"b{i}"], 0))
        last = len(HIDDEN)
        return layers, (layers[-1] @ self.p[f"w{last}"] + self.p[f"b{last}"])[:, 0]

    def _gradient(self, ids, numbers, target):
        layers, out = self._forward(ids, numbers)
        gradient = {}
        back = ((out - target) / len(target))[:, None]
        for i in reversed(range(len(HIDDEN) + 1)):
            gradient[f"w{i}"] = layers[i].T @ back
            gradient[f"b{i}"] = back.sum(0)
            back = back @ self.p[f"w{i}"].T
            if i > 0:
                back = back * (layers[i] > 0)
        offset = 0
        for i, size in enumerate(DIMENSIONS):
            table = np.zeros_like(self.p[f"e{i}"])
            np.add.at(table, ids[:, i], back[:, offset : offset + size])
            gradient[f"e{i}"] = table
            offset += size
        return gradient

    def score(self, ids, numbers):
        return self._forward(ids, numbers)[1]


class Graph:
    """A list of nodes and weights under construction; every method appends and returns the name of its result."""

    def __init__(self, data):
        self.data, self.nodes, self.weights, self.inputs, self.outputs = data, [], {}, [], []

    def weight(self, name, value, kind=np.float32):
        self.weights[name] = np.asarray(value, dtype=kind)
        return name

    def node(self, op, inputs, output, **attributes):
        self.nodes.append(helper.make_node(op, inputs, [output], **attributes))
        return output

    def input(self, name, kind, width):
        self.inputs.append(helper.make_tensor_value_info(name, kind, ["N", width]))
        return name

    def columns(self, source):
        return [
            self.node("Gather", [source, self.weight(f"column{i}", i, np.int64)], f"{source}_{i}", axis=1)
            for i in range(len(LEVELS))
        ]

    def clip(self, source, low, high, output):
        bounds = [self.weight(f"{output}_low", low), self.weight(f"{output}_high", high)]
        return self.node("Clip", [source] + bounds, output)

    def standardise(self, source):
        centred = self.node("Sub", [source, self.weight("mean", self.data.mean)], "centred")
        scaled = self.node("Mul", [centred, self.weight("scale", 1 / self.data.scale)], "scaled")
        return self.clip(scaled, -STANDARD_MAX, STANDARD_MAX, "standardised")

    def one_hot(self, columns):
        return [
            self.node("OneHotEncoder", [c], f"onehot_{i}", domain="ai.onnx.ml", cats_strings=names, zeros=1)
            for i, (c, names) in enumerate(zip(columns, LEVELS.values()))
        ]

    def lookup(self, columns, levels):
        return [
            self.node(
                "LabelEncoder", [c], f"id_{i}", domain="ai.onnx.ml",
                keys_strings=names, values_int64s=list(range(len(names))), default_int64=0,
            )
            for i, (c, names) in enumerate(zip(columns, levels.values()))
        ]

    def linear(self, model, features):
        product = self.node("MatMul", [features, self.weight("w", model.weights[:, None])], "product")
        return self.node("Add", [product, self.weight("b", [model.bias])], "score")

    def network(self, model, ids, numbers):
        tables = [self.weight(f"e{i}", model.p[f"e{i}"]) for i in range(len(ids))]
        parts = [self.node("Gather", [t, c], f"embedded_{i}") for i, (t, c) in enumerate(zip(tables, ids))]
        layer = self.node("Concat", parts + [numbers], "features", axis=1)
        for i in range(len(HIDDEN) + 1):
            weights = [self.weight(f"{k}{i}", model.p[f"{k}{i}"]) for k in "wb"]
            layer = self.node("Gemm", [layer] + weights, f"layer_{i}")
            if i < len(HIDDEN):
                layer = self.node("Relu", [layer], f"active_{i}")
        return layer

    def price(self, score, spread, factor=1.0, interval=True):
        """Price in dollars times factor, and the interval that holds 80 % of the training rows."""
        scaled = self.node("Mul", [score, self.weight("log_scale", self.data.log_scale)], "log_scaled")
        log = self.node("Add", [scaled, self.weight("log_mean", self.data.log_mean + np.log(factor))], "log_price")
        top = PRICE_MAX * factor
        self.outputs.append(helper.make_tensor_value_info("price", TensorProto.FLOAT, ["N", 1]))
        self.clip(self.node("Exp", [log], "unbounded"), 0, top, "price")
        if interval:
            self.outputs.append(helper.make_tensor_value_info("interval", TensorProto.FLOAT, ["N", 2]))
            ends = self.node("Mul", ["price", self.weight("spread", [spread])], "ends")
            self.clip(ends, 0, top, "interval")


def raw_inputs(graph):
    return graph.input("categories", TensorProto.STRING, 3), graph.input("numbers", TensorProto.FLOAT, len(NUMBERS))


def raw_linear(graph, model):
    categories, numbers = raw_inputs(graph)
    parts = graph.one_hot(graph.columns(categories)) + [graph.standardise(numbers)]
    return graph.linear(model, graph.node("Concat", parts, "features", axis=1))


def raw_network(graph, model, levels=LEVELS):
    categories, numbers = raw_inputs(graph)
    return graph.network(model, graph.lookup(graph.columns(categories), levels), graph.standardise(numbers))


def encoded_linear(graph, model):
    return graph.linear(model, graph.input("onehot", TensorProto.FLOAT, 26))


def encoded_network(graph, model):
    ids = graph.columns(graph.input("ids", TensorProto.INT64, 3))
    return graph.network(model, ids, graph.standardise(graph.input("numbers", TensorProto.FLOAT, len(NUMBERS))))


def serialise(graph, release, version, what, quality):
    weights = [numpy_helper.from_array(value, name) for name, value in graph.weights.items()]
    body = helper.make_graph(graph.nodes, "price", graph.inputs, graph.outputs, weights)
    opsets = [helper.make_opsetid("", 13), helper.make_opsetid("ai.onnx.ml", 2)]
    model = helper.make_model(
        body, opset_imports=opsets, producer_name="handover-samples-diamonds", producer_version="1",
        model_version=version, ir_version=8, doc_string=what,
    )
    features = {"categories": LEVELS, "numbers": NUMBERS}
    properties = {
        "release": release, "model": "price", "features": json.dumps(features), "quality": json.dumps(quality),
    }
    for key, value in properties.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    onnx.checker.check_model(model)
    return model.SerializeToString(deterministic=True)


def quality_of(price, data, baseline=None):
    truth, answer = data.price[data.test], price[data.test]
    result = {
        "r2": round(float(r2_score(truth, answer)), 4),
        "mae": round(float(mean_absolute_error(truth, answer)), 1),
        "within20": round(float(np.mean(np.abs(answer - truth) <= 0.2 * truth)), 4),
    }
    if baseline is not None:
        worse = np.abs(answer - truth) > np.abs(baseline[data.test] - truth)
        result["worseThanV1"] = round(float(np.mean(worse)), 4)
    return result


def spread_of(score, data):
    residual = (data.target - score)[data.train] * data.log_scale
    return np.exp(np.quantile(residual, [0.1, 0.9]))


def golden(release, feed, price, spread, data, top):
    rows = np.flatnonzero(data.test)
    odd = rows[np.argsort(-np.abs(data.raw[rows] - data.mean).max(1))[:2]]  # The clips must be exercised too.
    pick = np.concatenate([rows[:: len(rows) // (GOLDEN_ROWS - 2)][: GOLDEN_ROWS - 2], odd])
    inputs = {name: value[pick].tolist() for name, value in feed.items()}
    outputs = {"price": [[v] for v in price[pick]]}
    if spread is not None:
        outputs["interval"] = np.clip(price[pick, None] * spread[None], 0, top).tolist()
    truth = data.price[pick].tolist()
    return {"release": release, "rows": len(pick), "inputs": inputs, "outputs": outputs, "truth": truth}


def build(data):
    """Every file by name: bytes, golden rows and quality."""
    linear, network = Linear(data), Embedding(data)
    s1, s2 = linear.score(data.onehot), network.score(data.ids, data.numbers)
    alphabetical = {name: sorted(names) for name, names in LEVELS.items()}
    wrong = network.score(encode(data.categories, alphabetical), data.numbers)
    p1, p2, p3 = data.dollars(s1), data.dollars(s2), data.dollars(wrong)
    w1, w2 = spread_of(s1, data), spread_of(s2, data)
    raw = {"categories": data.categories, "numbers": data.raw}
    onehot = {"onehot": data.onehot.astype(np.float32)}
    ids = {"ids": data.ids, "numbers": data.raw}
    files = {}

    def add(name, version, what, make, feed, price, spread, factor=1.0, release=None, interval=True):
        graph = Graph(data)
        graph.price(make(graph), spread, factor, interval)
        release = release or name
        quality = quality_of(price * factor, data, None if price is p1 else p1)
        rows = golden(release, feed, price * factor, spread if interval else None, data, PRICE_MAX * factor)
        files[name] = (serialise(graph, release, version, what, quality), rows, quality)

    v1, v2 = lambda g: raw_linear(g, linear), lambda g: raw_network(g, network)
    add("v1", 1, "Ridge regression on one-hot categories.", v1, raw, p1, w1)
    add("v1-copy", 1, "The weights of v1 under another name, for A/A.", v1, raw, p1, w1)
    add("v2", 2, "Network on category embeddings.", v2, raw, p2, w2)
    add("v2-slow", 2, "The weights of v2; its server is slow.", v2, raw, p2, w2)
    add("v2-flaky", 2, "The weights of v2; its server fails now and then.", v2, raw, p2, w2)
    add("v2-cents-lying", 2, "v2, answering cents.", v2, raw, p2, w2, factor=100.0)
    add("v2-drop", 2, "v2 without the interval.", v2, raw, p2, w2, interval=False)
    swapped = lambda g: raw_network(g, network, alphabetical)
    add("v2-swapped", 2, "v2 with its category ids in alphabetical order.", swapped, raw, p3, w2)
    add("v1-enc-model", 1, "v1 without its encoder.", lambda g: encoded_linear(g, linear), onehot, p1, w1, release="v1")
    add("v2-enc-model", 2, "v2 without its encoder.", lambda g: encoded_network(g, network), ids, p2, w2, release="v2")
    return files


def write(files, data):
    OUT.mkdir(exist_ok=True)
    sums = []

    def put(name, content):
        (OUT / name).write_bytes(content)
        sums.append(f"{hashlib.sha256(content).hexdigest()}  {name}\n")

    for name, (content, rows, _) in files.items():
        put(f"{name}.onnx", content)
        put(f"{name}.golden.json", (json.dumps(rows, indent=None) + "\n").encode())
    features = {
        "categories": LEVELS, "numbers": NUMBERS, "mean": data.mean.tolist(), "scale": data.scale.tolist(),
        "standardMax": STANDARD_MAX,
    }
    put("features.json", (json.dumps(features, indent=2) + "\n").encode())
    quality = {name: q for name, (_, _, q) in files.items()}
    put("quality.json", (json.dumps(quality, indent=2) + "\n").encode())
    (OUT / "SHA256SUMS").write_text("".join(sorted(sums, key=lambda line: line.split()[1])))


def check(files):
    """Compares what this training answers with what the committed golden rows say."""
    bad = 0
    for name, (_, rows, _) in files.items():
        committed = json.loads((OUT / f"{name}.golden.json").read_text())
        for output, values in rows["outputs"].items():
            off = np.max(np.abs(np.array(values) / np.array(committed["outputs"][output]) - 1))
            bad += off > 1e-3
            print(f"{name:16} {output:9} differs by {off:.1e}")
    return bad


def main():
    data = Data()
    files = build(data)
    if "--check" in sys.argv[1:]:
        sys.exit(1 if check(files) else 0)
    write(files, data)
    for name, (content, _, quality) in files.items():
        print(f"{name:16} {len(content):6} B  {json.dumps(quality)}")


if __name__ == "__main__":
    main()
