import { randomBytes } from "node:crypto";
import { ProblemError, type Refused } from "../../app/problem.ts";

const prefix = "whsec_";

/** Standard Webhooks asks for 24 to 64 bytes. */
const leastBytes = 24;
const mostBytes = 64;

/** Makes a secret to sign deliveries with: 32 random bytes. */
export function makeEndpointSecret(): string {
  return `${prefix}${randomBytes(32).toString("base64")}`;
}

/** Whether a text is a secret as Standard Webhooks has it: `whsec_` and 24 to 64 bytes in base64, padded, with no bit to spare. */
export function isEndpointSecret(text: string): boolean {
  if (!text.startsWith(prefix)) return false;
  const encoded = text.slice(prefix.length);
  const bytes = Buffer.from(encoded, "base64");
  return (
    bytes.length >= leastBytes && bytes.length <= mostBytes && bytes.toString("base64") === encoded
  );
}

/** Refuses a text as a secret, and says what would be right; never with the text. */
export function refuseSecret(
  advice: string,
  detail: string = `has to be ${prefix} and ${leastBytes} to ${mostBytes} bytes in padded base64`,
): Refused {
  return {
    refused: new ProblemError("malformed_request", `secret ${detail}; ${advice}.`, [
      { pointer: "/secret", detail },
    ]),
  };
}
