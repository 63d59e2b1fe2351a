/** Where events are handed over (`EVERGATE_DELIVERY=svix`). */
export interface SvixSettings {
  /** The service's address, without a slash at its end. */
  readonly url: string;
  /** A secret: never logged, never in a message. */
  readonly token: string;
}

/** What the way of delivery is set by. */
export const deliveryVariables = [
  "EVERGATE_DELIVERY",
  "EVERGATE_SVIX_URL",
  "EVERGATE_SVIX_TOKEN",
] as const;

type DeliveryEnvironment = {
  readonly [Name in (typeof deliveryVariables)[number]]?: string | undefined;
};

/**
 * Reads whether events are handed to a Svix service, and to which; null where they are not.
 * `fail` is called with the sentence for the first that is wrong, and throws.
 */
export function readSvix(
  env: DeliveryEnvironment,
  fail: (message: string) => never,
): SvixSettings | null {
  const delivery = env.EVERGATE_DELIVERY || "direct";
  const url = env.EVERGATE_SVIX_URL ?? "";
  const token = env.EVERGATE_SVIX_TOKEN ?? "";
  if (delivery === "direct") {
    const unused = url === "" ? "EVERGATE_SVIX_TOKEN" : "EVERGATE_SVIX_URL";
    if (url !== "" || token !== "")
      fail(`${unused} is of use only with EVERGATE_DELIVERY=svix, which is not set.`);
    return null;
  }
  if (delivery !== "svix")
    return fail(`EVERGATE_DELIVERY has to be direct or svix; it is "${delivery}".`);
  // Without it the client would guess a cloud by the token's form: nobody's data goes there by a forgotten line.
  if (url === "")
    fail(
      "EVERGATE_SVIX_URL is needed with EVERGATE_DELIVERY=svix: your own server, or such as https://api.eu.svix.com.",
    );
  if (!isBaseUrl(url))
    fail(
      "EVERGATE_SVIX_URL has to be an http(s) address without user, query or fragment, such as https://svix.example.com.",
    );
  if (token === "")
    fail("EVERGATE_SVIX_TOKEN is needed with EVERGATE_DELIVERY=svix: the service's API token.");
  if (!/^[\x21-\x7e]{1,4096}$/.test(token))
    fail("EVERGATE_SVIX_TOKEN has to be visible ASCII characters without a blank.");
  return { url: url.replace(/\/+$/, ""), token };
}

function isBaseUrl(text: string): boolean {
  const url = URL.parse(text);
  return (
    url !== null &&
    (url.protocol === "https:" || url.protocol === "http:") &&
    url.username === "" &&
    url.password === "" &&
    !/[?#\s]/.test(text)
  );
}
