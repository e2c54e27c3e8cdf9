import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { htmlPage } from '../../src/report/html-page.ts';
import { lineChart } from '../../src/report/line-chart.ts';
import type { ComparedFigure, Page } from '../../src/report/page.ts';

const HOSTILE = `<script>alert("1")</script> & 'x' <img src=http://x.example/y>`;

const figure = (row: string, column: string, more: Partial<ComparedFigure> = {}): ComparedFigure => ({
  row,
  column,
  paper: 80.9,
  ours: 78.25,
  digits: 1,
  verdict: 'differs',
  reason: 'fewer rows',
  ...more,
});

function pageWith(text: string): Page {
  return {
    title: text,
    lead: [text],
    sections: [
      {
        title: text,
        blocks: [
          { kind: 'text', text },
          { kind: 'table', table: [[text], [text]], caption: text },
          { kind: 'comparison', figures: [figure(text, text, { reason: text })], caption: text },
          {
            kind: 'charts',
            charts: [
              { svg: lineChart([{ name: text, points: [[0, 1]] }], { title: text, x: text, y: text }), caption: text },
            ],
          },
          { kind: 'claims', claims: [{ id: text, quote: text, test: text, verdict: 'confirmed', figures: text }] },
          { kind: 'facts', facts: [[text, text]] },
        ],
      },
    ],
  };
}

test('every text is escaped, wherever it stands, and nothing is fetched or run', () => {
  const html = htmlPage(pageWith(HOSTILE));
  assert.not.match(html, /<script|<img|<link|onload=|<iframe/i);
  assert.is(html.split('&lt;script&gt;').length - 1, 26); // each place where a text stands, some twice
  assert.not.match(htmlPage(pageWith('plain')), /https?:\/\/(?!www\.w3\.org\/2000\/svg)/);
  assert.match(html, /default-src 'none'/);
});

test('elements are closed in the order in which they were opened', () => {
  const html = htmlPage(pageWith(HOSTILE));
  const open: string[] = [];
  for (const [, slash, name, rest] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)([^>]*)>/gi)) {
    if (name === 'meta' || rest!.endsWith('/')) continue;
    if (slash === '') open.push(name!);
    else assert.is(open.pop(), name);
  }
  assert.equal(open, []);
});

test('a compared figure shows ours, the paper, the difference, the verdict and the reason', () => {
  const figures = [
    figure('CNT', '1@1'),
    figure('CNT', '1@5', { ours: 80.9, verdict: 'agrees', reason: '' }),
    figure('PCA', '1@1', { verdict: 'not comparable', reason: 'other machine' }),
  ];
  const html = htmlPage({
    title: 't',
    lead: [],
    sections: [{ title: 's', blocks: [{ kind: 'comparison', figures }] }],
  });
  assert.match(
    html,
    '<span class="ours">78.3</span><span class="mark differs" title="differs">≠</span><sup><a href="#section-1-1-reason-1">1</a></sup><span class="beside">80.9 (-2.7)</span>',
  );
  assert.match(
    html,
    '<span class="ours">80.9</span><span class="mark agrees" title="agrees">✓</span><span class="beside">80.9 (0.0)</span>',
  );
  assert.match(
    html,
    '<li id="section-1-1-reason-1">fewer rows</li><li id="section-1-1-reason-2">not comparable: other machine</li>',
  );
  assert.match(html, '<span class="counts">differs 1, agrees 1, not comparable 1</span>');
});

test('a figure without a counterpart shows no difference; figures of one place stand together', () => {
  const { paper: _, ...control } = figure('CNT', '1@1', { verdict: 'control', reason: 'not in the paper' });
  const figures = [control, { ...control, ours: 5 }];
  const html = htmlPage({
    title: 't',
    lead: [],
    sections: [{ title: 's', blocks: [{ kind: 'comparison', figures }] }],
  });
  assert.not.match(html, /class="beside"/);
  assert.match(html, /78\.3.*5\.0.*<\/td>/);
});

test('the same page gives the same bytes; links lead to what is there', () => {
  const html = htmlPage(pageWith('plain'));
  assert.is(html, htmlPage(pageWith('plain')));
  for (const [, target] of html.matchAll(/href="#([^"]+)"/g)) assert.match(html, `id="${target}"`);
});

test('ragged tables and empty comparisons are refused', () => {
  const page = (block: Page['sections'][number]['blocks'][number]): Page => ({
    title: 't',
    lead: [],
    sections: [{ title: 's', blocks: [block] }],
  });
  assert.throws(
    () => htmlPage(page({ kind: 'table', table: [['a', 'b'], ['c']] })),
    /expected 2 cells in row 1, got 1/,
  );
  assert.throws(() => htmlPage(page({ kind: 'comparison', figures: [] })), /expected at least one figure, got none/);
});

test.run();
