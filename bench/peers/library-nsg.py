"""
Builds the NSG of faiss on the first rows of an .fvecs file, from the exact k-NN graph (build_type 0), with one thread, and writes it
as int32 values: n, K, R, entry, the k-NN graph (n x K), then for each point the number of links and their ids.

Run by compare-nsg.ts:  /usr/bin/python3 library-nsg.py BASE.fvecs ROWS K R L C OUT
"""
import struct
import sys
import time

import faiss
import numpy as np


def read_fvecs(path, rows):
    dim = int(np.fromfile(path, dtype="<i4", count=1)[0])
    table = np.fromfile(path, dtype="<f4", count=rows * (dim + 1)).reshape(-1, dim + 1)
    return np.ascontiguousarray(table[:, 1:])


def links_of(index):
    """The lists, read from the bytes that faiss writes: it has no other way to them from Python."""
    data = faiss.serialize_index(index).tobytes()
    rows, r, l, c, search_l, entry = struct.unpack_from("<6i", data, 58)
    expected = (index.ntotal, index.nsg.R, index.nsg.L, index.nsg.C, index.nsg.search_L, index.nsg.enterpoint)
    assert (rows, r, l, c, search_l, entry) == expected, "expected the NSG's numbers at byte 58"
    at = 83  # after u8 is_built; each list ends with -1
    lists = []
    for _ in range(rows):
        row = np.frombuffer(data, "<i4", r + 1, at)
        row = row[: int(np.argmax(row == -1))]
        lists.append(row)
        at += 4 * (len(row) + 1)
    assert data[at : at + 4] == b"IxF2", "expected the vectors after the lists"
    return lists


def main():
    path, rows, k, r, l, c, out = sys.argv[1:]
    rows, k, r = int(rows), int(k), int(r)
    faiss.omp_set_num_threads(1)
    vectors = read_fvecs(path, rows)
    index = faiss.IndexNSGFlat(vectors.shape[1], r)
    index.nsg.L, index.nsg.C = int(l), int(c)
    index.GK, index.build_type = k, 0
    begin = time.process_time()
    index.add(vectors)
    seconds = time.process_time() - begin
    # What add makes of build_type 0: the k + 1 nearest without the first, which is meant to be the point itself.
    flat = faiss.IndexFlatL2(vectors.shape[1])
    flat.add(vectors)
    _, nearest = flat.search(vectors, k + 1)
    values = [np.array([rows, k, r, index.nsg.enterpoint], dtype="<i4"), nearest[:, 1:].astype("<i4").ravel()]
    for row in links_of(index):
        values.append(np.array([len(row)], dtype="<i4"))
        values.append(row)
    np.concatenate(values).tofile(out)
    print(f"{seconds:.2f}")


main()
