/** What `import … from 'covet/drizzle'` can name: Drizzle on the databases of `covet/data`. */
export { toDrizzle } from './to-drizzle.ts';
