#!/usr/bin/env bash
# uvu 0.5.6 (npm; checked with Node 20.20.2).
#
# One would expect: `throws(f, TypeError)` wants a TypeError, as in node:assert and chai; `equal` of two errors compares their messages;
#                   a file whose tests never ran fails.
# What happens:     `throws(f, TypeError)` calls TypeError as a predicate; TypeError(error) is an object, so any error passes. `not.throws(f, /x/)`
#                   passes when f throws something else. `equal` takes any two errors of one class as equal (a message is not an own
#                   enumerable property), and neither `equal` nor `is` sees the sign of zero. A file that forgets `test.run()` prints
#                   "Total: 0" and the runner exits with 0.
# So:               match messages by a pattern, compare signs of zero with Object.is, and let a check see that every file ends with run().
# Seen:
#   throws(Error, TypeError): passes
#   not.throws(Error, /other/): passes
#   equal(Error a, Error b): passes
#   equal([0], [-0]): passes
#   is(0, -0): passes
#   a failing test without run(): exit 0
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund --ignore-scripts uvu@0.5.6
cat > try.mjs <<'JS'
import * as assert from 'uvu/assert';
const fails = () => {
  throw new Error('a');
};
const attempt = (name, check) => {
  try {
    check();
    console.log(`${name}: passes`);
  } catch {
    console.log(`${name}: fails`);
  }
};
attempt('throws(Error, TypeError)', () => assert.throws(fails, TypeError));
attempt('not.throws(Error, /other/)', () => assert.not.throws(fails, /other/));
attempt('equal(Error a, Error b)', () => assert.equal(new Error('a'), new Error('b')));
attempt('equal([0], [-0])', () => assert.equal([0], [-0]));
attempt('is(0, -0)', () => assert.is(0, -0));
JS
mkdir tests
cat > tests/forgotten.mjs <<'JS'
import { test } from 'uvu';
test('one is two', () => {
  throw new Error('it is not');
});
JS
{ node try.mjs; code=0; npx uvu tests >/dev/null || code=$?; echo "a failing test without run(): exit $code"; } > seen.txt
cat seen.txt
diff seen.txt - <<'SEEN'
throws(Error, TypeError): passes
not.throws(Error, /other/): passes
equal(Error a, Error b): passes
equal([0], [-0]): passes
is(0, -0): passes
a failing test without run(): exit 0
SEEN
