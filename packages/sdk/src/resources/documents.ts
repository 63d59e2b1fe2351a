import type { Calls } from "../client/create-call.ts";
import type { DocumentOperationId, DocumentTypeOf, InputOf } from "../contract.ts";
import type { OptionsOf } from "../options.ts";

/** A document on its way. It is read once, in one of these ways; each rejects where the document breaks off. */
export interface OpenDocument {
  readonly mediaType: string;
  /** The name that the gateway suggests for its file, such as `bill-2026-000001.pdf`. */
  readonly filename: string | null;
  /** Its bytes as they come, however many they are. */
  readonly stream: ReadableStream<Uint8Array>;
  /** The whole of it. */
  bytes(): Promise<Uint8Array>;
  /** The whole of it, as text. */
  text(): Promise<string>;
}

/** What the gateway answers beside JSON: bills and reports to print, and tables for your own system. */
export interface Documents {
  /**
   * Opens a document: the answer of an operation in another media type than JSON.
   *
   * ```ts
   * const bill = await evergate.documents.open("getBill", { path: { billId } }, "application/pdf");
   * await writeFile(bill.filename ?? "bill.pdf", bill.stream);
   * ```
   *
   * It has the whole list, so `limit` and `after` are refused with it. `timeoutMs` is how long it may take to begin;
   * a `signal` ends it at any time. Refused as the operation is.
   */
  open<O extends DocumentOperationId>(
    operation: O,
    input: InputOf<O>,
    mediaType: DocumentTypeOf<O>,
    options?: OptionsOf<O>,
  ): Promise<OpenDocument>;
}

export function createDocuments({ open }: Pick<Calls, "open">): Documents {
  return {
    open: async (operation, input, mediaType, options) => {
      const response = await open(operation, input, mediaType, options);
      return {
        mediaType,
        filename: readFilename(response.headers.get("content-disposition") ?? ""),
        stream: response.body ?? new Blob().stream(),
        bytes: async () => new Uint8Array(await response.arrayBuffer()),
        text: () => response.text(),
      };
    },
  };
}

/** The name in a `Content-Disposition` (RFC 6266): the extended one where it has characters beyond ASCII. */
function readFilename(disposition: string): string | null {
  const extended = /filename\*=utf-8''([^;]+)/i.exec(disposition)?.[1];
  if (extended !== undefined) return decodeURIComponent(extended);
  return /filename="?([^";]+)"?/i.exec(disposition)?.[1] ?? null;
}
