/** The whole path of a controller's route: `/api` and `/users` give `/api/users`; `/api` and `/` give `/api`. */
export function joinPath(prefix: string, path: string): string {
  const start = prefix.endsWith('/') ? prefix.slice(0, -1) : prefix;
  if (start === '') return path;
  return path === '/' ? start : start + path;
}
