"""
Indexes of faiss, searched on demand with one thread. Run by compare-code-speed.ts, which writes one JSON object a line and reads
one back; arrays pass through files of a folder, raw little-endian.

  /usr/bin/python3 library-code-speed.py BASE.fvecs QUERY.fvecs ROWS QUERIES FOLDER
"""
import json
import os
import sys
import time

import faiss
import numpy as np


def read_fvecs(path, rows):
    dim = int(np.fromfile(path, dtype="<i4", count=1)[0])
    table = np.fromfile(path, dtype="<f4", count=rows * (dim + 1)).reshape(-1, dim + 1)
    return np.ascontiguousarray(table[:, 1:])


def pq_parts(pq, codes):
    return {"codebooks.f32": faiss.vector_to_array(pq.centroids), "codes.u8": codes}


def build_flat(_):
    index = faiss.IndexFlatL2(dim)
    index.add(base)
    return index, {}


def build_sq8(command):
    index = faiss.IndexScalarQuantizer(dim, getattr(faiss.ScalarQuantizer, command["type"]))
    index.train(base)
    index.add(base)
    return index, {"trained.f32": faiss.vector_to_array(index.sq.trained), "codes.u8": faiss.vector_to_array(index.codes)}


def build_pq(command):
    index = faiss.IndexPQ(dim, command["m"], 8)
    index.train(base)
    index.add(base)
    return index, pq_parts(index.pq, faiss.vector_to_array(index.codes))


def build_ivfpq(command):
    coarse = faiss.IndexFlatL2(dim)
    index = faiss.IndexIVFPQ(coarse, dim, command["nlist"], command["m"], 8)
    index.train(base)
    index.add(base)
    ids, codes = [], []
    for i in range(command["nlist"]):
        size = index.invlists.list_size(i)
        ids.append(faiss.rev_swig_ptr(index.invlists.get_ids(i), size).copy())
        codes.append(faiss.rev_swig_ptr(index.invlists.get_codes(i), size * index.code_size).copy())
    parts = pq_parts(index.pq, np.concatenate(codes))
    parts["centroids.f32"] = faiss.vector_to_array(coarse.codes)
    parts["sizes.i32"] = np.array([len(one) for one in ids], dtype="<i4")
    parts["ids.i32"] = np.concatenate(ids).astype("<i4")
    return index, parts


def search(index, command):
    """All queries in one call, or one call each."""
    k, rows = command["k"], command["queries"]
    if "nprobe" in command:
        index.nprobe = command["nprobe"]
    begin = time.process_time()
    if command["batch"]:
        found = index.search(query[:rows], k)[1]
    else:
        found = np.concatenate([index.search(query[i : i + 1], k)[1] for i in range(rows)])
    seconds = time.process_time() - begin
    found.astype("<i4").tofile(os.path.join(folder, "found.i32"))
    return {"seconds": seconds}


def encode(index, _):
    begin = time.process_time()
    index.sa_encode(base)
    return {"seconds": time.process_time() - begin}


faiss.omp_set_num_threads(1)
base_path, query_path, row_count, query_count, folder = sys.argv[1:]
base = read_fvecs(base_path, int(row_count))
query = read_fvecs(query_path, int(query_count))
dim = base.shape[1]
builders = {"flat": build_flat, "sq8": build_sq8, "pq": build_pq, "ivfpq": build_ivfpq}
present = None
print(json.dumps({"version": faiss.__version__, "options": faiss.get_compile_options().strip()}), flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    if asked["do"] == "build":
        present, parts = builders[asked["kind"]](asked)
        for name, array in parts.items():
            np.ascontiguousarray(array).tofile(os.path.join(folder, name))
        answer = {}
    elif asked["do"] == "search":
        answer = search(present, asked)
    else:
        answer = encode(present, asked)
    print(json.dumps(answer), flush=True)
