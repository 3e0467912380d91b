#!/usr/bin/python3
"""Writes the two embedding spaces of the three-hop sample: linear maps from a stone's 26 features to 8 numbers.

Both have the same length and the same distance, so that a vector of one can be looked up in an index of the other
without any error: only the neighbours are wrong. That is what an index version is for.
  space-1: principal components of all features, as they are
  space-2: the same after each feature was weighted by how much it tells about the price
Needs Debian's python3-numpy. Deterministic: signs are fixed, nothing is drawn."""
import csv
import gzip
import json
import pathlib

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent.parent
DIMENSIONS = 8


def features(rows, spec):
    columns = []
    for name, levels in spec["categories"].items():
        columns += [[1.0 if row[name] == level else 0.0 for row in rows] for level in levels]
    numbers = np.array([[float(row[name]) for name in spec["numbers"]] for row in rows])
    standard = (numbers - np.array(spec["mean"])) / np.array(spec["scale"])
    standard = np.clip(standard, -spec["standardMax"], spec["standardMax"])
    return np.hstack([np.array(columns).T, standard])


def components(x):
    mean = x.mean(axis=0)
    _, _, vt = np.linalg.svd(x - mean, full_matrices=False)
    matrix = vt[:DIMENSIONS]
    signs = np.sign(matrix[np.arange(DIMENSIONS), np.abs(matrix).argmax(axis=1)])
    return mean, matrix * signs[:, None]


def write(name, mean, matrix):
    space = {"space": name, "dimensions": DIMENSIONS, "metric": "l2",
             "mean": [round(float(v), 6) for v in mean],
             "matrix": [[round(float(v), 6) for v in row] for row in matrix]}
    path = HERE / "three-hop" / "spaces" / f"{name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(space) + "\n")


def main():
    spec = json.loads((HERE / "models" / "features.json").read_text())
    with gzip.open(HERE / "data" / "diamonds.csv.gz", "rt") as file:
        rows = list(csv.DictReader(file))
    x = features(rows, spec)
    write("stones-1", *components(x))
    price = np.log(np.array([float(row["price"]) for row in rows]))
    weights = np.abs(np.array([np.corrcoef(x[:, i], price)[0, 1] for i in range(x.shape[1])]))
    mean, matrix = components(x * weights)
    # The weights go into the map, so that both spaces take the same 26 features.
    write("stones-2", mean / np.maximum(weights, 1e-9), matrix * weights)


if __name__ == "__main__":
    main()
