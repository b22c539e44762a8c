/** Limits of a form, for `req.form`. The whole is bounded by the route's body limit. */
export interface FormOptions {
  /** Most fields, repeated names counted each time. Past it: 413. Default 1000. */
  readonly maxFields?: number;
  /** Most bytes of a field's name, decoded. Past it: 413. Default 1024. */
  readonly maxNameSize?: number;
  /** Most bytes of a field's value, decoded. Past it: 413. Default 1 MiB. */
  readonly maxFieldSize?: number;
}
