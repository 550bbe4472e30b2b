export { readAnswer, signWebhook, type ProvisioningRequest } from './provisioning.ts';
export { provisioningService, webhookSecretContext, type ProvisioningService } from './service.ts';
