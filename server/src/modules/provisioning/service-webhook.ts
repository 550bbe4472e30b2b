import { TierlineError, type AccountId, type Clock } from '@tierline/kernel';
import { post as postTo } from '../../platform/outbound/index.ts';
import type { Secrets } from '../../platform/secrets/index.ts';
import type { Directory } from '../accounts/index.ts';
import { webhookSecretContext } from '../catalog/index.ts';
import {
  readAnswer,
  signWebhook,
  type Answer,
  type ChangeRequest,
  type ProvisioningRequest,
  type TransferNotice,
} from './provisioning.ts';

export type WebhookDependencies = {
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly directory: Pick<Directory, 'get'>;
  readonly webhookTimeoutMs: number;
  readonly sandboxPrivateWebhooks: boolean;
};

/** How a vendor is reached. */
export type VendorEnd = {
  readonly vendorId: string;
  readonly provisioning: 'instant' | 'webhook' | 'manual';
  readonly webhookUrl: string | null;
  readonly webhookSecretEncrypted: Buffer | null;
};

/** How long an accepted request may stay unacknowledged until its vendor is asked again. */
export const askAgainSeconds = 900;
/** How soon it is noticed that an operator settled something and was cut off before all of it ended. */
export const lookAgainSeconds = 900;

/** Posts signed requests. The delivery id stays the same when one is tried again, so a vendor can tell a repeat. */
export function webhookSender(dependencies: WebhookDependencies) {
  const { secrets, clock, directory, webhookTimeoutMs, sandboxPrivateWebhooks } = dependencies;

  return async function post(
    ownerId: AccountId,
    vendor: VendorEnd,
    request: ProvisioningRequest | ChangeRequest | TransferNotice,
    deliveryId: string,
  ): Promise<Exclude<Answer, { is: 'refused' }>> {
    if (vendor.webhookUrl === null)
      throw new TierlineError('provisioning.no_webhook', 'bug', 'The vendor has no webhook.');
    const body = JSON.stringify(request);
    const headers: Record<string, string> = { 'content-type': 'application/json', 'tierline-delivery': deliveryId };
    if (vendor.webhookSecretEncrypted !== null) {
      const secret = secrets.decrypt(vendor.webhookSecretEncrypted, webhookSecretContext(vendor.vendorId));
      headers['tierline-signature'] = signWebhook(secret, body, Math.floor(clock.now().epochMilliseconds / 1000));
    }
    // Whoever has a sandbox is a provider in it, without being the operator of this server.
    const { account } = await directory.get(ownerId);
    const publicOnly = account.sandboxId !== null && !sandboxPrivateWebhooks;
    const sent = { url: vendor.webhookUrl, headers, body, timeoutMs: webhookTimeoutMs, publicOnly };
    const response = await postTo(sent);
    const answer = readAnswer(response.status, parsed(response.text));
    if (answer.is === 'refused') {
      const message = `The vendor's webhook answered ${response.status}.`;
      throw new TierlineError('provisioning.refused', 'unavailable', message);
    }
    return answer;
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
