import { dayOf, registerPrepaidLicence, toPrepaidLicenceId } from "@evergate/core";
import { refuse, refuseField } from "../app/problem.ts";
import { readLocalDate } from "../app/read-time.ts";
import type { PartnerWriteRoom } from "../app/room.ts";
import { makeId } from "../ids.ts";
import { findProductByReference } from "../store/catalogue.ts";
import { lockCustomer } from "../store/customers.ts";
import { listOpenSpans, maximumOpenLicences } from "../store/prepaid-licences.ts";
import { refusePrepaidLicence, tooManyLicences } from "./describe-refusal.ts";
import { registerLicences } from "./register-licences.ts";
import { toWirePrepaidLicence } from "./to-wire.ts";

/** Registers a licence that a customer has paid in advance (R14). */
export const createPrepaidLicence: PartnerWriteRoom<"createPrepaidLicence"> = async (
  { body },
  world,
) => {
  const { tx, partner, services, at } = world;
  const today = dayOf(at, partner.terms.timeZone);
  const startsOn = body.startsOn === undefined ? today : readLocalDate(body.startsOn, "/startsOn");
  const endsOn = readLocalDate(body.endsOn, "/endsOn");
  const customer = await lockCustomer(tx, services.store.dialect, partner.id, body.customer);
  if (customer === undefined)
    return refuseField(
      "customer_unknown",
      "/customer",
      `You have no customer ${body.customer}. Make it first.`,
    );
  const product = await findProductByReference(tx, body.product);
  if (product === undefined)
    return refuseField(
      "product_unknown",
      "/product",
      `There is no product ${body.product}. Name it by its id, or as code:<its code>.`,
    );
  const licence = registerPrepaidLicence(
    {
      id: toPrepaidLicenceId(makeId("prepaid")),
      externalId: body.externalId ?? null,
      customer: customer.id,
      product: product.id,
      quantity: body.quantity,
      startsOn,
      endsOn,
    },
    partner.terms.timeZone,
    at,
  );
  if ("code" in licence) return refusePrepaidLicence(licence);
  const open = await listOpenSpans(tx, partner.id, customer.id, product.id, today);
  if (open.length >= maximumOpenLicences)
    return refuse("prepaid_licence_limit_reached", tooManyLicences);
  await registerLicences(world, [licence], "createPrepaidLicence");
  return {
    status: 201,
    body: toWirePrepaidLicence(licence, partner.terms),
    headers: { location: `/v1/prepaid-licences/${licence.id}` },
  };
};
