import { NewUser, createUser } from './contract.ts';
import { announce } from './control.ts';

/** The little of Bun's API used here; its own type package would replace Node's globals for the whole benchmark. */
interface BunRequest extends Request {
  readonly params: Readonly<Record<string, string>>;
}
type BunHandler = (request: BunRequest) => Response | Promise<Response>;
declare const Bun: {
  serve(options: {
    port: number;
    hostname: string;
    development: boolean;
    routes: Record<string, BunHandler | Record<string, BunHandler>>;
    fetch(request: Request): Response;
  }): { readonly port: number };
};

const integer = /^\d+$/;

async function create(request: BunRequest): Promise<Response> {
  let json: unknown;
  try {
    json = await request.json();
  } catch {
    return Response.json({ error: 'The body is not JSON' }, { status: 400 });
  }
  const body = NewUser.safeParse(json);
  if (!body.success) return Response.json({ error: body.error.issues }, { status: 422 });
  return Response.json(createUser(body.data), { status: 201 });
}

const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  development: false,
  routes: {
    '/': { GET: () => Response.json({ hello: 'world' }) },
    '/users/:id': {
      GET: (request) => {
        const id = request.params['id'] ?? '';
        if (!integer.test(id)) return Response.json({ error: 'The id is no integer' }, { status: 400 });
        return Response.json({ id: Number(id), requestId: request.headers.get('x-request-id') });
      },
    },
    '/users': { POST: create },
  },
  fetch: () => Response.json({ error: 'Not found' }, { status: 404 }),
});

announce(server.port);
