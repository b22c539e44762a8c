/** What the application takes of this room. */
export { makeFetch } from './fetch.ts';
export { makeInject } from './inject.ts';
export type { Connect } from './memory-socket.ts';
export type { CovetFetch } from '../types/in-process.ts';
export type { Inject } from '../types/inject.ts';
