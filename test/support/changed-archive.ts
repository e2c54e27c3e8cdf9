import type { Archive, JsonValue, NamedArray } from '../../src/tensor/named-arrays.ts';

type Change = (parameters: Record<string, JsonValue>, arrays: Map<string, NamedArray>) => unknown;

/** A copy of an archive with something changed. */
export function changed({ kind, parameters: saved, arrays: old }: Archive, change: Change): Archive {
  const parameters = structuredClone(saved) as Record<string, JsonValue>;
  const arrays = new Map<string, NamedArray>();
  for (const [name, { shape, data }] of old) arrays.set(name, { shape, data: data.slice() });
  change(parameters, arrays);
  return { kind, parameters, arrays };
}

/** Ways to spoil an array: without it, of another type, with one dimension more, with a row more in its shape, with a value less. */
export function spoiledArrays(name: string, { shape, data }: NamedArray) {
  const changes: ((arrays: Map<string, NamedArray>) => unknown)[] = [
    (arrays) => arrays.delete(name),
    (arrays) => arrays.set(name, { shape, data: Float64Array.from(data) }),
    (arrays) => arrays.set(name, { shape: [...shape, 1], data }),
    (arrays) => arrays.set(name, { shape: [shape[0]! + 1, ...shape.slice(1)], data }),
    (arrays) => arrays.set(name, { shape, data: data.slice(1) }),
  ];
  return changes;
}
