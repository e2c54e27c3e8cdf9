"""hnswlib or faiss as Debian ships them for Python; the life of a contender is told in contender.ts. The first argument names it."""
import sys
import time

import numpy as np


def read_fvecs(path, rows):
    dim = int(np.fromfile(path, dtype="<i4", count=1)[0])
    count = -1 if rows < 0 else rows * (dim + 1)
    return np.ascontiguousarray(np.fromfile(path, dtype="<f4", count=count).reshape(-1, dim + 1)[:, 1:])


class Hnswlib:
    def __init__(self, dim):
        import hnswlib

        self.index = hnswlib.Index("l2", dim)

    def build(self, base, m, ef):
        self.index.init_index(len(base), ef_construction=ef, M=m, random_seed=100)
        self.index.set_num_threads(1)
        self.index.add_items(base)

    def save(self, path):
        self.index.save_index(path)

    def load(self, path):
        self.index.load_index(path)
        self.index.set_num_threads(1)

    def search(self, queries, k, ef):
        self.index.set_ef(ef)
        return self.index.knn_query(queries, k)[0]


class Faiss:
    def __init__(self, dim):
        import faiss

        self.faiss, self.dim = faiss, dim
        faiss.omp_set_num_threads(1)

    def build(self, base, m, ef):
        self.index = self.faiss.IndexHNSWFlat(self.dim, m)
        self.index.hnsw.efConstruction = ef
        self.index.add(base)

    def save(self, path):
        self.faiss.write_index(self.index, path)

    def load(self, path):
        self.index = self.faiss.read_index(path)

    def search(self, queries, k, ef):
        self.index.hnsw.efSearch = ef
        return self.index.search(queries, k)[1]


def main():
    library, base, queries, rows, m, ef, k, out = sys.argv[1:]
    base = read_fvecs(base, int(rows))
    queries = read_fvecs(queries, -1)
    contender = {"hnswlib": Hnswlib, "faiss": Faiss}[library](base.shape[1])
    print("ready", flush=True)
    for line in sys.stdin:
        command, operand = line.split()
        begin = end = time.process_time()
        if command == "build":
            contender.build(base, int(m), int(ef))
            end = time.process_time()
            contender.save(operand)
        elif command == "load":
            contender.load(operand)
        else:
            ids = contender.search(queries, int(k), int(operand))
            end = time.process_time()
            ids.astype("<i4").tofile(out)
        print(end - begin, flush=True)


main()
