import { withinTime } from './within-time.ts';

/** How a connection is ended that does not end by itself. */
export interface EndOptions {
  /** How long it may take, in milliseconds. */
  readonly timeout: number;
  /** Breaks off what is waited for. */
  readonly disconnect: () => Promise<unknown>;
  readonly onError: (error: unknown) => void;
}

/** How long ioredis waits for the other side before it destroys a socket, and a little more. */
const disconnectTime = 3000;

/** Waits for `closed`, and breaks it off when the store says nothing to it. Never rejects: closing goes on. */
export async function endInTime(closed: Promise<unknown>, options: EndOptions): Promise<void> {
  const { timeout, disconnect, onError } = options;
  try {
    await withinTime(closed, timeout, 'Redis did not end its connections');
    return;
  } catch (error) {
    onError(error);
  }
  disconnect().catch(onError);
  await withinTime(closed, disconnectTime, 'Redis did not let go of its connections').catch(onError);
}
