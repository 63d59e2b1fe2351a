import { commonTerms, type Story } from "./story.ts";

const users = "carpathia/users";
const servers = "carpathia/servers";
const devices = "dunaj/devices";
const mailboxes = "klas/mailboxes";

/** A reseller: every first month is free until it ends, then each month counts in full. */
export const resellerStory: Story = {
  partner: { ...commonTerms, name: "Tatra Software", type: "reseller" },
  scenes: [
    {
      at: "2026-11-24T10:00",
      tells: "Hotel Carpathia subscribes: 10 users of KESC-USER",
      happens: (evergate) =>
        evergate.subscriptions.create({
          customer: {
            externalId: "carpathia",
            name: "Hotel Carpathia",
            email: "it@carpathia.example",
          },
          product: "code:KESC-USER",
          quantity: 10,
          externalId: users,
        }),
    },
    {
      at: "2026-11-24T10:05",
      tells: "The hotel protects its 2 servers too: KHCS-SRV",
      happens: (evergate) =>
        evergate.subscriptions.create({
          customer: "ext:carpathia",
          product: "code:KHCS-SRV",
          quantity: 2,
          externalId: servers,
        }),
    },
    {
      at: "2026-11-24T10:10",
      tells: "Penzión Dunaj subscribes: 6 devices of KSOS",
      happens: (evergate) =>
        evergate.subscriptions.create({
          customer: { externalId: "dunaj", name: "Penzión Dunaj" },
          product: "code:KSOS",
          quantity: 6,
          externalId: devices,
        }),
    },
    {
      at: "2026-11-24T10:15",
      tells: "Bakery Zlatý klas subscribes: 12 mailboxes of KS-O365",
      happens: (evergate) =>
        evergate.subscriptions.create({
          customer: { externalId: "klas", name: "Bakery Zlatý klas" },
          product: "code:KS-O365",
          quantity: 12,
          externalId: mailboxes,
        }),
    },
    {
      at: "2026-12-10T10:00",
      tells: "The hotel's season begins: 25 users",
      happens: (evergate) => evergate.subscriptions.update(`ext:${users}`, { quantity: 25 }),
    },
    {
      at: "2026-12-20T10:00",
      tells: "The hotel's season ends: 5 users",
      happens: (evergate) => evergate.subscriptions.update(`ext:${users}`, { quantity: 5 }),
    },
    {
      at: "2026-12-20T10:05",
      tells: "Penzión Dunaj closes for winter: paused until 10 February",
      happens: (evergate) =>
        evergate.subscriptions.pause(`ext:${devices}`, { resumesAt: "2027-02-10T00:00:00+01:00" }),
    },
    {
      at: "2027-01-11T10:00",
      tells: "The bakery stops, at the end of January",
      happens: (evergate) =>
        evergate.subscriptions.cancel(`ext:${mailboxes}`, { effective: "period_end" }),
    },
    {
      at: "2027-01-12T10:00",
      tells: "The hotel changes to KESC-PLUS; nothing to activate anew",
      happens: (evergate) =>
        evergate.subscriptions.update(`ext:${users}`, { product: "code:KESC-PLUS" }),
    },
    {
      at: "2027-01-20T10:00",
      tells: "The hotel orders 8 users from the next month on",
      happens: (evergate) =>
        evergate.subscriptions.update(`ext:${users}`, { quantity: 8, effective: "next_period" }),
    },
    {
      at: "2027-02-05T10:00",
      tells: "The hotel's servers are switched off: stopped at once",
      happens: (evergate) => evergate.subscriptions.cancel(`ext:${servers}`, { effective: "now" }),
    },
    {
      at: "2027-03-15T10:00",
      tells: "The bakery is back",
      happens: (evergate) => evergate.subscriptions.reactivate(`ext:${mailboxes}`),
    },
  ],
  reasons: [
    {
      month: "2026-12",
      rule: "R17",
      says: "the hotel's December counts at its maximum, the 25 users of 10 to 20 December",
    },
    {
      month: "2027-01",
      rule: "R16",
      says: "Penzión Dunaj was paused for the whole of January: nothing is charged",
    },
    {
      month: "2027-01",
      rule: "R17",
      says: "the dearest product of the month counts: 5 × 3.20 instead of 5 × 2.00",
    },
    {
      month: "2027-02",
      rule: "R16",
      says: "Penzión Dunaj, back on 10 February, and the servers, stopped on the 5th, pay all of it",
    },
    {
      month: "2027-02",
      rule: "R16",
      says: "the bakery was stopped for the whole of February: nothing is charged",
    },
    {
      month: "2027-03",
      rule: "R18",
      says: "the bakery, back on 15 March, pays the month in full: a return is never prorated",
    },
  ],
};
