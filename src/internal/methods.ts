import type { Method } from '../types/route-spec.ts';

/** Every method a route can have. */
export const METHODS: readonly Method[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
