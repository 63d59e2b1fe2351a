import type { Brand } from "./brand.ts";

export type SubscriptionId = Brand<string, "SubscriptionId">;
export type CustomerId = Brand<string, "CustomerId">;
export type ProductId = Brand<string, "ProductId">;
export type PrepaidLicenceId = Brand<string, "PrepaidLicenceId">;
export type PriceId = Brand<string, "PriceId">;

// The core never looks inside an id: whoever reads it from the wire or a row has checked it.
export const toSubscriptionId = (text: string): SubscriptionId => text as SubscriptionId;
export const toCustomerId = (text: string): CustomerId => text as CustomerId;
export const toProductId = (text: string): ProductId => text as ProductId;
export const toPrepaidLicenceId = (text: string): PrepaidLicenceId => text as PrepaidLicenceId;
export const toPriceId = (text: string): PriceId => text as PriceId;
