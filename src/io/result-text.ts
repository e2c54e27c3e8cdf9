import type { Neighbors } from '../tensor/nearest/neighbors.ts';

/** Formats of results that a person reads, or a program without a reader of tables. */
export const TEXT_FORMATS = ['json', 'csv', 'txt'] as const;

export type TextFormat = (typeof TEXT_FORMATS)[number];

/** What a search found. */
export type Results = Pick<Neighbors, 'ids' | 'distances'>;

/** How a row of the base is called: by its number, or by an id of the user's own. */
export type IdOfRow = (row: number) => number | string;

/** Characters that come at once, about. */
const PIECE = 1 << 16;

/**
 * Results as text, a piece at a time: ids and squared distances, nearest first; queries are rows from 0, ranks begin at 1. A place without
 * a neighbor (-1) is left out.
 *
 * - `csv`: a line with the names `query,rank,id,squared_distance`, then a line a neighbor
 * - `txt`: the same in aligned columns
 * - `json`: an array with one object a query, each in a line: `{"query":0,"ids":[3,1],"squaredDistances":[0.5,0.75]}`
 *
 * @param idOf the one place where an id becomes text
 */
export function* resultText(results: Results, format: TextFormat, idOf: IdOfRow = (row) => row): Generator<string> {
  let piece = '';
  for (const text of WRITERS[format](results, idOf)) {
    piece += text;
    if (piece.length < PIECE) continue;
    yield piece;
    piece = '';
  }
  yield piece;
}

const WRITERS: Readonly<Record<TextFormat, (results: Results, idOf: IdOfRow) => Generator<string>>> = {
  json: jsonText,
  csv: csvText,
  txt: alignedText,
};

function* jsonText(results: Results, idOf: IdOfRow): Generator<string> {
  yield '[';
  for (let query = 0; query < results.ids.rows; query++) {
    const found = [...neighborsOf(results, query)];
    const ids = found.map(({ row }) => JSON.stringify(idOf(row)));
    const distances = found.map(({ distance }) => distance);
    yield `${query === 0 ? '\n' : ',\n'}{"query":${query},"ids":[${ids}],"squaredDistances":[${distances}]}`;
  }
  yield '\n]\n';
}

function* csvText(results: Results, idOf: IdOfRow): Generator<string> {
  yield 'query,rank,id,squared_distance\n';
  for (let query = 0; query < results.ids.rows; query++) {
    for (const { row, rank, distance } of neighborsOf(results, query)) {
      yield `${query},${rank},${csvField(idOf(row))},${distance}\n`;
    }
  }
}

/** Source: RFC 4180: quotes around a field that holds a separator, a quote or the end of a line; quotes within are doubled. */
function csvField(id: number | string): string {
  const text = String(id);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function* alignedText(results: Results, idOf: IdOfRow): Generator<string> {
  const { ids } = results;
  const widest = ids.data.reduce((most, row) => (row < 0 ? most : Math.max(most, String(idOf(row)).length)), 2);
  const line = (query: number | string, rank: number | string, id: number | string, distance: string): string =>
    `${padded(query, Math.max(5, digits(ids.rows - 1)))}  ${padded(rank, Math.max(4, digits(ids.cols)))}  ${padded(id, widest)}  ${distance}\n`;
  yield line('query', 'rank', 'id', 'squared distance');
  for (let query = 0; query < ids.rows; query++) {
    for (const { row, rank, distance } of neighborsOf(results, query)) yield line(query, rank, idOf(row), distance);
  }
}

function padded(value: number | string, width: number): string {
  return String(value).padStart(width);
}

function digits(value: number): number {
  return String(value).length;
}

function* neighborsOf(
  { ids, distances }: Results,
  query: number,
): Generator<{ readonly row: number; readonly rank: number; readonly distance: string }> {
  const { cols: k } = ids;
  for (let place = 0; place < k; place++) {
    const row = ids.data[query * k + place]!;
    if (row >= 0) yield { row, rank: place + 1, distance: float32Text(distances.data[query * k + place]!) };
  }
}

/** The shortest decimal number that is this float32 again when it is read as one. */
export function float32Text(value: number): string {
  // Six digits always survive float32, unless it is denormal; nine always suffice.
  for (let figures = Math.abs(value) < SMALLEST_NORMAL ? 1 : 6; figures < 9; figures++) {
    const short = Number(value.toPrecision(figures));
    if (Math.fround(short) === value) return String(short);
  }
  return String(Number(value.toPrecision(9)));
}

const SMALLEST_NORMAL = 2 ** -126;
