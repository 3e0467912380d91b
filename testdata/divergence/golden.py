#!/usr/bin/env python3
"""Golden values of the comparers, from their definitions and from nothing else: exact fractions, brute force over all
permutations, tables filled in the obvious way. Writes golden.json beside itself; `python3 golden.py` must change nothing.
"""
import itertools
import json
import math
import os
import random
import struct
from collections import Counter
from fractions import Fraction

R = random.Random(20260)


def words(n):
    return [R.choice("the a cat dog sat ran on mat red big".split()) for _ in range(n)]


def ulps(a, b):
    def order(x):
        n = struct.unpack("<q", struct.pack("<d", x))[0]
        return n if n >= 0 else -(n & 0x7FFFFFFFFFFFFFFF)
    return abs(order(a) - order(b))


def kappa(pairs):
    n = len(pairs)
    observed = Fraction(sum(a == b for a, b in pairs), n)
    left, right = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    chance = sum(Fraction(left[c] * right[c], n * n) for c in left)
    return 1.0 if chance == 1 else float((observed - chance) / (1 - chance))


def total_variation(p, q):
    # The largest difference in probability of any event: over all subsets of classes.
    n = len(p)
    return max(abs(sum(p[i] - q[i] for i in range(n) if s >> i & 1)) for s in range(1 << n))


def jensen_shannon(p, q):
    def entropy(r):
        return -sum(x * math.log2(x) for x in r if x > 0)
    return entropy([(x + y) / 2 for x, y in zip(p, q)]) - (entropy(p) + entropy(q)) / 2


def rbo(a, b, p):
    # Webber et al. 2010, equation 32, with the sets intersected anew at every depth.
    s, l = sorted((a, b), key=len)
    x = lambda d: len(set(s[:d]) & set(l[:d]))
    ls, ll = len(s), len(l)
    head = sum(x(d) / d * p ** d for d in range(1, ll + 1))
    tail = sum(x(ls) * (d - ls) / (ls * d) * p ** d for d in range(ls + 1, ll + 1))
    return (1 - p) / p * (head + tail) + ((x(ll) - x(ls)) / ll + x(ls) / ls) * p ** ll


def tau(a, b):
    both = [i for i in a if i in b]
    signs = [1 if (both.index(x) < both.index(y)) == (b.index(x) < b.index(y)) else -1
             for x, y in itertools.combinations(both, 2)]
    return sum(signs) / len(signs)


def overlap_at(a, b, k):
    k = min(k, max(len(a), len(b)))
    return len(set(a[:k]) & set(b[:k])) / k


def token_f1(a, b):
    shared = sum((Counter(a) & Counter(b)).values())
    return float(Fraction(2 * shared, len(a) + len(b)))


def rouge_l(a, b):
    table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            table[i + 1][j + 1] = table[i][j] + 1 if x == y else max(table[i][j + 1], table[i + 1][j])
    return float(Fraction(2 * table[-1][-1], len(a) + len(b)))


def iou(a, b):
    # Counted on a grid of unit cells: the corners are whole numbers.
    cells = lambda r: {(x, y) for x in range(r[0], r[2]) for y in range(r[1], r[3])}
    p, q = cells(a), cells(b)
    return len(p & q) / len(p | q)


def boxes(a, b):
    small, large = sorted((a, b), key=len)
    best = max(sum(iou(s, l) for s, l in zip(small, chosen))
               for chosen in itertools.permutations(large, len(small)))
    return best / len(large)


def cosine(a, b):
    dot = math.fsum(x * y for x, y in zip(a, b))
    return dot / math.sqrt(math.fsum(x * x for x in a) * math.fsum(y * y for y in b))


def neighbours(a, b, k):
    def near(v, i):
        order = sorted((j for j in range(len(v)) if j != i), key=lambda j: (-cosine(v[i], v[j]), j))
        return set(order[:k])
    return sum(len(near(a, i) & near(b, i)) for i in range(len(a))) / (len(a) * k)


def same(a, b, absolute, relative):
    # In exact fractions: a double is one.
    a, b, absolute, relative = map(Fraction, (a, b, absolute, relative))
    return abs(a - b) <= absolute + relative * max(abs(a), abs(b))


def leaves(value, path=""):
    if isinstance(value, dict) and value:
        for name, member in value.items():
            yield from leaves(member, path + "/" + name.replace("~", "~0").replace("/", "~1"))
    elif isinstance(value, list) and value:
        for i, item in enumerate(value):
            yield from leaves(item, f"{path}/{i}")
    else:
        yield path, value


def kind(value):
    # bool before numbers: a bool is an int here.
    kinds = ((bool, "boolean"), ((int, float), "number"), (str, "text"), (list, "list"), (dict, "object"))
    return next((name for types, name in kinds if isinstance(value, types)), "null")


def differences(a, b):
    """[folded path, kind of difference, how often], sorted; the default tolerances."""
    a, b = dict(leaves(a)), dict(leaves(b))
    found = Counter()
    for path in a.keys() | b.keys():
        folded = "/".join("*" if part.isdigit() else part for part in path.split("/"))
        if path not in b or path not in a:
            found[folded, "Missing" if path in a else "Extra"] += 1
        elif kind(a[path]) != kind(b[path]):
            found[folded, "Type"] += 1
        elif not (same(a[path], b[path], 1e-9, 0.05) if kind(a[path]) == "number" else a[path] == b[path]):
            found[folded, "Value"] += 1
    return [[path, what, count] for (path, what), count in sorted(found.items())]


def document(depth):
    if depth > 0 and R.random() < 0.7:
        if R.random() < 0.5:
            return [document(depth - 1) for _ in range(R.randrange(4))]
        return {name: document(depth - 1) for name in R.sample(["a", "b", "x/y", "t~", "7"], R.randrange(4))}
    return R.choice([None, True, False, "yes", "no", round(R.uniform(-9, 9), 3), R.randrange(100)])


def changed(value):
    if R.random() < 0.1:
        return document(1)
    if isinstance(value, dict):
        members = [(name, changed(member)) for name, member in value.items() if R.random() < 0.9]
        return dict(R.sample(members, len(members)))
    if isinstance(value, list):
        return [changed(item) for item in value if R.random() < 0.95]
    if kind(value) == "number":
        return round(value * R.choice([1, 1.01, 2]), 6)
    return value


def distribution(n):
    w = [R.random() ** 3 for _ in range(n)]
    return [x / sum(w) for x in w]


def box():
    x, y = R.randrange(12), R.randrange(12)
    return [x, y, x + R.randrange(1, 8), y + R.randrange(1, 8)]


def ranking(n):
    return R.sample("abcdefghijklmnop", n)


def main():
    out = {k: [] for k in ("ulps", "labels", "probabilities", "rankings", "texts", "boxes", "embeddings", "numbers", "json")}
    for _ in range(20):
        a = R.uniform(-2, 2) * 10.0 ** R.randrange(-300, 300)
        b = R.choice([a * (1 + R.randrange(-9, 9) * 2.0 ** -52), -a, R.uniform(-1, 1)])
        out["ulps"].append({"a": a, "b": b, "ulps": str(ulps(a, b))})
    for n in (1, 2, 5, 30, 200):
        pairs = [[R.choice("xyz"), R.choice("xyzw")] for _ in range(n)]
        pairs = [[a, a if R.random() < 0.5 else b] for a, b in pairs]
        cells = Counter(map(tuple, pairs))
        out["labels"].append({"pairs": pairs, "kappa": kappa(pairs),
                              "cells": [[a, b, c] for (a, b), c in sorted(cells.items())]})
    for n in (2, 3, 5, 8, 10):
        for _ in range(3):
            p, q = distribution(n), distribution(n)
            out["probabilities"].append({"p": p, "q": q, "tv": total_variation(p, q), "js": jensen_shannon(p, q),
                                         "top": [p.index(max(p)), q.index(max(q))]})
    for n, m in ((1, 1), (3, 3), (5, 8), (9, 4), (12, 12), (16, 16)):
        for p in (0.5, 0.9):
            a, b = ranking(n), ranking(m)
            both = len(set(a) & set(b))
            out["rankings"].append({"a": a, "b": b, "p": p, "rbo": rbo(a, b, p), "at5": overlap_at(a, b, 5),
                                    "tau": tau(a, b) if both > 1 else None})
    for n, m in ((1, 1), (4, 6), (12, 9), (40, 40), (100, 3)):
        a, b = words(n), words(m)
        out["texts"].append({"a": " ".join(a), "b": " ".join(b), "f1": token_f1(a, b), "rouge": rouge_l(a, b)})
    for n, m in ((1, 1), (2, 3), (4, 4), (5, 2), (6, 6), (7, 6), (7, 7)):
        a, b = [box() for _ in range(n)], [box() for _ in range(m)]
        out["boxes"].append({"a": a, "b": b, "likeness": boxes(a, b)})
    for n, k, d, e in ((3, 1, 4, 4), (8, 3, 5, 2), (20, 5, 8, 16), (30, 10, 3, 3)):
        a = [[R.gauss(0, 1) for _ in range(d)] for _ in range(n)]
        b = [[R.gauss(0, 1) + (v[i] if i < d else 0) for i in range(e)] for v in a]
        out["embeddings"].append({"a": a, "b": b, "k": k, "overlap": neighbours(a, b, k),
                                  "cosine": cosine(a[0], b[0]) if d == e else None})
    for _ in range(40):
        a = R.uniform(-2, 2) * 10.0 ** R.randrange(-12, 12)
        b = a + R.uniform(-0.2, 0.2) * R.choice([abs(a), 1e-9, 1])
        absolute, relative = R.choice([0, 1e-9, 0.1]), R.choice([0, 0.01, 0.05])
        out["numbers"].append({"a": a, "b": b, "absolute": absolute, "relative": relative,
                               "same": same(a, b, absolute, relative)})
    for _ in range(60):
        a = {"root": document(4)}
        b = {"root": changed(a["root"])}
        out["json"].append({"a": json.dumps(a), "b": json.dumps(b), "found": differences(a, b)})
    here = os.path.join(os.path.dirname(os.path.abspath(__file__)), "golden.json")
    with open(here, "w") as f:
        json.dump(out, f, separators=(",", ":"))
        f.write("\n")


if __name__ == "__main__":
    main()
