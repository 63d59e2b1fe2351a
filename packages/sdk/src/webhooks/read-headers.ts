import { WebhookVerificationError } from "../errors.ts";

/** Headers as Fetch has them, or as Node has them. */
export type DeliveryHeaders =
  | { get(name: string): string | null }
  | Readonly<Record<string, string | readonly string[] | undefined>>;

/** The headers of Standard Webhooks. Others, such as `svix-id`, are not looked at: only what is verified is trusted. */
export interface SignedHeaders {
  readonly "webhook-id": string;
  readonly "webhook-timestamp": string;
  readonly "webhook-signature": string;
}

// Without a dot, as the id is signed as `id.timestamp.body`: a dot would let the parts be cut elsewhere.
const idPattern = /^[\w-]{1,128}$/;

const timestampPattern = /^\d{1,15}$/;

// While its secret is changed, a delivery bears two signatures of 47 characters each.
const maximumSignatureLength = 4_096;

/** Reads the three headers. Throws a {@link WebhookVerificationError} where one is missing, there twice, or malformed. */
export function readHeaders(headers: DeliveryHeaders): SignedHeaders {
  const id = readHeader(headers, "webhook-id");
  const timestamp = readHeader(headers, "webhook-timestamp");
  const signature = readHeader(headers, "webhook-signature");
  if (!idPattern.test(id)) throw createMalformedError("webhook-id");
  if (!timestampPattern.test(timestamp)) throw createMalformedError("webhook-timestamp");
  if (signature.length > maximumSignatureLength) throw createMalformedError("webhook-signature");
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signature };
}

function readHeader(headers: DeliveryHeaders, name: string): string {
  const values = listValues(headers, name);
  const [value] = values;
  if (values.length > 1) throw createMalformedError(name);
  if (value === undefined || value === "")
    throw new WebhookVerificationError(
      "header_missing",
      `The header ${name} is missing: this is no delivery of Evergate, or something in between removes headers.`,
    );
  return value;
}

function listValues(headers: DeliveryHeaders, name: string): readonly string[] {
  if (typeof headers !== "object" || headers === null) return [];
  if (isFetchHeaders(headers)) {
    const value = headers.get(name);
    return value === null ? [] : [value];
  }
  return Object.entries(headers)
    .filter(([key]) => key.toLowerCase() === name)
    .flatMap(([, value]) => value ?? []);
}

function isFetchHeaders(headers: DeliveryHeaders): headers is { get(name: string): string | null } {
  return typeof headers["get"] === "function";
}

function createMalformedError(name: string): WebhookVerificationError {
  return new WebhookVerificationError(
    "header_malformed",
    `The header ${name} is malformed, or there more than once.`,
  );
}
