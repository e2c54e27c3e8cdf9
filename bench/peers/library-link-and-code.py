"""
Builds Link & Code with the classes of faiss, one thread, from given codebooks and weights, and writes what it holds and finds.

Run by compare-link-and-code.ts, one array a file, raw little-endian:
  /usr/bin/python3 library-link-and-code.py FOLDER
which reads settings.json, base.f32, query.f32, codebooks.f32 and weights.f32 there.
"""
import json
import os
import sys
import time

import faiss
import numpy as np

folder = sys.argv[1]


def read(name, cols):
    return np.fromfile(os.path.join(folder, name), dtype="<f4").reshape(-1, cols)


def write(name, array, kind):
    np.ascontiguousarray(array).astype(kind).tofile(os.path.join(folder, name))


with open(os.path.join(folder, "settings.json")) as file:
    settings = json.load(file)
dim, m, links, upper = settings["dim"], settings["m"], settings["baseLinks"], settings["M"]
base, query = read("base.f32", dim), read("query.f32", dim)
faiss.omp_set_num_threads(1)

index = faiss.IndexHNSWPQ(dim, m, upper)
storage = faiss.downcast_index(index.storage)
faiss.copy_array_to_vector(read("codebooks.f32", 1).ravel(), storage.pq.centroids)
storage.pq.compute_sdc_table()
storage.is_trained = True
index.is_trained = True
index.hnsw.set_nb_neighbors(0, links)
index.hnsw.efConstruction = settings["efConstruction"]
index.hnsw.search_bounded_queue = False
begin = time.process_time()
index.add(base)
seconds = {"graph": time.process_time() - begin}
index.reorder_links()
offsets = faiss.vector_to_array(index.hnsw.offsets)[:-1]
neighbors = faiss.vector_to_array(index.hnsw.neighbors)
write("found.codes.u8", faiss.vector_to_array(storage.codes), "u1")
write("found.links.i32", neighbors[offsets.astype("i8")[:, None] + np.arange(links)], "<i4")

regression = faiss.ReconstructFromNeighbors(index, settings["words"], settings["nsq"])
faiss.copy_array_to_vector(read("weights.f32", 1).ravel(), regression.codebook)
begin = time.process_time()
regression.add_codes(len(base), faiss.swig_ptr(base))
seconds["weights"] = time.process_time() - begin
write("found.weights.u8", faiss.vector_to_array(regression.codes), "u1")
rebuilt = np.empty_like(base)
regression.reconstruct_n(0, len(base), faiss.swig_ptr(rebuilt))
write("found.rebuilt.f32", rebuilt, "<f4")

index.reconstruct_from_neighbors = regression
index.hnsw.efSearch = settings["ef"]
for reorder in (0, -1):
    regression.k_reorder = reorder
    begin = time.process_time()
    distances, ids = index.search(query, settings["k"])
    seconds[f"search, k_reorder {reorder}"] = time.process_time() - begin
    write(f"found.ids{reorder}.i32", ids, "<i4")
    write(f"found.distances{reorder}.f32", distances, "<f4")
print(json.dumps({"version": faiss.__version__, "seconds": seconds}))
