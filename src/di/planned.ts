/** What an application will make at first need: for whoever has to know of it before. */
import type { Dep, Token } from '../types/injectable.ts';
import { token } from './token.ts';

/** The singleton dependencies that routes and others need, whether they were made or not. */
export type Planned = () => readonly Dep<unknown>[];

/** The token under which every container provides it. */
export const Planned: Token<Planned> = token<Planned>('Planned');
