import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { IvfAdcIndex } from '../../../src/index/codes/ivf-adc.ts';
import { PqIndex } from '../../../src/index/codes/pq-index.ts';
import { Sq8Index } from '../../../src/index/codes/sq8-index.ts';
import { Sq8GraphIndex } from '../../../src/index/graph/sq8-graph-index.ts';
import { LinkAndCodeIndex } from '../../../src/index/link-and-code/link-and-code.ts';
import { decodeArchive, encodeArchive } from '../../../src/io/container/archive.ts';
import { loadIndex } from '../../../src/pipeline/load-index.ts';
import { createMatrix } from '../../../src/tensor/matrix.ts';
import type { Archive } from '../../../src/tensor/named-arrays.ts';
import { changed, spoiledArrays } from '../../support/changed-archive.ts';
import { normalMatrix } from '../../support/normals.ts';
import { assertSame } from '../../support/same.ts';

const base = normalMatrix(30, 4, 'archives');
const query = normalMatrix(2, 4, 'query');
const copies = createMatrix(8, 2, Float32Array.of(0, 0, 1, 0, 0, 1, 1, 0, 5, 5, 0, 0, 2, 2, 1, 3));

/** One of each kind, with everything in it that it can hold. Rows 3 and 5 of the coded graphs repeat rows 1 and 0. */
const archives: Record<string, { where: string; archive: Archive }> = {
  pq: {
    where: 'PQ index',
    archive: (await PqIndex.build({ base, m: 2, bits: 3, opq: true, keepVectors: true })).toArchive(),
  },
  ivfpq: {
    where: 'IVFADC index',
    archive: (await IvfAdcIndex.build({ base, nlist: 3, m: 2, bits: 3, keepVectors: true })).toArchive(),
  },
  sq8: { where: 'SQ8 index', archive: Sq8Index.build({ base, keepVectors: true }).toArchive() },
  'sq8, uniform': { where: 'SQ8 index', archive: Sq8Index.build({ base, range: 'uniform' }).toArchive() },
  'hnsw-sq8': {
    where: 'HNSW-SQ8 index',
    archive: (await Sq8GraphIndex.build({ graphBase: copies, M: 2, efConstruction: 4 })).toArchive(),
  },
  'hnsw-sq8 over vectors': {
    where: 'HNSW-SQ8 index',
    archive: (await Sq8GraphIndex.build({ graphBase: copies, base: copies, M: 2, efConstruction: 4 })).toArchive(),
  },
  lc: {
    where: 'L&C index',
    archive: (
      await LinkAndCodeIndex.build({ base: copies, m: 1, bits: 2, codeDim: 4, nsq: 2, words: 4, M: 2, baseLinks: 2 })
    ).toArchive(),
  },
  'lc, not rotated': {
    where: 'L&C index',
    archive: (
      await LinkAndCodeIndex.build({ base, opq: false, m: 2, bits: 3, nsq: 1, words: 3, M: 2, baseLinks: 3 })
    ).toArchive(),
  },
};

/** Checks that loading is refused in one line that begins with `where`. */
function refused(archive: Archive, where: string, title: string): void {
  const line = (error: Error): boolean =>
    error instanceof RangeError && error.message.startsWith(where) && /^[^\n]*: expected [^\n]*\.$/.test(error.message);
  assert.throws(() => loadIndex(archive), line, title);
}

async function search(archive: Archive): Promise<unknown> {
  const index = loadIndex(archive);
  const few = createMatrix(2, index.dim, query.data.slice(0, 2 * index.dim));
  return index.kind === 'ivfpq' ? index.search(few, 5, { nprobe: 2 }) : index.search(few, 5);
}

for (const [title, { where, archive }] of Object.entries(archives)) {
  test(`${title}: written to bytes and read back, it is the same archive and finds the same`, async () => {
    const again = decodeArchive(encodeArchive(archive));
    assertSame(loadIndex(again).toArchive(), archive);
    assert.is(loadIndex(again).kind, archive.kind);
    assertSame(await search(again), await search(archive));
  });

  for (const name of Object.keys(archive.parameters)) {
    test(`${title}: without or with a wrong "${name}" it is refused in one line`, () => {
      for (const value of [undefined, null, -7, 0.5, [], {}, 'x']) {
        if (name === 'seed' && (typeof value === 'number' || value === 'x')) continue;
        const spoiled = changed(archive, (parameters) => {
          if (value === undefined) delete parameters[name];
          else parameters[name] = value;
        });
        refused(spoiled, where, `${name}: ${JSON.stringify(value)}`);
      }
    });
  }

  for (const [name, { shape, data }] of archive.arrays) {
    test(`${title}: "${name}" of another type, shape or length is refused in one line`, () => {
      const optional = ['vectors', 'rotation', 'representatives'].includes(name) && !title.includes('over vectors');
      const [absent, ...others] = spoiledArrays(name, { shape, data });
      const changes = optional ? others : [...others, absent!];
      for (const change of changes) {
        // No list above level 0: then one less is none.
        if (name === 'upperLinks' && data.length === 0 && change === others[3]) continue;
        refused(
          changed(archive, (_, arrays) => change(arrays)),
          where,
          name,
        );
      }
    });

    if (data instanceof Float32Array) {
      test(`${title}: "${name}" that is not finite is refused in one line`, () => {
        for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
          const spoiled = changed(archive, (_, arrays) => {
            arrays.get(name)!.data[data.length - 1] = value;
          });
          refused(spoiled, where, `${name}: ${value}`);
        }
      });
    }
  }
}

test('lists that overlap, leave rows out or name a row twice are refused', () => {
  const { archive, where } = archives['ivfpq']!;
  const put = (name: string, place: number, value: number) =>
    changed(archive, (_, arrays) => {
      arrays.get(name)!.data[place] = value;
    });
  const [starts, ids] = [archive.arrays.get('starts')!.data, archive.arrays.get('ids')!.data];
  refused(put('starts', 0, 1), where, 'first start');
  refused(put('starts', 1, -1), where, 'negative start');
  refused(put('starts', 1, starts[2]! + 1), where, 'falling starts');
  refused(put('starts', 1, 31), where, 'beyond the rows');
  refused(put('starts', 3, 29), where, 'last end');
  refused(put('ids', 0, ids[1]!), where, 'a row twice');
  refused(put('ids', 0, 30), where, 'beyond the rows');
  refused(put('ids', 0, -1), where, 'negative row');
});

test('bits of a code that belong to no number are refused', () => {
  for (const kind of ['pq', 'ivfpq']) {
    const { archive, where } = archives[kind]!;
    const spoiled = changed(archive, (_, arrays) => {
      arrays.get('codes')!.data[7]! |= 64;
    });
    refused(spoiled, where, kind);
  }
});

test('a weight code beyond the words, and a rotation that is missing where dimensions differ, are refused', () => {
  const { archive, where } = archives['lc']!;
  const codes = changed(archive, (_, arrays) => {
    arrays.get('weightCodes')!.data[3] = 4;
  });
  assert.throws(() => loadIndex(codes), /^L&C index: expected weight codes below 4, got 4 in row 1\.$/);
  refused(
    changed(archive, (_, arrays) => arrays.delete('rotation')),
    where,
    'no rotation',
  );
});

test('every change of one number in links and representatives of a coded graph is refused or still searchable', async () => {
  for (const kind of ['hnsw-sq8', 'lc']) {
    const { archive, where } = archives[kind]!;
    for (const name of ['links', 'levels', 'representatives']) {
      for (let place = 0; place < archive.arrays.get(name)!.data.length; place++) {
        for (const value of [-2, -1, 0, 1, 3, 7, 8, 2 ** 31 - 1]) {
          const spoiled = changed(archive, (_, arrays) => {
            arrays.get(name)!.data[place] = value;
          });
          try {
            await search(spoiled);
          } catch (error) {
            assert.instance(error, RangeError);
            assert.ok((error as Error).message.startsWith(`${where}: expected`));
          }
        }
      }
    }
  }
});

test.run();
