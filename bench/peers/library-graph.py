"""
Builds the HNSW graph of faiss or hnswlib on the first rows of an .fvecs file, with one thread, and writes it as int32 values:
n, M, entry, top level, then for each point its level and for each level from 0 up the number of neighbors and their ids.

faiss-sq8 is the graph of faiss over SQ8 codes, a range for each dimension.

Run by compare-graphs.ts:  /usr/bin/python3 library-graph.py faiss|faiss-sq8|hnswlib BASE.fvecs ROWS M EF_CONSTRUCTION OUT
"""
import os
import struct
import sys
import tempfile
import time

import numpy as np


def read_fvecs(path, rows):
    dim = int(np.fromfile(path, dtype="<i4", count=1)[0])
    table = np.fromfile(path, dtype="<f4", count=rows * (dim + 1)).reshape(-1, dim + 1)
    return np.ascontiguousarray(table[:, 1:])


def faiss_graph(vectors, m, ef, coded=False):
    import faiss

    faiss.omp_set_num_threads(1)
    dim = vectors.shape[1]
    index = faiss.IndexHNSWSQ(dim, faiss.ScalarQuantizer.QT_8bit, m) if coded else faiss.IndexHNSWFlat(dim, m)
    index.hnsw.efConstruction = ef
    index.train(vectors)
    begin = time.process_time()
    index.add(vectors)
    seconds = time.process_time() - begin
    hnsw = index.hnsw
    neighbors = faiss.vector_to_array(hnsw.neighbors)
    offsets = faiss.vector_to_array(hnsw.offsets)
    levels = faiss.vector_to_array(hnsw.levels) - 1
    ends = faiss.vector_to_array(hnsw.cum_nneighbor_per_level)
    lists = []
    for point, level in enumerate(levels):
        begin_of = int(offsets[point])
        slots = [neighbors[begin_of + ends[l] : begin_of + ends[l + 1]] for l in range(level + 1)]
        lists.append([slot[slot >= 0] for slot in slots])
    return hnsw.entry_point, hnsw.max_level, lists, seconds


def hnswlib_graph(vectors, m, ef):
    import hnswlib

    index = hnswlib.Index("l2", vectors.shape[1])
    index.init_index(len(vectors), ef_construction=ef, M=m, random_seed=100)
    index.set_num_threads(1)
    begin = time.process_time()
    index.add_items(vectors)
    seconds = time.process_time() - begin
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "index")
        index.save_index(path)
        with open(path, "rb") as file:
            data = file.read()
    # The layout of hnswlib's saveIndex: a header of 96 bytes, one record a point, then the upper lists.
    count, record, label_at = (struct.unpack_from("<Q", data, at)[0] for at in (16, 24, 32))
    top, entry = struct.unpack_from("<iI", data, 48)
    lists = [None] * count
    labels = [0] * count
    for place in range(count):
        at = 96 + place * record
        degree = struct.unpack_from("<H", data, at)[0]
        lists[place] = [np.frombuffer(data, "<i4", degree, at + 4)]
        labels[place] = struct.unpack_from("<Q", data, at + label_at)[0]
    assert labels == list(range(count)), "expected labels in the order of insertion"
    at = 96 + count * record
    for place in range(count):
        size = struct.unpack_from("<I", data, at)[0]
        at += 4
        for begin in range(at, at + size, 4 + 4 * m):
            degree = struct.unpack_from("<H", data, begin)[0]
            lists[place].append(np.frombuffer(data, "<i4", degree, begin + 4))
        at += size
    assert at == len(data), "expected the file to end after the upper lists"
    return entry, top, lists, seconds


def main():
    library, path, rows, m, ef, out = sys.argv[1:]
    vectors = read_fvecs(path, int(rows))
    build = {
        "faiss": faiss_graph,
        "faiss-sq8": lambda vectors, m, ef: faiss_graph(vectors, m, ef, coded=True),
        "hnswlib": hnswlib_graph,
    }[library]
    entry, top, lists, seconds = build(vectors, int(m), int(ef))
    values = [np.array([len(vectors), int(m), entry, top], dtype="<i4")]
    for levels in lists:
        values.append(np.array([len(levels) - 1], dtype="<i4"))
        for neighbors in levels:
            values.append(np.array([len(neighbors)], dtype="<i4"))
            values.append(neighbors.astype("<i4"))
    np.concatenate(values).tofile(out)
    print(f"{seconds:.2f}")


main()
