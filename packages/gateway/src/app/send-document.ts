import { setImmediate as endOfPhase } from "node:timers/promises";
import { create as createDisposition } from "content-disposition";
import type { Document } from "../contract/operation.ts";
import { toContentType } from "./negotiate.ts";
import type { Services } from "./world.ts";

/**
 * The answer that sends a document. The first piece is made before anything is promised: what fails until then is still
 * answered as a problem. What fails later breaks the answer off, so that nobody takes a part for the whole, and is logged.
 */
export async function toDocumentResponse(
  document: Document,
  requestId: string,
  request: Pick<Request, "method" | "signal">,
  services: Pick<Services, "log">,
): Promise<Response> {
  const chunks = document.chunks[Symbol.asyncIterator]();
  const first = await chunks.next();
  // A caller that has gone while its document waited for its turn never asks for the body, nor gives it up.
  const isBodyUnread = request.method === "HEAD" || request.signal.aborted;
  if (isBodyUnread) await chunks.return?.();
  return new Response(
    isBodyUnread
      ? null
      : toStream(chunks, first, document.patienceMs ?? null, (err) =>
          services.log.error({ err, requestId }, "a document broke off"),
        ),
    {
      status: 200,
      headers: {
        "content-type": toContentType(document.mediaType),
        "content-disposition": createDisposition(toSafeName(document.filename)),
        "x-content-type-options": "nosniff",
        vary: "accept",
        "request-id": requestId,
      },
    },
  );
}

/** Reads a piece when one is wanted, and lets others have their turn after each: most of what a piece costs is work, not waiting. */
function toStream(
  chunks: AsyncIterator<string | Uint8Array>,
  first: IteratorResult<string | Uint8Array>,
  patienceMs: number | null,
  onFailure: (error: unknown) => void,
): ReadableStream<Uint8Array> {
  const utf8 = new TextEncoder();
  const wait = patienceMs === null ? null : createPatience(patienceMs);
  let next: IteratorResult<string | Uint8Array> | null = first;
  const awaitReader = (controller: ReadableStreamDefaultController): void =>
    wait?.begin(() => {
      onFailure(new Error("Its caller doesn't read it, and others wait for its end."));
      controller.error(new Error("The document broke off."));
      Promise.resolve(chunks.return?.()).catch(onFailure);
    });
  return new ReadableStream<Uint8Array>(
    {
      start: awaitReader,
      async pull(controller) {
        wait?.end();
        try {
          const { done, value } = next ?? (await chunks.next());
          next = null;
          if (done === true) return controller.close();
          controller.enqueue(typeof value === "string" ? utf8.encode(value) : value);
          awaitReader(controller);
          await endOfPhase();
        } catch (error) {
          onFailure(error);
          // The cause stays in the log: the adaptor prints what is thrown here, and could send its message.
          controller.error(new Error("The document broke off."));
        }
      },
      async cancel() {
        wait?.end();
        await chunks.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

/** For each piece that is read some of the patience comes back: who reads less than one a second runs out of it, too. */
const regainedMs = 1000;

function createPatience(patienceMs: number): {
  /** The caller may read now; `onLost` is called when it hasn't for too long. */
  begin(onLost: () => void): void;
  /** It reads, or has gone. */
  end(): void;
} {
  let leftMs = patienceMs;
  let since = 0;
  let timer: NodeJS.Timeout | undefined;
  return {
    begin(onLost) {
      since = performance.now();
      timer = setTimeout(onLost, leftMs);
    },
    end() {
      clearTimeout(timer);
      const waitedMs = performance.now() - since;
      leftMs = Math.max(0, Math.min(patienceMs, leftMs - waitedMs + regainedMs));
    },
  };
}

/** A name that every file system takes: no separators, no control or direction characters, no wildcards. */
function toSafeName(name: string): string {
  const safe = name.replaceAll(/[\p{C}\p{Z}/\\:*?"<>|]+/gu, "-").replaceAll(/^[.-]+|[.-]+$/g, "");
  return safe === "" ? "document" : safe;
}
