import type { Logger } from "pino";

type Fetch<Env> = (request: Request, env: Env) => Response | Promise<Response>;

/** Logs one line for each answered request: never its query, headers or body. */
export function logRequests<Env>(fetch: Fetch<Env>, log: Logger): Fetch<Env> {
  if (!log.isLevelEnabled("info")) return fetch;
  // Its fields are known to hold no secret, so they needn't be searched for one.
  const lines = log.child({}, { redact: [] });
  return async (request, env) => {
    const startedAt = performance.now();
    const response = await fetch(request, env);
    lines.info(
      {
        method: request.method,
        path: readPath(request.url),
        status: response.status,
        ms: Math.round((performance.now() - startedAt) * 10) / 10,
        requestId: response.headers.get("request-id") ?? undefined,
      },
      "request",
    );
    return response;
  };
}

/** The path of an absolute URL; parsing the whole of it would cost more than the line. */
function readPath(url: string): string {
  const start = url.indexOf("/", url.indexOf("//") + 2);
  if (start === -1) return "/";
  const end = url.indexOf("?", start);
  return end === -1 ? url.slice(start) : url.slice(start, end);
}
