import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Measured } from '../../../src/paper/claims/claim.ts';
import { ledger } from '../../../src/paper/claims/ledger.ts';
import { type ReportParts, reportPage } from '../../../src/paper/page/report-page.ts';
import { recallCell } from '../../../src/paper/tables/cell.ts';
import { figure3 } from '../../../src/paper/tables/figure-3.ts';
import { htmlPage } from '../../../src/report/html-page.ts';

const codes: NonNullable<Measured['table2']> = [
  { method: 'none', codec: 'PQ', bytes: 16, queriesPerSecond: [100, 90, 110], recall1at1: 14, recall1at5: 30 },
  { method: 'cnt', codec: 'PQ', bytes: 16, queriesPerSecond: [110, 100, 120], recall1at1: 42, recall1at5: 70 },
];
const measured: Measured = { comparedWith: 'Deep1M', rows: 20_000, table2: codes };
const FAMILY = { what: 'Codes', measure: '1@1', unit: 'codes a query', caption: 'Swept.' };
const LEAST: ReportParts = {
  title: 'Run',
  lead: ['words'],
  tables: [],
  ledger: ledger(measured),
  facts: [['seed', '1']],
};

test('a page of a whole run has tables, charts, the microscope, claims and facts, in this order', () => {
  const point = { heldOutError: 0.4, recall: { nearest: 0.5, tenNearest: 0.6 } };
  const reading = {
    name: 'CNT',
    scale: 1,
    displacements: [0, 1],
    overlap: [
      [1, 1],
      [10, 0.9],
    ] as const,
    near: { points: [[1, 1] as const], error: 0, stretch: 0 },
    far: { points: [[2, 2] as const], error: 0, stretch: 0 },
  };
  const page = reportPage({
    ...LEAST,
    tables: [
      {
        name: 'table2',
        title: 'Table 2',
        cells: [recallCell('CNT + PQ', '1@1', 32.5, 42, 'fewer rows')],
        more: [[['codes'], ['1']]],
      },
    ],
    codes,
    searches: [{ ...FAMILY, curves: [{ name: 'PQ', points: [{ queriesPerSecond: 100, cost: 9, recall: 14 }] }] }],
    trainings: [
      {
        name: 'CNT',
        history: [
          { samples: 0, ...point },
          { samples: 10, ...point },
        ],
      },
    ],
    figure3: figure3().svg,
    readings: [reading],
  });
  assert.equal(
    page.sections.map(({ title }) => title.split(':')[0]),
    [
      'Table 2',
      'Recall against cost',
      'Training',
      'Figure 3',
      'Microscope',
      'Claims of the paper',
      'How this was made',
    ],
  );
  const html = htmlPage(page);
  assert.is(html.split('<svg').length - 1, 2 + 1 + 3 + 1 + 3); // speed and count, bytes, training, Figure 3, microscope
  assert.match(html, '>CNT + PQ</text>');
  assert.match(html, '16 bytes: 1@1 +28.0, 1@5 +40.0');
});

test('parts that were not measured leave no trace, and no empty chart', () => {
  const empty = {
    ...LEAST,
    codes: [],
    searches: [{ ...FAMILY, curves: [{ name: 'a', points: [] }] }],
    trainings: [{ name: 'PCA', history: [] }],
  };
  for (const parts of [LEAST, empty]) {
    const page = reportPage(parts);
    assert.equal(
      page.sections.map(({ title }) => title),
      ['Claims of the paper', 'How this was made'],
    );
    assert.not.match(htmlPage(page), /<svg/);
  }
});

test('Figure 3 has a point at each 200th of the boundary, to half beyond it', () => {
  const { curve } = figure3();
  assert.equal([curve.length, curve[0]![0], curve.at(-1)![0]], [301, 0, 1.5]);
});

test.run();
