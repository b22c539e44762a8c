/** Marks contracts. A registry symbol: it matches across two copies of this package and cannot come out of JSON. */
export const kRoute: unique symbol = Symbol.for('covet.route');
