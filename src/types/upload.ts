/** Files and parts of multipart forms, as routes ask for them and handlers get them. */
import type { FileStorage, SaveOptions } from './file-storage.ts';
import type { FormOptions } from './form-options.ts';

/** Limits of a multipart form, for `req.files` and `req.parts`. The whole is bounded by the route's `bodyLimit`. */
export interface MultipartOptions extends FormOptions {
  /** Most parts. Past it: 413. Default as many as there may be fields and files, at least 1000. */
  readonly maxParts?: number;
  /** Most files, empty ones included. Past it: 413. Default 100. */
  readonly maxFiles?: number;
  /** Most bytes of one file. Past it: 413. Default 10 MiB. */
  readonly maxFileSize?: number;
  /** Most bytes of all fields together. Past it: 413. Default 1 MiB, or `maxFieldSize` where that is more. */
  readonly maxFieldsSize?: number;
}

/** What is known of a file before its bytes are read. */
export interface FileFacts {
  /** The field's name. */
  readonly name: string;
  /**
   * What the client calls the file, made safe: without any path, control characters, leading dots and names that Windows
   * keeps for itself, at most 255 bytes. Letters of all scripts stay. `file` where nothing is left.
   */
  readonly filename: string;
  /**
   * What the file is, in lower case and without parameters: by its first bytes where they tell, else what the client says,
   * unless its bytes would have told that too. `application/octet-stream` where nothing is known.
   */
  readonly type: string;
  /** The `Content-Type` that the client sent for it, as it came. A claim, no more. */
  readonly declaredType: string | undefined;
  /**
   * Whether a browser that is sent the file as its `type` may run what is in it: HTML, SVG, XML, scripts, programs. Send such
   * a file with `Content-Disposition: attachment`, or from another origin.
   */
  readonly isActive: boolean;
}

/** The bytes of a file, and where to put them. */
export interface FileReads {
  /** The bytes as they are read. */
  stream(): ReadableStream<Uint8Array>;
  /** All bytes, in memory. */
  bytes(): Promise<Uint8Array>;
  /** All of it as UTF-8 text. Rejects with a 400 error when it is none. */
  text(): Promise<string>;
  /** Saves it under its `filename` and `type`, and gives its URL. */
  save(storage: FileStorage, options?: SaveOptions): Promise<string>;
}

/**
 * A file that has been uploaded, whole. Small ones are in memory, others in a temporary file without a name. It is let go
 * when its request has been answered and the tasks after the answer are done; what is to stay is saved before.
 */
export interface UploadedFile extends FileFacts, FileReads {
  /** Bytes. */
  readonly size: number;
}

/** A field of a form that is read part by part. */
export interface FieldPart {
  readonly kind: 'field';
  readonly name: string;
  readonly value: string;
}

/** A file of a form that is read part by part: its bytes come from the client as they are read, and only once. */
export interface FilePart extends FileFacts, FileReads {
  readonly kind: 'file';
}

/** A part of a form. */
export type FormPart = FieldPart | FilePart;

/** The files of a form by their field's name, in the order they came. The object has no prototype. */
export type FilesByName = Readonly<Record<string, readonly UploadedFile[] | undefined>>;

/** What the files of one field may be. */
export interface FileRules {
  /** Most bytes of one file. Past it: 413. Default 10 MiB. */
  readonly maxSize?: number;
  /**
   * The types allowed, such as `'image/png'` or `'image/*'`, held against the `type` of {@link FileFacts}. A pattern covers no type that
   * a browser may run: `image/svg+xml` must be named. Default: any.
   */
  readonly types?: readonly string[];
}

/** Options of {@link file}. */
export interface FileOptions<Required extends boolean = boolean> extends FileRules {
  /** Whether the file must be there. Default true. */
  readonly required?: Required;
}

/** Options of {@link files}. */
export interface FilesOptions extends FileRules {
  /** Most files. Past it: 413. Default 10. */
  readonly maxCount?: number;
  /** Fewest files. Below it: 422. Default 0. */
  readonly minCount?: number;
}

/** A field of a route's `files`; made by {@link file} and {@link files}. */
export interface FileField<Out = unknown> {
  /** The rules, filled in. */
  readonly '~rules': {
    readonly maxSize: number;
    readonly types: readonly string[];
    readonly minCount: number;
    readonly maxCount: number;
    readonly isList: boolean;
  };
  /** Only a type. */
  readonly '~out'?: Out;
}

/** A route's `files`. */
export type FilesSpec = { readonly [name: string]: FileField };

/** What a handler gets for a route's `files`. */
export type FilesOf<F> = { readonly [K in keyof F]: F[K] extends FileField<infer Out> ? Out : never };
