import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { writeVectors } from '../../../../src/io/vectors.ts';
import { normalMatrix } from '../../../support/normals.ts';
import { cnt, temporaryFolder } from '../../command-line.ts';

const test = suite('what a build tells of a graph');
const folder = temporaryFolder();
const halfOne = folder.path('copies.fvecs');
const farGroups = folder.path('groups.fvecs');

test.before(async () => {
  const copies = normalMatrix(400, 4, 'half of all rows are one');
  for (let row = 0; row < 400; row += 2) copies.data.copyWithin(4 * row, 0, 4);
  await writeVectors(halfOne, copies);
  const groups = normalMatrix(400, 4, 'groups far apart');
  for (let i = 0; i < 800; i++) groups.data[i]! += 100;
  await writeVectors(farGroups, groups);
});
test.after(folder.remove);

const cases = [
  ['hnsw', halfOne, ['--M', '4', '--ef-construction', '20'], 'hnswlib'],
  ['hnsw-sq8', halfOne, ['--M', '4', '--ef-construction', '20'], 'hnswlib'],
  ['lc', halfOne, ['--M', '16', '--ef-construction', '40', '--bytes', '2'], 'faiss'],
  ['nsg', farGroups, ['--R', '4', '--L', '10', '--C', '10', '--GK', '10'], 'faiss'],
] as const;

for (const [index, base, options, profile] of cases) {
  test(`${index}: points out of reach are a note and a number`, async () => {
    const run = (chosen: string, ...more: string[]) => {
      const out = folder.path('index');
      const words = ['build', '--base', base, '--index', index, ...options, '--profile', chosen, '--out', out];
      return cnt([...words, '--json', ...more]);
    };
    const weak = await run(profile);
    const { unreachable, points } = JSON.parse(weak.out).statistics;
    assert.ok(unreachable > 0);
    assert.match(
      weak.err,
      `cnt build: ${unreachable} of ${points} points cannot be reached from the entry point, and searches may never find them; ` +
        '--profile canonical reaches more.\n',
    );
    if (index === 'lc') return; // slow
    assert.is((await run(profile, '--quiet')).err, '');
    const sound = await run('canonical');
    assert.not.match(sound.err, 'reached');
    assert.is(JSON.parse(sound.out).statistics.unreachable, 0);
  });
}

test('a probe says which rows do not find themselves, and why that may be', async () => {
  const build = ['build', '--base', halfOne, '--out', folder.path('probed'), '--probe', '100', '--json', '--index'];
  const weak = await cnt([...build, 'hnsw', '--M', '4', '--ef-construction', '20', '--profile', 'hnswlib']);
  const { probe } = JSON.parse(weak.out);
  assert.equal({ ...probe, missed: [] }, { probes: 100, k: 10, ef: 100, missed: [] });
  assert.ok(probe.missed.length > 20);
  assert.match(
    weak.err,
    `cnt build: of 100 rows, ${probe.missed.length} are not among the first 10 that a search for them finds: ` +
      'groups of points may be out of reach of a search at --ef 100; a larger one finds more.\n',
  );
  const sound = await cnt([...build, 'flat']);
  assert.equal([sound.err, JSON.parse(sound.out).probe], ['', { probes: 100, k: 10, missed: [] }]);
});

test.run();
