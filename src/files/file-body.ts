/** A file as the body of a reply: where it is and how it is sent. The server reads it; JavaScript never does. */
import type { NativeFileReply } from '../native/index.ts';

/** What {@link sendFile} gives, for a handler to return or to put into `reply()`. */
export class FileBody {
  /**
   * Undefined for the file that a folder's route was found to be for.
   *
   * @internal
   */
  readonly source: NativeFileReply | undefined;

  /** @internal */
  constructor(source: NativeFileReply | undefined) {
    this.source = source;
  }
}
