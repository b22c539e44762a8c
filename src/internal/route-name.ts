import type { Contract } from '../types/route.ts';

/** How errors name a route: `GET /users/{id}`, or `GET|POST /search`. */
export const routeName = (route: Contract): string => `${route.methods.join('|')} ${route.path}`;
