import type { Terminal } from './terminal.ts';

const REDRAW_SECONDS = 0.1;
const LINE_SECONDS = 10;
const LINE_SHARE = 0.1;
/** A plain line is never written sooner than this after the one before, so that short work stays silent. */
const LINE_LEAST_SECONDS = 1;
const BAR_LENGTH = 24;

/** How far one piece of work is, shown on stderr. */
export interface Progress {
  /** `done` of `total`; `detail` is shown behind the figures. */
  readonly update: (done: number, total: number, detail?: string) => void;
  /** Takes the redrawn line away. */
  readonly end: () => void;
}

const SILENT: Progress = { update: () => {}, end: () => {} };

/** 75 s as 1:15, 4000 s as 1:06:40. */
export function clockText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number) => String(value).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** 1234 as 1,234; 12.34 keeps a digit. */
export function figure(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en-US') : String(Number(value.toPrecision(3)));
}

/** @param rate of the work, a second; 0 while it is not known */
function figures(label: string, done: number, total: number, rate: number, detail: string | undefined): string {
  const share = total > 0 ? done / total : 1;
  const parts = [`${label}: ${Math.floor(share * 100)} %`, `${figure(done)} of ${figure(total)}`];
  if (rate > 0) parts.push(`${figure(rate)} a second`, `${clockText((total - done) / rate)} left`);
  if (detail !== undefined && detail !== '') parts.push(detail);
  return parts.join(', ');
}

function bar(done: number, total: number): string {
  const filled = Math.round((total > 0 ? done / total : 1) * BAR_LENGTH);
  return `[${'#'.repeat(filled)}${'.'.repeat(BAR_LENGTH - filled)}] `;
}

/**
 * On a terminal one line is redrawn; elsewhere a plain line appears at every tenth of the work or every ten seconds; with `quiet`
 * nothing appears.
 *
 * @param label what is being done, `building` for instance
 */
export function createProgress(terminal: Terminal, label: string, quiet: boolean): Progress {
  if (quiet) return SILENT;
  // The rate is counted from the first report: work that is resumed does not begin at 0.
  let first: { readonly done: number; readonly at: number } | undefined;
  let shownAt = terminal.now();
  let shownShare = 0;
  const { columns } = terminal;

  const update = (done: number, total: number, detail?: string): void => {
    const now = terminal.now();
    const share = total > 0 ? done / total : 1;
    first ??= { done, at: now };
    const rate = now > first.at ? (done - first.done) / (now - first.at) : 0;
    const text = () => figures(label, done, total, rate, detail);
    if (columns !== undefined) {
      if (now - shownAt < REDRAW_SECONDS && share < 1) return;
      const line = bar(done, total) + text();
      terminal.err(`\r\x1b[2K${line.slice(0, Math.max(1, columns - 1))}`);
    } else {
      const due = share - shownShare >= LINE_SHARE - 1e-9 || now - shownAt >= LINE_SECONDS;
      if (!due || now - shownAt < LINE_LEAST_SECONDS) return;
      terminal.err(`${text()}\n`);
    }
    shownAt = now;
    shownShare = share;
  };
  const end = (): void => {
    if (columns !== undefined) terminal.err('\r\x1b[2K');
  };
  return { update, end };
}
