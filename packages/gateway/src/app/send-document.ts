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
  isHead: boolean,
  services: Pick<Services, "log">,
): Promise<Response> {
  const chunks = document.chunks[Symbol.asyncIterator]();
  const first = await chunks.next();
  if (isHead) await chunks.return?.();
  return new Response(
    isHead
      ? null
      : toStream(chunks, first, (err) =>
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
  onFailure: (error: unknown) => void,
): ReadableStream<Uint8Array> {
  const utf8 = new TextEncoder();
  let next: IteratorResult<string | Uint8Array> | null = first;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = next ?? (await chunks.next());
          next = null;
          if (done === true) return controller.close();
          controller.enqueue(typeof value === "string" ? utf8.encode(value) : value);
          await endOfPhase();
        } catch (error) {
          onFailure(error);
          // The cause stays in the log: the adaptor prints what is thrown here, and could send its message.
          controller.error(new Error("The document broke off."));
        }
      },
      async cancel() {
        await chunks.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

/** A name that every file system takes: no separators, no control or direction characters, no wildcards. */
function toSafeName(name: string): string {
  const safe = name.replaceAll(/[\p{C}\p{Z}/\\:*?"<>|]+/gu, "-").replaceAll(/^[.-]+|[.-]+$/g, "");
  return safe === "" ? "document" : safe;
}
