import { onMessageFromParent, postToParent } from '../../kernels/threads/start-worker.ts';
import { ABSENT, ARRIVING, BUSY, CHUNKS, DISMISSED, FAILED, NEXT, NO_MORE, READY, STEP, WORKERS } from './board.ts';
import type { AnyTask, Invitation, Steps } from './task.ts';

/** In a worker: joins the crews of these tasks, one after the other, forever. */
export function serveTasks(tasks: readonly AnyTask[]): void {
  onMessageFromParent((message) => {
    const invitation = message as Invitation;
    const board = new Int32Array(invitation.board);
    try {
      takePart(tasks, invitation, board);
    } catch (error) {
      fail(board, error);
      Atomics.store(board, WORKERS + invitation.slot, DISMISSED);
    }
  });
}

function takePart(
  tasks: readonly AnyTask[],
  { task: name, shared, slot, work, steps: names }: Invitation,
  board: Int32Array,
): void {
  const word = WORKERS + slot;
  if (Atomics.compareExchange(board, word, ABSENT, ARRIVING) !== ABSENT) return; // sent away before it came
  const task = tasks.find((candidate) => candidate.name === name);
  if (!task) throw new Error(`A worker thread: expected a task it knows, got ${name}.`);
  const local = task.attach(shared, slot);
  const steps: Steps = task.steps(local);
  const done = new Float64Array(work);
  Atomics.store(board, word, READY);
  for (;;) {
    // Woken by the call to a step that it had taken up before it slept, a worker sleeps again.
    while (Atomics.load(board, word) === READY) Atomics.wait(board, word, READY);
    if (Atomics.load(board, word) !== BUSY) return;
    const step = steps[names[board[STEP]!]!]!;
    const chunks = board[CHUNKS]!;
    try {
      for (let chunk = Atomics.add(board, NEXT, 1); chunk < chunks; chunk = Atomics.add(board, NEXT, 1)) step(chunk);
    } catch (error) {
      fail(board, error);
    }
    const { distances, multiplyAdds } = task.counts(local);
    done[2 * slot] = distances;
    done[2 * slot + 1] = multiplyAdds;
    Atomics.store(board, word, READY);
    Atomics.notify(board, word);
  }
}

function fail(board: Int32Array, error: unknown): void {
  postToParent(error instanceof Error ? error : new Error(String(error)));
  Atomics.store(board, FAILED, 1);
  Atomics.store(board, NEXT, NO_MORE);
}
