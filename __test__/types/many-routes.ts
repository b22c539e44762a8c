/**
 * The source of a program of `count` routes, to measure what checking one costs: each has two path parameters, two query
 * fields, one or two response schemas and a dependency; they take turns as decorated method, `on()` field and function.
 */
export function manyRoutes(count: number, src: string): string {
  const lines = [
    `import { z } from 'zod';`,
    `import { get, post } from '${src}/route.ts';`,
    `import { on } from '${src}/controller.ts';`,
    `import type { AddRoute } from '${src}/types/app.ts';`,
    `import type { Dep } from '${src}/types/injectable.ts';`,
    `import type { ReplyLike } from '${src}/types/reply.ts';`,
    `import type { In } from '${src}/types/route.ts';`,
    `declare const app: { readonly get: AddRoute<'GET'> };`,
    `declare const getDb: Dep<{ find(id: number): { id: number; name: string; email: string } | undefined }>;`,
    `declare function reply<const S extends number, T>(status: S, data: T): ReplyLike<S, T>;`,
    `const Problem = z.object({ error: z.object({ message: z.string() }) });`,
  ];
  for (let index = 0; index < count; index += 1) {
    const write = index % 3 === 0 ? asMethod : index % 3 === 1 ? asField : asFunction;
    lines.push(...write(index));
  }
  return `${lines.join('\n')}\n`;
}

const query = `z.object({ page: z.coerce.number().int().default(1), verbose: z.boolean().optional() })`;

const output = (index: number): string => `z.object({ id: z.number(), name: z.string(), field_${index}: z.string() })`;

const body = (index: number): string =>
  `const user = db.find(params.id); if (!user) return reply(404, { error: { message: params.slug + query.page.toFixed() } });
   return { id: user.id, name: user.name, field_${index}: user.email };`;

function asMethod(index: number): string[] {
  return [
    `export const Route${index} = get('/r${index}/{id:int}/sub/{slug}', {`,
    `  query: ${query}, deps: { db: getDb }, response: { 200: ${output(index)}, 404: Problem } });`,
    `export class Controller${index} {`,
    `  @Route${index} async handle({ params, query, db }: In<typeof Route${index}>) { ${body(index)} }`,
    `}`,
  ];
}

function asField(index: number): string[] {
  return [
    `export const Route${index} = post('/r${index}/{id}/sub/{slug}', {`,
    `  params: z.object({ id: z.coerce.number(), slug: z.string() }),`,
    `  query: ${query}, deps: { db: getDb }, response: { 200: ${output(index)}, 404: Problem } });`,
    `export class Controller${index} {`,
    `  handle = on(Route${index}, async ({ params, query, db }) => { ${body(index)} });`,
    `}`,
  ];
}

function asFunction(index: number): string[] {
  return [
    `app.get('/r${index}/{id:int}/sub/{slug}', {`,
    `  query: ${query}, deps: { db: getDb }, response: ${output(index)},`,
    `}, async ({ params, query, db }) => ({`,
    `  id: params.id, name: db.find(params.id)?.name ?? params.slug, field_${index}: String(query.verbose) }));`,
  ];
}
