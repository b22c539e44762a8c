/** Which commands may run where, and for how long. */
import type { Command as ClientCommand } from 'ioredis';

import type { Ioredis } from './create-client.ts';

export type Command = InstanceType<typeof ClientCommand>;

/** What ioredis gives `sendCommand` for a command of a pipeline. */
export interface PipelineStream {
  readonly isPipeline?: boolean;
  write(data: string): void;
}

/** ioredis sends these by itself before a connection counts as ready. */
export const handshake: ReadonlySet<string> = new Set([
  'hello',
  'auth',
  'select',
  'client',
  'readonly',
  'info',
  'cluster',
]);

/** On the shared connection everybody would wait, or get what one asked for. */
const unshared = ['subscribe', 'psubscribe', 'ssubscribe', 'monitor', 'select', 'watch', 'reset', 'wait', 'waitaof'];

/** These change a connection for whoever comes next. */
export const lasting: ReadonlySet<string> = new Set([
  ...unshared,
  'multi',
  'client',
  'hello',
  'auth',
  'quit',
  'readonly',
  'asking',
]);

/** Whether the shared connection must not run it. In a transaction nothing blocks. */
export function isUnshared(command: Command, ioredis: Ioredis, stream: PipelineStream | undefined): boolean {
  const { name } = command;
  if (unshared.includes(name)) return true;
  if (command.inTransaction) return false;
  if (name === 'multi') return stream?.isPipeline !== true;
  // XREAD without BLOCK answers at once.
  return ioredis.Command.checkFlag('BLOCKING_COMMANDS', name) && command.extractBlockingTimeout() !== null;
}

/** How long a command of a connection of its own may take: as long as it may block, and a command's time more. */
export function limitOf(command: Command, ioredis: Ioredis, commandTimeout: number): number | undefined {
  if (!ioredis.Command.checkFlag('BLOCKING_COMMANDS', command.name)) return commandTimeout;
  const blocks = command.extractBlockingTimeout();
  if (blocks === null || blocks === undefined) return commandTimeout;
  return blocks === 0 ? undefined : blocks + commandTimeout;
}
