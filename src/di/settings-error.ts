import { CovetError } from '../error.ts';

/** One setting that is missing or wrong. */
export interface SettingsFault {
  /** The environment variable; with a dot and the place inside for nested settings. */
  readonly variable: string;
  /** Why. Never contains the value. */
  readonly message: string;
}

/**
 * The environment does not fit the settings' schemas. Names every variable at fault and why, and never what was in it.
 *
 * @example
 * ```
 * SettingsError: 2 settings are wrong
 *   DATABASE_URL: is not set
 *   PORT: Too big: expected number to be <=65535
 * ```
 */
export class SettingsError extends CovetError {
  /** All faults, in the order in which they were found. */
  readonly faults: readonly SettingsFault[];

  constructor(faults: readonly SettingsFault[]) {
    const lines = faults.map(({ variable, message }) => `\n  ${variable}: ${message}`);
    super(`${faults.length} ${faults.length === 1 ? 'setting is' : 'settings are'} wrong${lines.join('')}`, {
      code: 'INVALID_SETTINGS',
    });
    this.faults = faults;
  }

  /** One error with the faults of all, each once. */
  static merge(errors: readonly SettingsError[]): SettingsError {
    const faults = new Map<string, SettingsFault>();
    for (const fault of errors.flatMap((error) => error.faults)) {
      faults.set(`${fault.variable}\n${fault.message}`, fault);
    }
    return new SettingsError([...faults.values()]);
  }
}

// On the prototype and by a literal key, as for the other errors: it survives a minifier.
Object.defineProperty(SettingsError.prototype, 'name', { value: 'SettingsError', configurable: true, writable: true });
