import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Ids } from '../tensor/nearest/neighbors.ts';
import { asFileError, FileError } from './file/file-error.ts';
import { requirePath } from './file/path.ts';
import { readIds } from './ids.ts';
import { openVectors, VECTOR_FORMATS } from './vectors.ts';

/** A folder of one data set: base vectors, queries, and the true neighbors of some prefixes of the base. */
export interface Dataset {
  readonly folder: string;
  /** What the file names begin with, as `gist` in gist_base.fvecs; of base.fvecs, the name of the folder. */
  readonly name: string;
  /** Paths. */
  readonly base: string;
  readonly query: string;
  readonly baseRows: number;
  readonly queryRows: number;
  readonly cols: number;
  readonly groundtruths: readonly GroundtruthFile[];
  /** The file with the true neighbors among the first `baseRows` rows; `undefined` where they must be computed. */
  groundtruthFor(baseRows: number): string | undefined;
}

export interface GroundtruthFile {
  readonly path: string;
  /** The neighbors are among the first `baseRows` rows of the base. */
  readonly baseRows: number;
}

/**
 * Finds the data set of a folder by its names: `*_base.*`, `*_query.*`, `*_groundtruth*.ivecs`, or the same without
 * the beginning. Only headers are read.
 *
 * @throws {FileError} if there is no base or no query file, there are several, or they differ in dimension
 *
 * @category Vectors, models and files
 */
export async function findDataset(folder: string): Promise<Dataset> {
  const names = await namesIn(folder);
  const [name, baseName] = only(folder, names, 'base');
  const prefix = name === '' ? '' : `${name}_`;
  const queryNames = names.filter((file) => vectorName(`${escaped(prefix)}query`).test(file));
  if (queryNames.length !== 1) throw several(folder, `one ${prefix}query file of vectors`, queryNames);
  const base = await headerOf(join(folder, baseName));
  const query = await headerOf(join(folder, queryNames[0]!));
  if (query.cols !== base.cols) {
    throw new FileError(query.path, `expected queries of ${base.cols} values as in ${baseName}, got ${query.cols}`);
  }
  const groundtruths = groundtruthsIn(folder, names, prefix, base.rows);
  return {
    folder,
    name: name || basename(resolve(folder)),
    base: base.path,
    query: query.path,
    baseRows: base.rows,
    queryRows: query.rows,
    cols: base.cols,
    groundtruths,
    groundtruthFor: (baseRows) => groundtruths.find((truth) => truth.baseRows === baseRows)?.path,
  };
}

/**
 * The true neighbors of all queries among the first `baseRows` rows; `undefined` where they must be computed.
 *
 * @returns (queries, neighbors given), nearest first
 * @throws {FileError} if the file does not fit the queries, or names a row that is not among those
 */
export async function readGroundtruth(dataset: Dataset, baseRows: number): Promise<Ids | undefined> {
  const path = dataset.groundtruthFor(baseRows);
  if (path === undefined) return undefined;
  const truth = await readIds(path);
  if (truth.rows !== dataset.queryRows) {
    throw new FileError(path, `expected ${dataset.queryRows} rows, one a query, got ${truth.rows}`);
  }
  const wrong = truth.data.findIndex((id) => id < 0 || id >= baseRows);
  if (wrong >= 0) {
    const place = `row ${Math.floor(wrong / truth.cols)}, column ${wrong % truth.cols}`;
    const from1 = truth.data[wrong] === baseRows && !truth.data.includes(0);
    const hint = from1 ? ': do they count from 1? Subtract 1, or make them by cnt truth' : '';
    throw new FileError(path, `expected ids from 0 to ${baseRows - 1}, got ${truth.data[wrong]} at ${place}${hint}`);
  }
  return truth;
}

async function namesIn(folder: string): Promise<string[]> {
  requirePath(folder);
  try {
    return (await readdir(folder)).sort();
  } catch (cause) {
    throw asFileError(folder, 'a folder with a data set', cause);
  }
}

/** `<ending>.<extension of vectors>`. */
function vectorName(ending: string): RegExp {
  return new RegExp(`^${ending}\\.(?:${VECTOR_FORMATS.join('|')})$`, 'i');
}

/** The beginning of the name, and the name, of the one file for this role. */
function only(folder: string, names: readonly string[], role: string): [beginning: string, file: string] {
  const pattern = vectorName(`(?:([^.].*)_)?${role}`);
  const found = names.filter((file) => pattern.test(file));
  if (found.length !== 1) throw several(folder, `one *_${role} or ${role} file of vectors`, found);
  return [pattern.exec(found[0]!)![1] ?? '', found[0]!];
}

function several(folder: string, expected: string, found: readonly string[]): FileError {
  const extensions = VECTOR_FORMATS.map((format) => `.${format}`).join(' ');
  return new FileError(folder, `expected ${expected} (${extensions}), got ${found.slice(0, 4).join(', ') || 'none'}`);
}

async function headerOf(path: string): Promise<{ path: string; rows: number; cols: number }> {
  const file = await openVectors(path);
  await file.close();
  return { path, rows: file.rows, cols: file.cols };
}

/**
 * Truth files, those that say their number of rows first: `_10k`, `_1M`, `_5000`. One that does not is of the whole
 * base; one with any other ending is of something else.
 */
function groundtruthsIn(
  folder: string,
  names: readonly string[],
  prefix: string,
  baseRows: number,
): readonly GroundtruthFile[] {
  const pattern = new RegExp(`^${escaped(prefix)}groundtruth(?:_(\\d+)([kM]?))?\\.ivecs$`, 'i');
  const counted: GroundtruthFile[] = [];
  const whole: GroundtruthFile[] = [];
  for (const file of names) {
    const match = pattern.exec(file);
    if (!match) continue;
    const [, digits, unit = ''] = match;
    const path = join(folder, file);
    if (digits === undefined) whole.push({ path, baseRows });
    else counted.push({ path, baseRows: Number(digits) * { '': 1, k: 1e3, m: 1e6 }[unit.toLowerCase()]! });
  }
  return [...counted, ...whole];
}

function escaped(text: string): string {
  return text.replace(/[^A-Za-z0-9_]/g, '\\$&');
}
