/** One sound file of every kind that is read, and what builds every kind of index. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Compressor } from '../../src/compress/compressor.ts';
import { METHOD_NAMES, METHODS, type Method } from '../../src/compress/methods.ts';
import {
  buildHnsw,
  FlatIndex,
  GraphIndex,
  IvfAdcIndex,
  LinkAndCodeIndex,
  NsgIndex,
  PqIndex,
  type SearchIndex,
  Sq8GraphIndex,
  Sq8Index,
  VectorSet,
} from '../../src/index.ts';
import { writeArchive } from '../../src/io/container/archive-file.ts';
import { writeModel } from '../../src/io/container/safetensors-file.ts';
import { writeIds } from '../../src/io/ids.ts';
import { writeVectors } from '../../src/io/vectors.ts';
import type { Matrix } from '../../src/tensor/matrix.ts';
import type { Archive } from '../../src/tensor/named-arrays.ts';
import { nearest } from '../../src/tensor/nearest/nearest.ts';

/** Every kind of index, small enough to be built in a moment. */
export const BUILDERS: Readonly<Record<string, (base: Matrix) => Promise<SearchIndex>>> = {
  flat: async (base) => new FlatIndex(base),
  hnsw: (base) => GraphIndex.build({ base, M: 8, efConstruction: 40 }),
  'hnsw batch': (base) => GraphIndex.build({ base, M: 8, efConstruction: 40, profile: 'batch' }),
  'hnsw with codes': (base) => GraphIndex.build({ base, walkBase: base, M: 8, efConstruction: 40 }),
  nsg: (base) => NsgIndex.build({ base, R: 12, L: 30, C: 60, neighborGraph: { method: 'exact', K: 20 } }),
  pq: (base) => PqIndex.build({ base, m: 8, bits: 4 }),
  opq: (base) => PqIndex.build({ base, m: 8, bits: 4, opq: true, keepVectors: true }),
  ivfpq: (base) => IvfAdcIndex.build({ base, m: 8, bits: 4, nlist: 4, keepVectors: true }),
  sq8: async (base) => Sq8Index.build({ base, keepVectors: true }),
  'sq8 uniform': async (base) => Sq8Index.build({ base, range: 'uniform' }),
  'hnsw-sq8': (base) => Sq8GraphIndex.build({ graphBase: base, M: 8, efConstruction: 40 }),
  'hnsw-sq8 over vectors': (base) => Sq8GraphIndex.build({ graphBase: base, base, M: 8, efConstruction: 40 }),
  lc: (base) => LinkAndCodeIndex.build({ base, m: 8, bits: 4, M: 8, efConstruction: 40, nsq: 4, words: 4 }),
};

/** A compressor of each method, trained for a moment to a quarter of the columns. */
export async function trained(
  method: Method,
  base: Matrix,
  onCheckpoint?: (archive: Archive) => Promise<void>,
): Promise<Compressor> {
  const dOut = base.cols / 4;
  const steps = { samples: method === 'catalyst' ? 256 : 640, batch: 32, seed: 1 };
  const learns = METHODS[method].learnsInSteps;
  return (METHODS[method].train as (base: Matrix, options: object) => Promise<Compressor>)(base, {
    dOut,
    ...(learns ? { ...steps, onCheckpoint } : { seed: 1 }),
  });
}

function npy(descr: string, data: ArrayBufferView, rows: number, cols: number): Uint8Array {
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${rows}, ${cols}), }`;
  const header = Buffer.from(text.padEnd(117, ' ').concat('\n'), 'latin1');
  const start = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length & 255, header.length >> 8]);
  return Buffer.concat([start, header, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]);
}

function withCounts(data: ArrayBufferView, rows: number, cols: number): Uint8Array {
  const body = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return Buffer.concat([new Uint8Array(Uint32Array.of(rows, cols).buffer), body]);
}

export interface SoundFile {
  readonly name: string;
  readonly content: 'vectors' | 'ids' | 'model' | 'index' | 'checkpoint';
}

/** Writes all of them into a folder. */
export async function writeSoundFiles(folder: string, base: Matrix): Promise<SoundFile[]> {
  const files: SoundFile[] = [];
  const at = (name: string, content: SoundFile['content']): string => {
    files.push({ name, content });
    return join(folder, name);
  };
  const few = { rows: 40, cols: base.cols, data: base.data.slice(0, 40 * base.cols) };
  const bytes = Uint8Array.from(few.data, (value) => 128 + 20 * value);
  const shape = [few.rows, few.cols] as const;
  for (const extension of ['fvecs', 'npy', 'fbin']) await writeVectors(at(`v.${extension}`, 'vectors'), few);
  const rows = Array.from({ length: few.rows }, (_, row) => [
    ...new Uint8Array(Uint32Array.of(few.cols).buffer),
    ...bytes.subarray(row * few.cols, (row + 1) * few.cols),
  ]);
  writeFileSync(at('v.bvecs', 'vectors'), Uint8Array.from(rows.flat()));
  writeFileSync(at('v.u8bin', 'vectors'), withCounts(bytes, ...shape));
  writeFileSync(
    at('v.i8bin', 'vectors'),
    withCounts(
      Int8Array.from(bytes, (value) => value - 128),
      ...shape,
    ),
  );
  const elements: readonly (readonly [string, ArrayBufferView])[] = [
    ['<f2', Uint16Array.from(bytes, (value) => 0x3c00 + value)],
    ['<f8', Float64Array.from(few.data)],
    ['|u1', bytes],
    ['|i1', Int8Array.from(bytes, (value) => value - 128)],
    ['<i4', Int32Array.from(bytes)],
    ['<u4', Uint32Array.from(bytes)],
    ['<i8', BigInt64Array.from(bytes, BigInt)],
  ];
  for (const [descr, data] of elements)
    writeFileSync(at(`v-${descr.slice(1)}.npy`, 'vectors'), npy(descr, data, ...shape));
  const { ids } = nearest(base, few, 10);
  for (const extension of ['ivecs', 'npy', 'ibin']) await writeIds(at(`ids.${extension}`, 'ids'), ids);
  /** Writes the first archive that it is given, at once: its arrays change as the work goes on. */
  const firstTo = (name: string) => {
    let written = false;
    return async (archive: Archive) => {
      if (written) return;
      written = true;
      await writeArchive(at(name, 'checkpoint'), archive);
    };
  };
  for (const method of METHOD_NAMES) {
    const model = await trained(method, base, firstTo(`${method}.checkpoint`));
    await writeModel(at(`${method}.safetensors`, 'model'), model.toNamedArrays());
  }
  for (const [name, build] of Object.entries(BUILDERS)) {
    await writeArchive(at(`${name.replaceAll(' ', '-')}.index`, 'index'), (await build(base)).toArchive());
  }
  for (const profile of ['canonical', 'batch'] as const) {
    let due = true;
    const write = firstTo(`hnsw-${profile}.checkpoint`);
    const checkpoints = {
      input: () => 'rows',
      due: () => due,
      async store(archive: Archive) {
        due = false;
        await write(archive);
      },
    };
    await buildHnsw(new VectorSet(base), { M: 8, efConstruction: 40, profile, checkpoints });
  }
  return files;
}
