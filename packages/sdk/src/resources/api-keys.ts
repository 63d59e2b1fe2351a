import type { Calls } from "../client/create-call.ts";
import type { QueryOf } from "../contract.ts";
import type { ApiKey, ApiKeyId, ApiKeyInput, ApiKeyRoll, CreatedApiKey } from "../generated/api.ts";
import type { OptionsOf } from "../options.ts";
import type { PagePromise } from "../pages.ts";

/** The keys with which operators and partners come in. */
export interface ApiKeys {
  /**
   * Makes an API key, for an operator or for a partner. Its secret is shown this once.
   *
   * Refused with `partner_unknown`.
   */
  create(input: ApiKeyInput, options?: OptionsOf<"createApiKey">): Promise<CreatedApiKey>;

  /** Lists API keys without their secrets, newest first, revoked and expired ones too. */
  list(query?: QueryOf<"listApiKeys">, options?: OptionsOf<"listApiKeys">): PagePromise<ApiKey>;

  /**
   * Makes a new key like this one, with an id and a secret of its own, and lets the old one work
   * beside it for `overlapSeconds`, so that programs can change over without a break. The new
   * secret is shown this once.
   *
   * Refused with `not_found`, `api_key_revoked`.
   */
  roll(
    keyId: ApiKeyId,
    input: ApiKeyRoll,
    options?: OptionsOf<"rollApiKey">,
  ): Promise<CreatedApiKey>;

  /**
   * Ends the key at once and for good. To revoke it again changes nothing.
   *
   * Refused with `not_found`.
   */
  revoke(keyId: ApiKeyId, options?: OptionsOf<"revokeApiKey">): Promise<void>;
}

export function createApiKeys({ call, list }: Calls): ApiKeys {
  return {
    create: (input, options) => call("createApiKey", { body: input }, options),
    list: (query, options) => list("listApiKeys", { query }, options),
    roll: (keyId, input, options) => call("rollApiKey", { path: { keyId }, body: input }, options),
    revoke: (keyId, options) => call("revokeApiKey", { path: { keyId } }, options),
  };
}
