import { UnknownCursorError } from "../store/page.ts";
import { StoreUnavailableError, UniqueViolationError } from "../store/store.ts";
import { BrokenOffError } from "./read-body.ts";
import { ProblemError, type ProblemCode } from "./problem.ts";
import type { Services } from "./world.ts";

/** What a violated unique key means to the caller. The database is the only judge: nobody asks it beforehand. */
const uniqueKeys: readonly (readonly [RegExp, ProblemCode, string])[] = [
  [/products.*code/, "product_code_taken", "Another product has this code already."],
  [
    /prices.*valid_from/,
    "price_exists",
    "There is a price for this product, channel, currency and day already. Prices are never changed: begin a new one on another day.",
  ],
  [
    /customers.*external_id/,
    "external_id_taken",
    "Another customer of yours has this externalId already.",
  ],
  [
    /subscriptions.*external_id/,
    "external_id_taken",
    "Another subscription of yours has this externalId already.",
  ],
  [
    /prepaid_licences.*external_id/,
    "external_id_taken",
    "Another prepaid licence of yours has this externalId already.",
  ],
];

/** The refusal that an error stands for: it is one already, or a unique key said so. Undefined for everything else. */
export function toRefusal(
  thrown: unknown,
  services: Pick<Services, "store">,
): ProblemError | undefined {
  const error = services.store.translate(thrown);
  if (error instanceof ProblemError) return error;
  if (!(error instanceof UniqueViolationError)) return undefined;
  const known = uniqueKeys.find(([pattern]) => pattern.test(error.constraint));
  return known === undefined
    ? undefined
    : new ProblemError(known[1], known[2], [], { cause: error });
}

/** Makes a problem of whatever went wrong. What nobody foresaw is logged, and answered without its text. */
export function toProblemError(
  thrown: unknown,
  services: Services,
  requestId: string,
): ProblemError {
  const error = services.store.translate(thrown);
  const refusal = toRefusal(error, services);
  if (refusal !== undefined) return refusal;
  if (error instanceof UnknownCursorError) {
    const detail = `after ${error.message}.`;
    const fault = { pointer: "/query/after", detail: error.message };
    return new ProblemError("malformed_request", detail, [fault], { cause: error });
  }
  if (error instanceof BrokenOffError) {
    services.log.debug({ err: error, requestId }, "client gone");
    return new ProblemError("malformed_request", "The body breaks off.", [], { cause: error });
  }
  if (error instanceof StoreUnavailableError) {
    services.log.error({ err: error, requestId }, "database unavailable");
    return new ProblemError(
      "unavailable",
      "The gateway's database can't be used at the moment. Nothing was changed; try again.",
      [],
      { cause: error },
    );
  }
  services.log.error({ err: error, requestId }, "unexpected error");
  return new ProblemError(
    "internal_error",
    `The gateway failed unexpectedly. Its log has the cause under ${requestId}.`,
    [],
    { cause: error },
  );
}
