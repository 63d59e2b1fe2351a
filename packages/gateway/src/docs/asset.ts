import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gzip as gzipCallback } from "node:zlib";
import type { Context } from "hono";

const gzip = promisify(gzipCallback);

/** The path holds a digest of the content: what is under it never changes. */
export const forEver = "public, max-age=31536000, immutable";
/** May be kept, and is asked for again by its entity tag. */
export const askAgain = "no-cache";

/** A file that is served from memory, packed once. */
export interface Asset {
  readonly mediaType: string;
  readonly plain: Uint8Array<ArrayBuffer>;
  readonly packed: Uint8Array<ArrayBuffer>;
  /** A digest of the content: its name in paths and entity tags. */
  readonly digest: string;
}

export async function makeAsset(text: string, mediaType: string): Promise<Asset> {
  const plain = Buffer.from(text);
  return {
    mediaType,
    plain,
    packed: await gzip(plain, { level: 9 }),
    digest: createHash("sha256").update(plain).digest("base64url").slice(0, 16),
  };
}

/** Answers an asset, or 304 where the caller has it already. */
export function answerAsset(
  c: Context,
  asset: Asset,
  cacheControl: string,
  headers: Readonly<Record<string, string>> = {},
): Response {
  // Weak, because the packed and the plain form are the same to the reader and not byte for byte (RFC 9110, 8.8.1).
  const etag = `W/"${asset.digest}"`;
  const common = {
    ...headers,
    etag,
    "cache-control": cacheControl,
    vary: "accept-encoding",
    "x-content-type-options": "nosniff",
  };
  if (hasTag(c.req.header("if-none-match"), asset.digest))
    return new Response(null, { status: 304, headers: common });
  const isPacked = /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/i.test(
    c.req.header("accept-encoding") ?? "",
  );
  return new Response(isPacked ? asset.packed : asset.plain, {
    status: 200,
    headers: {
      ...common,
      "content-type": asset.mediaType,
      ...(isPacked ? { "content-encoding": "gzip" } : {}),
    },
  });
}

function hasTag(ifNoneMatch: string | undefined, digest: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return (
    ifNoneMatch.trim() === "*" ||
    ifNoneMatch.split(",").some((tag) => tag.trim().replace(/^W\//, "") === `"${digest}"`)
  );
}
