"""
Trains and searches the quantizers of faiss with one thread and writes what they hold.

Run by compare-quantizers.ts, one array a file, raw little-endian:
  /usr/bin/python3 library-quantize.py arrays BASE.fvecs QUERY.fvecs ROWS QUERIES NLIST M FOLDER plain|blas
With `plain`, distances are single running float32 sums, in an order that can be followed; with `blas` they are what faiss does.

Makes the fixture of the tests:
  /usr/bin/python3 library-quantize.py fixture test/fixtures/faiss-quantizers.json
"""
import json
import os
import sys
import time

import faiss
import numpy as np

K = 100


def read_fvecs(path, rows):
    dim = int(np.fromfile(path, dtype="<i4", count=1)[0])
    table = np.fromfile(path, dtype="<f4", count=rows * (dim + 1)).reshape(-1, dim + 1)
    return np.ascontiguousarray(table[:, 1:])


def k_means(vectors, k, iterations):
    clustering = faiss.Clustering(vectors.shape[1], k)
    clustering.niter = iterations
    clustering.min_points_per_centroid = 1
    clustering.train(vectors, faiss.IndexFlatL2(vectors.shape[1]))
    stats = [clustering.iteration_stats.at(i).obj for i in range(clustering.iteration_stats.size())]
    return faiss.vector_to_array(clustering.centroids).reshape(k, -1), stats


def product_quantizer(vectors, m, bits):
    quantizer = faiss.ProductQuantizer(vectors.shape[1], m, bits)
    quantizer.cp.min_points_per_centroid = 1
    quantizer.train(vectors)
    return faiss.vector_to_array(quantizer.centroids), quantizer.compute_codes(vectors)


def ivf_pq(vectors, nlist, m, bits):
    coarse = faiss.IndexFlatL2(vectors.shape[1])
    index = faiss.IndexIVFPQ(coarse, vectors.shape[1], nlist, m, bits)
    index.use_precomputed_table = -1  # tables of residuals, as the publication has them
    index.cp.min_points_per_centroid = 1
    index.pq.cp.min_points_per_centroid = 1
    index.train(vectors)
    index.add(vectors)
    centroids = faiss.vector_to_array(coarse.codes).view("<f4").reshape(nlist, -1)
    ids, codes = [], []
    for i in range(nlist):
        size = index.invlists.list_size(i)
        ids.append(faiss.rev_swig_ptr(index.invlists.get_ids(i), size).copy())
        codes.append(faiss.rev_swig_ptr(index.invlists.get_codes(i), size * index.code_size).copy())
    return index, centroids, faiss.vector_to_array(index.pq.centroids), ids, codes


def scalar_quantizer(vectors):
    quantizer = faiss.ScalarQuantizer(vectors.shape[1], faiss.ScalarQuantizer.QT_8bit)
    quantizer.train(vectors)
    return faiss.vector_to_array(quantizer.trained), quantizer.compute_codes(vectors)


def arrays(base_path, query_path, rows, queries, nlist, m, folder, sums):
    rows, queries, nlist, m = int(rows), int(queries), int(nlist), int(m)
    if sums == "plain":
        faiss.cvar.distance_compute_blas_threshold = 1 << 30
    base = read_fvecs(base_path, rows)
    query = read_fvecs(query_path, queries)
    seconds = {}

    def timed(name, work):
        begin = time.process_time()
        result = work()
        seconds[name] = time.process_time() - begin
        return result

    def write(name, array):
        np.ascontiguousarray(array).tofile(os.path.join(folder, name))

    centroids, _ = timed("k-means of 64", lambda: k_means(base, 64, 25))
    write("kmeans64.f32", centroids)
    codebooks, codes = timed("PQ", lambda: product_quantizer(base, m, 8))
    write("pq.codebooks.f32", codebooks)
    write("pq.codes.u8", codes)
    index, centroids, codebooks, ids, codes = timed("IVFPQ", lambda: ivf_pq(base, nlist, m, 8))
    write("ivf.centroids.f32", centroids)
    write("ivf.codebooks.f32", codebooks)
    write("ivf.sizes.i32", np.array([len(one) for one in ids], dtype="<i4"))
    write("ivf.ids.i32", np.concatenate(ids).astype("<i4"))
    write("ivf.codes.u8", np.concatenate(codes))
    for nprobe in (1, nlist):
        index.nprobe = nprobe
        distances, found = timed(f"search, nprobe {nprobe}", lambda: index.search(query, K))
        write(f"ivf.found{nprobe}.i32", found.astype("<i4"))
        write(f"ivf.distances{nprobe}.f32", distances)
    trained, codes = timed("SQ8", lambda: scalar_quantizer(base))
    write("sq.trained.f32", trained)
    write("sq.codes.u8", codes)
    pca = faiss.PCAMatrix(base.shape[1], base.shape[1] // 4)
    timed("PCA", lambda: pca.train(base))
    write("pca.rows.f32", pca.apply_py(base))
    print(json.dumps(seconds))


def numbers(rows, cols, seed):
    """Whole numbers from 0 to 255: the high byte of x <- 1664525 x + 1013904223 modulo 2^32."""
    state, values = seed, []
    for _ in range(rows * cols):
        state = (state * 1664525 + 1013904223) % 2**32
        values.append(state >> 24)
    return np.array(values, dtype="<f4").reshape(rows, cols)


def floats(array):
    return [float(value) for value in np.asarray(array, dtype="<f4").ravel()]


def fixture(out):
    points, query = numbers(400, 8, 1), numbers(5, 8, 2)
    few = numbers(20, 2, 3)[np.arange(200) * 7 % 20]
    centroids, objectives = k_means(points, 12, 25)
    # Halves of a cluster are equally far from its points but for the last bits, so these must be summed one after the other.
    usual = faiss.cvar.distance_compute_blas_threshold
    faiss.cvar.distance_compute_blas_threshold = 1 << 30
    split, _ = k_means(few, 32, 25)
    faiss.cvar.distance_compute_blas_threshold = usual
    codebooks, codes = product_quantizer(points, 4, 5)
    index, coarse, residual_codebooks, ids, residual_codes = ivf_pq(points, 6, 2, 4)
    found = {}
    for nprobe in (1, 2, 6):
        index.nprobe = nprobe
        distances, labels = index.search(query, 4)
        found[nprobe] = {"ids": labels.ravel().tolist(), "distances": floats(distances)}
    trained, bytes_ = scalar_quantizer(points)
    contents = {
        "origin": f"faiss {faiss.__version__}, bench/peers/library-quantize.py fixture",
        "kMeans": {"rows": 400, "dim": 8, "seed": 1, "k": 12, "centroids": floats(centroids), "objectives": objectives},
        "split": {"distinct": 20, "rows": 200, "dim": 2, "seed": 3, "k": 32, "centroids": floats(split)},
        "product": {"m": 4, "bits": 5, "codebooks": floats(codebooks), "codes": codes.ravel().tolist()},
        "ivf": {
            "nlist": 6, "m": 2, "bits": 4, "centroids": floats(coarse), "codebooks": floats(residual_codebooks),
            "lists": [one.tolist() for one in ids], "codes": np.concatenate(residual_codes).tolist(),
            "queries": {"rows": 5, "seed": 2}, "found": found,
        },
        "scalar": {"trained": floats(trained), "codes": bytes_.ravel().tolist()},
    }
    with open(out, "w") as file:
        json.dump(contents, file, separators=(",", ":"))
        file.write("\n")


faiss.omp_set_num_threads(1)
if sys.argv[1] == "fixture":
    fixture(*sys.argv[2:])
else:
    arrays(*sys.argv[2:])
