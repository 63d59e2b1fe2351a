import { commonTerms, type Story } from "./story.ts";

const eva = "eva/1";
const peter = "peter/1";
const zuzana = "zuzana/1";

/** An xSP, here an internet provider: it says with every subscription what it offers free. */
export const xspStory: Story = {
  partner: {
    ...commonTerms,
    name: "Danube Telecom",
    type: "xsp",
    industry: "isp",
    trialLimit: { months: 2 },
    defaultTrial: { days: 14 },
  },
  scenes: [
    {
      at: "2026-11-24T12:00",
      tells: "Eva Horváthová: 3 devices of KTS, the first 14 days free",
      happens: (evergate) =>
        evergate.subscriptions.create({
          customer: { externalId: "eva", name: "Eva Horváthová" },
          product: "code:KTS",
          quantity: 3,
          externalId: eva,
          trial: { days: 14 },
        }),
    },
    {
      at: "2026-11-24T12:05",
      tells: "Peter Kováč: 2 devices of KISA, the first 2 months free",
      happens: (evergate) =>
        evergate.subscriptions.create({
          customer: { externalId: "peter", name: "Peter Kováč" },
          product: "code:KISA",
          quantity: 2,
          externalId: peter,
          trial: { months: 2 },
        }),
    },
    {
      at: "2026-11-24T12:10",
      tells: "Zuzana Malá: 5 devices of KSK, with no trial",
      happens: (evergate) =>
        evergate.subscriptions.create({
          customer: { externalId: "zuzana", name: "Zuzana Malá" },
          product: "code:KSK",
          quantity: 5,
          externalId: zuzana,
          trial: "none",
        }),
    },
    {
      at: "2026-12-12T12:00",
      tells: "Zuzana stops at once",
      happens: (evergate) => evergate.subscriptions.cancel(`ext:${zuzana}`, { effective: "now" }),
    },
    {
      at: "2027-01-15T12:00",
      tells: "Peter goes abroad: paused, with no end set",
      happens: (evergate) => evergate.subscriptions.pause(`ext:${peter}`, { resumesAt: null }),
    },
    {
      at: "2027-01-20T12:00",
      tells: "Zuzana is back",
      happens: (evergate) => evergate.subscriptions.reactivate(`ext:${zuzana}`),
    },
    {
      at: "2027-02-10T12:00",
      tells: "Eva changes to KIS, which costs less",
      happens: (evergate) => evergate.subscriptions.update(`ext:${eva}`, { product: "code:KIS" }),
    },
    {
      at: "2027-03-05T12:00",
      tells: "Peter is home again",
      happens: (evergate) => evergate.subscriptions.resume(`ext:${peter}`),
    },
  ],
  reasons: [
    {
      month: "2026-11",
      rule: "R18",
      says: "Zuzana's first month is charged by the day: 24 to 30 November, 7 of 30 days",
    },
    { month: "2026-12", rule: "R18", says: "Eva's trial ended on 7 December: 24 of 31 days" },
    {
      month: "2026-12",
      rule: "R16",
      says: "Zuzana stopped on 12 December: the month begun is charged in full",
    },
    {
      month: "2027-01",
      rule: "R18",
      says: "Zuzana, back on 20 January, pays all of it: a return is never prorated",
    },
    {
      month: "2027-01",
      rule: "R16",
      says: "Peter paused on 15 January: the month begun is charged in full",
    },
    {
      month: "2027-02",
      rule: "R16",
      says: "Peter was paused for the whole of February: nothing is charged",
    },
    { month: "2027-02", rule: "R17", says: "Eva's cheaper product counts from March on" },
    { month: "2027-03", rule: "R16", says: "Peter, back on 5 March, pays the month in full" },
  ],
};
