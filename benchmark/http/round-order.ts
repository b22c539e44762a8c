/**
 * Which of `count` servers is loaded when in a round, as indexes. In as many rounds as there are servers, twice as many where
 * their number is odd, each comes right behind each other equally often: what a heavy neighbour leaves behind, such as a
 * memory full of cold pages, falls on all of them alike (E. J. Williams, 1949).
 */
export function roundOrder(count: number, round: number): number[] {
  // To and fro: 0, 1, n - 1, 2, n - 2 …, whose steps are all different.
  const zigzag = Array.from({ length: count }, (_, at) => (at % 2 === 1 ? (at + 1) / 2 : (count - at / 2) % count));
  const order = zigzag.map((index) => (index + round) % count);
  const isMirrored = count % 2 === 1 && Math.floor(round / count) % 2 === 1;
  return isMirrored ? order.toReversed() : order;
}
