/** Files of every kind with bytes changed, moved, lost or added, read again. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateManifold, loadCompressor, loadIndex } from '../../src/index.ts';
import { readArchive } from '../../src/io/container/archive-file.ts';
import { readModel } from '../../src/io/container/safetensors-file.ts';
import { digestArrays, digestIds, digestMatrix } from '../../src/io/digest.ts';
import { readIds } from '../../src/io/ids.ts';
import { readVectors, writeVectors } from '../../src/io/vectors.ts';
import { reproduce } from '../../src/paper/run/reproduce.ts';
import type { RunContext } from '../../src/paper/run-context.ts';
import { Random } from '../../src/tensor/random/random.ts';
import { type SoundFile, writeSoundFiles } from './sound-files.ts';
import { judged, right, type Try } from './tally.ts';

const { base, query } = generateManifold({ rows: 400, queries: 4, dim: 16, seed: 1 });

/** What must be the same again, for each content of a file. */
const READERS: Readonly<Record<SoundFile['content'], (path: string) => Promise<string>>> = {
  vectors: async (path) => digestMatrix(await readVectors(path)),
  ids: async (path) => digestIds(await readIds(path)),
  async model(path) {
    const arrays = await readModel(path);
    return digestArrays(arrays) + digestMatrix(loadCompressor(arrays).encode(query));
  },
  async index(path) {
    const archive = await readArchive(path);
    const index = loadIndex(archive);
    const found = await index.search(query, 5, {});
    return digestArrays(archive) + digestIds(found.ids) + digestMatrix(found.distances);
  },
  checkpoint: async (path) => digestArrays(await readArchive(path)),
};

/** Formats that hold numbers and nothing to check them by. */
const WITHOUT_CHECKSUM: readonly SoundFile['content'][] = ['vectors', 'ids'];

interface Damage {
  readonly what: string;
  readonly bytes: Uint8Array;
}

/** One damage; half of those of a place lie in the first 200 bytes, where headers are. */
function damaged(sound: Uint8Array, random: Random): Damage {
  const size = sound.length;
  const place = () => (random.below(2) === 0 ? random.below(Math.min(200, size)) : random.below(size));
  const bytes = sound.slice();
  const at = place();
  switch (random.below(8)) {
    case 0:
    case 1: {
      const bit = random.below(8);
      bytes[at]! ^= 1 << bit;
      return { what: `bit ${bit} of byte ${at} flipped`, bytes };
    }
    case 2: {
      const value = (bytes[at]! + 1 + random.below(255)) & 255;
      bytes[at] = value;
      return { what: `byte ${at} made ${value}`, bytes };
    }
    case 3:
      return { what: `cut to ${at} bytes`, bytes: bytes.slice(0, at) };
    case 4: {
      const more = Uint8Array.from({ length: 1 + random.below(64) }, () => random.below(256));
      return { what: `${more.length} bytes more`, bytes: Uint8Array.from([...bytes, ...more]) };
    }
    case 5: {
      const [other, length] = [place(), 1 + random.below(16)];
      bytes.set(sound.subarray(at, at + length).slice(0, size - other), other);
      bytes.set(sound.subarray(other, other + length).slice(0, size - at), at);
      return { what: `${length} bytes of ${at} and ${other} swapped`, bytes };
    }
    case 6: {
      const length = 1 + random.below(64);
      bytes.fill(random.below(2) * 255, at, Math.min(size, at + length));
      return { what: `${length} bytes from ${at} overwritten by ${bytes[at]}`, bytes };
    }
    default: {
      const length = 1 + random.below(64);
      const rest = [...bytes.subarray(0, at), ...bytes.subarray(at + length)];
      return { what: `${length} bytes from ${at} lost`, bytes: Uint8Array.from(rest) };
    }
  }
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** @param count of damages of each file */
export async function* damagedFiles(seed: string, count: number): AsyncGenerator<Try> {
  const folder = mkdtempSync(join(tmpdir(), 'cnt-faults-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const { name, content } of await writeSoundFiles(folder, base)) {
    const path = join(folder, name);
    const sound = new Uint8Array(readFileSync(path));
    const expected = await READERS[content](path);
    const random = new Random(seed, `damage/${name}`);
    const other = join(folder, `damaged-${name}`);
    for (let i = 0; i < count; i++) {
      const { what, bytes } = damaged(sound, random);
      yield {
        kind: content,
        what: `${name}, ${what}`,
        run() {
          writeFileSync(other, bytes);
          return judged(
            () => READERS[content](other),
            (found) => {
              if (found === expected) return right;
              if (WITHOUT_CHECKSUM.includes(content) || same(sound, bytes)) return { ending: 'plain' };
              return { ending: 'silent', detail: 'read as another one' };
            },
          );
        },
      };
    }
  }
  yield* damagedSteps(join(folder, 'reproduction'), seed, Math.ceil(count / 3));
}

/** A folder of `reproduce` of which one file is damaged before it is resumed. */
async function* damagedSteps(folder: string, seed: string, count: number): AsyncGenerator<Try> {
  mkdirSync(join(folder, 'data'), { recursive: true });
  const rows = generateManifold({ rows: 520, queries: 40, dim: 64, seed: 1 });
  await writeVectors(join(folder, 'data', 'tiny_base.fvecs'), rows.base);
  await writeVectors(join(folder, 'data', 'tiny_query.fvecs'), rows.query);
  const out = join(folder, 'out');
  const cells = async (resume: boolean): Promise<string> => {
    const options = { data: join(folder, 'data'), scale: 'demo', out, resume, seed: 1, samples: 512 } as const;
    return JSON.stringify((await reproduce('table4', options, silent())).report.cells);
  };
  const expected = await cells(false);
  const files = readdirSync(out, { recursive: true, encoding: 'utf8' }).filter(
    (name) => statSync(join(out, name)).isFile() && /^(steps|models)/.test(name),
  );
  const sound = new Map(files.sort().map((name) => [name, new Uint8Array(readFileSync(join(out, name)))]));
  const random = new Random(seed, 'damage/steps');
  for (let i = 0; i < count; i++) {
    const name = files[random.below(files.length)]!;
    const other = files[random.below(files.length)]!;
    const swapped = random.below(6) === 0 && other !== name;
    const { what, bytes } = swapped
      ? { what: `replaced by ${other}`, bytes: sound.get(other)! }
      : damaged(sound.get(name)!, random);
    yield {
      kind: 'steps of reproduce',
      what: `${name}, ${what}`,
      async run() {
        for (const [file, content] of sound) writeFileSync(join(out, file), content);
        writeFileSync(join(out, name), bytes);
        return judged(
          () => cells(true),
          (found) => (found === expected ? right : { ending: 'silent', detail: 'another table' }),
        );
      },
    };
  }
}

function silent(): RunContext {
  let seconds = 0;
  return {
    signal: new AbortController().signal,
    backend: 'auto',
    ranOn: 'simd',
    note: () => {},
    progress: () => ({ update() {}, end() {} }),
    now: () => ++seconds,
  };
}
