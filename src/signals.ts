/**
 * Signals that ask the process to end.
 * In: applications that listen. Out: each is closed at the first signal, then the process ends; a second signal is Node's.
 */
import { isMainThread } from 'node:worker_threads';

/** Closes an application, and tells whether that went well; never rejects. */
export type Closer = () => Promise<boolean>;

const closers = new Map<NodeJS.Signals, Set<Closer>>();

const onSignal = (signal: NodeJS.Signals): void => {
  const waiting = [...(closers.get(signal) ?? [])];
  // From here on any of these signals ends the process at once, as it would without us.
  for (const kind of closers.keys()) process.off(kind, onSignal);
  closers.clear();
  void exitAfter(waiting);
};

async function exitAfter(waiting: readonly Closer[]): Promise<void> {
  const went = await Promise.all(waiting.map((close) => close()));
  process.exit(went.every(Boolean) ? 0 : 1);
}

/** Calls `close` at the first of these signals. One the program listens for itself is left to it. */
export function closeOnSignals(signals: readonly NodeJS.Signals[], close: Closer): void {
  if (!isMainThread) return;
  for (const signal of signals) {
    let set = closers.get(signal);
    if (set === undefined) {
      if (process.listenerCount(signal) > 0) continue;
      process.on(signal, onSignal);
      closers.set(signal, (set = new Set()));
    }
    set.add(close);
  }
}

/** Ends what {@link closeOnSignals} began. */
export function forgetSignals(close: Closer): void {
  for (const [signal, set] of closers) {
    if (!set.delete(close) || set.size > 0) continue;
    process.off(signal, onSignal);
    closers.delete(signal);
  }
}
