/** Bytes that this thread alone writes to. */

/** The bytes, or a copy of those that another thread could change while Rust reads them, which nothing there may happen to. */
export function toOwnBytes(bytes: Uint8Array): Uint8Array {
  return bytes.buffer instanceof SharedArrayBuffer ? new Uint8Array(bytes) : bytes;
}
