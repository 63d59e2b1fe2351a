import { formatInstant } from "@evergate/core";
import type { components } from "../generated/api.ts";
import type { ApiKey } from "../store/api-keys.ts";

export type WireApiKey = components["schemas"]["ApiKeyFields"];

/** A key as the API answers it: never with its secret. */
export function toWireApiKey(key: ApiKey): WireApiKey {
  return {
    id: key.id,
    kind: key.kind,
    partner: key.partner,
    name: key.name,
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the contract has checked them on the way in
    scopes: key.kind === "operator" ? null : ([...key.scopes] as NonNullable<WireApiKey["scopes"]>),
    hint: key.hint,
    createdAt: formatInstant(key.createdAt),
    expiresAt: key.expiresAt === null ? null : formatInstant(key.expiresAt),
    revokedAt: key.revokedAt === null ? null : formatInstant(key.revokedAt),
  };
}
