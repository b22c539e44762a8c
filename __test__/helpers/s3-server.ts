/** A real S3 server as a process of its own, on a free port, with a bucket and keys nobody else has. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';

import { buildS3Server } from '../../scripts/s3-server.mjs';
import type { S3StorageOptions } from '../../src/storage/s3-options.ts';
import { Child } from './child.ts';

/** Built once for a process: asking cargo whether it is fresh takes a second of every core. */
let building: Promise<string> | undefined;

/** What every bucket of the tests is called. */
const bucket = 'files';

/** A server that can be killed and started again with the same files, port and keys. */
export class S3Server {
  readonly #program: string;
  readonly #folder: string;
  readonly #credentials = {
    accessKeyId: randomBytes(10).toString('hex'),
    secretAccessKey: randomBytes(20).toString('hex'),
  };
  #child: Child | undefined;
  #port = 0;

  private constructor(program: string, folder: string) {
    this.#program = program;
    this.#folder = folder;
  }

  static async start(): Promise<S3Server> {
    building ??= buildS3Server();
    const program = await building;
    const folder = await mkdtemp(path.join(tmpdir(), 'covet-s3-'));
    await mkdir(path.join(folder, bucket));
    const server = new S3Server(program, folder);
    await server.startAgain();
    return server;
  }

  get port(): number {
    return this.#port;
  }

  /** What an `S3Storage` takes to use it. */
  get options(): S3StorageOptions {
    const { port } = this;
    return { bucket, region: 'eu-central-1', endpoint: `http://127.0.0.1:${port}`, credentials: this.#credentials };
  }

  /** Starts it after {@link kill}. */
  async startAgain(): Promise<void> {
    const { accessKeyId, secretAccessKey } = this.#credentials;
    const child = spawn(this.#program, [this.#folder, String(this.#port)], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { S3_ACCESS_KEY: accessKeyId, S3_SECRET_KEY: secretAccessKey },
    });
    this.#child = new Child(child);
    this.#port = Number(await this.#child.report('port'));
  }

  /** Ends it at once, whatever it is doing. */
  async kill(): Promise<void> {
    this.#child?.process.kill('SIGKILL');
    await this.#child?.exit;
  }

  /** Stops it until {@link resume}: connections stand, nobody answers. */
  pause(): void {
    this.#child?.process.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.process.kill('SIGCONT');
  }

  /**
   * The files of uploads that are neither complete nor taken back: parts, their notes, objects half written. The server
   * notices in its own time that a connection has gone: what is left is what is left after a while.
   */
  async unfinished(): Promise<string[]> {
    for (const deadline = performance.now() + 5000; ; await setTimeout(20)) {
      const names = (await readdir(this.#folder)).filter((name) => /^\.upload|^\.tmp|\.upload-/.test(name));
      if (names.length === 0 || performance.now() > deadline) return names.sort();
    }
  }

  async close(): Promise<void> {
    await this.kill();
    await rm(this.#folder, { recursive: true });
  }
}
