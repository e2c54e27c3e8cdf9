import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cnt, succeedJson, temporaryFolder } from './command-line.ts';

const folder = temporaryFolder();
const base = folder.path('data/base.fvecs');
const query = folder.path('data/query.fvecs');

test.before(async () => {
  const sizes = ['--n', '1200', '--queries', '40', '--dim', '8'];
  await succeedJson('generate', ...sizes, '--out', folder.path('data'));
});

test.after(() => folder.remove());

for (const options of [
  ['--index', 'hnsw', '--profile', 'batch', '--M', '8', '--ef-construction', '30'],
  ['--index', 'nsg', '--R', '8', '--L', '12', '--C', '30', '--GK', '10'],
]) {
  test(`${options[1]}: an index built and searched by 3 threads is the one of a single thread`, async () => {
    const out = folder.path('index');
    const found = folder.path('found.ivecs');
    const digests: unknown[] = [];
    for (const threads of ['1', '3']) {
      const built = await succeedJson('build', '--base', base, ...options, '--out', out, '--threads', threads);
      const search = ['search', '--index', out, '--query', query, '--k', '5', '--ef', '9', '--out', found];
      const searched = await succeedJson(...search, '--repeat', '2', '--threads', threads);
      digests.push([built['digest'], built['counts'], searched['digest'], searched['counts']]);
    }
    assert.equal(digests[1], digests[0]);
  });
}

test('where more threads cannot help, a note says what would', async () => {
  const argv = ['build', '--base', base, '--index', 'hnsw', '--M', '8', '--ef-construction', '30'];
  const { err } = await cnt([...argv, '--out', folder.path('index'), '--threads', '2']);
  assert.is(
    err,
    'cnt build: profile canonical inserts one point after the other on one thread; --profile batch takes 2.\n',
  );
});

test.run();
