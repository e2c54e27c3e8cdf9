/** How tries of a campaign end, and how a part of one is run so that a hang is seen. */
import { fork } from 'node:child_process';

/**
 * `clean`: an error of our own in one line. `right`: the right result. `plain`: damage that the format cannot show, read as other values.
 * The rest is bad.
 */
export type Ending = 'clean' | 'right' | 'plain' | 'crash' | 'hang' | 'silent';

const BAD: readonly Ending[] = ['crash', 'hang', 'silent'];

/** One try of a part. */
export interface Try {
  readonly kind: string;
  /** What was done, so that it can be done again. */
  readonly what: string;
  readonly run: () => Promise<Verdict> | Verdict;
}

/** @property detail what came instead, where that is bad */
export interface Verdict {
  readonly ending: Ending;
  readonly detail?: string;
}

export const right: Verdict = { ending: 'right' };

/** What an engine says when a value was not looked at. */
const RAW =
  /undefined|Cannot |is not (a |an |iterable|defined)|Invalid (typed )?array|out of (bounds|range)|Unexpected|memory access|unreachable|allocation failed|call stack|\[object|NaN bytes/;

/** An error is clean if it is one line that ends as a sentence and does not come out of an engine. */
export function verdictOfError(error: unknown): Verdict {
  if (!(error instanceof Error)) return { ending: 'crash', detail: `threw ${String(error)}` };
  return verdictOfLine(error.message, error.name);
}

export function verdictOfLine(text: string, name = ''): Verdict {
  const line = text.trim();
  const own = /[.?]$/.test(line) && !line.includes('\n') && !(RAW.test(line) && !/expected .+, got/.test(line));
  return own ? { ending: 'clean' } : { ending: 'crash', detail: `${name}: ${line.slice(0, 300)}` };
}

/** The verdict of work that must give the right result or a clean error. */
export async function judged(work: () => unknown, judge: (result: unknown) => Verdict): Promise<Verdict> {
  let result: unknown;
  try {
    result = await work();
  } catch (error) {
    return verdictOfError(error);
  }
  return judge(result);
}

export class Tally {
  readonly #counts = new Map<string, Map<Ending, number>>();
  readonly bad: string[] = [];

  add(kind: string, what: string, { ending, detail }: Verdict): void {
    const counts = this.#counts.get(kind) ?? new Map<Ending, number>();
    this.#counts.set(kind, counts.set(ending, (counts.get(ending) ?? 0) + 1));
    if (BAD.includes(ending)) this.bad.push(`${ending}: ${kind}: ${what}${detail ? `: ${detail}` : ''}`);
  }

  /** A row for each kind: tries, then each ending. */
  rows(): string[][] {
    const endings: readonly Ending[] = ['clean', 'right', 'plain', ...BAD];
    const row = (name: string, counts: ReadonlyMap<Ending, number>) => {
      const numbers = endings.map((ending) => counts.get(ending) ?? 0);
      return [name, String(numbers.reduce((a, b) => a + b, 0)), ...numbers.map(String)];
    };
    const total = new Map<Ending, number>();
    for (const counts of this.#counts.values()) {
      for (const [ending, count] of counts) total.set(ending, (total.get(ending) ?? 0) + count);
    }
    return [
      ['', 'tries', 'clean errors', 'right', 'other values, no checksum', 'crashes', 'hangs', 'silent'],
      ...[...this.#counts].map(([kind, counts]) => row(kind, counts)),
      row('all', total),
    ];
  }
}

type Message = { readonly begin: Pick<Try, 'kind' | 'what'> } | { readonly end: Verdict } | { readonly done: true };

/** In the process of a part: runs its tries from the first one on that the parent asks for. */
export async function runTries(tries: AsyncIterable<Try> | Iterable<Try>, first: number): Promise<void> {
  const send = (message: Message) => new Promise((resolve) => process.send!(message, resolve));
  let i = 0;
  for await (const { kind, what, run } of tries) {
    if (i++ < first) continue;
    await send({ begin: { kind, what } });
    let verdict: Verdict;
    try {
      verdict = await run();
    } catch (error) {
      verdict = { ending: 'crash', detail: `${error instanceof Error ? error.stack : error}` };
    }
    await send({ end: verdict });
  }
  await send({ done: true });
}

/**
 * Runs a part in a process of its own, which is killed and started again behind a try that does not end.
 *
 * @param mostSeconds of one try
 * @param onEnd is told how many tries have ended
 */
export async function runPart(
  script: string,
  words: readonly string[],
  mostSeconds: number,
  tally: Tally,
  onEnd: (ended: number) => void,
): Promise<void> {
  let ended = 0;
  for (let over = false; !over; ) {
    over = await new Promise<boolean>((resolve) => {
      const child = fork(script, [...words, '--first', String(ended)], {
        stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
        execArgv: ['--expose-gc', '--max-old-space-size=2000', '--import', 'tsx'],
      });
      let trying: Pick<Try, 'kind' | 'what'> | undefined;
      let late: NodeJS.Timeout | undefined;
      let done = false;
      let said = '';
      const settle = (verdict: Verdict): void => {
        clearTimeout(late);
        if (!trying) return;
        tally.add(trying.kind, trying.what, verdict);
        trying = undefined;
        onEnd(++ended);
      };
      child.stderr!.on('data', (text) => {
        said = (said + text).slice(-2000);
      });
      child.on('message', (message: Message) => {
        if ('begin' in message) {
          trying = message.begin;
          late = setTimeout(() => {
            settle({ ending: 'hang', detail: `still working after ${mostSeconds} s` });
            child.kill('SIGKILL');
          }, mostSeconds * 1000);
        } else if ('end' in message) settle(message.end);
        else done = true;
      });
      child.on('close', (code, signal) => {
        if (trying)
          settle({ ending: 'crash', detail: `the process ended (${signal ?? code}): ${said.trim().slice(-300)}` });
        else if (!done && code !== null && code !== 0) {
          tally.add(words.join(' '), 'preparation', { ending: 'crash', detail: said.trim().slice(-600) });
          done = true;
        }
        resolve(done);
      });
    });
  }
}
