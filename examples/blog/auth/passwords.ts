/** Passwords as argon2id, with the parameters OWASP recommends; hashed on threads of libuv, beside the event loop. */
import { randomUUID } from 'node:crypto';

import { hash, verify } from '@node-rs/argon2';

export class Passwords {
  #decoy: Promise<string> | undefined;

  hash(password: string): Promise<string> {
    return hash(password, { memoryCost: 19_456, timeCost: 2, parallelism: 1 });
  }

  /** Whether the password is the stored one. Takes as long when there is none, so that time tells nobody who exists. */
  async verify(password: string, stored: string | undefined): Promise<boolean> {
    const isRight = await verify(stored ?? (await (this.#decoy ??= this.hash(randomUUID()))), password);
    return isRight && stored !== undefined;
  }
}
