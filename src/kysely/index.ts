/** What `import … from 'covet/kysely'` can name: Kysely on the databases of `covet/data`. */
export { toKysely } from './to-kysely.ts';
