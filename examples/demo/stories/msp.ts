import { commonTerms, type Story } from "./story.ts";

const hospital = "anna/users";
const school = "komensky/users";
const training = "komensky/training";
const logistics = "vah/users";

/** An MSP: what all its customers have of a product, taken together, decides on the discount of each. */
export const mspStory: Story = {
  partner: { ...commonTerms, name: "Karpaty Managed IT", type: "msp" },
  scenes: [
    {
      at: "2026-11-24T11:00",
      tells: "Hospital Svätá Anna subscribes: 60 users of KESC-USER",
      happens: (evergate) =>
        evergate.subscriptions.create({
          customer: { externalId: "anna", name: "Hospital Svätá Anna" },
          product: "code:KESC-USER",
          quantity: 60,
          externalId: hospital,
        }),
    },
    {
      at: "2026-11-24T11:05",
      tells: "Komenský School subscribes: 45 users of KESC-USER",
      happens: (evergate) =>
        evergate.subscriptions.create({
          customer: { externalId: "komensky", name: "Komenský School" },
          product: "code:KESC-USER",
          quantity: 45,
          externalId: school,
        }),
    },
    {
      at: "2026-11-24T11:10",
      tells: "The school trains 40 people: KASAP",
      happens: (evergate) =>
        evergate.subscriptions.create({
          customer: "ext:komensky",
          product: "code:KASAP",
          quantity: 40,
          externalId: training,
        }),
    },
    {
      at: "2026-12-15T11:00",
      tells: "The school goes down to 30 users",
      happens: (evergate) => evergate.subscriptions.update(`ext:${school}`, { quantity: 30 }),
    },
    {
      at: "2027-01-08T11:00",
      tells: "Váh Logistics subscribes: 420 users of KESC-USER",
      happens: (evergate) =>
        evergate.subscriptions.create({
          customer: { externalId: "vah", name: "Váh Logistics" },
          product: "code:KESC-USER",
          quantity: 420,
          externalId: logistics,
        }),
    },
    {
      at: "2027-03-03T11:00",
      tells: "The hospital changes to KESC-PLUS",
      happens: (evergate) =>
        evergate.subscriptions.update(`ext:${hospital}`, { product: "code:KESC-PLUS" }),
    },
  ],
  reasons: [
    {
      month: "2026-12",
      rule: "R20",
      says: "60 + 45 = 105 users reach the tier from 100: 12 % for all; 40 of KASAP reach none",
    },
    {
      month: "2027-01",
      rule: "R20",
      says: "60 + 30 = 90 users reach 5 % only: the hospital pays more, though it changed nothing",
    },
    {
      month: "2027-02",
      rule: "R20",
      says: "60 + 30 + 420 = 510 users reach the tier from 500: 20 % for every customer",
    },
    {
      month: "2027-03",
      rule: "R20",
      says: "each product counts for itself: 60 of KESC-PLUS 5 %, 450 of KESC-USER 12 %",
    },
    {
      month: "2027-03",
      rule: "R17",
      says: "the hospital changed on 3 March: the dearer product counts for the whole month",
    },
  ],
};
