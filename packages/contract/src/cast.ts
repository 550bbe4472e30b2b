/**
 * The fictional companies and things of the examples. The ids stand in the documentation; where an example is run, they
 * are exchanged for those of the channel it runs in.
 */
const exampleId = (serial: number): string => `0196a000-0000-7000-8000-${serial.toString(16).padStart(12, '0')}`;

export const cast = {
  provider: exampleId(1),
  distributor: exampleId(2),
  reseller: exampleId(3),
  /** An account that the examples suspend. */
  branch: exampleId(4),
  customer: exampleId(5),
  /** Who signs in for it, and with what the person may choose a password. */
  customerUser: exampleId(80),
  resetToken: `tl_reset_${'x'.repeat(43)}`,
  vendor: exampleId(6),
  product: exampleId(7),
  seat: exampleId(8),
  storage: exampleId(9),
  plan: exampleId(10),
  seatRate: exampleId(11),
  storageRate: exampleId(12),
  draftPlan: exampleId(13),
  oldPlan: exampleId(14),
  priceList: exampleId(15),
  order: exampleId(16),
  subscription: exampleId(17),
  /** Of a vendor that says itself when it is ready. */
  pendingSubscription: exampleId(22),
  pendingOrder: exampleId(23),
  user: exampleId(18),
  apiKey: exampleId(19),
  lmpiCredential: exampleId(20),
  simpleApiUser: exampleId(21),
  sandbox: exampleId(40),
  yearlyPlan: exampleId(50),
  /** The change that is planned for `subscription`. */
  intent: exampleId(51),
  /** Subscriptions to which the examples do something that can be done once. */
  switchedSubscription: exampleId(52),
  renewedSubscription: exampleId(53),
  canceledSubscription: exampleId(54),
  suspendedSubscription: exampleId(55),
  /** On hold, to be resumed. */
  pausedSubscription: exampleId(56),
  shortenedSubscription: exampleId(57),
  trialSubscription: exampleId(58),
  /** Of the same customer as `subscription`. */
  otherSubscription: exampleId(59),
  /** The partner that takes over what the examples transfer. */
  otherReseller: exampleId(60),
  movingSubscription: exampleId(61),
  movingCustomer: exampleId(62),
  reportGenerator: exampleId(70),
  report: exampleId(71),
  msp: exampleId(72),
  /** Of February, which the examples take through its review. */
  billingReport: exampleId(73),
  /** Of January, in which nobody said anything. */
  approvedBillingReport: exampleId(74),
} as const;

/** Who sends an example; each has an API key of role owner, `person` the session of a user. */
export type CastMember = 'provider' | 'distributor' | 'reseller' | 'msp' | 'person' | 'nobody';
