/**
 * What `work` resolves to, unless it takes longer than `time` milliseconds. It is not stopped then, and what becomes of it
 * is passed over.
 *
 * @throws Error that says `what` did not come; what `work` rejects with.
 */
export async function withinTime<T>(work: Promise<T>, time: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} within ${time} ms`)), time);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
