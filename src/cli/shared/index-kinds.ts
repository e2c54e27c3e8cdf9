import { UsageError } from '../arguments/usage-error.ts';

/** Every index of the project. */
export const INDEX_KINDS = ['flat', 'hnsw', 'nsg', 'ivfpq', 'pq', 'sq8', 'hnsw-sq8', 'lc'] as const;
export type IndexKind = (typeof INDEX_KINDS)[number];

/** To which kinds each option of `cnt build` belongs. */
export const BUILD_OPTION_KINDS = {
  'graph-base': ['hnsw', 'nsg', 'hnsw-sq8'],
  walk: ['hnsw'],
  M: ['hnsw', 'hnsw-sq8', 'lc'],
  'ef-construction': ['hnsw', 'hnsw-sq8', 'lc'],
  profile: ['hnsw', 'nsg', 'ivfpq', 'pq', 'hnsw-sq8', 'lc'],
  R: ['nsg'],
  L: ['nsg'],
  C: ['nsg'],
  GK: ['nsg'],
  bytes: ['ivfpq', 'pq', 'lc'],
  nlist: ['ivfpq'],
  opq: ['pq'],
  range: ['sq8', 'hnsw-sq8'],
  'keep-vectors': ['ivfpq', 'pq', 'sq8'],
  resume: ['hnsw'],
} as const satisfies Readonly<Record<string, readonly IndexKind[]>>;

/** To which kinds each option of `cnt search` belongs. */
export const SEARCH_OPTION_KINDS = {
  ef: ['hnsw', 'nsg', 'hnsw-sq8', 'lc'],
  nprobe: ['ivfpq'],
  rerank: ['hnsw', 'ivfpq', 'pq', 'sq8'],
  model: ['hnsw'],
} as const satisfies Readonly<Record<string, readonly IndexKind[]>>;

/** "hnsw, nsg: ", as help begins the text of an option. */
export function ofKinds(kinds: readonly IndexKind[]): string {
  return `${kinds.join(', ')}: `;
}

/**
 * Refuses an option that would have no effect on an index of this kind.
 *
 * @param got what there is instead, in words
 * @throws UsageError
 */
export function requireOptionsOfKind(
  table: Readonly<Record<string, readonly IndexKind[]>>,
  values: Readonly<Record<string, unknown>>,
  kind: IndexKind,
  got = `--index ${kind}`,
): void {
  for (const [name, kinds] of Object.entries(table)) {
    if (values[name] === undefined || values[name] === false || kinds.includes(kind)) continue;
    throw new UsageError(`--${name} belongs to ${inWords(kinds)} indexes, got ${got}.`);
  }
}

function inWords(kinds: readonly IndexKind[]): string {
  return kinds.length === 1 ? kinds[0]! : `${kinds.slice(0, -1).join(', ')} and ${kinds.at(-1)}`;
}
