import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { referenceKernels } from '../../../kernels/backend.ts';
import { distanceBound, squaredDistances } from '../../../kernels/distance/gpu.ts';
import type { GpuDevice, GpuMatrix } from '../../../kernels/gpu/device.ts';
import { transpose } from '../../../kernels/gpu/transpose.ts';
import { nearestRows } from '../../../kernels/nearest-rows/gpu.ts';
import { smallestRows } from '../../../kernels/top-k/gpu.ts';
import { NO_ID } from '../../../kernels/top-k/reference.ts';
import { Random } from '../../../src/tensor/random/random.ts';
import { gpuDevices } from '../../support/gpu-devices.ts';
import { rejects } from '../../support/rejects.ts';
import { assertSame } from '../../support/same.ts';

const devices = await gpuDevices();

/** Far from the origin: |x|² + |y|² - 2xy would keep few digits. */
function values(length: number, seed: string): Float32Array {
  const random = new Random(seed, 'gpu/nearest');
  return Float32Array.from({ length }, () => 10 + random.normal());
}

async function columns(device: GpuDevice, points: Float32Array, count: number, dim: number): Promise<GpuMatrix> {
  return transpose(device, await device.upload(points, count, dim));
}

for (const device of devices) {
  const name = device.report.backend;

  test(`${name}: squared distances are within their bound of float64`, async () => {
    for (const [n, m, dim] of [
      [9, 8, 1],
      [33, 17, 96],
      [20, 12, 1001],
    ] as const) {
      const [base, queries] = [values(n * dim, 'base'), values(m * dim, 'queries')];
      const exact = new Float64Array(n * m);
      const [a, b] = [Float64Array.from(base), Float64Array.from(queries)];
      referenceKernels({ precision: 'float64' }).squaredDistanceMatrix(exact, a, 0, n, b, 0, m, dim);
      const found = await squaredDistances(
        device,
        await device.upload(base, n, dim),
        await columns(device, queries, m, dim),
      );
      assert.equal([found.rows, found.cols], [n, m]);
      (await device.read(found)).forEach((value, i) => {
        const share = Math.abs(value - exact[i]!) / (distanceBound(dim) * exact[i]!);
        assert.ok(share <= 1, `${n} x ${m} x ${dim}: ${share} of the bound`);
      });
    }
  });

  test(`${name}: the nearest rows are the CPU's wherever the device is sure, and it is mostly sure`, async () => {
    const [n, m, dim] = [37, 200, 24];
    const [base, queries] = [values(n * dim, 'centroids'), values(m * dim, 'points')];
    base.copyWithin(5 * dim, 0, dim); // two rows alike: nobody can be sure of either
    const [ids, distances] = [new Int32Array(m), new Float32Array(m)];
    referenceKernels().nearestRows(ids, distances, queries, 0, m, base, n, dim);
    const found = await device.read(
      await nearestRows(device, await device.upload(base, n, dim), await columns(device, queries, m, dim), 'test'),
    );
    let sure = 0;
    found.forEach((id, i) => {
      assert.is(id < 0 ? -1 - id : id, ids[i]);
      assert.ok(id < 0 || (id !== 0 && id !== 5), `query ${i} cannot be sure of row ${id}`);
      if (id >= 0) sure++;
    });
    assert.ok(sure > 0.9 * m, `${sure} of ${m}`);
  });

  test(`${name}: one centroid is always the nearest, for sure`, async () => {
    const points = await columns(device, values(6, 'points'), 3, 2);
    const found = await nearestRows(device, await device.upload(values(2, 'one'), 1, 2), points, 'test');
    assertSame([...(await device.read(found))], [0, 0, 0]);
  });

  test(`${name}: the k smallest of each column, equal ones by row`, async () => {
    const [n, m] = [61, 7];
    const random = new Random(1, 'gpu/smallest');
    // Few different values, so that many are equal, and a column of one value alone.
    const matrix = Float32Array.from({ length: n * m }, (_, i) =>
      i % m === 3 ? 2 : Math.floor(12 * random.uniform()),
    );
    for (const k of [1, 5, n]) {
      const found = await smallestRows(device, await device.upload(matrix, n, m), k);
      const [rows, smallest] = [await device.read(found.rows), await device.read(found.values)];
      for (let column = 0; column < m; column++) {
        const order = Array.from({ length: n }, (_, row) => ({ row, value: matrix[row * m + column]! }));
        order.sort((a, b) => a.value - b.value || a.row - b.row);
        for (let i = 0; i < k; i++) {
          assert.is(rows[i * m + column], order[i]!.row);
          assert.is(smallest[i * m + column], order[i]!.value);
        }
      }
    }
  });

  test(`${name}: of what is no number, none is among the smallest, and infinity is, as on the CPU`, async () => {
    const [n, m, k] = [23, 6, 9];
    const matrix = values(n * m, 'special').map((value, i) => {
      if (i % m === 0) return i % 4 === 0 ? value : Number.NaN; // six numbers
      if (i % m === 1) return Number.NaN;
      if (i % m === 2) return Number.POSITIVE_INFINITY;
      return i % 5 === 0 ? Number.NaN : i % 7 === 0 ? Number.POSITIVE_INFINITY : value;
    });
    const found = await smallestRows(device, await device.upload(matrix, n, m), k);
    const [rows, smallest] = [await device.read(found.rows), await device.read(found.values)];
    const reference = referenceKernels();
    for (let column = 0; column < m; column++) {
      const [distances, ids] = [new Float32Array(k).fill(Number.POSITIVE_INFINITY), new Int32Array(k).fill(NO_ID)];
      const ofColumn = Float32Array.from({ length: n }, (_, row) => matrix[row * m + column]!);
      reference.offerDistances(distances, ids, 0, k, ofColumn, undefined, 0, n);
      reference.sortTops(distances, ids, 1, k);
      assertSame(
        [...rows].filter((_, i) => i % m === column),
        [...ids].map((id) => (id === NO_ID ? -1 : id)),
      );
      assertSame(
        [...smallest].filter((_, i) => i % m === column),
        [...distances],
      );
    }
  });

  for (const special of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3e38]) {
    test(`${name}: of vectors with ${special}, distances are the CPU's, and the nearest row is it or left open`, async () => {
      const [n, m, dim] = [6, 8, 5];
      const [base, queries] = [values(n * dim, 'base'), values(m * dim, 'queries')];
      base[dim] = base[2 * dim + 1] = queries[1] = queries[5 * dim + 3] = special;
      const [exact, ids, least] = [new Float32Array(n * m), new Int32Array(m), new Float32Array(m)];
      const reference = referenceKernels();
      reference.squaredDistanceMatrix(exact, base, 0, n, queries, 0, m, dim);
      reference.nearestRows(ids, least, queries, 0, m, base, n, dim);
      const [rows, turned] = [await device.upload(base, n, dim), await columns(device, queries, m, dim)];
      (await device.read(await squaredDistances(device, rows, turned))).forEach((value, i) => {
        const same = Object.is(value, exact[i]) || Math.abs(value - exact[i]!) <= distanceBound(dim) * exact[i]!;
        assert.ok(same, `element ${i}: ${value}, not ${exact[i]}`);
      });
      const nearest = await device.read(await nearestRows(device, rows, turned, 'special'));
      nearest.forEach((id, query) => {
        if (id >= 0) assert.is(id, ids[query], `query ${query}`);
        else assert.ok(query === 0 || query === 5, `query ${query} of numbers is sure`);
      });
    });
  }

  test(`${name}: distances refuse vectors of other dimensions`, async () => {
    const points = await device.upload(values(6, 'points'), 3, 2);
    await rejects(async () => squaredDistances(device, points, points), 'expected queries of 2 dimensions, got 3');
  });
}

test.after(async () => {
  for (const device of devices) await device.close();
});
test.run();
