import { WebhookVerificationError } from "../errors.ts";
import type { DeliveryHeaders } from "./read-headers.ts";

export type { DeliveryHeaders } from "./read-headers.ts";

/**
 * What came in: a Fetch `Request`; a request of Node, whose body is read from it; one of Express after `express.raw()`;
 * or anything with the headers and the body as they came.
 */
export interface WebhookRequest {
  readonly headers: DeliveryHeaders;
  /** The body as it came: bytes, text, or a Fetch `Request`'s stream. */
  readonly body?: unknown;
}

/** Reads the body as the text that was signed. Throws a {@link WebhookVerificationError} where it is not there as it came. */
export async function readBody(delivery: WebhookRequest, maxBodyBytes: number): Promise<string> {
  const { body } = delivery;
  if (typeof body === "string") {
    // A character has 1 to 3 bytes for each of its units.
    if (
      body.length > maxBodyBytes ||
      (body.length * 3 > maxBodyBytes && new TextEncoder().encode(body).byteLength > maxBodyBytes)
    )
      throw createTooLargeError(maxBodyBytes);
    return body;
  }
  return decode(await readBytes(delivery, body, maxBodyBytes));
}

async function readBytes(
  delivery: WebhookRequest,
  body: unknown,
  maxBodyBytes: number,
): Promise<Uint8Array> {
  if (body instanceof Uint8Array) {
    if (body.byteLength > maxBodyBytes) throw createTooLargeError(maxBodyBytes);
    return body;
  }
  if (body instanceof ArrayBuffer) return readBytes(delivery, new Uint8Array(body), maxBodyBytes);
  if ("bodyUsed" in delivery && delivery.bodyUsed === true)
    throw new WebhookVerificationError(
      "body_used",
      "The body of the request was read already. Verify first, or verify a clone: request.clone().",
    );
  if (isStream(body)) return collect(body, maxBodyBytes);
  if (body === undefined && isStream(delivery)) {
    if ("readableEnded" in delivery && delivery.readableEnded === true)
      throw new WebhookVerificationError(
        "body_used",
        "The body of the request was read already. Keep it as it came, and give { headers, body }.",
      );
    return collect(delivery, maxBodyBytes);
  }
  if (body === null || body === undefined)
    throw new WebhookVerificationError("body_unreadable", "There is no body.");
  throw new WebhookVerificationError(
    "body_parsed",
    'The body was parsed already, and its bytes are gone. Leave this route out of the JSON parser; in Express use express.raw({ type: "*/*" }).',
  );
}

function isStream(value: unknown): value is AsyncIterable<unknown> | ReadableStream<unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    (Symbol.asyncIterator in value || "getReader" in value)
  );
}

async function collect(
  stream: AsyncIterable<unknown> | ReadableStream<unknown>,
  maxBodyBytes: number,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    // Not every browser can walk through a ReadableStream.
    for await (const chunk of Symbol.asyncIterator in stream ? stream : walkStream(stream)) {
      const bytes = typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk;
      if (!(bytes instanceof Uint8Array))
        throw new TypeError("The body's stream gives something else than bytes.");
      size += bytes.byteLength;
      if (size > maxBodyBytes) throw createTooLargeError(maxBodyBytes);
      chunks.push(bytes);
    }
  } catch (error) {
    if (error instanceof WebhookVerificationError) throw error;
    throw new WebhookVerificationError(
      "body_unreadable",
      "The body could not be read to its end.",
      { cause: error },
    );
  }
  const whole = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return whole;
}

async function* walkStream(stream: ReadableStream<unknown>): AsyncGenerator<unknown, void> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel();
  }
}

function decode(bytes: Uint8Array): string {
  try {
    // A byte order mark was signed too.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new WebhookVerificationError("body_unreadable", "The body is not UTF-8.", {
      cause: error,
    });
  }
}

function createTooLargeError(maxBodyBytes: number): WebhookVerificationError {
  return new WebhookVerificationError(
    "body_too_large",
    `The body is larger than ${maxBodyBytes} bytes.`,
  );
}
