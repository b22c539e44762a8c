/** What is gone. */
export interface Invalidation {
  readonly keys?: readonly string[] | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly all?: true | undefined;
}
