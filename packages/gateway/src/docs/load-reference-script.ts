/**
 * The script that draws the reference pages: Scalar's browser bundle.
 *
 * Of Scalar's packages only its plugin for Fastify carries the bundle without the 270 packages that it is built from.
 * A Fastify plugin is a function that registers routes; it is called here as Fastify would call it,
 * and the route that answers the bundle is kept. Throws where a newer version of the package does it otherwise.
 */
export async function loadReferenceScript(): Promise<string> {
  const { default: plugin } = await import("@scalar/fastify-api-reference");
  const routes: unknown[] = [];
  const fastify = { route: (route: unknown) => routes.push(route), hasPlugin: () => false };
  await new Promise<void>((resolve, reject) => {
    Reflect.apply(plugin, undefined, [
      fastify,
      { configuration: { url: "/openapi.json" } },
      (error?: Error) => (error === undefined ? resolve() : reject(error)),
    ]);
  });
  const script = routes.filter(isScriptRoute).map(askRoute)[0];
  if (typeof script !== "string" || !script.includes("api-reference"))
    throw new Error(
      "@scalar/fastify-api-reference no longer answers its script the way this version expects.",
    );
  return script;
}

interface ScriptRoute {
  readonly url: string;
  readonly handler: (request: unknown, reply: unknown) => unknown;
}

function isScriptRoute(route: unknown): route is ScriptRoute {
  if (typeof route !== "object" || route === null) return false;
  const url: unknown = Reflect.get(route, "url");
  return (
    typeof url === "string" &&
    url.endsWith(".js") &&
    typeof Reflect.get(route, "handler") === "function"
  );
}

function askRoute(route: ScriptRoute): unknown {
  let sent: unknown;
  const reply = {
    header: () => reply,
    send: (body: unknown) => {
      sent = body;
      return reply;
    },
  };
  route.handler({}, reply);
  return sent;
}
