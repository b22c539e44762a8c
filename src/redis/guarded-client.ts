/**
 * One ioredis client that never hangs and never brings the process down: while Redis is away commands fail at once
 * instead of waiting for it, what it emits as 'error' is kept for whoever asks why, and it connects again until closed.
 */
import type { Cluster, Redis } from 'ioredis';

import { handshake, isUnshared, lasting, limitOf } from './command-rules.ts';
import type { Command, PipelineStream } from './command-rules.ts';
import { createClient } from './create-client.ts';
import type { Ioredis, Role } from './create-client.ts';
import { RedisUnavailableError, isTimeout, isUnavailable } from './redis-error.ts';
import { toRetryDelay } from './redis-options.ts';
import type { CheckedOptions } from './redis-options.ts';

type Send = (command: Command, stream?: PipelineStream, node?: unknown) => unknown;

/** What is asked of ioredis beyond its types. */
interface Internals {
  sendCommand: Send;
  readonly commandQueue?: { readonly length: number };
  flushQueue(error: Error, which?: { offlineQueue?: boolean; commandQueue?: boolean }): void;
}

/** What a {@link GuardedClient} is made with. */
export interface GuardedClientOptions {
  readonly ioredis: Ioredis;
  readonly options: CheckedOptions;
  readonly role: Role;
  /** Called when Redis is lost, once, and when it is back. */
  readonly onChange?: (isUp: boolean, error: Error | undefined) => void;
}

const guarded = Symbol('guarded');

/** How long an answer that is late may still come, in milliseconds. */
const secondLook = 50;

export class GuardedClient {
  readonly client: Redis | Cluster;
  readonly #ioredis: Ioredis;
  readonly #options: CheckedOptions;
  readonly #role: Role;
  readonly #onChange: GuardedClientOptions['onChange'];
  readonly #send: Send;
  /** Whether the last attempt to connect failed. */
  #isDown = false;
  #wasReady = false;
  #isClosed = false;
  #isProbing = false;
  #lastError: Error | undefined;
  /** Commands that wait for the connection. */
  #queued = 0;
  #underWay = 0;
  #isChanged = false;
  #created = 0;
  #restart: NodeJS.Timeout | undefined;

  constructor({ ioredis, options, role, onChange }: GuardedClientOptions) {
    this.#ioredis = ioredis;
    this.#options = options;
    this.#role = role;
    this.#onChange = onChange;
    this.client = createClient(ioredis, options, role);
    const internals = this.#internals;
    this.#send = internals.sendCommand.bind(this.client);
    internals.sendCommand = (command, stream, node) => this.#guard(command, stream, node);
    this.client.on('connect', () => (this.#created += 1));
    this.client.on('ready', () => this.#noteReady());
    this.client.on('error', (error: Error) => this.#noteError(error));
    this.client.on('node error', (error: Error) => (this.#lastError = withoutCommand(error)));
    this.client.on('close', () => this.#noteClose());
    this.client.on('end', () => this.#noteEnd());
  }

  get #internals(): Internals {
    return this.client as unknown as Internals;
  }

  get isReady(): boolean {
    return this.client.status === 'ready';
  }

  /** Whether commands fail at once. */
  get isDown(): boolean {
    return this.#isDown || this.#isClosed;
  }

  /** Whether it may be given to the next caller as it is. */
  get isReusable(): boolean {
    return this.isReady && !this.#isChanged && this.#underWay === 0;
  }

  get isBusy(): boolean {
    return (this.#internals.commandQueue?.length ?? 0) > 0 || this.#underWay > 0;
  }

  /** Connections made so far. */
  get created(): number {
    return this.#created;
  }

  /** Connects without waiting for it; what becomes of it is heard of in `onChange`. */
  start(): void {
    this.client.connect().catch((error: unknown) => {
      // ioredis has begun its attempts, which go on; the reason is for those who ask meanwhile.
      if (error instanceof Error) this.#lastError ??= error;
    });
  }

  /** Tries the connection, and makes a new one when there is no answer. */
  async probe(): Promise<void> {
    if (this.#isProbing || !this.isReady) return;
    this.#isProbing = true;
    try {
      await this.ping();
    } catch (error) {
      // Not closed by either side, and dead all the same: a cable, a firewall, a server that was stopped.
      const isDead = error instanceof RedisUnavailableError;
      if (isDead && this.isReady && !this.#isClosed) this.client.disconnect(true);
    } finally {
      this.#isProbing = false;
    }
  }

  /** Rejects unless the server, or one of a cluster's, answers. */
  async ping(): Promise<void> {
    const { Cluster } = this.#ioredis;
    if (!(this.client instanceof Cluster) || !this.isReady) await this.client.ping();
    else await Promise.any(this.client.nodes('master').map((node) => node.ping()));
  }

  /** Why commands fail now. */
  unavailable(cause: unknown = this.#lastError): RedisUnavailableError {
    const { name, maxRetryDelay } = this.#options;
    const why = this.#isClosed ? 'is closed' : 'cannot be reached';
    return new RedisUnavailableError(`Redis '${name}' ${why}`, { retryAfter: Math.ceil(maxRetryDelay / 1000), cause });
  }

  /** Ends the connection; answers that are under way are waited for as long as a command may take. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    const { isReady } = this;
    if (isReady && this.#role === 'shared') {
      // QUIT is answered behind everything that was asked before it.
      const quit = this.client.quit();
      this.#isClosed = true;
      await quit.catch((error: unknown) => {
        // It broke instead of ending: closed either way.
        this.#lastError = error instanceof Error ? error : undefined;
      });
    }
    this.#isClosed = true;
    clearTimeout(this.#restart);
    if (this.client.status !== 'end') this.client.disconnect();
    this.#flush(true);
  }

  #guard(command: Command, stream: PipelineStream | undefined, node: unknown): unknown {
    const marked = command as Command & { [guarded]?: true };
    // ioredis sends what has waited once more: that has passed.
    if (marked[guarded] === true) return this.#send(command, stream, node);
    marked[guarded] = true;
    const refusal = this.#refusalOf(command, stream);
    if (refusal !== undefined) {
      command.reject(refusal);
      // A pipeline is written when as many have been added as it has commands.
      if (stream?.isPipeline === true && this.isReady) stream.write('');
      return command.promise;
    }
    // Pipelines in a cluster find out by the error itself whether to try again.
    if (!(stream?.isPipeline === true && node !== undefined)) {
      this.#tellApart(command);
    }
    this.#watch(command);
    return this.#send(command, stream, node);
  }

  /** Counts what waits, and sets the clock where ioredis sets none. */
  #watch(command: Command): void {
    const isWaiting = !this.isReady && this.#isOurs(command);
    if (this.#role === 'shared' && !isWaiting) return;
    const { commandTimeout } = this.#options;
    const limit = this.#role === 'shared' ? commandTimeout : limitOf(command, this.#ioredis, commandTimeout);
    if (limit !== undefined) command.setTimeout(limit);
    if (lasting.has(command.name) && this.isReady) this.#isChanged = true;
    if (isWaiting) this.#queued += 1;
    this.#underWay += 1;
    let isOver = false;
    const over = (): void => {
      if (isOver) return;
      isOver = true;
      this.#underWay -= 1;
      if (isWaiting) this.#queued -= 1;
    };
    const { resolve, reject } = command;
    command.resolve = (value) => {
      over();
      resolve(value);
    };
    command.reject = (error) => {
      over();
      reject(error);
    };
  }

  #refusalOf(command: Command, stream: PipelineStream | undefined): Error | undefined {
    const { name } = command;
    if (this.#role === 'shared' && this.#isOurs(command) && isUnshared(command, this.#ioredis, stream)) {
      return new TypeError(
        `${name.toUpperCase()} would hold up or change the connection everybody uses: take one of your own with \`withConnection\`, or \`subscribe\``,
      );
    }
    if (this.#isClosed) return this.unavailable();
    const { status } = this.client;
    if (status === 'ready' || !this.#isOurs(command)) return undefined;
    if (this.#isDown) return this.unavailable();
    // The first of a pipeline decides for all of it.
    const isFirst = (command.pipelineIndex ?? 0) === 0;
    if (isFirst && this.#queued >= this.#options.maxQueuedCommands) {
      return this.unavailable(new Error(`${this.#queued} commands wait for the connection already`));
    }
    return undefined;
  }

  /** Whether the application sent it, and not ioredis to make the connection ready. */
  #isOurs({ name }: Command): boolean {
    return this.isReady || !handshake.has(name);
  }

  /** Rejects with errors of ours, and looks once more for an answer before it says that there is none. */
  #tellApart(command: Command): void {
    const { reject } = command;
    command.reject = (error) => {
      if (!isTimeout(error)) reject(this.#toError(error));
      // A thread that was held up runs its timers before it reads what has come meanwhile.
      else setTimeout(() => command.isResolved || reject(this.#toError(error)), secondLook);
    };
  }

  #toError(error: Error): Error {
    if (error instanceof RedisUnavailableError || !isUnavailable(error)) return error;
    if (isTimeout(error) && this.isReady) void this.probe();
    return this.unavailable(withoutCommand(error));
  }

  #noteReady(): void {
    const wasDown = this.#isDown;
    this.#isDown = false;
    this.#wasReady = true;
    this.#lastError = undefined;
    if (wasDown) this.#onChange?.(true, undefined);
  }

  #noteError(error: Error): void {
    this.#lastError = withoutCommand(error);
    if (!this.isReady) this.#noteDown();
  }

  #noteClose(): void {
    // What was under way has lost its answer. What has not been sent waits for one more attempt.
    this.#flush(false);
    if (!this.#wasReady) this.#noteDown();
    this.#wasReady = false;
  }

  #noteDown(): void {
    this.#wasReady = false;
    if (this.#isClosed) return;
    const wasDown = this.#isDown;
    this.#isDown = true;
    this.#flush(true);
    if (!wasDown) this.#onChange?.(false, this.#lastError);
  }

  /** ioredis gives up where it finds nobody to ask, as with Sentinels that know no such name; we do not. */
  #noteEnd(): void {
    if (this.#isClosed) return;
    this.#noteDown();
    this.#restart = setTimeout(() => this.start(), toRetryDelay(6, this.#options.maxRetryDelay)).unref();
  }

  #flush(isAll: boolean): void {
    // A cluster's nodes have queues of their own, which end with their connections.
    if (!isAll && this.client instanceof this.#ioredis.Cluster) return;
    this.#internals.flushQueue(this.unavailable(), { offlineQueue: isAll, commandQueue: true });
  }
}

/** ioredis notes the command on its error. That of a refused login is the password. */
function withoutCommand(error: Error): Error {
  Reflect.deleteProperty(error, 'command');
  return error;
}
