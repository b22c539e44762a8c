/**
 * A value as JSON has it in, an XML document out (XML 1.0). No attributes, no namespaces, no document type.
 */
import { CovetError } from '../error.ts';
import { toScalarText } from '../internal/scalar-text.ts';
import type { Serializer } from '../types/serializer.ts';

/** Options of {@link xmlSerializer}. */
export interface XmlOptions {
  /** The name of the outermost element. Default `'response'`. */
  readonly root?: string;
  /** The name of each element of a list. Default `'item'`. */
  readonly item?: string;
}

const startCharacter =
  'A-Z_a-z\\xc0-\\xd6\\xd8-\\xf6\\xf8-\\u02ff\\u0370-\\u037d\\u037f-\\u1fff\\u200c\\u200d\\u2070-\\u218f\\u2c00-\\u2fef\\u3001-\\ud7ff\\uf900-\\ufdcf\\ufdf0-\\ufffd\\u{10000}-\\u{effff}';
const nameCharacter = `${startCharacter}\\-.0-9\\xb7\\u0300-\\u036f\\u203f\\u2040`;
/** A name without a colon, which would be a namespace's. */
const nameSyntax = new RegExp(`^[${startCharacter}][${nameCharacter}]*$`, 'u');
const noNameCharacter = new RegExp(`[^${nameCharacter}]`, 'gu');
const startsName = new RegExp(`^[${startCharacter}]`, 'u');
/** What XML 1.0 has no way to say, not even as a reference: most control characters and half surrogates. */
const forbidden = /[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu;
const special = /[&<>\r]/g;
const references: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#13;' };

/**
 * Writes answers as `application/xml`, in UTF-8.
 *
 * An object is an element for each field, a list an `item` for each member, `null` and the empty text an empty element. What
 * no name of an element may have becomes `_`: `{ 'a b': 1 }` is `<a_b>1</a_b>`. Control characters, for which XML has no
 * place, are left out.
 *
 * @throws CovetError `INVALID_OPTION` for a root or item that is no name of an element.
 *
 * @example
 * ```ts
 * import { xmlSerializer } from 'covet';
 *
 * const xml = xmlSerializer({ root: 'user', item: 'tag' });
 * console.log(xml.serialize({ name: 'A & B', tags: ['x'] })); // <?xml version="1.0" encoding="UTF-8"?><user><name>A &amp; B</name><tags><tag>x</tag></tags></user>
 * ```
 */
export function xmlSerializer({ root = 'response', item = 'item' }: XmlOptions = {}): Serializer {
  for (const name of [root, item]) {
    if (typeof name !== 'string' || name !== toName(name)) {
      throw new CovetError(`${JSON.stringify(name)} is not the name of an XML element`, { code: 'INVALID_OPTION' });
    }
  }
  return {
    type: 'application/xml; charset=utf-8',
    serialize: (value) => `<?xml version="1.0" encoding="UTF-8"?>${toElement(root, value, item)}`,
  };
}

function toElement(name: string, value: unknown, item: string): string {
  const content = toContent(value, item);
  return content === '' ? `<${name}/>` : `<${name}>${content}</${name}>`;
}

function toContent(value: unknown, item: string): string {
  if (Array.isArray(value)) return value.map((member) => toElement(item, member, item)).join('');
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .map(([key, member]) => toElement(toName(key), member, item))
      .join('');
  }
  if (typeof value === 'string') return toText(value);
  return value === null ? '' : (toScalarText(value) ?? '');
}

function toText(text: string): string {
  return text.replaceAll(forbidden, '').replaceAll(special, (character) => references[character]!);
}

/** The key as a name of an element; itself, where it is one. Names that begin with `xml` are reserved. */
function toName(key: string): string {
  const name = nameSyntax.test(key) ? key : key.replaceAll(noNameCharacter, '_');
  return startsName.test(name) && !/^xml/i.test(name) ? name : `_${name}`;
}
