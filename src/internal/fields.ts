/**
 * Objects for names that clients choose: without prototype, so that `constructor` or `__proto__` is a name like any other.
 */
interface FieldsConstructor {
  new <T>(): Record<string, T>;
}

/**
 * `new Fields()` is an object whose prototype has nothing on it.
 *
 * Made by a constructor and not by `Object.create(null)`, which V8 keeps as a hash table from the start: reading and
 * writing the few fields of a request is several times slower there.
 */
export const Fields: FieldsConstructor = (() => {
  function Fields(): void {}
  // Frozen: nobody gives all requests a name.
  Fields.prototype = Object.freeze(Object.create(null));
  return Fields as unknown as FieldsConstructor;
})();
