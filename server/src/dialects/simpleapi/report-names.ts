import { fraction } from '@tierline/kernel';
import { orderNumber } from '../../modules/orders/index.ts';
import type { ReportNames } from '../../modules/reports/index.ts';
import { idOfSerial } from './ids.ts';
import { chargeType } from './order-details.ts';
import { orderStatuses } from './wire.ts';

/** Ids and words in report files: those of the API, so that a reader can look up what a row is about (SimpleAPI reference 4.9). */
export const reportNames: ReportNames = {
  orderId: idOfSerial,
  orderNumber,
  orderStatus: (status) => orderStatuses[status].status,
  subscriptionId: idOfSerial,
  chargeType: ({ type, numerator, denominator }) => chargeType({ type, fraction: fraction(numerator, denominator) }),
};
