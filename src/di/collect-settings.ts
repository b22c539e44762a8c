import { SettingsError } from './settings-error.ts';

/**
 * Runs a step of the start and keeps its faulty settings for later, so that whoever deploys gets one list of them
 * instead of one at each try. Other errors come through.
 *
 * @returns what the step gives; undefined when settings were at fault.
 *
 * @example
 * ```ts
 * import { collectSettings } from './collect-settings.ts';
 * import { SettingsError } from './settings-error.ts';
 *
 * const faults: SettingsError[] = [];
 * collectSettings(faults, () => {
 *   throw new SettingsError([{ variable: 'PORT', message: 'is not set' }]);
 * });
 * console.log(faults.length); // 1
 * ```
 */
export function collectSettings<T>(faults: SettingsError[], step: () => T): T | undefined {
  const keep = (error: unknown): undefined => {
    if (!(error instanceof SettingsError)) throw error;
    faults.push(error);
    return undefined;
  };
  try {
    const result = step();
    return result instanceof Promise ? (result.catch(keep) as T) : result;
  } catch (error) {
    return keep(error);
  }
}
